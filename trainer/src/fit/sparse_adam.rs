//! Adam (Kingma and Ba 2015) over plain slices, and over tables of which a step touches few rows: a row's moments move
//! only when it was read, so that a step costs what the batch touched.

use ndarray::Array2;

use super::real::Real;
use super::simd::vectorised;

const BETA_FIRST: f64 = 0.9;
const BETA_SECOND: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// The numbers of one step.
#[derive(Clone, Copy)]
pub(super) struct Step<F> {
    rate: F,
    second_correction: F,
}

impl<F: Real> Step<F> {
    /// Of step number `number`, from 1.
    pub(super) fn new(learning_rate: f64, number: i32) -> Self {
        let correction = |beta| 1.0 - libm::pow(beta, f64::from(number));
        Self {
            rate: F::of_f64(learning_rate / correction(BETA_FIRST)),
            second_correction: F::of_f64(1.0 / correction(BETA_SECOND)),
        }
    }
}

/// One step of all numbers of a slice; `l2` times the number itself is added to its gradient.
#[inline(always)]
pub(super) fn step_slice<F: Real>(
    values: &mut [F],
    gradients: &[F],
    first: &mut [F],
    second: &mut [F],
    l2: F,
    step: Step<F>,
) {
    let (beta_first, beta_second) = (F::of_f64(BETA_FIRST), F::of_f64(BETA_SECOND));
    let epsilon = F::of_f64(EPSILON);
    let numbers = values.iter_mut().zip(gradients).zip(first).zip(second);
    for (((value, &gradient), first), second) in numbers {
        let gradient = gradient + l2 * *value;
        *first = beta_first * *first + (F::one() - beta_first) * gradient;
        *second = beta_second * *second + (F::one() - beta_second) * gradient * gradient;
        *value -= step.rate * *first / ((*second * step.second_correction).root() + epsilon);
    }
}

/// `sum += share · part`, four numbers at a time: rows of tables are short, and mostly a multiple of that.
#[inline(always)]
pub(super) fn add_scaled<F: Real>(sum: &mut [F], share: F, part: &[F]) {
    let (fours, rest) = sum.as_chunks_mut::<4>();
    let (parts, of_rest) = part.as_chunks::<4>();
    for (sum, part) in fours.iter_mut().zip(parts) {
        for lane in 0..4 {
            sum[lane] += share * part[lane];
        }
    }
    for (sum, &part) in rest.iter_mut().zip(of_rest) {
        *sum += share * part;
    }
}

/// A table of rows, the gradients of those touched since the last step, and the optimiser's state of all.
#[derive(Debug, Clone)]
pub(super) struct RowTable<F> {
    /// The rows.
    pub(super) values: Array2<F>,
    /// Row by row, so that a touched row costs few cache lines: how often it was touched since the last step, its gradient,
    /// and the running averages of its gradients and of their squares.
    state: Vec<F>,
    /// The rows touched since the last step.
    touched: Vec<u32>,
}

/// Numbers of state that a row of such a width has.
const fn state_of(width: usize) -> usize {
    1 + 3 * width
}

impl<F: Real> RowTable<F> {
    /// A table before its first step.
    pub(super) fn new(values: Array2<F>) -> Self {
        Self {
            state: vec![F::zero(); values.nrows() * state_of(values.ncols())],
            touched: Vec::new(),
            values,
        }
    }

    /// Adds `share · gradient` to the gradient of a row.
    #[inline(always)]
    pub(super) fn add_row(&mut self, row: u32, share: F, gradient: &[F]) {
        let from = row as usize * state_of(self.values.ncols());
        let (count, sum) = self.state[from..from + 1 + gradient.len()].split_at_mut(1);
        if count[0] == F::zero() {
            self.touched.push(row);
        }
        count[0] += F::one();
        add_scaled(sum, share, gradient);
    }

    /// Adds to the gradients of some rows, in order: `rows[n]` gets row `n` of `gradients`, from column `from` on.
    pub(super) fn add(&mut self, rows: &[u32], gradients: &Array2<F>, from: usize) {
        let columns = from..from + self.values.ncols();
        vectorised(
            #[inline(always)]
            || {
                for (&row, gradient) in rows.iter().zip(gradients.rows()) {
                    let gradient = gradient.to_slice().and_then(|row| row.get(columns.clone()));
                    debug_assert!(gradient.is_some(), "the gradients have no such columns");
                    self.add_row(row, F::one(), gradient.unwrap_or_default());
                }
            },
        );
    }

