//! The step against finite differences of what it climbs.

use super::*;

const USED: usize = 61;
const WIDTH: usize = 64;

fn drawn(random: &mut Random, last: f32) -> Vec<f32> {
    let mut row: Vec<f32> = (0..USED).map(|_| 0.3 * random.normal() as f32).collect();
    row[USED - 1] = last;
    row.resize(WIDTH, 0.0);
    row
}

/// `ln sigmoid(⟨u, p − n⟩) − λ/2·(‖u‖² + ‖p‖² + ‖n‖²)`, with the score of the shipped pass: a product of factors.
fn objective(rows: &[Vec<f32>; 3], regularisation: f64) -> f64 {
    let [user, positive, negative] = rows;
    let squares = |row: &[f32]| {
        row.iter()
            .map(|&x| f64::from(x) * f64::from(x))
            .sum::<f64>()
    };
    let differences = positive.iter().zip(negative);
    let lead: f64 = user
        .iter()
        .zip(differences)
        .map(|(&u, (&p, &n))| f64::from(u) * (f64::from(p) - f64::from(n)))
        .sum();
    let pull: f64 = rows.iter().map(|row| squares(row)).sum();
    -(-lead).exp().ln_1p() - 0.5 * regularisation * pull
}

#[test]
fn every_step_goes_along_the_gradient() {
    let step = Step {
        used: USED,
        width: WIDTH,
        rate: 0.05,
        regularisation: 0.1,
    };
    let mut points = 0;
    for seed in 0..5 {
        let mut random = Random::new(seed);
        let before = [1.0, 0.2, -0.1].map(|last| drawn(&mut random, last));
        let mut after = before.clone();
        let [user, positive, negative] = &mut after;
        step.update(user, positive, negative);
        for (block, rows) in before.iter().zip(&after).enumerate() {
            for place in 0..USED {
                let exact = f64::from((rows.1[place] - rows.0[place]) / step.rate);
                if block == 0 && place == USED - 1 {
                    assert_eq!(exact, 0.0, "the place of the bias stays");
                    continue;
                }
                let at = |by: f32| {
                    let mut moved = before.clone();
                    moved[block][place] += by;
                    objective(&moved, f64::from(step.regularisation))
                };
                let numeric = (at(1e-2) - at(-1e-2)) / 2e-2;
                assert!(
                    (exact - numeric).abs() < 1e-3 * exact.abs().max(0.05),
                    "seed {seed}, block {block}[{place}]: {exact} against {numeric}"
                );
                points += 1;
            }
            assert!(rows.1[USED..].iter().all(|&padding| padding == 0.0));
        }
    }
    assert!(points >= 3 * 200);
}
