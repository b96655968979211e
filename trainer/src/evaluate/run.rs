//! A whole evaluation: split, train with each seed on the past, rank the future, sum up.

use std::path::PathBuf;

use triqueta::catalog::Words;

use super::figures::{differences, full_figures, live_figures};
use super::full::rank_full;
use super::live::{Freshness, queries_after, rank_live};
use super::problem::EvaluateError;
use super::queries::{OtherRanks, read_queries, read_ranks};
use super::report::Evaluation;
use super::split::{quantile_ms, up_to};
use crate::progress::Progress;
use crate::replay::catalog_of;
use crate::train::{TrainOptions, train};
use crate::{Dataset, Result};

/// Which questions are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// P2: each positive among everything open at its moment.
    Live,
    /// P3: everything chosen after the split, ranked with what was known at it.
    Full,
}

/// What is evaluated, and how.
#[derive(Debug, Clone)]
pub struct EvaluateOptions {
    /// The protocols.
    pub protocols: Vec<Protocol>,
    /// Trainings, with seeds 0, 1, …
    pub seeds: u64,
    /// The share of the signals models are trained on.
    pub split: f64,
    /// How far ahead of a query activities count as candidates, days.
    pub horizon_days: f64,
    /// Exact queries for [`Protocol::Live`], instead of those of the log.
    pub queries: Option<PathBuf>,
    /// Ranks other recommenders gave the same queries.
    pub ranks: Option<PathBuf>,
    /// Resamples of the bootstrap.
    pub draws: usize,
    /// How models are trained; the seed is replaced.
    pub train: TrainOptions,
}

impl Default for EvaluateOptions {
    fn default() -> Self {
        Self {
            protocols: vec![Protocol::Live, Protocol::Full],
            seeds: 3,
            split: 0.8,
            horizon_days: 60.0,
            queries: None,
            ranks: None,
            draws: 2_000,
            train: TrainOptions::default(),
        }
    }
}

/// Evaluates on a data set.
///
/// # Errors
/// [`EvaluateError`] where there is nothing to rank or a file cannot be used; what training refuses;
/// [`crate::TrainerError::Cancelled`].
pub fn evaluate(
    dataset: &Dataset,
    options: &EvaluateOptions,
    progress: &dyn Progress,
) -> Result<Evaluation> {
    let split_ms = quantile_ms(dataset, options.split).ok_or(EvaluateError::NothingToRank)?;
    // Any vocabulary gives the same rows; each model brings its own.
    let rows = catalog_of(dataset, Words::learn(&dataset.activities, [], 1)?)?;
    let queries = match &options.queries {
        Some(path) => read_queries(path, &rows)?,
        None => queries_after(dataset, &rows, split_ms, options.horizon_days),
    };
    let others = options
        .ranks
        .as_deref()
        .filter(|_| options.queries.is_some())
        .map(read_ranks)
        .transpose()?
        .unwrap_or_default();
    if queries.is_empty() {
        return Err(EvaluateError::NothingToRank.into());
    }
    let past = up_to(dataset, split_ms);
    let seeds: Vec<u64> = (0..options.seeds.max(1)).collect();
    let (mut live, mut published, mut full) = (Vec::new(), Vec::new(), Vec::new());
    for &seed in &seeds {
        let trained = train(
            &past,
            &TrainOptions {
                seed,
                ..options.train.clone()
            },
            progress,
        )?;
        if options.protocols.contains(&Protocol::Live) {
            progress.begin("ranking open activities", Some(queries.len() as u64));
            live.push(rank_live(
                dataset,
                &trained,
                &queries,
                Freshness::Live,
                progress,
            )?);
            progress.begin("ranking what was published", Some(queries.len() as u64));
            published.push(rank_live(
                dataset,
                &trained,
                &queries,
                Freshness::Published,
                progress,
            )?);
        }
        if options.protocols.contains(&Protocol::Full) {
            progress.begin("ranking all activities", None);
            full.push(rank_full(dataset, &trained, split_ms, seed, progress)?);
        }
    }
    let mut rows = Vec::new();
    live_figures(&mut rows, "P2", &live, &queries);
    differences(&mut rows, "P2", &live, &queries, &others, options.draws);
    live_figures(&mut rows, "P2 as published", &published, &queries);
    // Other recommenders' ranks are live ones: nothing to compare what was published with.
    differences(
        &mut rows,
        "P2 as published",
        &published,
        &queries,
        &OtherRanks::new(),
        options.draws,
    );
    full_figures(&mut rows, &full);
    let (name, simulated) = (dataset.lineage.name.clone(), dataset.lineage.simulated);
    Ok(Evaluation {
        dataset: name,
        simulated,
        split_ms,
        seeds,
        rows,
    })
}
