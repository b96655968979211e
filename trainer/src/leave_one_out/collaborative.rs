//! Matrix factorisations and item-item neighbours as learners: trained on who chose what alone, scored by the shipped
//! forward pass over each user's training choices, as a device scores its visitor's history.

use ndarray::Array2;
use rayon::prelude::*;
use triqueta::model::{ActivityFactors, Neighbours};

use super::PairScorer;
use crate::Result;
use crate::fit::{
    AlsOptions, FittedFactors, ItemItemOptions, NonnegativeOptions, RankingOptions, SvdOptions,
    fit_alternating_least_squares, fit_bayesian_ranking, fit_item_item, fit_nonnegative_factors,
    fit_truncated_svd,
};
use crate::interactions::{Interactions, LeaveOneOut};
use crate::progress::Progress;

type Scorer = Box<dyn PairScorer>;

/// iALS with 64 factors.
pub(super) fn ials(problem: &LeaveOneOut, seed: u64, progress: &dyn Progress) -> Result<Scorer> {
    factorized(problem, AlsOptions::default(), seed, progress)
}

/// iALS with 160 factors: better in full ranking on the validation slices, and dearer.
pub(super) fn ials_wide(
    problem: &LeaveOneOut,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Scorer> {
    let options = AlsOptions {
        width: 160,
        regularisation: 0.008,
        ..AlsOptions::default()
    };
    factorized(problem, options, seed, progress)
}

fn factorized(
    problem: &LeaveOneOut,
    options: AlsOptions,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Scorer> {
    let fitted = fit_alternating_least_squares(&problem.train, &options, seed, progress)?;
    Ok(Box::new(folded_in(&problem.train, fitted.factors)))
}

/// BPR, with the users' factors as it learned them.
pub(super) fn bpr(problem: &LeaveOneOut, seed: u64, progress: &dyn Progress) -> Result<Scorer> {
    let options = RankingOptions::default();
    let fitted = fit_bayesian_ranking(&problem.train, &options, seed, progress)?;
    Ok(Box::new(Factorized(fitted)))
}

/// Truncated SVD. Of a small matrix it keeps an eighth of the vectors at most: with most of them it gives back the choices
/// it was shown, and 0 for what is held out.
pub(super) fn svd(problem: &LeaveOneOut, seed: u64, progress: &dyn Progress) -> Result<Scorer> {
    let smaller = problem.train.users().min(problem.train.items());
    let options = SvdOptions::default();
    let options = SvdOptions {
        width: options.width.min(smaller / 8).max(1),
        ..options
    };
    let fitted = fit_truncated_svd(&problem.train, &options, seed, progress)?;
    Ok(Box::new(folded_in(&problem.train, fitted.factors)))
}

/// Non-negative factors, with the users' as they were learned: a fold-in may have negative coordinates.
pub(super) fn nmf(problem: &LeaveOneOut, seed: u64, progress: &dyn Progress) -> Result<Scorer> {
    let options = NonnegativeOptions::default();
    let fitted = fit_nonnegative_factors(&problem.train, &options, seed, progress)?;
    Ok(Box::new(Factorized(fitted)))
}

/// EASE with all its weights. It has no chance in it: every seed gives the same.
pub(super) fn item_item(problem: &LeaveOneOut, _: u64, progress: &dyn Progress) -> Result<Scorer> {
    let options = ItemItemOptions {
        neighbours: usize::MAX,
        ..ItemItemOptions::default()
    };
    Ok(Box::new(Neighbourly {
        neighbours: fit_item_item(&problem.train, &options, progress)?,
        train: problem.train.clone(),
    }))
}

/// Every user's factor folded in from the training choices.
fn folded_in(train: &Interactions, factors: ActivityFactors) -> Factorized {
    let choices = |user: u32| train.of_user(user).iter().map(|&item| (item as usize, 1.0));
    let users: Vec<f32> = (0..train.users() as u32)
        .into_par_iter()
        .flat_map_iter(|user| factors.fold_in(choices(user)))
        .collect();
    let shape = (train.users(), factors.width());
    Factorized(FittedFactors {
        users: Array2::from_shape_vec(shape, users).unwrap_or_default(),
        factors,
    })
}

struct Factorized(FittedFactors);

impl PairScorer for Factorized {
    fn scores(&self, user: u32, items: &[u32], out: &mut [f32]) {
        let width = self.0.factors.width();
        let start = user as usize * width;
        let users = self.0.users.as_slice().unwrap_or_default();
        let user = users.get(start..start + width).unwrap_or_default();
        for (score, &item) in out.iter_mut().zip(items) {
            *score = self.0.factors.score(user, item as usize);
        }
    }
}

struct Neighbourly {
    neighbours: Neighbours,
    train: Interactions,
}

impl PairScorer for Neighbourly {
    fn scores(&self, user: u32, items: &[u32], out: &mut [f32]) {
        let choices = self.train.of_user(user).iter();
        let choices = choices.map(|&item| (item as usize, 1.0));
        let all = self.neighbours.scores(choices, self.train.items());
        for (score, &item) in out.iter_mut().zip(items) {
            *score = all.get(item as usize).copied().unwrap_or(0.0);
        }
    }
}
