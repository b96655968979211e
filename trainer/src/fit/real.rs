//! The number type of learning: `f32` for training, `f64` where a gradient is checked against finite differences.

use std::fmt::Debug;
use std::iter::Sum;
use std::ops::{AddAssign, DivAssign, MulAssign, Neg, SubAssign};

use ndarray::{LinalgScalar, ScalarOperand};

/// A real number. Transcendentals are `libm`'s, so that a training gives the same weights on every machine of a kind; square
/// roots are exact by standard.
pub(super) trait Real:
    LinalgScalar
    + ScalarOperand
    + PartialOrd
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + Sum
    + Debug
    + Send
    + Sync
{
    /// From a single-precision number.
    fn of(value: f32) -> Self;
    /// From a double-precision number, rounded.
    fn of_f64(value: f64) -> Self;
    /// To single precision, rounded.
    fn to_f32(self) -> f32;
    /// To double precision.
    fn to_f64(self) -> f64;
    /// Square root.
    fn root(self) -> Self;
    /// `e^x`.
    fn exponential(self) -> Self;
}

impl Real for f32 {
    #[inline(always)]
    fn of(value: f32) -> Self {
        value
    }
    #[inline(always)]
    fn of_f64(value: f64) -> Self {
        value as f32
    }
    #[inline(always)]
    fn to_f32(self) -> f32 {
        self
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn root(self) -> Self {
        self.sqrt()
    }
    #[inline(always)]
    fn exponential(self) -> Self {
        libm::expf(self)
    }
}

impl Real for f64 {
    #[inline(always)]
    fn of(value: f32) -> Self {
        Self::from(value)
    }
    #[inline(always)]
    fn of_f64(value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn to_f32(self) -> f32 {
        self as f32
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
    #[inline(always)]
    fn root(self) -> Self {
        self.sqrt()
    }
    #[inline(always)]
    fn exponential(self) -> Self {
        libm::exp(self)
    }
}
