//! From all scored activities to the few hundred worth reranking.

use std::cmp::Ordering;

use crate::catalog::{Catalog, Row};
use crate::math::{select, sort};
use crate::model::Score;

/// A row and its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// The row.
    pub row: Row,
    /// Its score.
    pub score: Score,
}

/// Leaves the `keep` best in order of score, ties in order of activity id, so that every machine agrees.
pub fn keep_best(scored: &mut Vec<Scored>, catalog: &Catalog, keep: usize) {
    let is_before = |a: &Scored, b: &Scored| match a.score.total.total_cmp(&b.score.total) {
        Ordering::Greater => true,
        Ordering::Equal => catalog.id(a.row) < catalog.id(b.row),
        Ordering::Less => false,
    };
    if scored.len() > keep && keep > 0 {
        select(scored, keep - 1, is_before);
        scored.truncate(keep);
    }
    sort(scored, is_before);
}
