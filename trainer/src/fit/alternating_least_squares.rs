//! Matrix factorisation by implicit alternating least squares (Hu, Koren and Volinsky 2008, in the form of Rendle et al.,
//! RecSys 2022): every pair nobody chose counts a little, and what is regularised is scaled by how often it occurs.
//!
//! With the items fixed each user is a linear system of its own, and the other way round. A few steps of conjugate
//! gradient from where the last iteration left off (Takács, Pilászy and Tikk, RecSys 2011) are enough, and cost one pass
//! over the user's items a step instead of a factorisation. Users are independent of each other, so any number of threads
//! gives the same bits.

use ndarray::{Array2, s};
use rayon::prelude::*;
use triqueta::math::Random;
use triqueta::model::{ActivityFactors, FoldIn};

use super::fitted_factors::FittedFactors;
use super::simd::vectorised;
use crate::Result;
use crate::interactions::Interactions;
use crate::progress::{Progress, check};

/// Numbers a vector instruction takes at once; rows are padded to a multiple with zeros, which stay zero.
const LANES: usize = 8;
/// Users solved by one thread before it asks for more.
const SHARE: usize = 16;

/// How iALS is done. The defaults were chosen on the validation slice of MovieLens-1M.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlsOptions {
    /// Length of a factor: few see only broad tastes, many learn single choices by heart and cost time and bytes.
    pub width: usize,
    /// Passes over users and items: too few leave tastes mixed, after about 15 nothing changes.
    pub iterations: usize,
    /// What a pair nobody chose counts beside one somebody did: towards 0 everything may score high, a large one draws
    /// all scores to 0 and what is popular to the top.
    pub unobserved_weight: f32,
    /// Strength of the pull to zero: a small one follows every choice, a large one ranks by popularity.
    pub regularisation: f32,
    /// How that pull grows with how often a user or item occurs: 0 pulls all alike, 1 in proportion.
    pub frequency_exponent: f32,
    /// Deviation of the first factors' products; at 0 nothing is ever learned.
    pub spread: f32,
    /// Steps of conjugate gradient a system; as many as `width` solve it exactly.
    pub steps: usize,
}

impl Default for AlsOptions {
    fn default() -> Self {
        Self {
            width: 64,
            iterations: 16,
            unobserved_weight: 0.2,
            regularisation: 0.007,
            frequency_exponent: 1.0,
            spread: 0.1,
            steps: 3,
        }
    }
}

impl AlsOptions {
    /// How a visitor's factor follows from history under these options.
    pub fn fold_in(&self) -> FoldIn {
        FoldIn {
            unobserved_weight: self.unobserved_weight,
            observed_weight: 1.0,
            regularisation: self.regularisation,
            frequency_exponent: self.frequency_exponent,
        }
    }

    fn regularisation_of(&self, count: usize, others: usize) -> f32 {
        let frequency = count as f64 + f64::from(self.unobserved_weight) * others as f64;
        let scale = libm::pow(frequency, f64::from(self.frequency_exponent));
        (f64::from(self.regularisation) * scale) as f32
    }
}

/// Learns factors from who chose what. Items nobody chose get a factor of zeros; an empty log gives nothing but zeros.
///
/// # Errors
/// [`crate::TrainerError::Cancelled`].
pub fn fit_alternating_least_squares(
    interactions: &Interactions,
    options: &AlsOptions,
    seed: u64,
    progress: &dyn Progress,
) -> Result<FittedFactors> {
    let mut random = Random::new(seed);
    let mut users = first_factors(interactions.users(), options, &mut random);
    let mut items = first_factors(interactions.items(), options, &mut random);
    progress.begin("alternating least squares", Some(options.iterations as u64));
    for _ in 0..options.iterations {
        check(progress)?;
        half_step(
            &items,
            &mut users,
            |user| interactions.of_user(user),
            options,
        );
        half_step(
            &users,
            &mut items,
            |item| interactions.of_item(item),
            options,
        );
        progress.advance(1);
    }
    let unpadded = |padded: &Array2<f32>| padded.slice(s![.., ..options.width]).to_owned();
    Ok(FittedFactors {
        factors: ActivityFactors::new(unpadded(&items), options.fold_in()),
        users: unpadded(&users),
    })
}

fn first_factors(count: usize, options: &AlsOptions, random: &mut Random) -> Array2<f32> {
    let padded = options.width.next_multiple_of(LANES);
    let scale = f64::from(options.spread) / (options.width.max(1) as f64).sqrt();
    let mut factors = Array2::zeros((count, padded));
    for value in factors.slice_mut(s![.., ..options.width]) {
        *value = (scale * random.normal()) as f32;
    }
    factors
}

