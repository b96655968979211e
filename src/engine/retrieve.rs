//! Which activities must be scored exactly, so that the best by score are certainly among them?
//!
//! The score is nearly a sum over properties ([`PairSums`]). Whoever's nearly computed score is further below the `keep`-th
//! best than both computations can be from the truth is not among the `keep` best, and is left out. What can be said of
//! that distance: a sum of `n` numbers in single precision is off by at most `n·u` of the numbers' sizes, `u` being 2⁻²⁴
//! (Higham 2002, section 4.2), a product or a quotient by `u` of itself.
//!
//! What the towers say is asked last, and only where it could matter: a cosine is 1 at most, so that most activities are left
//! out by what they are without it.

use super::Engine;
use super::scoring::Side;
use crate::catalog::Row;
use crate::feature::PairSums;
use crate::math::{APPROXIMATION_ERROR, dot, norm};
use crate::model::{Linear, VisitorSide};
use crate::rank::{Scored, keep_best};

/// Half the distance between 1 and the next larger number.
const UNIT_ROUNDOFF: f32 = 1.0 / 16_777_216.0;
/// Roundings of a term beside those of its sum: in the feature, standardised, weighted, in its component and the total.
const OTHER_ROUNDINGS: usize = 32;

/// The rows of `eligible`, ascending as they are, that may be among the `keep` best by the blend.
pub(super) fn candidates(
    engine: &Engine,
    side: &Side,
    eligible: Vec<Row>,
    keep: usize,
) -> Vec<Row> {
    if eligible.len() <= keep || keep == 0 {
        return eligible;
    }
    match within_reach(engine, side, &eligible, keep) {
        Some(rows) => rows,
        None => best_of_all(engine, side, eligible, keep),
    }
}

/// Those whose nearly computed score is not too far below; nothing where there is no such score.
fn within_reach(engine: &Engine, side: &Side, eligible: &[Row], keep: usize) -> Option<Vec<Row>> {
    let bundle = &engine.bundle;
    // A factorization machine says of each pair what no table holds.
    let is_linear = bundle.models.factorization_machine.is_none();
    let linear = engine
        .resolved
        .linear(side.maturity)
        .filter(|_| is_linear)?;
    let mut sums = side.pair.sums(
        &linear.pair,
        &bundle.catalog,
        &engine.prepared,
        &bundle.counters,
        &bundle.schema,
        eligible,
    );
    let models_size = add_models(engine, &linear, &side.models, eligible, &mut sums.values);
    let [cosine, ..] = linear.models;
    let reach = reach(&linear, &sums, models_size + cosine.abs());
    if !reach.is_finite() {
        return None;
    }
    let length = norm(&side.models.embedding);
    let cosine_scale = if length > 0.0 { cosine / length } else { 0.0 };
    let most_ahead = linear.offset + cosine.abs() * engine.most_alike;
    let mut best = Best::new(keep);
    let mut near: Vec<(Row, f32)> = Vec::with_capacity(4 * keep);
    for &row in eligible {
        let sum = sums.values[row.index()];
        // Were the towers all for it, it would still be too far below: a third `reach` covers the roundings of this sum.
        if sum + most_ahead < best.least - 3.0 * reach {
            continue;
        }
        let point = &bundle.activities.embeddings[row.index()];
        let alike = dot(&side.models.embedding, point) * engine.inverse_lengths[row.index()];
        let score = sum + linear.offset + cosine_scale * alike;
        best.offer(score);
        near.push((row, score));
    }
    let threshold = best.least()? - 2.0 * reach;
    near.retain(|&(_, score)| score.is_nan() || score >= threshold);
    Some(near.into_iter().map(|(row, _)| row).collect())
}

