//! From scores to a slate: penalties, reranking, explanations, and what events will carry.

use super::Engine;
use super::facts::{Known, OfItem};
use super::recollection::Workshop;
use super::scoring::{Scoring, Side};
use super::utility::Utility;
use crate::catalog::Row;
use crate::event::Shown;
use crate::feature::COMPONENTS;
use crate::history::{Entry, Visitor};
use crate::math::Digest;
use crate::model::Score;
use crate::rank::{
    Candidate, Chosen, Contribution, Ranking, Request, Scored, Shortlist, Slate, SlateItem, Slot,
    explain,
};

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
    let Workshop {
        scoring,
        candidates,
        shown,
        reranking,
    } = workshop;
    let survivors = scoring.rows_of_survivors();
    let utility = Utility::new(engine, visitor, request, survivors, shown);
    let limit = usize::from(request.limit);
    // Slots draw from a pool, and caps and likeness let some of the best wait.
    let explores = |&position: &u16| usize::from(position) < limit;
    let mut count = if diversity >= 1.0 {
        // Utility decides nothing.
        usize::MAX
    } else if exploration.iter().any(explores) {
        2 * limit + usize::from(policy.exploration.pool)
    } else {
        2 * limit
    };
    scoring.bound(&utility);
    loop {
        let others = engine.shortlist(side, scoring, count);
        line_up(engine, &utility, &scoring.scored, candidates);
        let shortlist = Shortlist { candidates, others };
        let seed = request.seed;
        if reranking.fill(shortlist, limit, policy, diversity, exploration, seed) {
            break;
        }
        count = count.saturating_add(count / 2);
    }
    let chosen = reranking.chosen();
    finish(engine, visitor, request, (side, scoring), chosen, None)
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
fn line_up(
    engine: &Engine,
    utility: &Utility<'_>,
    scored: &[Scored],
    candidates: &mut Vec<Candidate>,
) {
    let bundle = &engine.bundle;
    let columns = bundle.catalog.columns();
    candidates.clear();
    candidates.extend(scored.iter().map(|scored| {
        let row = scored.row.index();
        let (content, place) = (columns.content(row), columns.place(row));
        let id = bundle.catalog.id(scored.row);
        Candidate {
            utility: utility.amendment(scored.row).of(scored.score.total),
            vector: bundle.activities.embeddings[row],
            groups: [
                content.organiser,
                content.series,
                content.kind,
                place.locality,
            ],
            digest: Digest::default().text(id).value(),
        }
    }));
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
