//! How numbers are made, the same on every machine.
//!
//! `std`'s transcendentals differ in their last bits between native and wasm; `libm`'s do not. Sums are taken in one
//! fixed order. Everything in this crate computes through these functions, so that parity can be demanded bit for bit.

mod approximate;
mod best;
mod checks;
mod column;
mod digest;
mod distinct;
mod exponentials;
mod linear;
mod matrix;
mod order;
mod random;
mod sparse;

pub use approximate::{
    APPROXIMATION_ERROR, exp_approximate, exp_approximate_and_tenth, ln_1p_approximate,
};
pub use best::Best;
pub use checks::{all_finite, all_within, count_stops, is_ascending};
pub use column::Column;
pub(crate) use column::Numbers;
pub use digest::Digest;
pub(crate) use distinct::{Distinct, packed, unpacked};
pub use exponentials::{EXP_GROUP, exp_of_each};
pub use linear::{cosine, dot, norm, normalise, norms};
pub use matrix::{Matrix, NonZero};
pub use order::{select, sort};
pub use random::Random;
pub use sparse::SparseAccumulator;

/// Half the distance between 1 and the next larger number: a sum or a product of two numbers is off by no more of itself.
pub const UNIT_ROUNDOFF: f32 = 1.0 / 16_777_216.0;

/// `e^x`.
pub fn exp(x: f32) -> f32 {
    libm::expf(x)
}

/// `2^x`.
pub fn exp2(x: f32) -> f32 {
    libm::exp2f(x)
}

/// Natural logarithm.
pub fn ln(x: f32) -> f32 {
    libm::logf(x)
}

/// `ln(1 + x)`.
pub fn ln_1p(x: f32) -> f32 {
    libm::log1pf(x)
}

/// The larger of two sizes, the first one where the second is no number. No function call, which `max` is in a browser.
pub fn larger(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

/// The largest size of these numbers, signs aside; no number where one of them is none.
pub fn largest_size(numbers: &[f32]) -> f32 {
    // Sizes are in the order of their bits, and comparing bits is what vector instructions can do.
    let sizes = numbers.iter().map(|number| number.abs().to_bits() as i32);
    f32::from_bits(sizes.fold(0, i32::max) as u32)
}

/// The largest of these numbers; -∞ where there are none, no number where one of them is a NaN without a sign. One with a sign,
/// which processors make too, is passed over.
pub fn largest(numbers: &[f32]) -> f32 {
    // Numbers are in the order of their bits but for the negative ones, where it is the other way round.
    let in_order = |bits: i32| bits ^ ((bits >> 31) as u32 >> 1) as i32;
    let least = in_order(f32::NEG_INFINITY.to_bits() as i32);
    let numbers = numbers
        .iter()
        .map(|number| in_order(number.to_bits() as i32));
    f32::from_bits(in_order(numbers.fold(least, i32::max)) as u32)
}

/// The logistic function, without overflow at either end.
pub fn sigmoid(x: f32) -> f32 {
    if x >= 0.0 {
        1.0 / (1.0 + exp(-x))
    } else {
        let e = exp(x);
        e / (1.0 + e)
    }
}

/// Softmax in `f64`, in place: `logits / temperature` exponentiated and normalised, summed in order.
///
/// A temperature towards 0 puts all weight on the largest, a large one makes all equal. An empty slice stays empty.
pub fn softmax(logits: &mut [f64], temperature: f64) {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for logit in logits.iter_mut() {
        *logit = libm::exp((*logit - largest) / temperature);
        sum += *logit;
    }
    for logit in logits.iter_mut() {
        *logit /= sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sigmoid_is_bounded_and_symmetric() {
        for x in [-200.0_f32, -3.0, 0.0, 3.0, 200.0] {
            assert!((0.0..=1.0).contains(&sigmoid(x)));
            assert!((sigmoid(x) + sigmoid(-x) - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn the_largest_size_is_found_whatever_its_sign() {
        assert_eq!(largest_size(&[1.0, -3.0, 2.5, -0.0]), 3.0);
        assert_eq!(largest_size(&[]), 0.0);
        assert!(largest_size(&[1.0, f32::NAN, f32::INFINITY]).is_nan());
    }

    #[test]
    fn the_largest_number_is_found() {
        assert_eq!(largest(&[-2.5, -0.5, -3.0]), -0.5);
        assert_eq!(largest(&[-2.5, 0.25, f32::NEG_INFINITY, 0.125]), 0.25);
        assert_eq!(largest(&[]), f32::NEG_INFINITY);
        assert!(largest(&[1.0, f32::NAN, f32::INFINITY]).is_nan());
    }

    #[test]
    fn softmax_sums_to_one_whatever_the_scale() {
        let mut logits = [1_000.0, 999.0, -1_000.0];
        softmax(&mut logits, 0.5);
        assert!((logits.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(logits[0] > logits[1] && logits[1] > logits[2]);
    }
}
