//! What was shown before anything was learned? Slates drawn half by lot and half by popularity, with the exact
//! probability of every draw, so that what is learned from them can be corrected for what was shown.

use triqueta::event::ActivityId;
use triqueta::math::{Digest, Random};

/// Version of this policy in [`triqueta::event::Shown::policy`].
pub(super) const POLICY: u16 = 1;
/// What [`triqueta::event::Shown::bundle`] says of these slates: no bundle ranked them.
pub(super) const BUNDLE: &str = "logging";
/// The share of every draw that is by lot alone.
const BY_LOT: f64 = 0.5;

/// One draw.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draw {
    /// Index of the activity.
    pub(super) activity: usize,
    /// Its probability at this position, given the positions before.
    pub(super) propensity: f64,
    /// Digest of the pool the position drew from.
    pub(super) pool: String,
}

/// The probabilities of a pool with these popularities: they sum to 1 and none is 0.
pub(super) fn probabilities(popularity: &[f64]) -> Vec<f64> {
    let count = popularity.len() as f64;
    let total: f64 = popularity.iter().map(|popular| 1.0 + popular).sum();
    popularity
        .iter()
        .map(|popular| BY_LOT / count + (1.0 - BY_LOT) * (1.0 + popular) / total)
        .collect()
}

/// Draws up to `length` activities of `pool` without repetition. `popularity` is by activity, not by pool position.
pub(super) fn draw_slate(
    mut pool: Vec<usize>,
    popularity: &[f64],
    ids: &[ActivityId],
    length: usize,
    random: &mut Random,
) -> Vec<Draw> {
    let mut slate = Vec::new();
    while slate.len() < length && !pool.is_empty() {
        let weights: Vec<f64> = pool.iter().map(|&activity| popularity[activity]).collect();
        let probabilities = probabilities(&weights);
        let mut digest = Digest::default();
        for &activity in &pool {
            digest.text(ids[activity].as_str());
        }
        let chosen = super::visitor::pick(&probabilities, random);
        let activity = pool.remove(chosen);
        slate.push(Draw {
            activity,
            propensity: probabilities[chosen],
            pool: digest.hexadecimal(),
        });
    }
    slate
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn probabilities_sum_to_one_at_every_position_and_favour_the_popular() {
        let mut popularity: Vec<f64> = (0..120).map(|index| f64::from(index % 7)).collect();
        while !popularity.is_empty() {
            let probabilities = probabilities(&popularity);
            assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            assert!(
                probabilities
                    .iter()
                    .all(|&probability| probability > 0.0 && probability <= 1.0)
            );
            popularity.pop();
        }
        assert!(probabilities(&[0.0, 5.0])[1] > 0.6);
    }

    #[test]
    fn logged_propensities_are_the_frequencies_of_the_draws() {
        let popularity = [0.0, 1.0, 3.0, 9.0];
        let ids: Vec<ActivityId> = ["a", "b", "c", "d"].map(ActivityId::from).into();
        let mut random = Random::new(11);
        let mut seen = [[0.0_f64; 4]; 2];
        let mut expected = [[0.0_f64; 4]; 2];
        for _ in 0..40_000 {
            let slate = draw_slate(vec![0, 1, 2, 3], &popularity, &ids, 2, &mut random);
            assert_eq!(slate.len(), 2);
            assert_ne!(slate[0].activity, slate[1].activity);
            assert_ne!(slate[0].pool, slate[1].pool);
            for (position, draw) in slate.iter().enumerate() {
                seen[position][draw.activity] += 1.0;
                let prefix = (position == 1).then_some(slate[0].activity);
                let pool: Vec<usize> = (0..4)
                    .filter(|&activity| Some(activity) != prefix)
                    .collect();
                let weights: Vec<f64> = pool.iter().map(|&activity| popularity[activity]).collect();
                for (&activity, probability) in pool.iter().zip(probabilities(&weights)) {
                    expected[position][activity] += probability;
                    if activity == draw.activity {
                        assert_eq!(probability, draw.propensity);
                    }
                }
            }
        }
        for (seen, expected) in seen.iter().flatten().zip(expected.iter().flatten()) {
            assert!(
                (seen - expected).abs() < 0.03 * expected + 30.0,
                "{seen} {expected}"
            );
        }
    }
}
