//! P3, static full ranking: with what was known at the split, all activities that were chosen later are ranked for each
//! visitor who chose some of them. Nearly all are new and many visitors are too: the hard one.
//!
//! Metrics are expectations over all orders of tied activities; for coverage, ties are broken evenly at random.

use std::collections::{BTreeMap, BTreeSet};

use triqueta::catalog::Row;
use triqueta::math::Random;

use super::metrics::{ListMetrics, RankedList};
use super::peers::{Sight, Untrained, ask_all, resolve};
use crate::choices::{Lens, positives};
use crate::progress::{Progress, check};
use crate::replay::{VisitorKey, catalog_of};
use crate::train::{Trained, model_scores};
use crate::{Dataset, Result};

/// Length of the lists that coverage looks at.
const LISTED: usize = 10;

/// How every peer ranked for every visitor.
#[derive(Debug, Clone, PartialEq)]
pub struct FullRun {
    /// Metrics a visitor, by the peer's name. Peers with nothing to say are not there.
    pub lists: BTreeMap<&'static str, Vec<ListMetrics>>,
    /// The same where only activities nobody had chosen before the split are ranked; visitors who chose none of those are
    /// left out.
    pub new_only: BTreeMap<&'static str, Vec<ListMetrics>>,
    /// The visitors, in the order of the lists.
    pub visitors: Vec<VisitorKey>,
    /// Whether the visitor had no positive before the split.
    pub cold_visitor: Vec<bool>,
    /// The share of the activities that is in anybody's first ten, by peer.
    pub coverage: BTreeMap<&'static str, f64>,
    /// How many activities were ranked.
    pub activities: usize,
}

/// Ranks for every visitor with a positive after `split_ms`; `seed` orders ties.
///
/// # Errors
/// The first thing that breaks a contract of the catalogue, or [`crate::TrainerError::Cancelled`].
pub fn rank_full(
    dataset: &Dataset,
    trained: &Trained,
    split_ms: i64,
    seed: u64,
    progress: &dyn Progress,
) -> Result<FullRun> {
    let words = trained.schema.words.extended(&dataset.activities)?;
    let catalog = catalog_of(dataset, words)?;
    let (mut wanted, mut chosen_before) = (
        BTreeMap::<VisitorKey, BTreeSet<Row>>::new(),
        BTreeSet::new(),
    );
    for positive in positives(dataset, &catalog) {
        if positive.time_ms > split_ms {
            wanted.entry(positive.key).or_default().insert(positive.row);
        } else {
            chosen_before.insert(positive.row);
        }
    }
    let ranked: BTreeSet<Row> = wanted.values().flatten().copied().collect();
    let items = Lens::items(&catalog);
    let activities = trained.models.activity_side(&items);
    let blend = resolve(&trained.blend)?;
    let now_ms = split_ms.saturating_add(1);
    let mut lens = Lens::new(
        dataset,
        &trained.schema,
        &catalog,
        trained.counter_half_life_days,
    );
    let mut run = FullRun {
        lists: BTreeMap::new(),
        new_only: BTreeMap::new(),
        visitors: Vec::new(),
        cold_visitor: Vec::new(),
        coverage: BTreeMap::new(),
        activities: ranked.len(),
    };
    let mut listed: BTreeMap<&'static str, BTreeSet<Row>> = BTreeMap::new();
    let mut random = Random::new(seed);
    let mut speaking = BTreeSet::new();
    for (key, wanted) in &wanted {
        check(progress)?;
        // Nothing is taken in after the split: the lens stays at this moment for all visitors.
        lens.viewpoint(key, now_ms);
        let candidates: Vec<Row> = ranked
            .iter()
            .copied()
            .filter(|&row| !lens.replay().is_chosen(key, row))
            .collect();
        let choice = lens.choice(key, now_ms, candidates);
        let untrained = Untrained::of(&lens, &catalog, &choice, trained.smoothing);
        let models = model_scores(&trained.models, &items, &activities, &choice);
        let sight = Sight {
            choice: &choice,
            models: &models,
            blend: &blend,
            trees: trained.boosted_trees.as_ref(),
            untrained: Some(&untrained),
        };
        for (peer, scores) in ask_all(&sight, &mut speaking) {
            let all: Vec<(f32, Row)> = scores
                .into_iter()
                .zip(choice.candidates.iter().copied())
                .collect();
            let new: Vec<(f32, Row)> = all
                .iter()
                .copied()
                .filter(|(_, row)| !chosen_before.contains(row))
                .collect();
            let list = metrics(&all, wanted);
            run.lists.entry(peer).or_default().extend(list);
            let of_new = metrics(&new, wanted);
            run.new_only.entry(peer).or_default().extend(of_new);
            let first = first_places(all, &mut random);
            listed.entry(peer).or_default().extend(first);
        }
        run.visitors.push(key.clone());
        run.cold_visitor.push(choice.viewpoint.positives == 0);
        progress.advance(1);
    }
    run.lists.retain(|name, _| speaking.contains(name));
    run.new_only.retain(|name, _| speaking.contains(name));
    listed.retain(|name, _| speaking.contains(name));
    let share = |rows: BTreeSet<Row>| rows.len() as f64 / ranked.len().max(1) as f64;
    run.coverage = listed
        .into_iter()
        .map(|(peer, rows)| (peer, share(rows)))
        .collect();
    Ok(run)
}

/// The metrics of the candidates ranked by score; `None` where none of them is wanted.
fn metrics(scored: &[(f32, Row)], wanted: &BTreeSet<Row>) -> Option<ListMetrics> {
    let scores: Vec<f32> = scored.iter().map(|&(score, _)| score).collect();
    let relevant: Vec<bool> = scored.iter().map(|(_, row)| wanted.contains(row)).collect();
    Some(ListMetrics::of(&RankedList::of(&scores, &relevant)?))
}

/// The rows of the first ten, ties in a drawn order.
fn first_places(mut scored: Vec<(f32, Row)>, random: &mut Random) -> Vec<Row> {
    random.shuffle(&mut scored);
    // Stable, so that the drawn order decides among equals.
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.truncate(LISTED);
    scored.into_iter().map(|(_, row)| row).collect()
}
