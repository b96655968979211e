//! The number type of learning: `f32` for training, `f64` where a gradient is checked against finite differences.

use std::fmt::Debug;
use std::iter::Sum;
use std::ops::{AddAssign, DivAssign, MulAssign, Neg, SubAssign};

use ndarray::{LinalgScalar, ScalarOperand};

/// A real number. Transcendentals are the same on every machine of a kind, so that a training gives the same weights; square
/// roots are exact by standard.
pub(crate) trait Real:
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
    + Default
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
    /// `self · a + b`, rounded once where the loop runs on a processor that does so in one instruction.
    fn multiply_add(self, a: Self, b: Self) -> Self;
    /// This or zero, whichever is larger: one instruction and no branch, which signs at random would mislead.
    fn rectified(self) -> Self;
    /// `e^x`: in double precision `libm`'s; in single precision a polynomial that vectorises, within 2 units in the last
    /// place for −87 ≤ x ≤ 88 and held at the ends beyond. For learning only.
    fn exponential(self) -> Self;
}

/// `e^x` as `2^n · e^r`, `|r| ≤ ln 2 / 2`, the second factor by the polynomial of Cephes (Moshier 1989, `expf`).
#[inline(always)]
fn fast_exponential(x: f32) -> f32 {
    /// 1.5 · 2²³: adding it rounds to a whole number, which then stands in the lowest bits.
    const ROUNDER: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUNDER;
    let whole = shifted - ROUNDER;
    let rest = (x - whole * 0.693_359_4) - whole * -2.121_944_4e-4;
    let mut polynomial = 1.987_569_1e-4;
    for coefficient in [
        1.398_2e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_5e-1,
        0.5,
    ] {
        polynomial = polynomial * rest + coefficient;
    }
    let mantissa = polynomial * (rest * rest) + rest + 1.0;
    let power = (shifted.to_bits() << 23).wrapping_add(0x3f80_0000);
    mantissa * f32::from_bits(power)
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
    fn multiply_add(self, a: Self, b: Self) -> Self {
        self.mul_add(a, b)
    }
    #[inline(always)]
    fn rectified(self) -> Self {
        self.max(0.0)
    }
    #[inline(always)]
    fn exponential(self) -> Self {
        fast_exponential(self)
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
    fn multiply_add(self, a: Self, b: Self) -> Self {
        self.mul_add(a, b)
    }
    #[inline(always)]
    fn rectified(self) -> Self {
        self.max(0.0)
    }
    #[inline(always)]
    fn exponential(self) -> Self {
        libm::exp(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_exponential_is_within_two_units_in_the_last_place() {
        for step in -870_000..=880_000_i32 {
            let x = step as f32 * 1e-4;
            let exact = libm::exp(f64::from(x));
            let error = (f64::from(x.exponential()) - exact).abs() / exact;
            assert!(error < 2.0 * f64::from(f32::EPSILON), "{x}: {error}");
        }
        assert!((-1e30_f32).exponential() < 1e-37 && f32::MAX.exponential().is_finite());
    }
}
