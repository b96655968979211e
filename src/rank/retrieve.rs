//! From all scored activities to the few hundred worth reranking.

use std::cmp::Ordering;

use crate::catalog::{Catalog, Row};
use crate::model::Score;

/// A row and its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// The row.
    pub row: Row,
    /// Its score.
    pub score: Score,
}

/// The `keep` best in order of score, ties in order of activity id, so that every machine agrees.
pub fn keep_best(mut scored: Vec<Scored>, catalog: &Catalog, keep: usize) -> Vec<Scored> {
    let order = |a: &Scored, b: &Scored| -> Ordering {
        b.score
            .total
            .total_cmp(&a.score.total)
            .then_with(|| catalog.id(a.row).cmp(catalog.id(b.row)))
    };
    if scored.len() > keep && keep > 0 {
        scored.select_nth_unstable_by(keep - 1, order);
        scored.truncate(keep);
    }
    scored.sort_unstable_by(order);
    scored
}
