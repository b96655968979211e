//! Matrix factorisation by truncated singular value decomposition of the 0/1 matrix of choices ("PureSVD", Cremonesi,
//! Koren and Turrin, RecSys 2010), by randomised subspace iteration (Halko, Martinsson and Tropp, SIAM Review 2011).
//!
//! The activities' factors are the right singular vectors; a user's is the history projected on them, which is what the
//! shared fold-in gives for orthonormal factors.

use ndarray::{Array2, ArrayView1, Axis, s};
use rayon::prelude::*;
use triqueta::math::Random;
use triqueta::model::ActivityFactors;

use super::fitted_factors::{FittedFactors, LEAST_SQUARES};
use crate::Result;
use crate::interactions::Interactions;
use crate::progress::{Progress, check};

/// Directions followed beside those wanted, so that the last wanted ones converge too.
const OVERSAMPLING: usize = 10;

/// How the decomposition is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SvdOptions {
    /// Singular vectors kept: few see only broad tastes, many see noise.
    pub width: usize,
    /// Passes over the matrix after the first; two are enough where singular values fall quickly.
    pub power_iterations: usize,
}

impl Default for SvdOptions {
    fn default() -> Self {
        Self {
            width: 50,
            power_iterations: 4,
        }
    }
}

/// Learns factors from who chose what; directions the log does not have (more asked for than users or items) are zero.
///
/// # Errors
/// [`crate::TrainerError::Cancelled`].
pub fn fit_truncated_svd(
    interactions: &Interactions,
    options: &SvdOptions,
    seed: u64,
    progress: &dyn Progress,
) -> Result<FittedFactors> {
    progress.begin("truncated SVD", Some(options.power_iterations as u64 + 1));
    let mut random = Random::new(seed);
    let (users, items) = (interactions.users(), interactions.items());
    let directions = options.width + OVERSAMPLING;
    let mut basis = Array2::from_shape_fn((items, directions), |_| random.normal() as f32);
    orthonormalise(&mut basis);
    for _ in 0..=options.power_iterations {
        check(progress)?;
        let projected = sums(users, &basis, |user| interactions.of_user(user));
        basis = sums(items, &projected, |item| interactions.of_item(item));
        orthonormalise(&mut basis);
        progress.advance(1);
    }
    let projected = sums(users, &basis, |user| interactions.of_user(user));
    let order = principal_directions(&projected.t().dot(&projected).mapv(f64::from));
    let order = order
        .slice(s![.., ..options.width.min(directions)])
        .mapv(|x| x as f32);
    Ok(FittedFactors {
        factors: ActivityFactors::new(basis.dot(&order), LEAST_SQUARES),
        users: projected.dot(&order),
    })
}

/// Row `r` is the sum of the rows of `factors` that `of(r)` names.
pub(super) fn sums<'a>(
    rows: usize,
    factors: &Array2<f32>,
    of: impl Fn(u32) -> &'a [u32] + Sync,
) -> Array2<f32> {
    let mut sums = Array2::zeros((rows, factors.ncols()));
    sums.axis_iter_mut(Axis(0))
        .collect::<Vec<_>>()
        .into_par_iter()
        .enumerate()
        .for_each(|(row, mut sum)| {
            for &other in of(row as u32) {
                sum += &factors.row(other as usize);
            }
        });
    sums
}

/// Gram and Schmidt twice ("twice is enough"); a column that others span becomes zero.
fn orthonormalise(columns: &mut Array2<f32>) {
    let mut rows = columns.t().as_standard_layout().mapv(f64::from);
    let inner = |a: ArrayView1<'_, f64>, b: ArrayView1<'_, f64>| -> f64 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    };
    for column in 0..rows.nrows() {
        let (before, mut rest) = rows.view_mut().split_at(Axis(0), column);
        let mut own = rest.row_mut(0);
        let length = inner(own.view(), own.view()).sqrt();
        for _ in 0..2 {
            for other in before.rows() {
                let share = inner(own.view(), other.view());
                own.scaled_add(-share, &other);
            }
        }
        let left = inner(own.view(), own.view()).sqrt();
        let scale = if left > 1e-6 * length {
            1.0 / left
        } else {
            0.0
        };
        own.mapv_inplace(|value| value * scale);
    }
    columns.assign(&rows.t().mapv(|value| value as f32));
}

