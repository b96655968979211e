//! What every matrix factorisation ends in, however it was learned.

use ndarray::Array2;
use triqueta::model::{ActivityFactors, FoldIn};

/// Learned factors, and those of the users they were learned with.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedFactors {
    /// What is served.
    pub factors: ActivityFactors,
    /// The factor of each training user, `[users, width]`.
    pub users: Array2<f32>,
}

/// The fold-in of factors learned by plain least squares over the whole matrix: every pair counts the same.
pub(super) const LEAST_SQUARES: FoldIn = FoldIn {
    unobserved_weight: 1.0,
    observed_weight: 0.0,
    regularisation: 0.0,
    frequency_exponent: 0.0,
};
