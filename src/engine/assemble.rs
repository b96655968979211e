//! From scores to a slate: penalties, reranking, explanations, and what events will carry.

use super::Engine;
use super::facts::{Known, OfItem};
use super::recollection::Workshop;
use super::scoring::{Scoring, Side};
use crate::catalog::{Catalog, NO_TIME, Row};
use crate::event::Shown;
use crate::feature::COMPONENTS;
use crate::history::{Entry, Visitor};
use crate::math::{Digest, exp2, ln_1p, sort};
use crate::model::Score;
use crate::rank::{
    Candidate, Chosen, Contribution, Ranking, Request, Slate, SlateItem, Slot, explain,
};

const WEEK_MS: f32 = 7.0 * 86_400_000.0;

/// The slate of a recommendation.
pub(super) fn slate(
    engine: &Engine,
    visitor: &Visitor,
    request: &Request,
    side: &Side,
    workshop: &mut Workshop,
) -> Slate {
    let policy = &engine.bundle.model.policy;
    let learned = request.ranking == Ranking::Learned;
    let diversity = request
        .diversity
        .unwrap_or(if learned { policy.diversity } else { 0.0 });
    let exploration = match (learned, request.exploration_slots) {
        (false, None) => &[],
        (_, slots) => policy.exploration_positions(slots),
    };
    line_up(engine, visitor, request, workshop);
    let chosen = workshop.reranking.fill(
        &workshop.candidates,
        usize::from(request.limit),
        policy,
        diversity,
        exploration,
        request.seed,
    );
    finish(
        engine,
        visitor,
        request,
        (side, &workshop.scoring),
        chosen,
        None,
    )
}

/// The slate of "similar to this".
pub(super) fn similar_slate(
    engine: &Engine,
    visitor: &Visitor,
    request: &Request,
    side: &Side,
    scoring: &Scoring,
    origin: Row,
) -> Slate {
    let in_order = (0..scoring.scored.len()).take(usize::from(request.limit));
    let ranked = |index| Chosen {
        index,
        slot: Slot::Ranked,
        propensity: 1.0,
        pool: None,
    };
    let chosen: Vec<Chosen> = in_order.map(ranked).collect();
    finish(
        engine,
        visitor,
        request,
        (side, scoring),
        &chosen,
        Some(origin),
    )
}

/// Makes the candidates for reranking of what was scored.
fn line_up(engine: &Engine, visitor: &Visitor, request: &Request, workshop: &mut Workshop) {
    let Workshop {
        scoring,
        candidates,
        shown,
        ..
    } = workshop;
    let learned = request.ranking == Ranking::Learned;
    let bundle = &engine.bundle;
    let policy = &bundle.model.policy;
    let columns = bundle.catalog.columns();
    let popular = |row: Row| {
        ln_1p(
            bundle
                .counters
                .positives
                .get(row.index())
                .copied()
                .unwrap_or(0.0),
        )
    };
    // Logarithms that nothing is taken for need not be worked out.
    let most_popular = (learned && policy.popularity_penalty > 0.0).then(|| {
        let survivors = scoring.scored.iter();
        let popular = survivors.map(|scored| popular(scored.row));
        popular.fold(0.0, f32::max).max(1e-6)
    });
    // Of a few remembered activities the rows are found sooner than the entries of hundreds of survivors.
    shown.clear();
    if learned {
        find_shown(&bundle.catalog, visitor, request.now_ms, shown);
    }
    candidates.clear();
    candidates.extend(scoring.scored.iter().map(|scored| {
        let row = scored.row.index();
        let id = bundle.catalog.id(scored.row);
        let mut utility = scored.score.total;
        if let Some(most_popular) = most_popular {
            utility -= policy.popularity_penalty * popular(scored.row) / most_popular;
        }
        if learned {
            let shown = match shown.binary_search_by_key(&scored.row, |shown| shown.0) {
                Ok(at) => shown[at].1,
                Err(_) => 0.0,
            };
            utility -= policy.seen_penalty * ln_1p(shown);
            let published_ms = columns.published_ms[row];
            if published_ms != NO_TIME {
                let age_ms = request.now_ms.saturating_sub(published_ms).max(0) as f32;
                utility += policy.freshness * exp2(-age_ms / WEEK_MS);
            }
        }
        Candidate {
            utility,
            vector: bundle.activities.embeddings[row],
            groups: [
                columns.organiser[row],
                columns.series[row],
                columns.kind[row],
                columns.locality[row],
            ],
            digest: Digest::default().text(id).value(),
        }
    }));
}

/// Puts in how often each remembered activity of the catalogue was shown without being acted on, by row ascending.
fn find_shown(catalog: &Catalog, visitor: &Visitor, now_ms: i64, rows: &mut Vec<(Row, f32)>) {
    let entries = visitor.history.entries();
    let shown = entries.filter(|(_, entry)| entry.signals().is_empty());
    let of_row = |(id, entry)| Some((catalog.row(id)?, shown_lately(entry, now_ms)));
    rows.extend(shown.filter_map(of_row));
    sort(rows, |a, b| a.0 < b.0);
}

