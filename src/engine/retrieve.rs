//! Which activities may be among the best by score, and what is nearly known of these?
//!
//! The score is nearly a sum over properties ([`PairWorth`]). Whoever's nearly computed score is further below the `keep`-th
//! best than both computations can be from the truth is not among the `keep` best, and is left out. What can be said of
//! that distance: a sum of `n` numbers in single precision is off by at most `n·u` of the numbers' sizes, `u` being 2⁻²⁴
//! (Higham 2002, section 4.2), a product or a quotient by `u` of itself.
//!
//! What the towers say is asked last, and only where it could matter: a cosine is 1 at most, so that most activities are left
//! out by what they are without it.

use std::mem::take;

use super::Engine;
use super::scoring::Side;
use crate::catalog::Row;
use crate::feature::PairWorth;
use crate::math::{APPROXIMATION_ERROR, Best, dot, largest_size, norm};
use crate::model::{Linear, VisitorSide};
use crate::rank::{Scored, keep_best};

/// Half the distance between 1 and the next larger number.
const UNIT_ROUNDOFF: f32 = 1.0 / 16_777_216.0;
/// Roundings of a term beside those of its sum: in the feature, standardised, weighted, in its component and the total.
const OTHER_ROUNDINGS: usize = 32;

/// What retrieval works with, kept for the next list.
#[derive(Debug, Clone, Default)]
pub(super) struct Retrieval {
    worth: PairWorth,
    best: Best,
    /// Rows that may be among the best as far as they had been looked at, and their nearly computed scores.
    near: Vec<(Row, f32)>,
}

/// What is nearly known of the scores of those that may be among the best.
pub(super) struct Nearly<'a> {
    /// Rows, ascending, and their nearly computed scores.
    pub(super) scores: &'a [(Row, f32)],
    /// How far the exact ones can be from these.
    pub(super) reach: f32,
    /// The worst of the `keep` best of these.
    pub(super) last: f32,
}

impl Retrieval {
    /// Leaves of `rows`, which ascend, those that may be among the `keep` best by the blend. Returns what is nearly known of
    /// them, where it was needed and all are numbers.
    pub(super) fn narrow(
        &mut self,
        engine: &Engine,
        side: &Side,
        rows: &mut Vec<Row>,
        keep: usize,
    ) -> Option<Nearly<'_>> {
        if rows.len() <= keep || keep == 0 {
            return None;
        }
        let Some((last, reach)) = self.scan(engine, side, rows, keep) else {
            keep_best_of_all(engine, side, rows, keep);
            return None;
        };
        let threshold = last - 2.0 * reach;
        self.near
            .retain(|(_, score)| score.is_nan() || *score >= threshold);
        rows.clear();
        rows.extend(self.near.iter().map(|&(row, _)| row));
        let scores = &self.near[..];
        let nearly = Nearly {
            scores,
            reach,
            last,
        };
        let are_numbers = scores.iter().all(|(_, score)| !score.is_nan());
        are_numbers.then_some(nearly)
    }

    /// Notes the nearly computed scores of those that are not too far below. Returns the worst of the `keep` best of them, and
    /// how far exact ones can be from them; nothing where nothing is known of that.
    fn scan(
        &mut self,
        engine: &Engine,
        side: &Side,
        eligible: &[Row],
        keep: usize,
    ) -> Option<(f32, f32)> {
        let bundle = &engine.bundle;
        // A factorization machine says of each pair what no table holds.
        let is_linear = bundle.models.factorization_machine.is_none();
        let linear = engine
            .resolved
            .linear(side.maturity)
            .filter(|_| is_linear)?;
        let worth = &mut self.worth;
        side.pair.weigh(
            &linear.pair,
            &bundle.catalog,
            &engine.prepared,
            &bundle.counters,
            &bundle.schema,
            worth,
        );
        let models_size = add_models(engine, &linear, &side.models, eligible, &mut worth.by_row);
        let [cosine, ..] = linear.models;
        let reach = reach(&linear, worth, models_size + cosine.abs());
        if !reach.is_finite() {
            return None;
        }
        let length = norm(&side.models.embedding);
        let cosine_scale = if length > 0.0 { cosine / length } else { 0.0 };
        let most_ahead = linear.offset + cosine.abs() * engine.most_alike;
        let sums = worth.sums(&engine.prepared);
        // In the loop's own hands: what it only borrows it would look up again for every row.
        let (mut best, mut near) = (take(&mut self.best), take(&mut self.near));
        best.begin(keep);
        near.clear();
        near.reserve(4 * keep);
        for &row in eligible {
            let sum = sums.of(row);
            // Were the towers all for it, it would still be too far below: a third `reach` covers the roundings of this sum.
            if sum + most_ahead < best.bar() - 3.0 * reach {
                continue;
            }
            let point = &bundle.activities.embeddings[row.index()];
            let alike = dot(&side.models.embedding, point) * engine.inverse_lengths[row.index()];
            let score = sum + linear.offset + cosine_scale * alike;
            best.offer(score);
            near.push((row, score));
        }
        let least = best.least();
        (self.best, self.near) = (best, near);
        Some((least?, reach))
    }
}

/// Leaves the best themselves, each scored exactly.
fn keep_best_of_all(engine: &Engine, side: &Side, rows: &mut Vec<Row>, keep: usize) {
    let scored = rows.iter().map(|&row| Scored {
        row,
        score: engine.blended(side, row),
    });
    let mut scored = scored.collect();
    keep_best(&mut scored, engine.catalog(), keep);
    rows.clear();
    rows.extend(scored.into_iter().map(|scored| scored.row));
    rows.sort_unstable();
}

/// Adds what models beside the towers say of these rows to what they are worth by themselves. Returns no less than the largest
/// size of what was said. Where the exact score is no number, neither is the sum, or its size is not finite.
fn add_models(
    engine: &Engine,
    linear: &Linear,
    visitor: &VisitorSide,
    rows: &[Row],
    by_row: &mut [f32],
) -> f32 {
    let [_cosine, _machine, factors, neighbours, ..] = linear.models;
    let said = &visitor.neighbour_scores;
    for (sum, said) in by_row.iter_mut().zip(said) {
        *sum += neighbours * said;
    }
    let mut size = neighbours.abs() * largest_size(said);
    if let Some(of) = &engine.bundle.models.matrix_factorization {
        let mut most = 0.0;
        for row in rows {
            let term = factors * of.score(&visitor.factor, row.index());
            by_row[row.index()] += term;
            // What is no number is found by its score.
            most = if term.abs() > most { term.abs() } else { most };
        }
        size += most;
    }
    size
}

/// How far a nearly computed score can be from the exact one.
fn reach(linear: &Linear, worth: &PairWorth, models_size: f32) -> f32 {
    let weights: f32 = linear.pair.iter().map(|weight| weight.abs()).sum();
    let size = worth.magnitude + models_size + linear.magnitude + weights;
    let roundings = (worth.length + OTHER_ROUNDINGS) as f32;
    // Both computations round; twice as much again covers the roundings of this bound itself.
    (4.0 * roundings * UNIT_ROUNDOFF + 2.0 * APPROXIMATION_ERROR) * size
}
