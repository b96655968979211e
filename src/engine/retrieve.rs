//! Which activities may be among the best by score, and what is nearly known of these?
//!
//! The score is nearly a sum over properties ([`PairWorth`]). Whoever's nearly computed score is further below the `keep`-th
//! best than both computations can be from the truth is not among the `keep` best, and is left out. What can be said of
//! that distance: a sum of `n` numbers in single precision is off by at most `n·u` of the numbers' sizes, `u` being 2⁻²⁴
//! (Higham 2002, section 4.2), a product or a quotient by `u` of itself.
//!
//! A factorization machine says a plain sum too, and half the square of a sum of vectors ([`crate::feature::Point`]). Let a
//! row's vectors be `R` long together, signs aside; let them be longer by `W` were every feature larger by 1, and `a` how far
//! approximate functions can be from the truth. Then the sum of vectors is off by `n·u·R + a·(R + W)`, and half its square and
//! the squares that are taken off it, all together, by `R` times twice that and their own roundings, `40·u·R²`. The exact score
//! takes the products one by one: their sizes add up to `½R²`, their factors are off by no more, and each is rounded `108` times
//! on the way. As `n` is larger than 38, these `(3n + 94)·u·R² + 2a·R·(R + W)` are less than is said here of terms whose sizes
//! add up to `R²`, and `2a·R·W`. Where `R·(R + W)` is a number, so is every product.
//!
//! What was carried on from an earlier list may be off by something more ([`PairWorth::drift`]).
//!
//! What the towers say is asked last, and only where it could matter: a cosine is 1 at most, so that most activities are left
//! out by what they are without it.

use std::mem::take;

use super::Engine;
use super::scoring::Side;
use crate::catalog::{Row, RowSet, places};
use crate::feature::PairWorth;
use crate::math::{APPROXIMATION_ERROR, Best, SparseAccumulator, UNIT_ROUNDOFF, dot, larger, norm};
use crate::model::{Embedding, Linear, VisitorSide};
use crate::rank::{Scored, keep_best};

/// Roundings of a term beside those of its sum: in the feature, standardised, weighted, in its component and the total.
const OTHER_ROUNDINGS: usize = 32;
/// Products that are too small to be numbers are lost. Those of features that are far from their means are made up for by longer
/// lengths ([`crate::feature::PairVectors`]); the others add up to less.
const LOST: f32 = 1e-28;
/// The towers are asked of so many activities at once, or a few more; of fewer where fewer are kept.
const BATCH: usize = 64;
/// To score an activity exactly by a factorization machine takes as long as to work out so many points.
const POINTS_A_SCORE: usize = 12;

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
    /// Leaves in `rows` those of the eligible that may be among the `keep` best by the blend, ascending. Returns what is nearly
    /// known of them, where it was needed and all are numbers.
    pub(super) fn narrow(
        &mut self,
        engine: &Engine,
        side: &Side,
        eligible: &RowSet,
        rows: &mut Vec<Row>,
        keep: usize,
    ) -> Option<Nearly<'_>> {
        rows.clear();
        let others = eligible.len().saturating_sub(keep);
        if others == 0 || keep == 0 {
            rows.extend(eligible.rows());
            return None;
        }
        let Some((last, reach)) = self.scan(engine, side, eligible, keep, others) else {
            keep_best_of_all(engine, side, eligible, rows, keep);
            return None;
        };
        let threshold = last - 2.0 * reach;
        self.near
            .retain(|(_, score)| score.is_nan() || *score >= threshold);
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
        eligible: &RowSet,
        keep: usize,
        others: usize,
    ) -> Option<(f32, f32)> {
        let bundle = &engine.bundle;
        let has_machine = bundle.models.factorization_machine.is_some();
        if has_machine && POINTS_A_SCORE * others < engine.prepared.points() {
            return None;
        }
        let linear = engine.resolved.linear(side.maturity)?;
        let worth = &mut self.worth;
        side.pair.weigh(
            &linear.pair,
            &bundle.catalog,
            &engine.prepared,
            &bundle.counters,
            &bundle.schema,
            worth,
        );
        let [cosine, machine, ..] = linear.models;
        let of_models = add_models(engine, &linear, &side.models, eligible, &mut worth.by_row);
        let of_machine = add_machine(engine, machine, side, eligible, worth);
        let said = Said {
            size: of_models + of_machine.size + cosine.abs(),
            ..of_machine
        };
        let reach = reach(&linear, worth, &said);
        if !reach.is_finite() {
            return None;
        }
        let towers = Towers::new(engine, side, linear.offset, cosine);
        let most_ahead = linear.offset + cosine.abs() * engine.most_alike;
        let sums = worth.sums(&engine.prepared);
        // In the loop's own hands: what it only borrows it would look up again for every row.
        let (mut best, mut near) = (take(&mut self.best), take(&mut self.near));
        best.begin(keep);
        near.clear();
        near.reserve(4 * keep);
        // Of those before `asked` what is in `near` are scores, of those behind it sums.
        let (mut bar, mut asked, batch) = (f32::NEG_INFINITY, 0, BATCH.min(keep));
        for (group, &listed) in eligible.groups().iter().enumerate() {
            if listed == 0 {
                continue;
            }
            let Some(sums) = sums.of(group, bar) else {
                continue;
            };
            for place in places(listed) {
                if sums[place] < bar {
                    continue;
                }
                near.push((Row::of(group, place), sums[place]));
            }
            if near.len() >= asked + batch {
                towers.ask(&mut near[asked..], &mut best);
                asked = near.len();
                // Below that they would still be too far below, were the towers all for them: a third `reach` covers roundings.
                bar = best.bar() - most_ahead - 3.0 * reach;
            }
        }
        towers.ask(&mut near[asked..], &mut best);
        let least = best.least();
        (self.best, self.near) = (best, near);
        Some((least?, reach))
    }
}

