//! Which activities must be scored exactly, so that the best by score are certainly among them?
//!
//! The score is nearly a sum over properties ([`PairSums`]). Whoever's nearly computed score is further below the `keep`-th
//! best than both computations can be from the truth is not among the `keep` best, and is left out. What can be said of
//! that distance: a sum of `n` numbers in single precision is off by at most `n·u` of the numbers' sizes, `u` being 2⁻²⁴
//! (Higham 2002, section 4.2), a product or a quotient by `u` of itself.

use super::{Engine, Side};
use crate::catalog::Row;
use crate::feature::PairSums;
use crate::math::{APPROXIMATION_ERROR, dot, norm};
use crate::model::{Linear, VisitorSide};

/// Half the distance between 1 and the next larger number.
const UNIT_ROUNDOFF: f32 = 1.0 / 16_777_216.0;
/// Roundings of a term beside those of its sum: in the feature, standardised, weighted, in its component and the total.
const OTHER_ROUNDINGS: usize = 32;

/// The rows of `eligible` that may be among the `keep` best by the blend, in order.
pub(super) fn candidates(
    engine: &Engine,
    side: &Side,
    eligible: Vec<Row>,
    keep: usize,
) -> Vec<Row> {
    let bundle = &engine.bundle;
    // A factorization machine says of each pair what no table holds.
    let is_linear = bundle.models.factorization_machine.is_none();
    if eligible.len() <= keep || keep == 0 || !is_linear {
        return eligible;
    }
    let Some(linear) = engine.resolved.linear(side.maturity) else {
        return eligible;
    };
    let sums = side.pair.sums(
        &linear.pair,
        &bundle.catalog,
        &engine.prepared,
        &bundle.counters,
        &bundle.schema,
    );
    let (scores, models_size) = scores(engine, &linear, &sums, &side.models, &eligible);
    let reach = reach(&linear, &sums, models_size);
    let mut ordered: Vec<f32> = scores.iter().copied().filter(|s| !s.is_nan()).collect();
    if !reach.is_finite() || ordered.len() < keep {
        return eligible;
    }
    let (_, least, _) = ordered.select_nth_unstable_by(keep - 1, |a, b| b.total_cmp(a));
    let threshold = *least - 2.0 * reach;
    let rows = eligible.into_iter().zip(scores);
    rows.filter(|&(_, score)| score.is_nan() || score >= threshold)
        .map(|(row, _)| row)
        .collect()
}

/// The nearly computed scores, and the largest size of what models said. Where the exact score is no number, neither is this
/// one, or its size is not finite.
fn scores(
    engine: &Engine,
    linear: &Linear,
    sums: &PairSums,
    visitor: &VisitorSide,
    eligible: &[Row],
) -> (Vec<f32>, f32) {
    let bundle = &engine.bundle;
    let [cosine, _machine, factors, neighbours, ..] = linear.models;
    let length = norm(&visitor.embedding);
    let cosine_scale = if length > 0.0 { cosine / length } else { 0.0 };
    let mut most = 0.0_f32;
    let score = |&row: &Row| {
        let index = row.index();
        let embedding = &bundle.activities.embeddings[index];
        let near = dot(&visitor.embedding, embedding) * engine.inverse_lengths[index];
        let said = bundle.models.matrix_factorization.as_ref();
        let said = factors * said.map_or(0.0, |factors| factors.score(&visitor.factor, index));
        let neighbour = visitor.neighbour_scores.get(index).copied().unwrap_or(0.0);
        let beside = neighbours * neighbour;
        most = most.max(said.abs() + beside.abs());
        linear.offset + sums.values[index] + cosine_scale * near + said + beside
    };
    let scores = eligible.iter().map(score).collect();
    (scores, most + cosine.abs())
}

/// How far a nearly computed score can be from the exact one.
fn reach(linear: &Linear, sums: &PairSums, models_size: f32) -> f32 {
    let weights: f32 = linear.pair.iter().map(|weight| weight.abs()).sum();
    let size = sums.magnitude + models_size + linear.magnitude + weights;
    let roundings = (sums.length + OTHER_ROUNDINGS) as f32;
    // Both computations round; twice as much again covers the roundings of this bound itself.
    (4.0 * roundings * UNIT_ROUNDOFF + 2.0 * APPROXIMATION_ERROR) * size
}
