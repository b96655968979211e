//! Non-negative matrix factorisation of the 0/1 matrix of choices (Lee and Seung 1999) by hierarchical alternating least
//! squares (Cichocki and Phan 2009): factors that only add, so that each reads as a theme.
//!
//! Each coordinate of a factor has a closed-form best value while all others stay, so that the loss falls with every
//! step; rows are independent, so that any number of threads gives the same bits.

use ndarray::{Array2, Axis};
use rayon::prelude::*;
use triqueta::math::Random;
use triqueta::model::ActivityFactors;

use super::fitted_factors::{FittedFactors, LEAST_SQUARES};
use super::truncated_svd::sums;
use crate::Result;
use crate::interactions::Interactions;
use crate::progress::{Progress, check};

/// How the factorisation is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NonnegativeOptions {
    /// How many themes.
    pub width: usize,
    /// Passes over users and items.
    pub iterations: usize,
}

impl Default for NonnegativeOptions {
    fn default() -> Self {
        Self {
            width: 48,
            iterations: 40,
        }
    }
}

/// Learns factors from who chose what; all of them are 0 or more.
///
/// # Errors
/// [`crate::TrainerError::Cancelled`].
pub fn fit_nonnegative_factors(
    interactions: &Interactions,
    options: &NonnegativeOptions,
    seed: u64,
    progress: &dyn Progress,
) -> Result<FittedFactors> {
    progress.begin("non-negative factors", Some(options.iterations as u64));
    let mut random = Random::new(seed);
    let mut draw = |rows: usize| {
        Array2::from_shape_fn((rows, options.width), |_| random.uniform() as f32 * 0.1)
    };
    let (mut users, mut items) = (draw(interactions.users()), draw(interactions.items()));
    for _ in 0..options.iterations {
        check(progress)?;
        improve(&mut users, &items, |user| interactions.of_user(user));
        improve(&mut items, &users, |item| interactions.of_item(item));
        progress.advance(1);
    }
    Ok(FittedFactors {
        factors: ActivityFactors::new(items, LEAST_SQUARES),
        users,
    })
}

/// Sets each coordinate of each row of `moving` to its best value, one after the other.
fn improve<'a>(
    moving: &mut Array2<f32>,
    fixed: &Array2<f32>,
    of: impl Fn(u32) -> &'a [u32] + Sync,
) {
    let gramian = fixed.t().dot(fixed);
    let wanted = sums(moving.nrows(), fixed, of);
    moving
        .axis_iter_mut(Axis(0))
        .collect::<Vec<_>>()
        .into_par_iter()
        .enumerate()
        .for_each(|(row, mut factor)| {
            for theme in 0..factor.len() {
                let own = gramian[[theme, theme]];
                if own <= 0.0 {
                    factor[theme] = 0.0;
                    continue;
                }
                let line = gramian.row(theme);
                let explained: f32 = line.iter().zip(&factor).map(|(g, x)| g * x).sum();
                let step = (wanted[[row, theme]] - explained) / own;
                factor[theme] = (factor[theme] + step).max(0.0);
            }
        });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    /// The squared distance between the choices and the scores.
    fn loss(log: &Interactions, fitted: &FittedFactors) -> f64 {
        let pairs = (0..log.users() as u32)
            .flat_map(|user| (0..log.items() as u32).map(move |item| (user, item)));
        pairs
            .map(|(user, item)| {
                let factor = fitted.users.row(user as usize).to_vec();
                let score = fitted.factors.score(&factor, item as usize);
                f64::from(score - f32::from(u8::from(log.contains(user, item)))).powi(2)
            })
            .sum()
    }

    #[test]
    fn factors_stay_nonnegative_and_the_loss_falls_with_every_pass() {
        let mut random = Random::new(2);
        let log = Interactions::new(
            40,
            25,
            (0..300).map(|_| (random.below(40) as u32, random.below(25) as u32)),
        );
        let mut last = f64::MAX;
        for iterations in 1..8 {
            let options = NonnegativeOptions {
                width: 6,
                iterations,
            };
            let fitted = fit_nonnegative_factors(&log, &options, 1, &Silent).unwrap();
            let all = fitted.users.iter().chain(fitted.factors.items());
            assert!(all.clone().all(|&value| value >= 0.0));
            let loss = loss(&log, &fitted);
            assert!(loss < last, "{loss} after {last}");
            last = loss;
        }
    }
}
