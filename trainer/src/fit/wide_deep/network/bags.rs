//! The codes that a shard reads, field by field: its rows lie scattered over all examples, and are read forward and back.

use std::hint::black_box;

use ndarray::Array2;

use super::super::super::real::Real;
use super::super::super::sparse_adam::{RowTable, add_scaled};

/// Rows that are fetched together: memory answers many requests in the time of one.
const TOGETHER: usize = 32;

/// A bag of codes a field and row.
#[derive(Debug, Clone, Default)]
pub(super) struct Bags {
    fields: Vec<Field>,
}

#[derive(Debug, Clone, Default)]
struct Field {
    codes: Vec<u32>,
    /// Where each row's bag ends.
    ends: Vec<u32>,
}

impl Field {
    /// The bags, row by row.
    #[inline(always)]
    fn bags(&self) -> impl Iterator<Item = &[u32]> {
        let mut from = 0;
        self.ends.iter().map(move |&until| {
            let bag = &self.codes[from as usize..until as usize];
            from = until;
            bag
        })
    }
}

impl Bags {
    /// Room for so many fields.
    pub(super) fn new(fields: usize) -> Self {
        Self {
            fields: vec![Field::default(); fields],
        }
    }

    /// Copies the bags of so many rows; `bag` gives that of a row and a field.
    #[inline(always)]
    pub(super) fn take<'a>(&mut self, rows: usize, bag: impl Fn(usize, usize) -> &'a [u32]) {
        let last = self.fields.len().saturating_sub(1);
        for field in &mut self.fields {
            field.codes.clear();
            field.ends.clear();
        }
        for from in (0..rows).step_by(TOGETHER) {
            let rows = from..rows.min(from + TOGETHER);
            for row in rows.clone() {
                let first = bag(row, 0).first().copied().unwrap_or_default();
                black_box(first ^ bag(row, last).last().copied().unwrap_or_default());
            }
            for row in rows {
                for (number, field) in self.fields.iter_mut().enumerate() {
                    match bag(row, number) {
                        [code] => field.codes.push(*code),
                        codes => field.codes.extend_from_slice(codes),
                    }
                    field.ends.push(field.codes.len() as u32);
                }
            }
        }
    }

    /// Of the only field, the bags row by row.
    #[inline(always)]
    pub(super) fn only(&self) -> impl Iterator<Item = &[u32]> {
        self.fields.iter().take(1).flat_map(Field::bags)
    }

    /// Puts the mean of each bag's rows into the rows of `into`, a table's beside the other's.
    #[inline(always)]
    pub(super) fn look_up<F: Real>(&self, tables: &[RowTable<F>], into: &mut Array2<F>) {
        let stride = into.ncols().max(1);
        let into = into.as_slice_mut().unwrap_or_default();
        let mut from = 0;
        for (table, field) in tables.iter().zip(&self.fields) {
            let into = into.chunks_exact_mut(stride);
            // With a width that is known, a row is a few instructions.
            match table.values.ncols() {
                4 => mean(table, field, into, from, 4),
                8 => mean(table, field, into, from, 8),
                16 => mean(table, field, into, from, 16),
                width => mean(table, field, into, from, width),
            }
            from += table.values.ncols();
        }
    }

    /// Adds the gradients of what was looked up to those of the tables' rows.
    #[inline(always)]
    pub(super) fn scatter<F: Real>(&self, tables: &mut [RowTable<F>], gradients: &Array2<F>) {
        let stride = gradients.ncols().max(1);
        let gradients = gradients.as_slice().unwrap_or_default();
        let mut from = 0;
        for (table, field) in tables.iter_mut().zip(&self.fields) {
            let gradients = gradients.chunks_exact(stride);
            let width = table.values.ncols();
            match width {
                4 => share_out(table, field, gradients, from, 4),
                8 => share_out(table, field, gradients, from, 8),
                16 => share_out(table, field, gradients, from, 16),
                width => share_out(table, field, gradients, from, width),
            }
            from += width;
        }
    }
}

#[inline(always)]
fn mean<'a, F: Real>(
    table: &RowTable<F>,
    field: &Field,
    into: impl Iterator<Item = &'a mut [F]>,
    from: usize,
    width: usize,
) {
    let values = table.values.as_slice().unwrap_or_default();
    let row = |code: u32| &values[code as usize * width..][..width];
    for (bag, into) in field.bags().zip(into) {
        let mean = &mut into[from..][..width];
        if let [code] = bag {
            mean.copy_from_slice(row(*code));
            continue;
        }
        mean.fill(F::zero());
        for &code in bag {
            add_scaled(mean, F::one(), row(code));
        }
        let share = F::one() / F::of_f64(bag.len().max(1) as f64);
        mean.iter_mut().for_each(|sum| *sum *= share);
    }
}

#[inline(always)]
fn share_out<'a, F: Real>(
    table: &mut RowTable<F>,
    field: &Field,
    gradients: impl Iterator<Item = &'a [F]>,
    from: usize,
    width: usize,
) {
    for (bag, gradient) in field.bags().zip(gradients) {
        let gradient = &gradient[from..][..width];
        let share = F::one() / F::of_f64(bag.len().max(1) as f64);
        for &code in bag {
            table.add_row(code, share, gradient);
        }
    }
}
