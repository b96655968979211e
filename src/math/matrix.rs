//! A matrix times a vector, each product bit for bit what [`dot`](super::dot) gives of a row.
//!
//! Rows lie beside each other in groups, so that one instruction adds to the same running sum of several of them, and nothing
//! is added across. A number that is 0 adds nothing and is left out: of a rectified layer that is about half. (Running sums
//! begin at 0 and never become −0, the only number that adding 0 changes.)

use std::array;
use std::iter::StepBy;
use std::ops::Range;

/// So many rows lie beside each other.
const GROUP: usize = 32;
/// A row has so many running sums.
const LANES: usize = 4;

/// A matrix of finite numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    /// Group after group its columns; rows that the last group lacks are zeros.
    groups: Vec<[f32; GROUP]>,
}

/// Room for the numbers of a vector that are not 0, each with its place.
#[derive(Debug, Clone, Default)]
pub struct NonZero(Vec<(u32, f32)>);

impl Matrix {
    /// From its numbers, row after row.
    pub fn new(rows: usize, columns: usize, numbers: impl IntoIterator<Item = f32>) -> Self {
        let mut groups = vec![[0.0; GROUP]; rows.div_ceil(GROUP) * columns];
        let mut numbers = numbers.into_iter();
        for row in 0..rows {
            let group = &mut groups[row / GROUP * columns..][..columns];
            for (column, number) in group.iter_mut().zip(numbers.by_ref()) {
                column[row % GROUP] = number;
            }
        }
        Self {
            rows,
            columns,
            groups,
        }
    }

    /// How many rows and columns it has.
    pub fn dim(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    /// Its numbers, row after row.
    pub fn numbers(&self) -> impl Iterator<Item = f32> {
        let of_row = move |row: usize| {
            let from = row / GROUP * self.columns;
            let columns = &self.groups[from..from + self.columns];
            columns.iter().map(move |column| column[row % GROUP])
        };
        (0..self.rows).flat_map(of_row)
    }

    /// Puts in what the columns from `from` on make of `x`, a product a row. Extra numbers of `x` are ignored, as are
    /// columns beyond it.
    pub fn multiply(&self, from: usize, x: &[f32], nonzero: &mut NonZero, products: &mut Vec<f32>) {
        let from = from.min(self.columns);
        let used = x.len().min(self.columns - from);
        let ends = nonzero.gather(&x[..used]);
        products.clear();
        for columns in self.groups.chunks_exact(self.columns.max(1)) {
            let columns = &columns[from..];
            let mut start = 0;
            let mut next = |end: usize| {
                let part = &nonzero.0[start..end];
                start = end;
                part
            };
            let mut lanes = [[0.0; GROUP]; LANES];
            for (sums, &end) in lanes.iter_mut().zip(&ends) {
                add(sums, columns, next(end));
            }
            let [a, b, c, d] = &lanes;
            let mut sums = [0.0; GROUP];
            for (row, sum) in sums.iter_mut().enumerate() {
                *sum = (a[row] + b[row]) + (c[row] + d[row]);
            }
            add(&mut sums, columns, next(ends[LANES]));
            let rows = GROUP.min(self.rows - products.len());
            products.extend_from_slice(&sums[..rows]);
        }
        // Without columns there are no groups, and every product is 0.
        products.resize(self.rows, 0.0);
    }
}

/// Adds each term times its column.
#[inline]
fn add(sums: &mut [f32; GROUP], columns: &[[f32; GROUP]], terms: &[(u32, f32)]) {
    let mut own = *sums;
    for &(place, x) in terms {
        for (sum, weight) in own.iter_mut().zip(&columns[place as usize]) {
            *sum += weight * x;
        }
    }
    *sums = own;
}

impl NonZero {
    /// Puts in what is not 0, a running sum's after the other's, then what follows whole steps of them. Returns where each of
    /// these parts ends.
    fn gather(&mut self, x: &[f32]) -> [usize; LANES + 1] {
        if self.0.len() < x.len() {
            self.0.resize(x.len(), (0, 0.0));
        }
        let whole = x.len() / LANES * LANES;
        let mut count = 0;
        let mut put = |places: StepBy<Range<usize>>| {
            for place in places {
                // What is 0 is written over by the next: nobody can foretell which are.
                self.0[count] = (place as u32, x[place]);
                count += usize::from(x[place] != 0.0);
            }
            count
        };
        array::from_fn(|part| match part {
            LANES => put((whole..x.len()).step_by(1)),
            lane => put((lane..whole).step_by(LANES)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::dot;

    /// Numbers of both signs, some of them 0 of either.
    fn numbers(count: usize) -> Vec<f32> {
        let number = |n: usize| match n % 5 {
            0 => 0.0,
            3 => -0.0,
            _ => libm::sinf(n as f32),
        };
        (0..count).map(number).collect()
    }

    #[test]
    fn rows_together_give_the_bits_of_each_alone() {
        let (mut nonzero, mut products) = (NonZero::default(), Vec::new());
        for (rows, columns, from, inputs) in [
            (9, 37, 0, 37),
            (16, 16, 0, 16),
            (40, 5, 0, 7),
            (33, 9, 2, 6),
            (3, 8, 8, 8),
            (2, 8, 9, 1),
            (128, 38, 0, 37),
        ] {
            let weights: Vec<f32> = (1..=rows * columns).map(|n| libm::cosf(n as f32)).collect();
            let x = numbers(inputs);
            let matrix = Matrix::new(rows, columns, weights.iter().copied());
            matrix.multiply(from, &x, &mut nonzero, &mut products);
            let alone = weights.chunks(columns).map(|row| {
                let row = row.get(from..).unwrap_or_default();
                dot(row, &x).to_bits()
            });
            let together: Vec<u32> = products.iter().map(|product| product.to_bits()).collect();
            assert_eq!(together, alone.collect::<Vec<u32>>(), "{rows} × {columns}");
            assert_eq!(matrix.dim(), (rows, columns));
            assert!(matrix.numbers().eq(weights));
        }
    }

    #[test]
    fn what_is_no_number_stays_none() {
        let matrix = Matrix::new(1, 2, [1.0, 1.0]);
        let mut products = Vec::new();
        matrix.multiply(0, &[0.0, f32::NAN], &mut NonZero::default(), &mut products);
        assert!(products[0].is_nan());
    }
}
