//! What does reranking make of a score? Less for what is popular or was shown in vain, more for what is new.

use super::Engine;
use crate::catalog::{Catalog, NO_TIME, Row};
use crate::history::{Entry, Visitor};
use crate::math::{exp2, ln_1p, sort};
use crate::rank::{Policy, Ranking, Request};

const WEEK_MS: f32 = 7.0 * 86_400_000.0;

/// Utilities of one request.
pub(super) struct Utility<'a> {
    engine: &'a Engine,
    policy: &'a Policy,
    learned: bool,
    now_ms: i64,
    /// How popular the most popular is, where that counts.
    most_popular: Option<f32>,
    /// How often each remembered activity of the catalogue was shown without being acted on, by row ascending.
    shown: &'a [(Row, f32)],
}

/// What is taken off a score, and added to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Amendment {
    popular: f32,
    seen: f32,
    fresh: f32,
}

impl Amendment {
    /// The utility of a score: none of a smaller one is larger, for each step rounds alike.
    pub(super) fn of(&self, score: f32) -> f32 {
        score - self.popular - self.seen + self.fresh
    }
}

impl<'a> Utility<'a> {
    /// Of a list among these survivors; `shown` is room for what was shown.
    pub(super) fn new(
        engine: &'a Engine,
        visitor: &Visitor,
        request: &Request,
        survivors: impl Iterator<Item = Row>,
        shown: &'a mut Vec<(Row, f32)>,
    ) -> Self {
        let policy = &engine.bundle.model.policy;
        let learned = request.ranking == Ranking::Learned;
        // Of a few remembered activities the rows are found sooner than the entries of hundreds of survivors.
        shown.clear();
        if learned {
            find_shown(engine.catalog(), visitor, request.now_ms, shown);
        }
        // Logarithms that nothing is taken for need not be worked out.
        let most_popular = (learned && policy.popularity_penalty > 0.0).then(|| {
            let popular = survivors.map(|row| popular(engine, row));
            popular.fold(0.0, f32::max).max(1e-6)
        });
        Self {
            engine,
            policy,
            learned,
            now_ms: request.now_ms,
            most_popular,
            shown,
        }
    }

    /// What becomes of the score of a row.
    pub(super) fn amendment(&self, row: Row) -> Amendment {
        let policy = self.policy;
        let mut amendment = Amendment {
            popular: 0.0,
            seen: 0.0,
            // Adding minus zero leaves every number as it is.
            fresh: -0.0,
        };
        if let Some(most) = self.most_popular {
            amendment.popular = policy.popularity_penalty * popular(self.engine, row) / most;
        }
        if let Ok(at) = self.shown.binary_search_by_key(&row, |shown| shown.0) {
            amendment.seen = policy.seen_penalty * ln_1p(self.shown[at].1);
        }
        let published_ms = self.engine.catalog().columns().published_ms(row.index());
        if self.learned && published_ms != NO_TIME {
            let age_ms = self.now_ms.saturating_sub(published_ms).max(0) as f32;
            // Nothing of anything, where newness does not count.
            let share = if policy.freshness > 0.0 {
                exp2(-age_ms / WEEK_MS)
            } else {
                0.0
            };
            amendment.fresh = policy.freshness * share;
        }
        amendment
    }
}

fn popular(engine: &Engine, row: Row) -> f32 {
    let positives = engine.bundle.counters.positives.get(row.index());
    ln_1p(positives.copied().unwrap_or(0.0))
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
