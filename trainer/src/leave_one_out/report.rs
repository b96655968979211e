//! The figures of a leave-one-out run.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Learner, LeaveOneOutRun, judge};
use crate::Result;
use crate::evaluate::{Figure, Rank, clustered_difference, mean_and_deviation};
use crate::interactions::LeaveOneOut;
use crate::progress::{Progress, check};

/// What is judged, and how.
#[derive(Clone)]
pub struct LeaveOneOutOptions {
    /// The learners.
    pub learners: Vec<&'static Learner>,
    /// Seeds 0, 1, …
    pub seeds: u64,
    /// Judge on a slice of the training part instead: what hyper-parameters are chosen by.
    pub validation: bool,
    /// Resamples of the bootstrap.
    pub draws: usize,
}

/// The figures of all learners.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeaveOneOutReport {
    /// The folder's name.
    pub dataset: String,
    /// The seeds of the trainings.
    pub seeds: Vec<u64>,
    /// Seconds of each training, by learner and seed: facts of this machine, not figures to compare.
    pub seconds: BTreeMap<&'static str, Vec<f64>>,
    /// The figures.
    pub rows: Vec<Figure>,
}

/// Among 1 + 99, then in full ranking; parallel to [`values`].
const METRICS: [&str; 8] = [
    "hr@10",
    "ndcg@10",
    "mrr",
    "auc",
    "full ndcg@10",
    "full recall@20",
    "full map@10",
    "full mrr",
];

fn values(run: &LeaveOneOutRun) -> [f64; METRICS.len()] {
    let mean = |ranks: &[Rank], metric: &dyn Fn(&Rank) -> f64| {
        ranks.iter().map(metric).sum::<f64>() / ranks.len().max(1) as f64
    };
    [
        mean(&run.sampled, &|rank| rank.hit(10)),
        mean(&run.sampled, &|rank| rank.ndcg(10)),
        mean(&run.sampled, &Rank::reciprocal),
        mean(&run.sampled, &Rank::auc),
        mean(&run.full, &|rank| rank.ndcg(10)),
        mean(&run.full, &|rank| rank.hit(20)),
        mean(&run.full, &|rank| rank.average_precision(10)),
        mean(&run.full, &Rank::reciprocal),
    ]
}

/// Trains and judges every learner with every seed.
///
/// # Errors
/// Whatever a learner refuses; [`crate::TrainerError::Cancelled`].
pub fn run_leave_one_out(
    name: &str,
    problem: &LeaveOneOut,
    options: &LeaveOneOutOptions,
    progress: &dyn Progress,
) -> Result<LeaveOneOutReport> {
    let seeds: Vec<u64> = (0..options.seeds.max(1)).collect();
    let mut runs: Vec<(&'static str, Vec<LeaveOneOutRun>)> = Vec::new();
    let mut seconds: BTreeMap<&'static str, Vec<f64>> = BTreeMap::new();
    for learner in &options.learners {
        let mut of_learner = Vec::new();
        for &seed in &seeds {
            check(progress)?;
            let slice;
            let problem = if options.validation {
                slice = problem.validation(seed);
                &slice
            } else {
                problem
            };
            progress.begin(&format!("training {}, seed {seed}", learner.name), None);
            let started = std::time::Instant::now();
            let model = (learner.fit)(problem, seed, progress)?;
            seconds
                .entry(learner.name)
                .or_default()
                .push(started.elapsed().as_secs_f64());
            of_learner.push(judge(problem, model.as_ref()));
        }
        runs.push((learner.name, of_learner));
    }
    let protocol = if options.validation {
        "P1 validation"
    } else {
        "P1"
    };
    let mut rows = figures(protocol, &runs);
    rows.extend(best_pair(protocol, problem, &runs, options));
    Ok(LeaveOneOutReport {
        dataset: name.to_owned(),
        seeds,
        seconds,
        rows,
    })
}

fn figures(protocol: &str, runs: &[(&'static str, Vec<LeaveOneOutRun>)]) -> Vec<Figure> {
    let summed = |runs: &[LeaveOneOutRun]| -> Vec<(f64, f64)> {
        let by_seed: Vec<_> = runs.iter().map(values).collect();
        let of = |metric: usize| {
            by_seed
                .iter()
                .map(|seed| seed[metric])
                .collect::<Vec<f64>>()
        };
        (0..METRICS.len())
            .map(|metric| mean_and_deviation(&of(metric)))
            .collect()
    };
    let of_name = |wanted: &str| {
        runs.iter()
            .find(|(name, _)| *name == wanted)
            .map(|(_, runs)| summed(runs))
    };
    let (random, popularity) = (of_name("random"), of_name("popularity"));
    let mut rows = Vec::new();
    for (name, runs) in runs {
        for (metric, (value, spread)) in summed(runs).into_iter().enumerate() {
            rows.push(Figure {
                suite: "accuracy",
                case: format!("{protocol} / all / {name}"),
                metric: METRICS[metric].to_owned(),
                value,
                unit: "ratio",
                n: runs.first().map_or(0, |run| run.full.len()),
                spread: Some(spread),
                peer: None,
                low: None,
                high: None,
                baseline_random: random.as_ref().map(|values| values[metric].0),
                baseline_popularity: popularity.as_ref().map(|values| values[metric].0),
            });
        }
    }
    rows
}

/// By how much the best learner is better than the second best, by user, with an interval. Users are the clusters; a user's
/// value is the mean over seeds.
fn best_pair(
    protocol: &str,
    problem: &LeaveOneOut,
    runs: &[(&'static str, Vec<LeaveOneOutRun>)],
    options: &LeaveOneOutOptions,
) -> Vec<Figure> {
    type By = fn(&LeaveOneOutRun) -> &[Rank];
    let metrics: [(&str, By); 2] = [
        ("ndcg@10", |run| &run.sampled),
        ("full ndcg@10", |run| &run.full),
    ];
    let mut rows = Vec::new();
    // In validation every seed holds other choices out: a user has no one question to pair on.
    if options.validation {
        return rows;
    }
    for (metric, ranks) in metrics {
        let by_user = |runs: &[LeaveOneOutRun]| -> Vec<f64> {
            (0..problem.held_out.len())
                .map(|question| {
                    let total: f64 = runs.iter().map(|run| ranks(run)[question].ndcg(10)).sum();
                    total / runs.len().max(1) as f64
                })
                .collect()
        };
        let mut by_learner: Vec<(&str, Vec<f64>)> = runs
            .iter()
            .map(|(name, runs)| (*name, by_user(runs)))
            .collect();
        let total = |values: &[f64]| values.iter().sum::<f64>();
        by_learner.sort_by(|a, b| total(&b.1).total_cmp(&total(&a.1)));
        let [(best, ours), (second, theirs), ..] = by_learner.as_slice() else {
            continue;
        };
        let users = problem.held_out.iter().map(|&(user, _)| user);
        let paired = users.zip(ours.iter().zip(theirs).map(|(ours, theirs)| ours - theirs));
        let Some(difference) = clustered_difference(paired, options.draws, 1) else {
            continue;
        };
        rows.push(Figure {
            suite: "accuracy",
            case: format!("{protocol} / all / {best}"),
            metric: metric.to_owned(),
            value: difference.mean,
            unit: "ratio",
            n: ours.len(),
            spread: None,
            peer: Some((*second).to_owned()),
            low: Some(difference.low),
            high: Some(difference.high),
            baseline_random: None,
            baseline_popularity: None,
        });
    }
    rows
}
