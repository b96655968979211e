//! The inverse of a symmetric positive definite matrix, block by block.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayViewMut2, Axis, s};
use rayon::prelude::*;

/// Rows of a block: wide enough that almost all work is matrix products, narrow enough that a block stays in the cache.
const BLOCK: usize = 128;

/// Replaces a symmetric positive definite matrix by **minus** its inverse (Goodnight, "A tutorial on the SWEEP operator",
/// 1979, with blocks in place of single pivots). Only the lower triangle is read; both are written. Row blocks are
/// independent within a sweep, so that the result does not depend on the number of threads.
pub(super) fn negative_inverse(matrix: &mut Array2<f64>) {
    let size = matrix.nrows();
    for start in (0..size).step_by(BLOCK) {
        sweep(matrix, start, (start + BLOCK).min(size));
    }
    for row in 1..size {
        for column in 0..row {
            matrix[[column, row]] = matrix[[row, column]];
        }
    }
}

/// Sweeps the pivots `from..until` of a matrix of which the lower triangle is kept.
fn sweep(matrix: &mut Array2<f64>, from: usize, until: usize) {
    let size = matrix.nrows();
    let mut column = Array2::zeros((size, until - from));
    column
        .slice_mut(s![..from, ..])
        .assign(&matrix.slice(s![from..until, ..from]).t());
    column
        .slice_mut(s![from.., ..])
        .assign(&matrix.slice(s![from.., from..until]));
    let mut pivot = column.slice(s![from..until, ..]).to_owned();
    for row in 0..pivot.nrows() {
        for other in row + 1..pivot.nrows() {
            pivot[[row, other]] = pivot[[other, row]];
        }
    }
    sweep_all(&mut pivot.view_mut());
    // `pivot` is minus the inverse of the block: what is taken off is column · inverse · columnᵀ.
    let scaled = column.dot(&pivot);
    matrix
        .axis_chunks_iter_mut(Axis(0), BLOCK)
        .collect::<Vec<_>>()
        .into_par_iter()
        .enumerate()
        .for_each(|(block, mut rows)| {
            let first = block * BLOCK;
            if first == from {
                return;
            }
            let end = first + rows.nrows();
            let own = scaled.slice(s![first..end, ..]);
            let mut lower = rows.slice_mut(s![.., ..end]);
            general_mat_mul(1.0, &own, &column.slice(s![..end, ..]).t(), 1.0, &mut lower);
            if first > from {
                rows.slice_mut(s![.., from..until]).assign(&(-&own));
            }
        });
    let mut own = matrix.slice_mut(s![from..until, ..]);
    own.slice_mut(s![.., ..from])
        .assign(&(-&scaled.slice(s![..from, ..])).t());
    own.slice_mut(s![.., from..until]).assign(&pivot);
}

/// Sweeps every pivot of a small full matrix, one after the other.
fn sweep_all(matrix: &mut ArrayViewMut2<'_, f64>) {
    let size = matrix.nrows();
    for pivot in 0..size {
        let inverse = 1.0 / matrix[[pivot, pivot]];
        let row = matrix.row(pivot).to_owned();
        for other in (0..size).filter(|&other| other != pivot) {
            let share = row[other] * inverse;
            matrix.row_mut(other).scaled_add(-share, &row);
        }
        for other in 0..size {
            matrix[[pivot, other]] = row[other] * inverse;
            matrix[[other, pivot]] = row[other] * inverse;
        }
        matrix[[pivot, pivot]] = -inverse;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use triqueta::math::Random;

    #[test]
    fn the_inverse_undoes_the_matrix_whatever_its_size() {
        for size in [1, 2, 7, BLOCK, BLOCK + 1, 2 * BLOCK + 13] {
            let mut random = Random::new(size as u64);
            let factor = Array2::from_shape_fn((size, size), |_| random.normal());
            let mut matrix: Array2<f64> = factor.t().dot(&factor);
            matrix.diag_mut().iter_mut().for_each(|value| *value += 1.0);
            let mut inverse = matrix.clone();
            negative_inverse(&mut inverse);
            let product = -matrix.dot(&inverse);
            let furthest = (&product - &Array2::<f64>::eye(size))
                .iter()
                .fold(0.0_f64, |most, value| most.max(value.abs()));
            assert!(furthest < 1e-8, "{size}: {furthest}");
        }
    }
}
