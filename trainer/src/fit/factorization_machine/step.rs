//! One group forward and backward.
//!
//! With `s = Σ x_i v_i`, the score's slope along `v_i` is `x_i (s − x_i v_i)` and along `w_i` it is `x_i`; the logistic
//! loss has slope `g = σ(score) − label` along the score. Of the features an example has of its own, each row is moved at
//! once; the shared ones are moved once a group, by `x_i (Σ g s − x_i v_i Σ g)`.

use triqueta::model::{FACTORS, Feature};

use super::group::Group;
use super::row::{Factors, Row};
use super::rule::{LANES, Rule, squared_norm, total};

/// A feature set summed: `Σ x v`, `Σ (x v)²` and `Σ x w`.
#[derive(Clone, Copy)]
struct Sums {
    sum: Factors,
    squares: [f32; LANES],
    linear: f32,
}

impl Sums {
    #[inline(always)]
    fn add<State>(&mut self, rows: &[Row<State>], features: &[Feature]) {
        // Locals, so that the sums stay in registers from row to row.
        let (mut sum, mut squares, mut linear) = (self.sum, self.squares, self.linear);
        for &(feature, x) in features {
            let row = &rows[feature as usize];
            for at in (0..FACTORS).step_by(LANES) {
                for lane in 0..LANES {
                    let term = x * row.factors[at + lane];
                    sum[at + lane] += term;
                    squares[lane] += term * term;
                }
            }
            linear += x * row.weight;
        }
        (self.sum, self.squares, self.linear) = (sum, squares, linear);
    }

    #[inline(always)]
    fn score(&self) -> f32 {
        self.linear + 0.5 * (squared_norm(&self.sum) - total(&self.squares))
    }
}

/// Rows that are merged together: which of them were moved is known for all at once.
pub(super) const BLOCK: usize = 64;

/// The rows one shard moves, and in which blocks of them it has moved any this round.
pub(super) struct Shard<State> {
    pub(super) rows: Vec<Row<State>>,
    pub(super) moved: Vec<bool>,
}

impl<State: Copy> Shard<State> {
    pub(super) fn new(rows: Vec<Row<State>>) -> Self {
        Self {
            moved: vec![false; rows.len().div_ceil(BLOCK)],
            rows,
        }
    }

    #[inline(always)]
    fn touch(&mut self, feature: u32, round: u32) -> &mut Row<State> {
        let row = &mut self.rows[feature as usize];
        if row.round != round {
            row.round = round;
            self.moved[feature as usize / BLOCK] = true;
        }
        row
    }
}

/// `length · along + pull · factors`: both kinds of rows move so.
#[inline(always)]
fn gradient(factors: &Factors, along: &Factors, length: f32, pull: f32) -> Factors {
    let mut gradient = [0.0; FACTORS];
    for at in 0..FACTORS {
        gradient[at] = length * along[at] + pull * factors[at];
    }
    gradient
}

/// Learns from one group and returns the summed loss of its examples beforehand.
#[inline(always)]
pub(super) fn learn<R: Rule>(
    shard: &mut Shard<R::State>,
    group: &Group,
    rule: &R,
    l2: f32,
    round: u32,
) -> f64 {
    let bias = (shard.rows.len() - 1) as u32;
    let mut shared = Sums {
        sum: [0.0; FACTORS],
        squares: [0.0; LANES],
        linear: 0.0,
    };
    shared.add(&shard.rows, &group.shared);
    let (mut slopes, mut slope_sum) = ([0.0_f32; FACTORS], 0.0_f32);
    let mut loss = 0.0;
    for (features, label) in group.examples() {
        let mut sums = shared;
        sums.add(&shard.rows, features);
        let score = shard.rows[bias as usize].weight + sums.score();
        // Stable at both ends: ln(1 + e^−|s|) never overflows.
        let decay = libm::expf(-score.abs());
        let share = 1.0 / (1.0 + decay);
        let probability = if score >= 0.0 { share } else { decay * share };
        loss += f64::from(score.max(0.0) - score * label) + f64::from(libm::log1pf(decay));
        let slope = probability - label;
        for (of_factor, sum) in slopes.iter_mut().zip(&sums.sum) {
            *of_factor += slope * sum;
        }
        slope_sum += slope;
        for &(feature, x) in features {
            let scaled = slope * x;
            let row = shard.touch(feature, round);
            let gradient = gradient(&row.factors, &sums.sum, scaled, l2 - scaled * x);
            let of_weight = scaled + l2 * row.weight;
            rule.apply(row, &gradient, of_weight);
        }
        let row = shard.touch(bias, round);
        rule.apply(row, &[0.0; FACTORS], slope);
    }
    for &(feature, x) in &group.shared {
        let row = shard.touch(feature, round);
        let gradient = gradient(&row.factors, &slopes, x, l2 - x * x * slope_sum);
        let of_weight = x * slope_sum + l2 * row.weight;
        rule.apply(row, &gradient, of_weight);
    }
    loss
}