/// Eigenvectors of a symmetric matrix as columns, the largest eigenvalue first (Jacobi's cyclic rotations).
pub(super) fn principal_directions(matrix: &Array2<f64>) -> Array2<f64> {
    let size = matrix.nrows();
    let mut matrix = matrix.clone();
    let mut vectors = Array2::<f64>::eye(size);
    let scale: f64 = matrix.diag().iter().map(|x| x.abs()).sum();
    for _sweep in 0..30 {
        let mut off = 0.0_f64;
        for p in 0..size {
            for q in p + 1..size {
                let between = matrix[[p, q]];
                off = off.max(between.abs());
                if between.abs() <= 1e-14 * scale {
                    continue;
                }
                let theta = (matrix[[q, q]] - matrix[[p, p]]) / (2.0 * between);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let cosine = 1.0 / (t * t + 1.0).sqrt();
                rotate(&mut matrix, p, q, cosine, t * cosine);
                matrix = matrix.reversed_axes();
                rotate(&mut matrix, p, q, cosine, t * cosine);
                matrix = matrix.reversed_axes();
                rotate(&mut vectors, p, q, cosine, t * cosine);
            }
        }
        if off <= 1e-14 * scale {
            break;
        }
    }
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&a, &b| matrix[[b, b]].total_cmp(&matrix[[a, a]]).then(a.cmp(&b)));
    vectors.select(Axis(1), &order)
}

/// Turns columns `p` and `q` into each other.
fn rotate(matrix: &mut Array2<f64>, p: usize, q: usize, cosine: f64, sine: f64) {
    for mut row in matrix.rows_mut() {
        let (x, y) = (row[p], row[q]);
        row[p] = cosine * x - sine * y;
        row[q] = sine * x + cosine * y;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    #[test]
    fn factors_are_orthonormal_and_give_the_best_approximation_of_blocks() {
        // Three groups of users with items of their own: the matrix has rank three, and three directions rebuild it.
        let pairs = (0..30_u32).flat_map(|user| (0..4).map(move |n| (user, user % 3 * 4 + n)));
        let log = Interactions::new(30, 12, pairs);
        let options = SvdOptions {
            width: 3,
            power_iterations: 2,
        };
        let fitted = fit_truncated_svd(&log, &options, 5, &Silent).unwrap();
        let items = fitted.factors.items();
        let gram = items.t().dot(items);
        for ((row, column), value) in gram.indexed_iter() {
            assert!((value - f32::from(u8::from(row == column))).abs() < 1e-4);
        }
        for user in 0..30 {
            let history = log.of_user(user).iter().map(|&item| (item as usize, 1.0));
            let folded = fitted.factors.fold_in(history);
            for item in 0..12 {
                let expected = f32::from(u8::from(log.contains(user, item)));
                let score = fitted.factors.score(&folded, item as usize);
                assert!((score - expected).abs() < 1e-3, "{score} {expected}");
            }
        }
    }

    #[test]
    fn more_directions_than_the_log_has_are_zero_not_noise() {
        let log = Interactions::new(2, 3, [(0, 0), (1, 1)]);
        let fitted = fit_truncated_svd(&log, &SvdOptions::default(), 0, &Silent).unwrap();
        assert!(fitted.factors.items().iter().all(|value| value.is_finite()));
        let empty = Interactions::new(0, 0, []);
        assert!(fit_truncated_svd(&empty, &SvdOptions::default(), 0, &Silent).is_ok());
    }
}
