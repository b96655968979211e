//! Matrix factorisation: an activity is a point, a visitor is a point, and the score is their inner product (Hu, Koren
//! and Volinsky, ICDM 2008; Rendle et al., "Revisiting the performance of iALS on item recommendation benchmarks",
//! RecSys 2022).
//!
//! Only the activities' points travel. The visitor's own is the solution of one small system of equations over the local
//! history, the same that training solves for its users: so somebody training never saw has a factor at once, and it
//! moves with every click. However the activities' points were learned (iALS, BPR, SVD, NMF), they are served the same
//! way.

use ndarray::Array2;

use crate::math::dot;

/// How a visitor's factor follows from the history: the weights of the loss
/// `Σ_chosen w·(c·ŷ² − 2ŷ) + Σ_rejected |w|·c·ŷ² + α·Σ_all ŷ² + λ·(n + α·N)^ν·‖u‖²`, with `ŷ = ⟨u, v⟩`, `n` the history's total
/// weight and `N` the number of activities with a factor.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoldIn {
    /// `α`: what the squared score of any activity costs, 0 or more. Towards 0 only the history counts and all else may
    /// score anything; large ones let the many unchosen activities drown the few chosen.
    pub unobserved_weight: f32,
    /// `c`: what the squared score of an activity in the history costs beside that; 1 in iALS, 0 where the factors
    /// were learned by plain least squares over the whole matrix (SVD, NMF).
    pub observed_weight: f32,
    /// `λ`, 0 or more: at 0 a short history is fitted to the letter, a large one shrinks every factor towards zero.
    pub regularisation: f32,
    /// `ν`, 0 to 1: how much more a long history is regularised than a short one. 0 treats them alike, 1 in
    /// proportion to their length.
    pub frequency_exponent: f32,
}

/// The learned factors of the activities.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityFactors {
    items: Array2<f32>,
    fold_in: FoldIn,
    /// `Σ_a v_a·v_aᵀ`, the lower triangle row by row.
    gramian: Vec<f64>,
    /// How many activities have a factor other than zero.
    known: usize,
}

impl ActivityFactors {
    /// ActivityFactors of activities, `[activities, width]`, a row of zeros for an activity that has none.
    pub fn new(items: Array2<f32>, fold_in: FoldIn) -> Self {
        let width = items.ncols();
        let mut gramian = vec![0.0; width * (width + 1) / 2];
        let mut known = 0;
        for item in items.rows() {
            let item: Vec<f64> = item.iter().copied().map(f64::from).collect();
            known += usize::from(item.iter().any(|&value| value != 0.0));
            add_outer(&mut gramian, &item, 1.0);
        }
        let items = items.as_standard_layout().into_owned();
        Self {
            items,
            fold_in,
            gramian,
            known,
        }
    }

    /// The activities' factors, `[activities, width]`.
    pub fn items(&self) -> &Array2<f32> {
        &self.items
    }

    /// How a visitor's factor follows from the history.
    pub fn fold_in_weights(&self) -> FoldIn {
        self.fold_in
    }

    /// Length of a factor.
    pub fn width(&self) -> usize {
        self.items.ncols()
    }

    fn item(&self, row: usize) -> Option<&[f32]> {
        let width = self.width();
        self.items
            .as_slice()
            .and_then(|items| items.get(row * width..(row + 1) * width))
    }

    /// The factor of a visitor with this history: `(activity's row, weight)`, 1 for a plain choice.
    ///
    /// A positive weight says "chosen": the score of that activity is drawn towards 1, the harder the larger the weight.
    /// A negative one says "rejected": it is drawn towards 0, as if it had been one of the many unchosen but looked at;
    /// a rejection alone therefore gives no direction, it takes away from the directions choices gave. Rows that have no
    /// factor say nothing. An empty history gives zeros, and with them the score 0 everywhere.
    pub fn fold_in(&self, history: impl IntoIterator<Item = (usize, f32)>) -> Vec<f32> {
        let width = self.width();
        let weights = &self.fold_in;
        let unobserved = f64::from(weights.unobserved_weight);
        let mut matrix: Vec<f64> = self.gramian.iter().map(|sum| unobserved * sum).collect();
        let mut target = vec![0.0_f64; width];
        let mut total = 0.0_f64;
        let mut item = vec![0.0_f64; width];
        for (row, weight) in history {
            let Some(factor) = self.item(row) else {
                continue;
            };
            let weight = f64::from(weight);
            for (value, &factor) in item.iter_mut().zip(factor) {
                *value = f64::from(factor);
            }
            total += weight.abs();
            let observed = weight.abs() * f64::from(weights.observed_weight);
            if observed != 0.0 {
                add_outer(&mut matrix, &item, observed);
            }
            if weight > 0.0 {
                for (sum, value) in target.iter_mut().zip(&item) {
                    *sum += weight * value;
                }
            }
        }
        let frequency = total + unobserved * self.known as f64;
        let regularisation = f64::from(weights.regularisation)
            * libm::pow(frequency, f64::from(weights.frequency_exponent));
        for diagonal in 0..width {
            matrix[at(diagonal, diagonal)] += regularisation;
        }
        solve(&mut matrix, &mut target);
        target.into_iter().map(|value| value as f32).collect()
    }

    /// The score of an activity for a visitor's factor; 0 for a row without a factor, such as an activity published since
    /// the training.
    pub fn score(&self, user: &[f32], row: usize) -> f32 {
        self.item(row).map_or(0.0, |item| dot(user, item))
    }
}

/// Where entry `(row, column)` of a lower triangle lies.
fn at(row: usize, column: usize) -> usize {
    row * (row + 1) / 2 + column
}

