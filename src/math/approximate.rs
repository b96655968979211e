//! Transcendentals for bounds: several times faster than the exact ones, with a known error.
//!
//! What they say never reaches a score. It tells what cannot be among the best and what certainly is; where it is too near to
//! tell, and for all that is listed, the exact functions decide.

/// No result of this module is further from the true one than this, relative to 1 or to the result, whichever is larger.
pub const APPROXIMATION_ERROR: f32 = 1e-6;

/// `ln(1 + x)` for `x` from 0 to the largest number; infinity gives a large number, NaN anything.
pub fn ln_1p_approximate(x: f32) -> f32 {
    // 1 + x = 2^exponent · m with m around 1: ln m = 2·artanh((m − 1)/(m + 1)).
    let bits = (1.0 + x).to_bits();
    let exponent = ((bits.wrapping_sub(0x3f35_04f3) as i32) >> 23) as f32;
    let m = f32::from_bits(bits.wrapping_sub(((exponent as i32) << 23) as u32));
    let t = (m - 1.0) / (m + 1.0);
    let square = t * t;
    let series = 2.0 + square * (2.0 / 3.0 + square * (2.0 / 5.0 + square * (2.0 / 7.0)));
    exponent * core::f32::consts::LN_2 + t * series
}

/// A number so large that what is added to it is rounded to a whole number, found in its last bits.
const WHOLE: f32 = 12_582_912.0;

/// `e^x` for `x` up to 0; as good as 0 below −87 and for NaN. Without branches and conversions, so that loops over it are
/// vectorised.
pub fn exp_approximate(x: f32) -> f32 {
    let x = if x > -87.0 { x } else { -87.0 };
    // e^x = 2^whole · e^rest, the rest within ±0.35.
    let shifted = x * core::f32::consts::LOG2_E + WHOLE;
    let whole = shifted - WHOLE;
    let rest = (x - whole * 0.693_359_4) + whole * 2.121_944_4e-4;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0_f32.to_bits()));
    let high = 1.0 / 6.0 + rest * (1.0 / 24.0 + rest * (1.0 / 120.0 + rest * (1.0 / 720.0)));
    let series = 1.0 + rest * (1.0 + rest * (0.5 + rest * high));
    series * power
}

/// `e^x` and `e^(10·x)` for such `x`, the second as a power of the first.
pub fn exp_approximate_and_tenth(x: f32) -> (f32, f32) {
    let once = exp_approximate(x);
    let twice = once * once;
    let four_times = twice * twice;
    (once, four_times * four_times * twice)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All signs, exponents and eleven bits of the fraction.
    fn numbers() -> impl Iterator<Item = f32> {
        (0..=u32::MAX).step_by(1 << 12).map(f32::from_bits)
    }

    #[test]
    fn logarithms_are_as_near_as_promised() {
        let numbers = numbers().filter(|x| (0.0..=f32::MAX).contains(x));
        let mut asked = 0;
        for x in numbers {
            let exact = libm::log1p(f64::from(x)) as f32;
            // 1 + x is rounded first: that is part of the error.
            let error = (ln_1p_approximate(x) - exact).abs();
            assert!(
                error <= APPROXIMATION_ERROR * exact.max(1.0),
                "{x}: {error}"
            );
            asked += 1;
        }
        assert!(asked > 500_000, "{asked}");
    }

    #[test]
    fn exponentials_are_as_near_as_promised() {
        let mut asked = 0;
        for x in numbers().filter(|x| *x <= 0.0) {
            let (once, tenth) = exp_approximate_and_tenth(x);
            assert_eq!(once, exp_approximate(x));
            for (found, x) in [(once, f64::from(x)), (tenth, 10.0 * f64::from(x))] {
                let error = (f64::from(found) - libm::exp(x)).abs();
                assert!(error <= f64::from(APPROXIMATION_ERROR), "{x}: {error}");
            }
            asked += 1;
        }
        assert!(asked > 500_000, "{asked}");
        assert_eq!(exp_approximate(0.0), 1.0);
    }
}