/// Moves every row of `moving` to (nearly) where the loss is smallest while `fixed` stays.
fn half_step<'a>(
    fixed: &Array2<f32>,
    moving: &mut Array2<f32>,
    chosen: impl Fn(u32) -> &'a [u32] + Sync,
    options: &AlsOptions,
) {
    let padded = fixed.ncols();
    let gramian = fixed.t().dot(fixed) * options.unobserved_weight;
    let (Some(gramian), Some(rows), Some(moving)) = (
        gramian.as_slice(),
        fixed.as_slice(),
        moving.as_slice_mut().filter(|moving| !moving.is_empty()),
    ) else {
        return;
    };
    let others = fixed.nrows();
    moving
        .par_chunks_mut(SHARE * padded)
        .enumerate()
        .for_each_init(
            || System::new(padded),
            |system, (share, factors)| {
                vectorised(
                    #[inline(always)]
                    || {
                        for (own, x) in factors.chunks_exact_mut(padded).enumerate() {
                            let chosen = chosen((share * SHARE + own) as u32);
                            let regularisation = options.regularisation_of(chosen.len(), others);
                            system.gather(rows, chosen);
                            system.descend(gramian, regularisation, x, options.steps);
                        }
                    },
                );
            },
        );
}

/// The linear system of one user, and room to solve it in.
struct System {
    /// The chosen items' factors, one after the other.
    rows: Vec<f32>,
    residual: Vec<f32>,
    direction: Vec<f32>,
    product: Vec<f32>,
}

impl System {
    fn new(padded: usize) -> Self {
        Self {
            rows: Vec::new(),
            residual: vec![0.0; padded],
            direction: vec![0.0; padded],
            product: vec![0.0; padded],
        }
    }

    #[inline(always)]
    fn gather(&mut self, rows: &[f32], chosen: &[u32]) {
        let padded = self.residual.len();
        self.rows.clear();
        for &item in chosen {
            let start = item as usize * padded;
            self.rows.extend_from_slice(&rows[start..start + padded]);
        }
    }

    /// Steps of conjugate gradient from `x`, over `(G + Σ y·yᵀ + λ) x = Σ y`.
    #[inline(always)]
    fn descend(&mut self, gramian: &[f32], regularisation: f32, x: &mut [f32], steps: usize) {
        if self.rows.is_empty() {
            x.fill(0.0);
            return;
        }
        quadratic(gramian, regularisation, x, &mut self.residual);
        self.residual.iter_mut().for_each(|value| *value = -*value);
        add_rows(&self.rows, x, 1.0, -1.0, &mut self.residual);
        self.direction.copy_from_slice(&self.residual);
        let mut remaining = inner(&self.residual, &self.residual);
        for _ in 0..steps {
            if remaining < 1e-20 {
                return;
            }
            quadratic(gramian, regularisation, &self.direction, &mut self.product);
            add_rows(&self.rows, &self.direction, 0.0, 1.0, &mut self.product);
            let curvature = inner(&self.direction, &self.product);
            if curvature <= 0.0 {
                return;
            }
            let length = remaining / curvature;
            add(x, length, &self.direction);
            add(&mut self.residual, -length, &self.product);
            let left = inner(&self.residual, &self.residual);
            let turn = left / remaining;
            for (direction, residual) in self.direction.iter_mut().zip(&self.residual) {
                *direction = residual + turn * *direction;
            }
            remaining = left;
        }
    }
}

/// `out = G·x + λ·x` for a symmetric `G`.
#[inline(always)]
fn quadratic(gramian: &[f32], regularisation: f32, x: &[f32], out: &mut [f32]) {
    for (out, x) in out.iter_mut().zip(x) {
        *out = regularisation * x;
    }
    let pairs = gramian.chunks_exact(2 * x.len()).zip(x.chunks_exact(2));
    for (rows, weights) in pairs {
        let (first, second) = rows.split_at(x.len());
        for ((out, first), second) in out.iter_mut().zip(first).zip(second) {
            *out += weights[0] * first + weights[1] * second;
        }
    }
}