/// How often it was shown without being acted on, halved every week.
fn shown_lately(entry: &Entry, now_ms: i64) -> f32 {
    match entry.last_impression_ms {
        Some(last_ms) if entry.signals().is_empty() => {
            entry.impressions as f32
                * exp2(-(now_ms.saturating_sub(last_ms).max(0) as f32) / WEEK_MS)
        }
        _ => 0.0,
    }
}

fn finish(
    engine: &Engine,
    visitor: &Visitor,
    request: &Request,
    (side, scoring): (&Side, &Scoring),
    chosen: &[Chosen],
    origin: Option<Row>,
) -> Slate {
    let bundle = &engine.bundle;
    let history = visitor.history.digest().hexadecimal();
    let known = Known {
        engine,
        visitor,
        user: &side.user,
        embeddings: &side.embeddings,
        now_ms: request.now_ms,
        origin,
    };
    let mut slate = Slate {
        id: String::new(),
        bundle: bundle.id.clone(),
        variant: engine.variant.clone(),
        ranking: request.ranking,
        items: Vec::with_capacity(chosen.len()),
        total: u32::try_from(scoring.total).unwrap_or(u32::MAX),
        now_ms: request.now_ms,
        seed: request.seed,
    };
    for (position, chosen) in chosen.iter().enumerate() {
        let scored = scoring.scored[chosen.index];
        let id = bundle.catalog.id(scored.row);
        let entry = visitor.history.entry(id);
        let position = u16::try_from(position).unwrap_or(u16::MAX);
        let reason = explain(&OfItem {
            known: &known,
            row: scored.row,
            score: &scored.score,
            explores: chosen.slot == Slot::Exploration,
        });
        slate.items.push(SlateItem {
            activity: id.into(),
            position,
            score: scored.score.total,
            display: display(engine, request.ranking, &scored.score, origin.is_some()),
            propensity: chosen.propensity,
            slot: chosen.slot,
            contributions: contributions(engine, &scored.score),
            reason,
            favourite: entry.is_some_and(Entry::is_favourite),
            liked: entry.is_some_and(Entry::is_liked),
            shown: Shown {
                activity: id.into(),
                slate: String::new(),
                bundle: bundle.id.clone(),
                variant: engine.variant.clone(),
                placement: request.placement.clone(),
                position,
                propensity: chosen.propensity,
                policy: bundle.model.policy.version,
                pool: chosen
                    .pool
                    .map_or_else(String::new, |pool| pool.hexadecimal()),
                features: if visitor.profile.location.is_some() {
                    // A digest of distances could be searched for the position behind it.
                    String::new()
                } else {
                    feature_digest(engine, (side, scoring), scored.row)
                },
                history: history.clone(),
                replayable: false,
            },
        });
    }
    name(&mut slate, &history);
    slate
}

fn contributions(engine: &Engine, score: &Score) -> Vec<Contribution> {
    let parts = COMPONENTS.iter().zip(score.contributions);
    parts
        .filter(|(component, value)| *value != 0.0 || engine.speaks_of(**component))
        .map(|(&component, value)| Contribution { component, value })
        .collect()
}

fn display(engine: &Engine, ranking: Ranking, score: &Score, similar: bool) -> f32 {
    match ranking {
        _ if similar => (score.total * 50.0).clamp(0.0, 100.0),
        Ranking::Learned => 100.0 * engine.bundle.model.blend.probability(score.total),
        Ranking::Rule => score.total.clamp(0.0, 100.0),
        Ranking::Popularity | Ranking::Content => {
            100.0 * score.total.max(0.0) / (1.0 + score.total.max(0.0))
        }
    }
}

/// The fingerprint of the feature row, which the trainer recomputes from events to measure skew.
fn feature_digest(engine: &Engine, (side, scoring): (&Side, &Scoring), row: Row) -> String {
    let bundle = &engine.bundle;
    let pair = scoring.pair_row(engine, side, row);
    let mut digest = Digest::default();
    // Columns newer than the bundle decide nothing in it.
    let known = bundle.schema.names.pair.len().min(pair.len());
    digest
        .floats(&pair[..known])
        .floats(&side.models.embedding)
        .floats(&bundle.activities.embeddings[row.index()]);
    digest.hexadecimal()
}

/// Names the slate by a digest of its inputs and outcome, and tells each item.
fn name(slate: &mut Slate, history: &str) {
    let mut digest = Digest::default();
    digest
        .text(&slate.bundle)
        .text(&slate.variant)
        .text(history);
    digest
        .integer(slate.now_ms as u64)
        .integer(slate.seed)
        .text(&slate.digest());
    slate.id = digest.hexadecimal();
    for item in &mut slate.items {
        item.shown.slate.clone_from(&slate.id);
    }
}
