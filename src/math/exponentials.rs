//! Exponentials of many numbers at once, each to the bit what [`super::exp`] gives: the same steps in the same order (`libm`'s
//! `expf`, after FreeBSD's), without branches, so that vector instructions take several at a time.

const LN2_HI: f32 = 6.931_457_5e-1;
const LN2_LO: f32 = 1.428_606_8e-6;
const INV_LN2: f32 = core::f32::consts::LOG2_E;
const P1: f32 = 1.666_662_5e-1;
const P2: f32 = -2.766_733_3e-3;
/// Below this `expf` has cases of its own for results that are hardly numbers.
const LEAST: f32 = -87.0;
/// A number so large that what is added to it is rounded to a whole number, found in its last bits.
const WHOLE: f32 = 12_582_912.0;
/// So many numbers are looked at together: whoever has more at hand than are needed fills up a group with zeros.
pub const EXP_GROUP: usize = 8;

/// Puts `e^x` in the place of each `x`.
pub fn exp_of_each(numbers: &mut [f32]) {
    let (groups, rest) = numbers.as_chunks_mut::<EXP_GROUP>();
    for group in groups {
        // Only then do all take the way below.
        let mut inside = true;
        for x in group.iter() {
            inside &= (LEAST..=0.0).contains(x);
        }
        if inside {
            group.iter_mut().for_each(|x| *x = exp_to_zero(*x));
        } else {
            group.iter_mut().for_each(|x| *x = super::exp(*x));
        }
    }
    rest.iter_mut().for_each(|x| *x = super::exp(*x));
}

/// `e^x` for `x` from [`LEAST`] to 0.
#[inline(always)]
fn exp_to_zero(x: f32) -> f32 {
    // The whole number of doublings, as `expf` finds it: none up to ln 2 / 2, one up to 1.5 · ln 2.
    let size = (-x).to_bits();
    let near = INV_LN2 * x - 0.5;
    let nearest = (near + WHOLE) - WHOLE;
    let whole = if nearest < near {
        nearest + 1.0
    } else {
        nearest
    };
    let whole = if size > 0x3f85_1592 { whole } else { -1.0 };
    let whole = if size > 0x3eb1_7218 { whole } else { 0.0 };
    let (hi, lo) = (x - whole * LN2_HI, whole * LN2_LO);
    let rest = hi - lo;
    let square = rest * rest;
    let c = rest - square * (P1 + square * P2);
    let y = 1.0 + (rest * c / (2.0 - c) - lo + hi);
    let power = f32::from_bits(((whole + WHOLE).to_bits() << 23).wrapping_add(1.0_f32.to_bits()));
    if size > 0x3900_0000 {
        y * power
    } else {
        1.0 + x
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::exp;

    /// All exponents from 0 to minus infinity, every 509th fraction, and those around each border.
    #[test]
    fn every_bit_is_that_of_the_function_for_one() {
        let borders = [
            0x3900_0000_u32,
            0x3eb1_7218,
            0x3f85_1592,
            LEAST.to_bits() & !(1 << 31),
        ];
        let near = borders.iter().flat_map(|border| border - 50..border + 50);
        let sizes = (0..=0x7f80_0001_u32).step_by(509).chain(near);
        let numbers: Vec<f32> = sizes.map(|size| f32::from_bits(size | 1 << 31)).collect();
        let mut together = numbers.clone();
        exp_of_each(&mut together);
        for (&x, found) in numbers.iter().zip(together) {
            assert_eq!(found.to_bits(), exp(x).to_bits(), "{x}");
        }
        assert!(numbers.len() > 4_000_000);
    }

    #[test]
    fn what_is_above_zero_or_no_number_is_as_it_is_alone() {
        let mut numbers = [1.0, -1.0, f32::NAN, 100.0, f32::NEG_INFINITY];
        let alone = numbers.map(exp);
        exp_of_each(&mut numbers);
        assert_eq!(numbers.map(f32::to_bits), alone.map(f32::to_bits));
    }
}