/// Adds `weight · x·xᵀ` to a lower triangle.
fn add_outer(triangle: &mut [f64], x: &[f64], weight: f64) {
    let mut rest = triangle;
    for row in 0..x.len() {
        let (line, after) = rest.split_at_mut(row + 1);
        let scaled = weight * x[row];
        for (sum, value) in line.iter_mut().zip(x) {
            *sum += scaled * value;
        }
        rest = after;
    }
}

/// Solves `A x = b` in place for a positive semidefinite `A` given as its lower triangle, by Cholesky's method in `f64`. A
/// direction that nothing determines stays zero.
fn solve(matrix: &mut [f64], x: &mut [f64]) {
    let width = x.len();
    for row in 0..width {
        for column in 0..=row {
            let mut sum = matrix[at(row, column)];
            for inner in 0..column {
                sum -= matrix[at(row, inner)] * matrix[at(column, inner)];
            }
            let own = matrix[at(row, row)];
            matrix[at(row, column)] = if column == row {
                // What rounding leaves of a direction without information is no information.
                if sum > 1e-10 * own {
                    libm::sqrt(sum)
                } else {
                    0.0
                }
            } else {
                let pivot = matrix[at(column, column)];
                if pivot > 0.0 { sum / pivot } else { 0.0 }
            };
        }
    }
    for row in 0..width {
        let mut sum = x[row];
        for inner in 0..row {
            sum -= matrix[at(row, inner)] * x[inner];
        }
        let pivot = matrix[at(row, row)];
        x[row] = if pivot > 0.0 { sum / pivot } else { 0.0 };
    }
    for row in (0..width).rev() {
        let mut sum = x[row];
        for inner in row + 1..width {
            sum -= matrix[at(inner, row)] * x[inner];
        }
        let pivot = matrix[at(row, row)];
        x[row] = if pivot > 0.0 { sum / pivot } else { 0.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEIGHTS: FoldIn = FoldIn {
        unobserved_weight: 0.2,
        observed_weight: 1.0,
        regularisation: 0.1,
        frequency_exponent: 0.5,
    };

    /// Two tastes: rows 0 and 1 lie along the first direction, rows 2 and 3 along the second; row 4 has no factor.
    fn two_tastes() -> Array2<f32> {
        ndarray::arr2(&[[1.0, 0.1], [0.9, 0.0], [0.0, 1.0], [0.1, 0.9], [0.0, 0.0]])
    }

    #[test]
    fn one_choice_ranks_its_own_kind_first() {
        let factors = ActivityFactors::new(two_tastes(), WEIGHTS);
        let visitor = factors.fold_in([(2, 1.0)]);
        assert!(factors.score(&visitor, 3) > factors.score(&visitor, 0));
        assert!(factors.score(&visitor, 3) > factors.score(&visitor, 1));
    }

    #[test]
    fn the_folded_in_factor_makes_the_loss_smallest() {
        let factors = ActivityFactors::new(two_tastes(), WEIGHTS);
        let history = [(0, 1.0), (3, 0.5), (1, -0.7)];
        let loss = |user: &[f64]| {
            let predicted = |row: usize| -> f64 {
                let item = factors.items.row(row);
                item.iter().zip(user).map(|(&v, u)| f64::from(v) * u).sum()
            };
            let (mut loss, mut total) = (0.0, 0.0);
            for (row, weight) in history {
                let (y, weight) = (predicted(row), f64::from(weight));
                loss += weight.abs() * y * y - if weight > 0.0 { 2.0 * weight * y } else { 0.0 };
                total += weight.abs();
            }
            loss += 0.2
                * (0..5)
                    .map(|row| predicted(row) * predicted(row))
                    .sum::<f64>();
            loss + 0.1 * (total + 0.2 * 4.0_f64).sqrt() * user.iter().map(|u| u * u).sum::<f64>()
        };
        let found: Vec<f64> = factors
            .fold_in(history)
            .into_iter()
            .map(f64::from)
            .collect();
        for direction in 0..2 {
            for step in [-1e-3, 1e-3] {
                let mut moved = found.clone();
                moved[direction] += step;
                assert!(loss(&moved) > loss(&found), "{direction} {step}");
            }
        }
    }

    #[test]
    fn a_rejection_lowers_its_own_kind_and_says_nothing_alone() {
        let factors = ActivityFactors::new(two_tastes(), WEIGHTS);
        let chosen = factors.fold_in([(0, 1.0), (2, 1.0)]);
        let rejected = factors.fold_in([(0, 1.0), (2, 1.0), (1, -1.0)]);
        assert!(factors.score(&rejected, 1) < factors.score(&chosen, 1));
        assert_eq!(factors.fold_in([(1, -1.0)]), [0.0, 0.0]);
    }

    #[test]
    fn what_has_no_factor_says_nothing_and_scores_nothing() {
        let factors = ActivityFactors::new(two_tastes(), WEIGHTS);
        assert_eq!(factors.fold_in([]), [0.0, 0.0]);
        let visitor = factors.fold_in([(0, 1.0), (77, 1.0)]);
        assert_eq!(visitor, factors.fold_in([(0, 1.0)]));
        assert_eq!(factors.score(&visitor, 77), 0.0);
        assert_eq!(factors.score(&visitor, 4), 0.0);
    }

    #[test]
    fn an_undetermined_direction_stays_zero() {
        let weights = FoldIn {
            unobserved_weight: 0.0,
            regularisation: 0.0,
            ..WEIGHTS
        };
        let factors = ActivityFactors::new(ndarray::arr2(&[[1.0, 1.0], [2.0, 2.0]]), weights);
        let visitor = factors.fold_in([(0, 1.0)]);
        assert!(visitor.iter().all(|value| value.is_finite()));
        assert!((factors.score(&visitor, 0) - 1.0).abs() < 1e-5);
    }
}
