//! The gradient of a row, from what all rows of a feature set have in common.

use triqueta::model::FACTORS;

use super::row::Factors;

/// What the gradients of a feature set's rows are made of. Along the vector `v` of a feature of strength `x` it is
/// `length x · along + (l2 − slope x²) · v`, along its weight `w` it is `slope x + l2 w`.
#[derive(Clone, Copy)]
pub(super) struct Slopes<'a> {
    pub(super) along: &'a Factors,
    pub(super) length: f32,
    pub(super) slope: f32,
    pub(super) l2: f32,
}

impl Slopes<'_> {
    /// The gradient by the vector of a feature of strength `x`.
    #[inline(always)]
    pub(super) fn of_factors(&self, factors: &Factors, x: f32) -> Factors {
        let (length, pull) = (self.length * x, self.l2 - self.slope * x * x);
        let mut gradient = [0.0; FACTORS];
        for at in 0..FACTORS {
            gradient[at] = length * self.along[at] + pull * factors[at];
        }
        gradient
    }

    /// The gradient by its weight.
    #[inline(always)]
    pub(super) fn of_weight(&self, weight: f32, x: f32) -> f32 {
        self.slope * x + self.l2 * weight
    }
}