/// The best themselves, each scored exactly.
fn best_of_all(engine: &Engine, side: &Side, eligible: Vec<Row>, keep: usize) -> Vec<Row> {
    let scored = eligible.into_iter().map(|row| Scored {
        row,
        score: engine.blended(side, row),
    });
    let best = keep_best(scored.collect(), engine.catalog(), keep);
    let mut rows: Vec<Row> = best.into_iter().map(|scored| scored.row).collect();
    rows.sort_unstable();
    rows
}

/// The best of many numbers, without a look at all of them together: what is below the worst that was kept when the list was
/// last full is not even noted.
struct Best {
    keep: usize,
    /// The `keep` best so far are among these.
    noted: Vec<f32>,
    /// At least `keep` numbers are no less than this.
    least: f32,
}

impl Best {
    fn new(keep: usize) -> Self {
        Self {
            keep,
            noted: Vec::with_capacity(2 * keep),
            least: f32::NEG_INFINITY,
        }
    }

    /// Takes a number; what is none is passed over.
    fn offer(&mut self, number: f32) {
        if number >= self.least {
            self.noted.push(number);
            if self.noted.len() == 2 * self.keep {
                self.thin();
            }
        }
    }

    fn thin(&mut self) {
        let (_, least, _) = self
            .noted
            .select_nth_unstable_by(self.keep - 1, |a, b| b.total_cmp(a));
        self.least = *least;
        self.noted.truncate(self.keep);
    }

    /// The worst of the `keep` best; nothing where there are fewer.
    fn least(mut self) -> Option<f32> {
        (self.noted.len() >= self.keep).then(|| {
            self.thin();
            self.least
        })
    }
}

/// Adds what models beside the towers say of these rows to their sums of pair features. Returns no less than the largest size
/// of what was said. Where the exact score is no number, neither is the sum, or its size is not finite.
fn add_models(
    engine: &Engine,
    linear: &Linear,
    visitor: &VisitorSide,
    rows: &[Row],
    sums: &mut [f32],
) -> f32 {
    let [_cosine, _machine, factors, neighbours, ..] = linear.models;
    let said = &visitor.neighbour_scores[..];
    let mut size = add_said(sums, neighbours, rows, |row| {
        said.get(row).copied().unwrap_or(0.0)
    });
    if let Some(of) = &engine.bundle.models.matrix_factorization {
        size += add_said(sums, factors, rows, |row| of.score(&visitor.factor, row));
    }
    size
}

/// Adds what one model says of these rows, and returns its largest size.
fn add_said(sums: &mut [f32], weight: f32, rows: &[Row], said: impl Fn(usize) -> f32) -> f32 {
    let mut most = 0.0;
    for row in rows {
        let term = weight * said(row.index());
        sums[row.index()] += term;
        // What is no number is found by its score.
        most = if term.abs() > most { term.abs() } else { most };
    }
    most
}

/// How far a nearly computed score can be from the exact one.
fn reach(linear: &Linear, sums: &PairSums, models_size: f32) -> f32 {
    let weights: f32 = linear.pair.iter().map(|weight| weight.abs()).sum();
    let size = sums.magnitude + models_size + linear.magnitude + weights;
    let roundings = (sums.length + OTHER_ROUNDINGS) as f32;
    // Both computations round; twice as much again covers the roundings of this bound itself.
    (4.0 * roundings * UNIT_ROUNDOFF + 2.0 * APPROXIMATION_ERROR) * size
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Random;

    #[test]
    fn the_worst_of_the_best_is_that_of_all_sorted() {
        let mut random = Random::new(3);
        for (size, keep) in [(0, 1), (1, 1), (5, 6), (50, 7), (2_000, 200), (400, 200)] {
            // Few values, so that many are equal.
            let mut numbers: Vec<f32> = (0..size).map(|_| random.below(300) as f32).collect();
            let mut best = Best::new(keep);
            for &number in &numbers {
                best.offer(number);
                best.offer(f32::NAN);
            }
            numbers.sort_by(|a, b| b.total_cmp(a));
            assert_eq!(best.least(), numbers.get(keep - 1).copied());
        }
    }
}
