//! P2, live "all-open": at the moment of each positive, the activity is ranked among everything that was open to the
//! visitor then. It says what the product is worth.

use std::collections::{BTreeMap, BTreeSet};

use triqueta::catalog::{Catalog, Row};

use super::analysis::{Answered, Observed, Observer};
use super::metrics::Rank;
use super::peers::{RANDOM, Sight, Untrained, ask_all, popularity_so_far, resolve};
use crate::choices::{Lens, Open, positives};
use crate::progress::{Progress, check};
use crate::replay::{VisitorKey, catalog_of};
use crate::train::{Trained, model_scores};
use crate::{Dataset, Result};

/// One question to all peers.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Its number in the file it was read from, or in order of time.
    pub id: u64,
    /// When, Unix ms.
    pub time_ms: i64,
    /// Who.
    pub key: VisitorKey,
    /// What was open; what was chosen comes first.
    pub candidates: Vec<Row>,
}

/// The queries of a log after a moment: one a positive whose activity had been published before, with at least one other
/// open activity.
pub fn queries_after(
    dataset: &Dataset,
    catalog: &Catalog,
    after_ms: i64,
    horizon_days: f64,
) -> Vec<Query> {
    let open = Open::new(catalog, horizon_days);
    let schema =
        triqueta::feature::Schema::new(dataset.city.clone(), catalog.words().clone(), &[], 0, 1.0);
    let mut lens = Lens::new(dataset, &schema, catalog, 1.0);
    let mut queries = Vec::new();
    for positive in positives(dataset, catalog) {
        if positive.time_ms <= after_ms || !open.can_be_chosen(positive.row, positive.time_ms) {
            continue;
        }
        let candidates = lens.candidates(&open, &positive.key, positive.row, positive.time_ms);
        if candidates.len() > 1 {
            let id = queries.len() as u64;
            queries.push(Query {
                id,
                time_ms: positive.time_ms,
                key: positive.key,
                candidates,
            });
        }
    }
    queries
}

/// How every peer ranked the positive of every query.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveRun {
    /// The ranks, one a query and in the queries' order, by the peer's name. Peers with nothing to say are not there.
    pub ranks: BTreeMap<&'static str, Vec<Rank>>,
    /// Whether the visitor had no positive before.
    pub cold_visitor: Vec<bool>,
    /// Whether nobody had chosen the activity before.
    pub cold_activity: Vec<bool>,
    /// What else was seen, with live counters only: lists of what was published would show the same.
    pub observed: Option<Observed>,
}

/// How fresh the bundle is that ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Counters and catalogue of the very moment.
    Live,
    /// Counters of the last full hour and the catalogue of the last full day (UTC): what a browser can know. An activity
    /// published since is not in the list: it ranks last.
    Published,
}

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Ranks the queries, which are in order of time, with a model that was trained on the past.
///
/// # Errors
/// The first thing that breaks a contract of the catalogue, or [`crate::TrainerError::Cancelled`].
pub fn rank_live(
    dataset: &Dataset,
    trained: &Trained,
    queries: &[Query],
    freshness: Freshness,
    progress: &dyn Progress,
) -> Result<LiveRun> {
    let words = trained.schema.words.extended(&dataset.activities)?;
    let catalog = catalog_of(dataset, words)?;
    let items = Lens::items(&catalog);
    let activities = trained.models.activity_side(&items);
    let blend = resolve(&trained.blend)?;
    let mut lens = Lens::new(
        dataset,
        &trained.schema,
        &catalog,
        trained.counter_half_life_days,
    );
    if freshness == Freshness::Published {
        lens = lens.with_counters_published(dataset, HOUR_MS);
    }
    let mut run = LiveRun {
        ranks: BTreeMap::new(),
        cold_visitor: Vec::new(),
        cold_activity: Vec::new(),
        observed: None,
    };
    let mut observer =
        (freshness == Freshness::Live).then(|| Observer::new(dataset, &catalog, &trained.blend));
    let mut speaking = BTreeSet::new();
    for (number, query) in queries.iter().enumerate() {
        check(progress)?;
        let choice = lens.choice(&query.key, query.time_ms, query.candidates.clone());
        let untrained = Untrained::of(&lens, &catalog, &choice, trained.smoothing);
        let models = model_scores(&trained.models, &items, &activities, &choice);
        let sight = Sight {
            choice: &choice,
            models: &models,
            blend: &blend,
            trees: trained.boosted_trees.as_ref(),
            untrained: Some(&untrained),
        };
        let asked = ask_all(&sight, &mut speaking);
        if let Some(observer) = &mut observer {
            let totals = &lens.counters().positives_total;
            let chosen_by = |row: &Row| totals.get(row.index()).copied().unwrap_or(0.0);
            observer.see(&Answered {
                number,
                sight: &sight,
                scores: &asked,
                embeddings: &activities.embeddings,
                chosen_by: &query.candidates.iter().map(chosen_by).collect::<Vec<f32>>(),
            });
        }
        for (peer, mut scores) in asked {
            if freshness == Freshness::Published && peer != RANDOM {
                let listed_before_ms = query.time_ms - query.time_ms.rem_euclid(DAY_MS);
                for (score, row) in scores.iter_mut().zip(&query.candidates) {
                    if catalog.columns().published_ms(row.index()) >= listed_before_ms {
                        *score = f32::NEG_INFINITY;
                    }
                }
            }
            run.ranks
                .entry(peer)
                .or_default()
                .push(Rank::of(&scores, 0));
        }
        run.cold_visitor.push(choice.viewpoint.positives == 0);
        run.cold_activity.push(popularity_so_far(&choice)[0] == 0.0);
        progress.advance(1);
    }
    run.ranks.retain(|name, _| speaking.contains(name));
    run.observed = observer.map(|observer| observer.finish(&speaking));
    Ok(run)
}
