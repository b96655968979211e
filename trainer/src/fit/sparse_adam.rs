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
    gradients: Array2<F>,
    first: Array2<F>,
    second: Array2<F>,
    /// Columns that are pulled towards zero, from the first.
    pulled: usize,
    /// How often each row was touched, and which were.
    counts: Vec<u32>,
    touched: Vec<usize>,
}

impl<F: Real> RowTable<F> {
    /// A table before its first step.
    pub(super) fn new(values: Array2<F>) -> Self {
        let zeros = || Array2::zeros(values.raw_dim());
        Self {
            gradients: zeros(),
            first: zeros(),
            second: zeros(),
            pulled: values.ncols(),
            counts: vec![0; values.nrows()],
            touched: Vec::new(),
            values,
        }
    }

    /// The same table, of which only the first so many columns are pulled towards zero.
    pub(super) fn pulling(mut self, columns: usize) -> Self {
        self.pulled = columns.min(self.values.ncols());
        self
    }

    /// Adds `share · gradient` to the gradient of a row.
    #[inline(always)]
    pub(super) fn add_row(&mut self, row: u32, share: F, gradient: &[F]) {
        let (row, width) = (row as usize, self.values.ncols());
        if self.counts[row] == 0 {
            self.touched.push(row);
        }
        self.counts[row] += 1;
        if let Some(gradients) = self.gradients.as_slice_mut() {
            let target = &mut gradients[row * width..(row + 1) * width];
            add_scaled(target, share, gradient);
        }
    }

    /// Adds to the gradients of some rows, in order: `rows[n]` gets row `n` of `gradients`.
    pub(super) fn add(&mut self, rows: &[u32], gradients: &Array2<F>) {
        vectorised(
            #[inline(always)]
            || {
                for (&row, gradient) in rows.iter().zip(gradients.rows()) {
                    self.add_row(row, F::one(), gradient.to_slice().unwrap_or_default());
                }
            },
        );
    }

    /// The row of a code: its own, or row 0 where it has none.
    #[inline(always)]
    pub(super) fn row_of(&self, code: u32) -> u32 {
        if (code as usize) < self.values.nrows() {
            code
        } else {
            0
        }
    }

    /// The gradients since the last step.
    #[cfg(test)]
    pub(super) fn gradients(&self) -> &Array2<F> {
        &self.gradients
    }

    /// One step of the touched rows. `l2` is the pull towards zero for each time a row was touched.
    pub(super) fn step(&mut self, l2: F, step: Step<F>) {
        let width = self.values.ncols();
        let (Some(values), Some(gradients), Some(first), Some(second)) = (
            self.values.as_slice_mut(),
            self.gradients.as_slice_mut(),
            self.first.as_slice_mut(),
            self.second.as_slice_mut(),
        ) else {
            return;
        };
        vectorised(
            #[inline(always)]
            || {
                for row in self.touched.drain(..) {
                    let (from, until) = (row * width, (row + 1) * width);
                    let times = F::of_f64(f64::from(self.counts[row]));
                    self.counts[row] = 0;
                    let free = from + self.pulled;
                    for (range, l2) in [(from..free, l2 * times), (free..until, F::zero())] {
                        step_slice(
                            &mut values[range.clone()],
                            &gradients[range.clone()],
                            &mut first[range.clone()],
                            &mut second[range],
                            l2,
                            step,
                        );
                    }
                    gradients[from..until].fill(F::zero());
                }
            },
        );
    }
}
