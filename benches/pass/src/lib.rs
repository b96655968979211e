//! The linear pass of a list alone: what of it compares with a matrix product and the best ten of that.
//!
//! What a visitor's tables hold is worked out before. The pass then sums every row from them and keeps the best, by the functions
//! that retrieval uses (`src/engine/retrieve.rs`); what towers and neighbours say, exact scores and reranking are no part of it.

#![allow(clippy::unwrap_used)]

#[cfg(target_arch = "wasm32")]
mod module;
#[cfg(test)]
mod tests;

use triqueta::bundle::{Bundle, Files};
use triqueta::catalog::{ROW_GROUP, Row, RowSet, places};
use triqueta::feature::{PairSide, PairWorth, Prepared, RowSums, UserRow};
use triqueta::history::{History, Visitor};
use triqueta::json;
use triqueta::math::{Best, sort};
use triqueta::rank::{Announced, Filter, Filters};

/// So many rows are kept.
const BEST: usize = 10;

/// An open bundle and one visitor's tables.
pub struct LinearPass {
    bundle: Bundle,
    prepared: Prepared,
    now_ms: i64,
    visitor: Visitor,
    worth: PairWorth,
    every: RowSet,
    announced: Announced,
    shown: RowSet,
    room: Room,
}

/// What a pass works with, kept for the next.
#[derive(Default)]
struct Room {
    best: Best,
    /// Rows that may be among the best as far as they had been looked at, and their sums.
    near: Vec<(Row, f32)>,
}

impl LinearPass {
    /// Opens a bundle that was verified before.
    pub fn open(id: &str, files: Files, now_ms: i64) -> Self {
        let bundle = Bundle::open(id, files).unwrap();
        let rows = bundle.catalog.len();
        let mut every = RowSet::default();
        every.reset(rows);
        for row in 0..rows {
            every.insert(Row::of(row / ROW_GROUP, 0), 1 << (row % ROW_GROUP));
        }
        Self {
            prepared: Prepared::new(&bundle.schema, &bundle.catalog, &bundle.counters),
            bundle,
            now_ms,
            visitor: Visitor::default(),
            worth: PairWorth::default(),
            every,
            announced: Announced::default(),
            shown: RowSet::default(),
            room: Room::default(),
        }
    }

    /// Works out the tables of a visitor, of a profile and a history snapshot, both JSON.
    pub fn weigh(&mut self, profile: &str, history: &str) {
        self.visitor = Visitor {
            profile: json::read(profile.as_bytes()).unwrap(),
            history: History::restore(history).unwrap(),
        };
        let (catalog, schema) = (&self.bundle.catalog, &self.bundle.schema);
        let user = UserRow::of(&self.visitor, schema, catalog.words(), self.now_ms);
        let blend = self.bundle.model.blend.resolve().unwrap();
        let linear = blend.linear(user.maturity()).unwrap();
        let side = PairSide::new(&user, &self.visitor, schema, catalog, self.now_ms);
        let counters = &self.bundle.counters;
        let (prepared, worth) = (&self.prepared, &mut self.worth);
        side.weigh(&linear.pair, catalog, prepared, counters, schema, worth);
    }

    /// The best of all rows.
    pub fn of_every_row(&mut self) -> &[(Row, f32)] {
        let sums = self.worth.sums(&self.prepared);
        self.room.pass(&sums, &self.every)
    }

    /// The best of those that a list without wishes may show, who they are included.
    pub fn of_what_may_be_shown(&mut self) -> &[(Row, f32)] {
        let (catalog, texts) = (&self.bundle.catalog, &self.bundle.texts);
        let (filters, history) = (Filters::default(), &self.visitor.history);
        let filter = Filter::new(&filters, catalog, texts, history, self.now_ms);
        filter.list(&mut self.announced, &mut self.shown);
        let sums = self.worth.sums(&self.prepared);
        self.room.pass(&sums, &self.shown)
    }
}

impl Room {
    /// The best of these rows, the best first.
    fn pass(&mut self, sums: &RowSums<'_>, rows: &RowSet) -> &[(Row, f32)] {
        // In the loop's own hands, as in retrieval.
        let mut best = std::mem::take(&mut self.best);
        let mut near = std::mem::take(&mut self.near);
        best.begin(BEST);
        near.clear();
        for (group, &listed) in rows.groups().iter().enumerate() {
            if listed == 0 {
                continue;
            }
            let Some(sums) = sums.of(group, best.bar()) else {
                continue;
            };
            for place in places(listed) {
                if sums[place] >= best.bar() {
                    best.offer(sums[place]);
                    near.push((Row::of(group, place), sums[place]));
                }
            }
        }
        if let Some(least) = best.least() {
            near.retain(|&(_, sum)| sum >= least);
        }
        sort(&mut near, |a, b| a.1 > b.1 || a.1 == b.1 && a.0 < b.0);
        near.truncate(BEST);
        (self.best, self.near) = (best, near);
        &self.near
    }
}
