//! Where is the score good, where is it not, and what does it show?
//!
//! A mean hides whom it fails. Beside the figures of every model, the analysis cuts the same questions into slices, names
//! the visitors and the questions that lost most, compares the displayed probability with what happened, and looks at the
//! lists themselves: variety, novelty, who gets shown. It is about the bundle's score on P2 with live counters; where a
//! figure is of all models it says so.

mod errors;
mod examples;
mod exposure;
mod histogram;
mod observer;
mod slices;
mod tradeoff;

use serde::Serialize;
use triqueta::catalog::Catalog;

use super::live::{LiveRun, Query};
use super::metrics::{Calibration, Rank, Reliability};
use super::peers::{PEERS, POPULARITY, RANDOM, STACK};

pub use errors::VisitorLoss;
pub use examples::{Example, ShownActivity};
pub use exposure::ListFigures;
pub use histogram::ScoreBar;
pub use observer::Observed;
pub(crate) use observer::{Answered, Observer};
pub use slices::Slice;
pub use tradeoff::TradeoffPoint;

use histogram::Histogram;
pub(crate) use slices::{Worth, slices};

/// Curves go up to this place.
const CURVE_UP_TO: usize = 20;
/// How many of the worst are shown.
const WORST: usize = 8;

/// What the figures of one score hide.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    /// NDCG over the length of the list, of every model.
    pub curves: Vec<Curve>,
    /// The score by slice; those of one kind together, larger ones first.
    pub slices: Vec<Slice>,
    /// The displayed probability against what was chosen. In each question what was chosen and all others together weigh
    /// the same, as the calibration was fitted.
    pub calibration: Option<Calibration>,
    /// The distribution of scores of what was chosen and of the others, each summing to 1.
    pub scores: Vec<ScoreBar>,
    /// What the lists of each model show; mean over seeds.
    pub lists: Vec<ListFigures>,
    /// Accuracy against variety as the weight of diversity grows.
    pub tradeoff: Vec<TradeoffPoint>,
    /// The slices furthest below the mean of all questions, of those with enough questions.
    pub worst_slices: Vec<Slice>,
    /// The visitors who lost most.
    pub worst_visitors: Vec<VisitorLoss>,
    /// The questions that went worst, of the first seed.
    pub examples: Vec<Example>,
    /// The loss of what was held out after each epoch, by training.
    pub epochs: Vec<EpochLosses>,
    /// The score when less of the past is learned from; empty where it was not asked for.
    pub learning: Vec<LearningPoint>,
}

/// NDCG of a model at 1, 2, … places.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// The model.
    pub model: &'static str,
    /// NDCG at each length, from 1.
    pub ndcg: Vec<f64>,
}

/// The losses of one training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EpochLosses {
    /// Which model.
    pub model: String,
    /// Seed of the training.
    pub seed: u64,
    /// Mean loss of what was held out, after each epoch.
    pub losses: Vec<f64>,
}

/// The score after learning from a part of the past.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LearningPoint {
    /// The share of the past's signals, its last part left out.
    pub share: f64,
    /// Positives learned from.
    pub positives: usize,
    /// Mean NDCG at 10.
    pub ndcg10: f64,
    /// Of popularity so far, which needs no learning.
    pub popularity: f64,
}

