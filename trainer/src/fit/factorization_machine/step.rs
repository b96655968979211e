//! One group forward and backward.
//!
//! With `s = Σ x_i v_i`, the score's slope along `v_i` is `x_i (s − x_i v_i)` and along `w_i` it is `x_i`; the logistic
//! loss has slope `g = σ(score) − label` along the score. Of the features an example has of its own, each row is moved at
//! once; the shared ones are moved once a group, by `x_i (Σ g s − x_i v_i Σ g)`.

use triqueta::model::{FACTORS, Feature};

use super::super::logistic::logistic_loss;
use super::group::Group;
use super::row::{Factors, Row};
use super::rule::{LANES, Rule, sums_of_squares, total};
use super::shard::BIAS;
use super::slopes::Slopes;

const HALF: usize = FACTORS / 2;

/// A feature set summed: `Σ x v`, `Σ (x v)²` with two factors a sum, so that all sums fit into registers, and `Σ x w`.
#[derive(Clone, Copy)]
struct Sums {
    sum: Factors,
    squares: [f32; HALF],
    linear: f32,
}

impl Sums {
    #[inline(always)]
    fn add<State>(&mut self, rows: &[Row<State>], features: &[Feature]) {
        // Locals, so that the sums stay in registers from row to row.
        let (mut sum, mut squares, mut linear) = (self.sum, self.squares, self.linear);
        for &(feature, x) in features {
            let row = &rows[feature as usize];
            for at in 0..HALF {
                let (a, b) = (x * row.factors[at], x * row.factors[at + HALF]);
                sum[at] += a;
                sum[at + HALF] += b;
                squares[at] += a * a + b * b;
            }
            linear += x * row.weight;
        }
        (self.sum, self.squares, self.linear) = (sum, squares, linear);
    }

    #[inline(always)]
    fn score(&self) -> f32 {
        let mut pairs = sums_of_squares(&self.sum);
        for part in self.squares.as_chunks::<LANES>().0 {
            for lane in 0..LANES {
                pairs[lane] -= part[lane];
            }
        }
        self.linear + 0.5 * total(&pairs)
    }
}

/// Learns from one group, whose features are numbers of `rows`, and returns the summed loss of its examples beforehand.
#[inline(always)]
pub(super) fn learn<R: Rule>(rows: &mut [Row<R::State>], group: &Group, rule: &R, l2: f32) -> f64 {
    let mut shared = Sums {
        sum: [0.0; FACTORS],
        squares: [0.0; HALF],
        linear: 0.0,
    };
    shared.add(rows, &group.shared);
    let (mut slopes, mut slope_sum) = ([0.0_f32; FACTORS], 0.0_f32);
    let mut loss = 0.0;
    for (features, label) in group.examples() {
        let mut sums = shared;
        sums.add(rows, features);
        let score = rows[BIAS as usize].weight + sums.score();
        let (of_example, slope) = logistic_loss(score, label);
        loss += of_example;
        for (of_factor, sum) in slopes.iter_mut().zip(&sums.sum) {
            *of_factor += slope * sum;
        }
        slope_sum += slope;
        let own = Slopes {
            along: &sums.sum,
            length: slope,
            slope,
            l2,
        };
        rule.apply(rows, features, own);
        rule.apply_bias(&mut rows[BIAS as usize], slope);
    }
    let of_shared = Slopes {
        along: &slopes,
        length: 1.0,
        slope: slope_sum,
        l2,
    };
    rule.apply(rows, &group.shared, of_shared);
    loss
}
