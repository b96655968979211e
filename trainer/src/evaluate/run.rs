//! A whole evaluation: split, train with each seed on the past, rank the future, sum up.

use std::path::PathBuf;

use triqueta::catalog::Words;

use super::analysis::{EpochLosses, LearningPoint, analyse, mean_over};
use super::differences::{full_differences, live_differences};
use super::figures::{full_figures, judged_figures, list_figures, live_figures};
use super::full::rank_full;
use super::live::{Freshness, LiveRun, Query, queries_after, rank_live};
use super::peers::{POPULARITY, STACK};
use super::problem::EvaluateError;
use super::queries::{OtherRanks, read_queries, read_ranks};
use super::report::Evaluation;
use super::split::{in_order_of_publication, quantile_ms, up_to};
use crate::choices::positives;
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
    /// Also learn from a quarter, a half and three quarters of the past, with seed 0: three more trainings.
    pub learning_curve: bool,
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
            learning_curve: false,
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
    let dataset = &in_order_of_publication(dataset);
    let split_ms = quantile_ms(dataset, options.split).ok_or(EvaluateError::NothingToRank)?;
    // Any vocabulary gives the same rows; each model brings its own.
    let catalog = catalog_of(dataset, Words::learn(&dataset.activities, [], 1)?)?;
    let queries = match &options.queries {
        Some(path) => read_queries(path, &catalog)?,
        None => queries_after(dataset, &catalog, split_ms, options.horizon_days),
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
    let (mut epochs, mut judged) = (Vec::new(), Vec::new());
    for &seed in &seeds {
        let trained = train(
            &past,
            &TrainOptions {
                seed,
                compare: true,
                ..options.train.clone()
            },
            progress,
        )?;
        judged.push(trained.judged.metrics().into_iter().collect());
        let losses = trained.epoch_losses.iter();
        epochs.extend(losses.map(|(model, losses)| EpochLosses {
            model: model.clone(),
            seed,
            losses: losses.clone(),
        }));
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
    list_figures(&mut rows, "P2", &live);
    live_differences(&mut rows, "P2", &live, &queries, &others, options.draws);
    live_figures(&mut rows, "P2 as published", &published, &queries);
    // Other recommenders' ranks are live ones: nothing to compare what was published with.
    let nobody = OtherRanks::new();
    let draws = options.draws;
    live_differences(
        &mut rows,
        "P2 as published",
        &published,
        &queries,
        &nobody,
        draws,
    );
    full_figures(&mut rows, &full);
    full_differences(&mut rows, &full, draws);
    judged_figures(&mut rows, &judged);
    let mut analysis = analyse(&live, &queries, &catalog, draws);
    if let Some(analysis) = &mut analysis {
        analysis.epochs = epochs;
        if options.learning_curve {
            analysis.learning = learning_curve(dataset, &past, &queries, options, progress)?;
            analysis
                .learning
                .extend(whole(&past, &catalog, &live, queries.len()));
        }
    }
    let (name, simulated) = (dataset.lineage.name.clone(), dataset.lineage.simulated);
    Ok(Evaluation {
        dataset: name,
        simulated,
        split_ms,
        seeds,
        rows,
        analysis,
    })
}

/// The score after learning from parts of the past.
fn learning_curve(
    dataset: &Dataset,
    past: &Dataset,
    queries: &[Query],
    options: &EvaluateOptions,
    progress: &dyn Progress,
) -> Result<Vec<LearningPoint>> {
    let mut points = Vec::new();
    for share in [0.25, 0.5, 0.75] {
        let Some(until_ms) = quantile_ms(past, share) else {
            continue;
        };
        let train_options = TrainOptions {
            seed: 0,
            ..options.train.clone()
        };
        let trained = train(&up_to(past, until_ms), &train_options, progress)?;
        progress.begin("ranking open activities", Some(queries.len() as u64));
        let run = rank_live(dataset, &trained, queries, Freshness::Live, progress)?;
        points.push(point(share, trained.counts.positives, &run, queries.len()));
    }
    Ok(points)
}

/// The point of the curve where all of the past is learned from: the first seed's run.
fn whole(
    past: &Dataset,
    catalog: &triqueta::catalog::Catalog,
    runs: &[LiveRun],
    questions: usize,
) -> Option<LearningPoint> {
    let known = positives(past, catalog).len();
    Some(point(1.0, known, runs.first()?, questions))
}

fn point(share: f64, positives: usize, run: &LiveRun, questions: usize) -> LearningPoint {
    let mean = |peer: &str| {
        let runs = std::slice::from_ref(run);
        let all =
            (0..questions).map(|question| mean_over(runs, peer, question, |rank| rank.ndcg(10)));
        all.sum::<f64>() / questions.max(1) as f64
    };
    LearningPoint {
        share,
        positives,
        ndcg10: mean(STACK),
        popularity: mean(POPULARITY),
    }
}
