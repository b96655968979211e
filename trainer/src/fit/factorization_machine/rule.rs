//! How does a row move along its gradient?

use triqueta::model::{FACTORS, Feature};

use super::row::{Factors, Row};
use super::slopes::Slopes;

/// Running sums side by side, so that a sum over a vector uses whole registers.
pub(super) const LANES: usize = 8;

/// An optimiser. Only rows that have a gradient move; what it remembers lies in the row.
pub(super) trait Rule: Copy + Sync {
    /// What it remembers of a row.
    type State: Copy + Default + Send + Sync;

    /// Moves the rows of these features, each at most once.
    fn apply(self, rows: &mut [Row<Self::State>], features: &[Feature], slopes: Slopes<'_>);

    /// Moves the row of the bias, whose vector stays zero.
    fn apply_bias(self, row: &mut Row<Self::State>, slope: f32);

    /// What several shards, `count` of them, made of the memory of `base`, as one.
    fn merge<'a>(
        &self,
        base: &Self::State,
        moved: impl Iterator<Item = &'a Self::State>,
        count: usize,
    ) -> Self::State
    where
        Self::State: 'a;
}

/// Stochastic gradient descent: a fixed step length.
#[derive(Debug, Clone, Copy)]
pub(super) struct Descent {
    pub(super) learning_rate: f32,
}

/// AdaGrad (Duchi, Hazan and Singer 2011) with one accumulator for a row's vector and one for its weight: half the memory
/// traffic of one a coordinate, at the same loss, since the coordinates of a vector are alike.
#[derive(Debug, Clone, Copy)]
pub(super) struct AdaGrad {
    pub(super) learning_rate: f32,
    /// What the squares are taken to have been before the first.
    pub(super) start: f32,
}

/// Adam (Kingma and Ba 2015), lazy: a row's averages decay only when it has a gradient.
#[derive(Debug, Clone, Copy)]
pub(super) struct Adam {
    pub(super) learning_rate: f32,
}

/// Mean squared gradients so far: of the vector, and of the weight.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Squares {
    factors: f32,
    weight: f32,
}

/// Averages of gradients and of their squares; the weight's come last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    mean: [f32; FACTORS + 1],
    square: [f32; FACTORS + 1],
    /// `β₁^t` and `β₂^t` after `t` steps, which correct the start from zero.
    decayed: [f32; 2],
}

impl Default for Moments {
    fn default() -> Self {
        Self {
            mean: [0.0; FACTORS + 1],
            square: [0.0; FACTORS + 1],
            decayed: [1.0; 2],
        }
    }
}

/// Keeps the first step finite.
const EPSILON: f32 = 1e-8;
const BETA: [f32; 2] = [0.9, 0.999];

impl Rule for Descent {
    type State = ();

    #[inline(always)]
    fn apply(self, rows: &mut [Row<()>], features: &[Feature], slopes: Slopes<'_>) {
        for &(feature, x) in features {
            let row = &mut rows[feature as usize];
            let of_factors = slopes.of_factors(&row.factors, x);
            let of_weight = slopes.of_weight(row.weight, x);
            row.factors = moved(&row.factors, self.learning_rate, &of_factors);
            row.weight -= self.learning_rate * of_weight;
        }
    }

    #[inline(always)]
    fn apply_bias(self, row: &mut Row<()>, slope: f32) {
        row.weight -= self.learning_rate * slope;
    }

    fn merge<'a>(&self, (): &(), _: impl Iterator<Item = &'a ()>, _: usize) {}
}

/// A vector moved by so much along its gradient, as a whole: values instead of places, so that no place can be another.
#[inline(always)]
fn moved(factors: &Factors, step: f32, gradient: &Factors) -> Factors {
    let (old, slope) = (*factors, *gradient);
    let mut new = [0.0; FACTORS];
    for at in 0..FACTORS {
        new[at] = old[at] - step * slope[at];
    }
    new
}