/// Takes the runs of all seeds apart; `None` where nothing was observed.
pub(super) fn analyse(
    runs: &[LiveRun],
    queries: &[Query],
    catalog: &Catalog,
    draws: usize,
) -> Option<Analysis> {
    let first = runs.first()?;
    let observed: Vec<&Observed> = runs
        .iter()
        .filter_map(|run| run.observed.as_ref())
        .collect();
    let first_observed = *observed.first()?;
    let worth = |peer: &str| -> Vec<f64> {
        (0..queries.len())
            .map(|question| mean_over(runs, peer, question, |rank| rank.ndcg(10)))
            .collect()
    };
    let worth = Worth {
        model: worth(STACK),
        random: worth(RANDOM),
        popularity: worth(POPULARITY),
    };
    let positives_before = &first_observed.positives_before;
    let slices = slices(
        queries,
        catalog,
        positives_before,
        &first.cold_activity,
        &worth,
        draws,
    );
    let (mut reliability, mut scores) = (Reliability::default(), Histogram::default());
    for observed in &observed {
        reliability.merge(&observed.reliability);
        scores.merge(&observed.scores);
    }
    let numbers = errors::visitor_numbers(queries);
    Some(Analysis {
        curves: curves(runs, queries.len()),
        worst_slices: errors::worst_slices(&slices, &worth.model),
        slices,
        calibration: reliability.calibration(),
        scores: scores.bars(),
        lists: list_figures(&observed),
        tradeoff: tradeoff(&observed),
        worst_visitors: errors::worst_visitors(&numbers, positives_before, &worth.model, WORST),
        examples: first_observed
            .examples
            .worst(WORST, |question| numbers[question]),
        epochs: Vec::new(),
        learning: Vec::new(),
    })
}

/// The mean over seeds of one metric of one question.
pub(super) fn mean_over(
    runs: &[LiveRun],
    peer: &str,
    question: usize,
    metric: impl Fn(&Rank) -> f64,
) -> f64 {
    let ranks = runs
        .iter()
        .filter_map(|run| run.ranks.get(peer)?.get(question));
    ranks.map(metric).sum::<f64>() / runs.len().max(1) as f64
}

fn curves(runs: &[LiveRun], questions: usize) -> Vec<Curve> {
    let spoke = |peer: &str| runs.iter().all(|run| run.ranks.contains_key(peer));
    let at = |peer: &str, k: usize| {
        let sum: f64 = (0..questions)
            .map(|question| mean_over(runs, peer, question, |rank| rank.ndcg(k)))
            .sum();
        sum / questions.max(1) as f64
    };
    PEERS
        .iter()
        .filter(|peer| spoke(peer.name))
        .map(|peer| Curve {
            model: peer.name,
            ndcg: (1..=CURVE_UP_TO).map(|k| at(peer.name, k)).collect(),
        })
        .collect()
}

impl Observed {
    /// What the lists of each model show, in the order of tables.
    pub fn list_figures(&self) -> Vec<ListFigures> {
        let of = |name: &'static str| Some(self.lists.get(name)?.figures(name));
        PEERS.iter().filter_map(|peer| of(peer.name)).collect()
    }
}

/// The mean over seeds of [`Observed::list_figures`].
fn list_figures(observed: &[&Observed]) -> Vec<ListFigures> {
    let of = |name: &'static str| {
        let seeds = observed
            .iter()
            .map(|observed| Some(observed.lists.get(name)?.figures(name)));
        let seeds: Vec<ListFigures> = seeds.collect::<Option<_>>()?;
        let mean = |value: fn(&ListFigures) -> f64| {
            seeds.iter().map(value).sum::<f64>() / seeds.len().max(1) as f64
        };
        Some(ListFigures {
            model: name.to_owned(),
            coverage: mean(|figures| figures.coverage),
            diversity: mean(|figures| figures.diversity),
            novelty: mean(|figures| figures.novelty),
            gini: mean(|figures| figures.gini),
        })
    };
    PEERS.iter().filter_map(|peer| of(peer.name)).collect()
}

fn tradeoff(observed: &[&Observed]) -> Vec<TradeoffPoint> {
    let seeds: Vec<Vec<TradeoffPoint>> = observed
        .iter()
        .map(|observed| observed.tradeoff.points())
        .collect();
    let Some(first) = seeds.first() else {
        return Vec::new();
    };
    let mean = |place: usize, value: fn(&TradeoffPoint) -> f64| {
        let values = seeds
            .iter()
            .filter_map(|points| points.get(place))
            .map(value);
        values.sum::<f64>() / seeds.len() as f64
    };
    (0..first.len())
        .map(|place| TradeoffPoint {
            weight: first[place].weight,
            ndcg10: mean(place, |point| point.ndcg10),
            hr10: mean(place, |point| point.hr10),
            diversity: mean(place, |point| point.diversity),
            coverage: mean(place, |point| point.coverage),
        })
        .collect()
}
