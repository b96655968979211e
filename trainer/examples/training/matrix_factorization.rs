//! iALS and BPR with 64 factors.

use std::path::Path;
use std::time::Instant;

use triqueta_trainer::Result;
use triqueta_trainer::fit::{
    AlsOptions, FittedFactors, RankingOptions, fit_alternating_least_squares, fit_bayesian_ranking,
};
use triqueta_trainer::interactions::Interactions;
use triqueta_trainer::progress::Silent;

use super::Measured;
use super::choices::Choices;

/// Three steps of conjugate gradient a system, as `implicit` takes.
pub(super) fn measure_ials(folder: &Path) -> Measured {
    let options = AlsOptions {
        iterations: 15,
        ..AlsOptions::default()
    };
    measure(folder, options.iterations, |train| {
        fit_alternating_least_squares(train, &options, 1, &Silent)
    })
}

pub(super) fn measure_bpr(folder: &Path) -> Measured {
    let options = RankingOptions {
        epochs: 20,
        ..RankingOptions::default()
    };
    measure(folder, options.epochs, |train| {
        fit_bayesian_ranking(train, &options, 1, &Silent)
    })
}

fn measure(
    folder: &Path,
    passes: usize,
    fit: impl Fn(&Interactions) -> Result<FittedFactors>,
) -> Measured {
    let choices = Choices::read_all(folder);
    let start = Instant::now();
    let fitted = fit(&choices.train).expect("nobody stops it");
    let seconds = start.elapsed().as_secs_f64();
    let accuracy = choices.hits(|user, items, out| {
        let user = fitted.users.row(user as usize).to_vec();
        for (score, &item) in out.iter_mut().zip(items) {
            *score = fitted.factors.score(&user, item as usize);
        }
    });
    Measured {
        examples: choices.train.len() * passes,
        seconds,
        accuracy,
    }
}