/// The sum of running sums.
#[inline(always)]
pub(super) fn total(lanes: &[f32; LANES]) -> f32 {
    let [a, b, c, d, e, f, g, h] = *lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// The sum of squares of a vector, as running sums.
#[inline(always)]
pub(super) fn sums_of_squares(vector: &Factors) -> [f32; LANES] {
    let mut sums = [0.0; LANES];
    for part in vector.as_chunks::<LANES>().0 {
        for lane in 0..LANES {
            sums[lane] += part[lane] * part[lane];
        }
    }
    sums
}

impl Rule for AdaGrad {
    type State = Squares;

    /// In two passes, so that roots and quotients are taken of many rows at once: they are what takes longest.
    #[inline(always)]
    fn apply(self, rows: &mut [Row<Squares>], features: &[Feature], slopes: Slopes<'_>) {
        for features in features.chunks(TOGETHER) {
            let mut squares = [[0.0; LANES]; TOGETHER];
            for (squares, &(feature, x)) in squares.iter_mut().zip(features) {
                *squares = sums_of_squares(&slopes.of_factors(&rows[feature as usize].factors, x));
            }
            let mut steps = [[0.0; TOGETHER]; 2];
            for (number, &(feature, x)) in features.iter().enumerate() {
                let row = &mut rows[feature as usize];
                let of_weight = slopes.of_weight(row.weight, x);
                row.state.factors += total(&squares[number]) / FACTORS as f32;
                row.state.weight += of_weight * of_weight;
                steps[0][number] = row.state.factors;
                steps[1][number] = row.state.weight;
            }
            for step in steps.as_flattened_mut() {
                *step = self.learning_rate / (*step + self.start).sqrt();
            }
            for (number, &(feature, x)) in features.iter().enumerate() {
                let row = &mut rows[feature as usize];
                let of_factors = slopes.of_factors(&row.factors, x);
                row.factors = moved(&row.factors, steps[0][number], &of_factors);
                row.weight -= steps[1][number] * slopes.of_weight(row.weight, x);
            }
        }
    }

    #[inline(always)]
    fn apply_bias(self, row: &mut Row<Squares>, slope: f32) {
        row.state.weight += slope * slope;
        row.weight -= self.learning_rate / (row.state.weight + self.start).sqrt() * slope;
    }

    fn merge<'a>(
        &self,
        base: &Squares,
        moved: impl Iterator<Item = &'a Squares>,
        _: usize,
    ) -> Squares {
        moved.fold(*base, |sum, one| Squares {
            factors: sum.factors + (one.factors - base.factors),
            weight: sum.weight + (one.weight - base.weight),
        })
    }
}

/// Rows whose steps are computed side by side.
const TOGETHER: usize = 16;

impl Adam {
    #[inline(always)]
    fn move_row(self, row: &mut Row<Moments>, gradient: &Factors, of_weight: f32) {
        let Moments {
            mean,
            square,
            decayed,
        } = &mut row.state;
        for (decayed, beta) in decayed.iter_mut().zip(BETA) {
            *decayed *= beta;
        }
        let first = self.learning_rate / (1.0 - decayed[0]);
        let second = 1.0 / (1.0 - decayed[1]);
        let mut one = |at: usize, slope: f32| {
            mean[at] += (1.0 - BETA[0]) * (slope - mean[at]);
            square[at] += (1.0 - BETA[1]) * (slope * slope - square[at]);
            first * mean[at] / ((second * square[at]).sqrt() + EPSILON)
        };
        for (at, factor) in row.factors.iter_mut().enumerate() {
            *factor -= one(at, gradient[at]);
        }
        row.weight -= one(FACTORS, of_weight);
    }
}

impl Rule for Adam {
    type State = Moments;

    #[inline(always)]
    fn apply(self, rows: &mut [Row<Moments>], features: &[Feature], slopes: Slopes<'_>) {
        for &(feature, x) in features {
            let row = &mut rows[feature as usize];
            let of_factors = slopes.of_factors(&row.factors, x);
            let of_weight = slopes.of_weight(row.weight, x);
            self.move_row(row, &of_factors, of_weight);
        }
    }

    #[inline(always)]
    fn apply_bias(self, row: &mut Row<Moments>, slope: f32) {
        self.move_row(row, &[0.0; FACTORS], slope);
    }

    fn merge<'a>(
        &self,
        _: &Moments,
        moved: impl Iterator<Item = &'a Moments>,
        count: usize,
    ) -> Moments {
        let share = 1.0 / count as f32;
        let mut merged = Moments {
            decayed: [0.0; 2],
            ..Moments::default()
        };
        for one in moved {
            for (sum, value) in merged.mean.iter_mut().zip(&one.mean) {
                *sum += share * value;
            }
            for (sum, value) in merged.square.iter_mut().zip(&one.square) {
                *sum += share * value;
            }
            for (sum, value) in merged.decayed.iter_mut().zip(&one.decayed) {
                *sum += share * value;
            }
        }
        merged
    }
}
