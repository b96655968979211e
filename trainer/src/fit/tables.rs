//! Embedding tables over mini-batches: input rows gathered from codes, gradients scattered back to the rows that were
//! read, and only to those.

use std::ops::Range;

use ndarray::Array2;
use rayon::prelude::*;
use triqueta::math::Random;

use super::input_rows::InputRows;
use super::real::Real;
use super::simd::vectorised;
use super::sparse_adam::add_scaled;

/// One table, `[codes, width]` row-major; row 0 stands for unknown codes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table<F> {
    /// Numbers a code.
    pub(crate) width: usize,
    /// All numbers.
    pub(crate) values: Vec<F>,
}

impl<F: Real> Table<F> {
    /// Small random values, `deviation` wide.
    pub(crate) fn random(rows: usize, width: usize, deviation: f64, random: &mut Random) -> Self {
        let values = (0..rows * width).map(|_| F::of_f64(deviation * random.normal()));
        Self {
            width,
            values: values.collect(),
        }
    }

    /// How many codes it has a row for.
    pub(crate) fn rows(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or(0)
    }

    /// Where the numbers of a code are; those of the unknown row for a code without a row.
    #[inline(always)]
    fn place(&self, code: u32) -> Range<usize> {
        let from = code as usize * self.width;
        if from + self.width <= self.values.len() {
            from..from + self.width
        } else {
            0..self.width
        }
    }

    /// The table as the recommender ships it.
    pub(crate) fn to_array(&self) -> Array2<f32> {
        Array2::from_shape_fn((self.rows(), self.width), |(row, column)| {
            self.values[row * self.width + column].to_f32()
        })
    }

    /// The same table with other numbers.
    #[cfg(test)]
    pub(crate) fn convert<G: Real>(&self) -> Table<G> {
        Table {
            width: self.width,
            values: self.values.iter().map(|v| G::of_f64(v.to_f64())).collect(),
        }
    }
}

/// The input rows of a shard of `inputs`: the mean of each bag out of its table (`bags` says which), then `pooled` (its
/// row numbers are those of `inputs`) where there is one, then the numbers.
pub(crate) fn gather<F: Real>(
    tables: &[Table<F>],
    bags: &[usize],
    inputs: &InputRows,
    pooled: Option<&Array2<F>>,
    rows: Range<usize>,
) -> Array2<F> {
    let from_tables: usize = bags.iter().map(|&table| tables[table].width).sum();
    let from_pooled = pooled.map_or(0, Array2::ncols);
    let width = from_tables + from_pooled + inputs.numbers_width();
    let mut values = vec![F::zero(); rows.len() * width];
    vectorised(
        #[inline(always)]
        || {
            for (x, row) in values.chunks_exact_mut(width.max(1)).zip(rows.clone()) {
                let mut rest = x;
                for (bag, &table) in bags.iter().enumerate() {
                    let table = &tables[table];
                    let (mean, after) = rest.split_at_mut(table.width);
                    mean_of(table, inputs.bag(row, bag), mean);
                    rest = after;
                }
                if let Some(row) = pooled.and_then(|pooled| pooled.row(row).to_slice()) {
                    let (target, after) = rest.split_at_mut(from_pooled);
                    target.copy_from_slice(row);
                    rest = after;
                }
                for (target, &number) in rest.iter_mut().zip(inputs.numbers(row)) {
                    *target = F::of(number);
                }
            }
        },
    );
    Array2::from_shape_vec((rows.len(), width), values).unwrap_or_default()
}

#[inline(always)]
fn mean_of<F: Real>(table: &Table<F>, codes: &[u32], mean: &mut [F]) {
    for &code in codes {
        let row = &table.values[table.place(code)];
        add_scaled(mean, F::one(), row);
    }
    if codes.len() > 1 {
        let share = F::one() / F::of_f64(codes.len() as f64);
        mean.iter_mut().for_each(|sum| *sum *= share);
    }
}

/// The gradient of a table, with the rows that have one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TableGradient<F> {
    /// In the table's shape; zero outside the touched rows.
    pub(crate) values: Vec<F>,
    /// The rows with a gradient, each once, in the order they were first met.
    pub(crate) touched: Vec<u32>,
    is_touched: Vec<bool>,
    width: usize,
}

impl<F: Real> TableGradient<F> {
    /// No gradient yet.
    pub(crate) fn zeros_like(table: &Table<F>) -> Self {
        Self {
            values: vec![F::zero(); table.values.len()],
            touched: Vec::new(),
            is_touched: vec![false; table.rows()],
            width: table.width,
        }
    }

    /// Adds `share · gradient` to the row of a code (to the unknown row for a code without one).
    #[inline(always)]
    pub(crate) fn add(&mut self, code: u32, share: F, gradient: &[F]) {
        let row = if (code as usize) < self.is_touched.len() {
            code as usize
        } else {
            0
        };
        if !self.is_touched[row] {
            self.is_touched[row] = true;
            self.touched.push(row as u32);
        }
        let target = &mut self.values[row * self.width..(row + 1) * self.width];
        add_scaled(target, share, gradient);
    }

    /// Back to no gradient, at the cost of the touched rows only.
    pub(crate) fn clear(&mut self) {
        for row in self.touched.drain(..) {
            let row = row as usize;
            self.values[row * self.width..(row + 1) * self.width].fill(F::zero());
            self.is_touched[row] = false;
        }
    }
}

/// The gradients of gathered input rows, on their way back to the tables.
pub(crate) struct Scattered<'a, F> {
    /// The table of each bag.
    pub(crate) bags: &'a [usize],
    /// The rows that were gathered.
    pub(crate) inputs: &'a InputRows,
    /// Their gradients, shard by shard in the order of rows.
    pub(crate) d_inputs: &'a [Array2<F>],
}

/// Adds the gradients of input rows to the table rows they were gathered from. Each table is one thread's work, in the
/// order of sources and rows.
pub(crate) fn scatter<F: Real>(gradients: &mut [TableGradient<F>], sources: &[Scattered<'_, F>]) {
    let widths: Vec<usize> = gradients.iter().map(|gradient| gradient.width).collect();
    gradients
        .par_iter_mut()
        .enumerate()
        .for_each(|(number, gradient)| {
            for source in sources {
                let mut offset = 0;
                for (bag, &table) in source.bags.iter().enumerate() {
                    if table == number {
                        vectorised(
                            #[inline(always)]
                            || scatter_bag(gradient, source, bag, offset),
                        );
                    }
                    offset += widths[table];
                }
            }
        });
}

#[inline(always)]
fn scatter_bag<F: Real>(
    gradient: &mut TableGradient<F>,
    source: &Scattered<'_, F>,
    bag: usize,
    offset: usize,
) {
    let mut row = 0;
    for shard in source.d_inputs {
        let stride = shard.ncols();
        let values = shard.as_slice().unwrap_or_default();
        for d_row in values.chunks_exact(stride.max(1)) {
            let d_bag = &d_row[offset..offset + gradient.width];
            let codes = source.inputs.bag(row, bag);
            let share = F::one() / F::of_f64(codes.len().max(1) as f64);
            for &code in codes {
                gradient.add(code, share, d_bag);
            }
            row += 1;
        }
    }
}