/// What the towers say beside sums.
struct Towers<'a> {
    engine: &'a Engine,
    visitor: &'a Embedding,
    offset: f32,
    cosine_scale: f32,
}

impl<'a> Towers<'a> {
    fn new(engine: &'a Engine, side: &'a Side, offset: f32, cosine: f32) -> Self {
        let length = norm(&side.models.embedding);
        Self {
            engine,
            visitor: &side.models.embedding,
            offset,
            cosine_scale: if length > 0.0 { cosine / length } else { 0.0 },
        }
    }

    /// Makes nearly computed scores of the sums of rows, and offers them. Several at once, by themselves: points of a large
    /// catalogue are far away in memory, and what does not wait for each other is fetched together.
    #[inline(never)]
    fn ask(&self, near: &mut [(Row, f32)], best: &mut Best) {
        let points = &self.engine.bundle.activities.embeddings;
        let inverse_lengths = &self.engine.inverse_lengths;
        for (row, sum) in near {
            let alike = dot(self.visitor, &points[row.index()]) * inverse_lengths[row.index()];
            *sum = *sum + self.offset + self.cosine_scale * alike;
            best.offer(*sum);
        }
    }
}

/// Leaves the best themselves, each scored exactly.
fn keep_best_of_all(
    engine: &Engine,
    side: &Side,
    eligible: &RowSet,
    rows: &mut Vec<Row>,
    keep: usize,
) {
    let scored = eligible.rows().map(|row| Scored {
        row,
        score: engine.blended(side, row),
    });
    let mut scored = scored.collect();
    keep_best(&mut scored, engine.catalog(), keep);
    rows.extend(scored.into_iter().map(|scored| scored.row));
    rows.sort_unstable();
}

/// Adds what models beside the towers say of these rows to what they are worth by themselves. Returns no less than the largest
/// size of what was said. Where the exact score is no number, neither is the sum, or its size is not finite.
fn add_models(
    engine: &Engine,
    linear: &Linear,
    visitor: &VisitorSide,
    eligible: &RowSet,
    by_row: &mut SparseAccumulator,
) -> f32 {
    let [_cosine, _machine, factors, neighbours, ..] = linear.models;
    let mut most_said = 0.0;
    for (row, said) in visitor.neighbour_scores.touched() {
        by_row.add(row, neighbours * said);
        most_said = larger(most_said, said.abs());
    }
    let mut size = neighbours.abs() * most_said;
    if let Some(of) = &engine.bundle.models.matrix_factorization {
        let (by_row, mut most) = (by_row.all_mut(), 0.0);
        for row in eligible.rows() {
            let term = factors * of.score(&visitor.factor, row.index());
            by_row[row.index()] += term;
            // What is no number is found by its score.
            most = larger(most, term.abs());
        }
        size += most;
    }
    size
}

/// What is known of how far what models say can be from what they were found to say.
#[derive(Debug, Clone, Copy, Default)]
struct Said {
    /// No less than the sizes of the terms.
    size: f32,
    /// What approximate features add to these, were they off by 1.
    unit: f32,
}

/// Adds `weight` times what the factorization machine says of these rows, where the bundle has one. Where the exact score is no
/// number, neither is the sum, or a size is not finite.
fn add_machine(
    engine: &Engine,
    weight: f32,
    side: &Side,
    eligible: &RowSet,
    worth: &mut PairWorth,
) -> Said {
    let bundle = &engine.bundle;
    let machine = bundle.models.factorization_machine.as_ref();
    let Some((machine, visitor)) = machine.zip(side.models.machine.as_ref()) else {
        return Said::default();
    };
    let (vectors, prepared) = (machine.vectors(), &engine.prepared);
    let (catalog, counters) = (&bundle.catalog, &bundle.counters);
    side.pair
        .interact(vectors, catalog, prepared, counters, &bundle.schema, worth);
    let mut by_row = take(&mut worth.by_row);
    let sums = by_row.all_mut();
    let points = worth.points(vectors, prepared);
    let origin = machine.origin(visitor);
    let (mut size, mut length) = (0.0, 0.0);
    for row in eligible.rows() {
        let Some(activity) = bundle.activities.machine.get(row.index()) else {
            continue;
        };
        let meeting = points.meet(&origin, row, &activity.arrow());
        sums[row.index()] += weight * meeting.value;
        // What is no number is found by its score.
        length = larger(length, meeting.length);
        size = larger(size, meeting.flat_size + meeting.length * meeting.length);
    }
    worth.by_row = by_row;
    let (of_vectors, of_flat) = vectors.unit();
    let length = length + APPROXIMATION_ERROR * of_vectors;
    Said {
        size: weight.abs() * size,
        unit: weight.abs() * (of_flat + length * of_vectors),
    }
}

/// How far a nearly computed score can be from the exact one.
fn reach(linear: &Linear, worth: &PairWorth, said: &Said) -> f32 {
    let weights: f32 = linear.pair.iter().map(|weight| weight.abs()).sum();
    let size = worth.magnitude + said.size + linear.magnitude + weights;
    let roundings = (worth.length + OTHER_ROUNDINGS) as f32;
    // Both computations round; twice as much again covers the roundings of this bound itself.
    let approximations = 2.0 * APPROXIMATION_ERROR * (size + said.unit);
    LOST + 4.0 * roundings * UNIT_ROUNDOFF * size + approximations + 2.0 * worth.drift
}