/// `out += Σ_y (base + sign·⟨y, x⟩)·y` over the rows `y`, four at a time so that each is still at hand when it is added.
#[inline(always)]
fn add_rows(rows: &[f32], x: &[f32], base: f32, sign: f32, out: &mut [f32]) {
    let fours = rows.chunks_exact(4 * x.len());
    let rest = fours.remainder();
    for four in fours {
        let (ab, cd) = four.split_at(2 * x.len());
        let ((a, b), (c, d)) = (ab.split_at(x.len()), cd.split_at(x.len()));
        let weight = |row: &[f32]| base + sign * inner(row, x);
        let (wa, wb, wc, wd) = (weight(a), weight(b), weight(c), weight(d));
        let columns = out.iter_mut().zip(a).zip(b).zip(c).zip(d);
        for ((((out, a), b), c), d) in columns {
            *out += (wa * a + wb * b) + (wc * c + wd * d);
        }
    }
    for row in rest.chunks_exact(x.len()) {
        add(out, base + sign * inner(row, x), row);
    }
}

#[inline(always)]
fn add(out: &mut [f32], weight: f32, x: &[f32]) {
    for (out, x) in out.iter_mut().zip(x) {
        *out += weight * x;
    }
}

#[inline(always)]
fn inner(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    for (a, b) in a
        .as_chunks::<LANES>()
        .0
        .iter()
        .zip(b.as_chunks::<LANES>().0)
    {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + e) + (b + f)) + ((c + g) + (d + h))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    fn random_log(users: usize, items: usize, seed: u64) -> Interactions {
        let mut random = Random::new(seed);
        let pairs =
            (0..users * 5).map(|_| (random.below(users) as u32, random.below(items) as u32));
        Interactions::new(users, items, pairs.collect::<Vec<_>>())
    }

    fn exact(width: usize, iterations: usize) -> AlsOptions {
        AlsOptions {
            width,
            iterations,
            steps: 4 * width,
            ..AlsOptions::default()
        }
    }

    /// The same system written out in full and solved by Gauss and Jordan in double precision.
    fn reference(fixed: &Array2<f32>, chosen: &[u32], options: &AlsOptions) -> Vec<f64> {
        let (rows, width) = fixed.dim();
        let at = |row: usize, column: usize| f64::from(fixed[[row, column]]);
        let frequency = chosen.len() as f64 + f64::from(options.unobserved_weight) * rows as f64;
        let pull = f64::from(options.regularisation)
            * frequency.powf(f64::from(options.frequency_exponent));
        let mut system = vec![vec![0.0; width + 1]; width];
        for (a, line) in system.iter_mut().enumerate() {
            for row in 0..rows {
                let weight = f64::from(options.unobserved_weight)
                    + if chosen.contains(&(row as u32)) {
                        1.0
                    } else {
                        0.0
                    };
                for (b, sum) in line.iter_mut().enumerate().take(width) {
                    *sum += weight * at(row, a) * at(row, b);
                }
            }
            line[a] += pull;
            line[width] = chosen.iter().map(|&row| at(row as usize, a)).sum();
        }
        for pivot in 0..width {
            let own = system[pivot].clone();
            for (other, line) in system.iter_mut().enumerate() {
                if other != pivot {
                    let share = line[pivot] / own[pivot];
                    line.iter_mut().zip(&own).for_each(|(x, y)| *x -= share * y);
                }
            }
        }
        (0..width)
            .map(|row| system[row][width] / system[row][row])
            .collect()
    }

    #[test]
    fn a_half_step_solves_each_users_least_squares() {
        for width in [1, 5, 8, 11] {
            let log = random_log(23, 17, 3);
            let options = AlsOptions {
                spread: 1.0,
                ..exact(width, 1)
            };
            let mut random = Random::new(9);
            let items = first_factors(17, &options, &mut random);
            let mut users = first_factors(23, &options, &mut random);
            half_step(&items, &mut users, |user| log.of_user(user), &options);
            let items = items.slice(s![.., ..width]).to_owned();
            for user in 0..23 {
                let expected = reference(&items, log.of_user(user), &options);
                for (place, expected) in expected.iter().enumerate() {
                    let found = f64::from(users[[user as usize, place]]);
                    assert!(
                        (found - expected).abs() < 1e-4,
                        "{width}: {found} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn folding_in_a_training_user_gives_the_factor_training_ended_with() {
        let log = random_log(40, 30, 5);
        let fitted = fit_alternating_least_squares(&log, &exact(6, 300), 1, &Silent).unwrap();
        for user in 0..40 {
            let history = log.of_user(user).iter().map(|&item| (item as usize, 1.0));
            let folded = fitted.factors.fold_in(history);
            let trained = fitted.users.row(user as usize);
            for (folded, trained) in folded.iter().zip(trained) {
                assert!((folded - trained).abs() < 5e-3, "{folded} {trained}");
            }
        }
    }
}
