//! Which number a text means: the nearest there is, and of two as near the even one, to the last bit.
//!
//! The standard library knows too, by a table of powers of ten that a visitor would download. Here nearly all numbers take one
//! operation on doubles, and the others a long division of whole numbers.

use std::cmp::Ordering;

use super::natural::Natural;

/// How numbers of one kind are made of bits.
struct Kind {
    /// Digits of the fraction, in twos, with the one before it.
    digits: i32,
    /// The smallest number is two to this power.
    least: i32,
    /// The bits of what is too large.
    infinity: u64,
}

const SINGLE: Kind = Kind {
    digits: f32::MANTISSA_DIGITS as i32,
    least: f32::MIN_EXP - f32::MANTISSA_DIGITS as i32,
    infinity: f32::INFINITY.to_bits() as u64,
};
const DOUBLE: Kind = Kind {
    digits: f64::MANTISSA_DIGITS as i32,
    least: f64::MIN_EXP - f64::MANTISSA_DIGITS as i32,
    infinity: f64::INFINITY.to_bits(),
};

/// Doubles hold all whole numbers up to this one exactly, and these powers of ten.
const LARGEST_WHOLE: u64 = 1 << f64::MANTISSA_DIGITS;
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// What a double has that a single does not: the lowest of its bits. Exactly between two singles only the first of these is set.
const LOWEST: u64 = (1 << (f64::MANTISSA_DIGITS - f32::MANTISSA_DIGITS)) - 1;
const MIDDLE: u64 = LOWEST / 2 + 1;

/// What lies exactly between two numbers has fewer digits: of those that come later it only matters whether there are any.
const LIMIT_DIGITS: usize = 768;
/// Ten to this power is larger than any number, and its inverse smaller.
const LIMIT_POWER: i64 = 400;
/// No text is long enough to make up for this power.
const FAR: i64 = 1 << 40;

/// The single that `text` means, which JSON calls a number; nothing where it is too large.
pub(super) fn single(text: &str) -> Option<f32> {
    let decimal = Decimal::of(text);
    let number = match decimal.quick() {
        Some(double) if is_settled(double) => double as f32,
        _ => f32::from_bits(decimal.nearest(&SINGLE)? as u32),
    };
    Some(if text.starts_with('-') {
        -number
    } else {
        number
    })
}

/// The double.
pub(super) fn double(text: &str) -> Option<f64> {
    let decimal = Decimal::of(text);
    let number = match decimal.quick() {
        Some(double) => double,
        None => f64::from_bits(decimal.nearest(&DOUBLE)?),
    };
    Some(if text.starts_with('-') {
        -number
    } else {
        number
    })
}

/// Whether everything that is rounded to this double has the same single nearest to it.
fn is_settled(double: f64) -> bool {
    double >= f64::from(f32::MIN_POSITIVE) && double.to_bits() & LOWEST != MIDDLE
}

/// A number without its sign as it is written: `digits` times ten to the `power`.
struct Decimal {
    digits: Natural,
    power: i64,
}

impl Decimal {
    fn of(text: &str) -> Self {
        let (digits_of, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let far = if power.starts_with('-') { -FAR } else { FAR };
        let mut power = power.parse().unwrap_or(far).clamp(-FAR, FAR);
        let mut digits = Natural::default();
        let (mut taken, mut is_behind_point, mut is_more) = (0, false, false);
        for byte in digits_of.bytes() {
            if !byte.is_ascii_digit() {
                is_behind_point |= byte == b'.';
                continue;
            }
            let digit = u32::from(byte - b'0');
            if taken < LIMIT_DIGITS {
                digits.times_plus(10, digit);
                taken += usize::from(!digits.is_zero());
                power -= i64::from(is_behind_point);
            } else {
                is_more |= digit > 0;
                power += i64::from(!is_behind_point);
            }
        }
        if is_more {
            digits.times_plus(10, 1);
            power -= 1;
        }
        Self { digits, power }
    }

    /// The double nearest to it, where one operation finds it.
    fn quick(&self) -> Option<f64> {
        let whole = self
            .digits
            .small()
            .filter(|&whole| whole <= LARGEST_WHOLE)? as f64;
        let ten = *TENS.get(usize::try_from(self.power.unsigned_abs()).ok()?)?;
        Some(if self.power < 0 {
            whole / ten
        } else {
            whole * ten
        })
    }

    /// The bits of the number nearest to it; nothing where it is too large.
    fn nearest(self, kind: &Kind) -> Option<u64> {
        let about = self.power + i64::from(self.digits.bits()) * 3 / 10;
        if self.digits.is_zero() || about < -LIMIT_POWER {
            return Some(0);
        }
        if about > LIMIT_POWER {
            return None;
        }
        let (mut above, mut below) = (self.digits, Natural::one());
        let scaled = if self.power < 0 {
            &mut below
        } else {
            &mut above
        };
        for _ in 0..self.power.unsigned_abs() {
            scaled.times_plus(10, 0);
        }
        // From here on it is above / below, which is at least 1 and less than 2, times two to the power `two`.
        let mut two = above.bits() - below.bits();
        below.double(two);
        above.double(-two);
        if above < below {
            above.double(1);
            two -= 1;
        }
        let digits = kind.digits.min(two - kind.least + 1);
        if digits < 0 {
            return Some(0);
        }
        let mut found = 0;
        for _ in 0..digits {
            let fits = above >= below;
            if fits {
                above.subtract(&below);
            }
            above.double(1);
            found = found << 1 | u64::from(fits);
        }
        found += match above.cmp(&below) {
            Ordering::Less => 0,
            Ordering::Equal => found & 1,
            Ordering::Greater => 1,
        };
        // The first digit of all but the smallest numbers is not written; it makes their exponent one larger instead.
        let exponent = (two - digits + 1 - kind.least) as u64;
        let bits = (exponent << (kind.digits - 1)) + found;
        (bits < kind.infinity).then_some(bits)
    }
}