    /// The gradients since the last step.
    #[cfg(test)]
    pub(super) fn gradients(&self) -> Array2<F> {
        let stride = state_of(self.values.ncols());
        Array2::from_shape_fn(self.values.raw_dim(), |(row, column)| {
            self.state[row * stride + 1 + column]
        })
    }

    /// One step of the touched rows. `l2` is the pull towards zero for each time a row was touched.
    pub(super) fn step(&mut self, l2: F, step: Step<F>) {
        vectorised(
            #[inline(always)]
            || {
                // With a width that is known, a row is a few instructions.
                match self.values.ncols() {
                    1 => self.step_numbers(l2, step),
                    4 => self.step_rows(4, l2, step),
                    8 => self.step_rows(8, l2, step),
                    16 => self.step_rows(16, l2, step),
                    width => self.step_rows(width, l2, step),
                }
            },
        );
    }

    #[inline(always)]
    fn step_rows(&mut self, width: usize, l2: F, step: Step<F>) {
        let values = self.values.as_slice_mut().unwrap_or_default();
        for row in self.touched.drain(..) {
            let row = row as usize;
            let values = &mut values[row * width..][..width];
            let state = &mut self.state[row * state_of(width)..][..state_of(width)];
            let (count, state) = state.split_at_mut(1);
            let (gradients, moments) = state.split_at_mut(width);
            let (first, second) = moments.split_at_mut(width);
            step_slice(values, gradients, first, second, l2 * count[0], step);
            count[0] = F::zero();
            gradients.fill(F::zero());
        }
    }

    /// A table of one column: numbers from all over it are put side by side, so that a step is whole registers.
    #[inline(always)]
    fn step_numbers(&mut self, l2: F, step: Step<F>) {
        const TOGETHER: usize = 64;
        let values = self.values.as_slice_mut().unwrap_or_default();
        let states = self.state.as_chunks_mut::<{ state_of(1) }>().0;
        for rows in self.touched.chunks(TOGETHER) {
            let [mut value, mut gradient, mut first, mut second] = [[F::zero(); TOGETHER]; 4];
            for (at, &row) in rows.iter().enumerate() {
                value[at] = values[row as usize];
                let count;
                [count, gradient[at], first[at], second[at]] = states[row as usize];
                gradient[at] += l2 * count * value[at];
            }
            step_slice(
                &mut value,
                &gradient,
                &mut first,
                &mut second,
                F::zero(),
                step,
            );
            for (at, &row) in rows.iter().enumerate() {
                values[row as usize] = value[at];
                states[row as usize] = [F::zero(), F::zero(), first[at], second[at]];
            }
        }
        self.touched.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_one_column_steps_as_a_column_of_a_wider_one() {
        const ROWS: u32 = 200;
        let table = |columns: usize| {
            RowTable::new(Array2::from_shape_fn(
                (ROWS as usize, columns),
                |(row, _)| row as f32 * 0.01 - 1.0,
            ))
        };
        let (mut one, mut three) = (table(1), table(3));
        let before = one.values.clone();
        for number in 1..=3 {
            // Some rows twice, and one in four never.
            for touch in (0..2 * ROWS).filter(|touch| touch % 4 > 0 && touch % 7 < 5) {
                let (row, gradient) = (touch * 3 % ROWS, (touch as f32 * 0.7).sin());
                if row % 4 > 0 {
                    one.add_row(row, 0.5, &[gradient]);
                    three.add_row(row, 0.5, &[gradient; 3]);
                }
            }
            let step = Step::new(0.1, number);
            one.step(0.03, step);
            three.step(0.03, step);
        }
        for (row, (value, before)) in one.values.iter().zip(&before).enumerate() {
            assert!(
                three
                    .values
                    .row(row)
                    .iter()
                    .all(|of_three| (of_three - value).abs() < 1e-6)
            );
            assert_eq!(value == before, row % 4 == 0, "row {row}: {before} {value}");
        }
    }
}
