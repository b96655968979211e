//! A whole evaluation: split, train with each seed on the past, rank the future, sum up.

use std::collections::BTreeMap;
use std::path::PathBuf;

use triqueta::catalog::Words;

use super::RankingMetrics;
use super::bootstrap::clustered_difference;
use super::full::{FullRun, rank_full};
use super::live::{LiveRun, Query, queries_after, rank_live};
use super::metrics::{ListMetrics, Rank, mean_and_deviation};
use super::peers::Peer;
use super::problem::EvaluateError;
use super::queries::{OtherRanks, read_queries, read_ranks};
use super::report::{Evaluation, Figure, add_group};
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
        .map(read_ranks)
        .transpose()?
        .unwrap_or_default();
    if queries.is_empty() {
        return Err(EvaluateError::NothingToRank.into());
    }
    let past = up_to(dataset, split_ms);
    let seeds: Vec<u64> = (0..options.seeds.max(1)).collect();
    let (mut live, mut full) = (Vec::new(), Vec::new());
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
            live.push(rank_live(dataset, &trained, &queries, progress)?);
        }
        if options.protocols.contains(&Protocol::Full) {
            progress.begin("ranking all activities", None);
            full.push(rank_full(dataset, &trained, split_ms, seed, progress)?);
        }
    }
    let mut rows = Vec::new();
    live_figures(&mut rows, &live, &queries, &others, options.draws);
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

fn live_figures(
    rows: &mut Vec<Figure>,
    runs: &[LiveRun],
    queries: &[Query],
    others: &OtherRanks,
    draws: usize,
) {
    let Some(first) = runs.first() else { return };
    let all = vec![true; queries.len()];
    let warm: Vec<bool> = first.cold_visitor.iter().map(|cold| !cold).collect();
    let groups = [
        ("all", &all),
        ("known visitors", &warm),
        ("new visitors", &first.cold_visitor),
        ("new activities", &first.cold_activity),
    ];
    for (group, members) in groups {
        let n = members.iter().filter(|&&member| member).count();
        if n == 0 {
            continue;
        }
        let of = |ranks: &[Rank]| {
            let chosen: Vec<Rank> = ranks
                .iter()
                .zip(members)
                .filter(|(_, m)| **m)
                .map(|(r, _)| *r)
                .collect();
            RankingMetrics::of(&chosen).values()
        };
        let by_seed: Vec<BTreeMap<Peer, [f64; 6]>> = runs
            .iter()
            .map(|run| {
                run.ranks
                    .iter()
                    .map(|(&peer, ranks)| (peer, of(ranks)))
                    .collect()
            })
            .collect();
        add_group(
            rows,
            &format!("P2 / {group}"),
            &RankingMetrics::NAMES,
            n,
            |peer, metric| {
                let samples: Option<Vec<f64>> = by_seed
                    .iter()
                    .map(|seed| seed.get(&peer).map(|values| values[metric]))
                    .collect();
                samples.map(|samples| mean_and_deviation(&samples))
            },
        );
    }
    let blend: Vec<f64> = (0..queries.len())
        .map(|query| mean_ndcg(runs, Peer::Blend, query))
        .collect();
    let popularity = (0..queries.len())
        .map(|query| Some(mean_ndcg(runs, Peer::Popularity, query)))
        .collect();
    let mut rivals: Vec<(String, Vec<Option<f64>>)> = vec![("popularity".into(), popularity)];
    rivals.extend(others.iter().map(|(name, ranks)| {
        let of = |query: &Query| ranks.get(&query.id).map(|rank| rank.ndcg(10));
        (
            format!("{name} of the file"),
            queries.iter().map(of).collect(),
        )
    }));
    for (name, theirs) in rivals {
        let paired = queries.iter().zip(&blend).zip(&theirs);
        let paired: Vec<_> = paired
            .filter_map(|((query, ours), theirs)| Some((&query.key, ours - (*theirs)?)))
            .collect();
        let n = paired.len();
        let Some(difference) = clustered_difference(paired, draws, 1) else {
            continue;
        };
        rows.push(Figure {
            suite: "accuracy",
            case: "P2 / all / blend".into(),
            metric: "ndcg@10".into(),
            value: difference.mean,
            unit: "ratio",
            n,
            spread: None,
            peer: Some(name),
            low: Some(difference.low),
            high: Some(difference.high),
            baseline_random: None,
            baseline_popularity: None,
        });
    }
}

fn mean_ndcg(runs: &[LiveRun], peer: Peer, query: usize) -> f64 {
    let ranks = runs
        .iter()
        .filter_map(|run| run.ranks.get(&peer)?.get(query));
    ranks.map(|rank| rank.ndcg(10)).sum::<f64>() / runs.len() as f64
}

fn full_figures(rows: &mut Vec<Figure>, runs: &[FullRun]) {
    let Some(first) = runs.first() else { return };
    let by_visitor = |cold: Option<bool>| {
        move |run: &FullRun, peer: Peer| -> Vec<ListMetrics> {
            let lists = run
                .lists
                .get(&peer)
                .into_iter()
                .flatten()
                .zip(&run.cold_visitor);
            lists
                .filter(|(_, is_cold)| cold.is_none_or(|cold| cold == **is_cold))
                .map(|(list, _)| *list)
                .collect()
        }
    };
    let new_only = |run: &FullRun, peer: Peer| run.new_only.get(&peer).cloned().unwrap_or_default();
    type Lists<'a> = Box<dyn Fn(&FullRun, Peer) -> Vec<ListMetrics> + 'a>;
    let groups: [(&str, Lists<'_>); 4] = [
        ("all", Box::new(by_visitor(None))),
        ("known visitors", Box::new(by_visitor(Some(false)))),
        ("new visitors", Box::new(by_visitor(Some(true)))),
        ("new activities", Box::new(new_only)),
    ];
    for (group, lists) in groups {
        let n = lists(first, Peer::Random).len();
        if n == 0 {
            continue;
        }
        let value = |peer: Peer, metric: usize| {
            let samples: Vec<f64> = runs
                .iter()
                .map(|run| ListMetrics::mean(&lists(run, peer)).values()[metric])
                .collect();
            Some(mean_and_deviation(&samples))
        };
        add_group(
            rows,
            &format!("P3 / {group}"),
            &ListMetrics::NAMES,
            n,
            value,
        );
    }
    add_group(
        rows,
        "P3 / coverage of first ten",
        &["coverage"],
        first.activities,
        |peer, _| {
            let samples: Vec<f64> = runs
                .iter()
                .filter_map(|run| run.coverage.get(&peer).copied())
                .collect();
            Some(mean_and_deviation(&samples))
        },
    );
}
