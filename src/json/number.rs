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

/// A number as it is written, its sign aside: what stands before the power of ten, and this power.
struct Decimal<'a> {
    digits: &'a str,
    power: i64,
}

impl<'a> Decimal<'a> {
    fn of(text: &'a str) -> Self {
        let (digits, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let far = if power.starts_with('-') { -FAR } else { FAR };
        let power = power.parse().unwrap_or(far).clamp(-FAR, FAR);
        Self { digits, power }
    }

    /// The digits, each with whether it stands behind the point.
    fn digits(&self) -> impl Iterator<Item = (u8, bool)> + use<'a> {
        let mut is_behind = false;
        self.digits.bytes().filter_map(move |byte| {
            is_behind |= byte == b'.';
            byte.is_ascii_digit().then(|| (byte - b'0', is_behind))
        })
    }

    /// The double nearest to it, where one operation finds it.
    fn quick(&self) -> Option<f64> {
        let (mut whole, mut power) = (0_u64, self.power);
        for (digit, is_behind) in self.digits() {
            whole = whole.checked_mul(10)?.checked_add(u64::from(digit))?;
            power -= i64::from(is_behind);
        }
        if whole > LARGEST_WHOLE {
            return None;
        }
        let ten = TENS.get(usize::try_from(power.unsigned_abs()).ok()?)?;
        let whole = whole as f64;
        Some(if power < 0 { whole / ten } else { whole * ten })
    }

    /// All its digits as a whole number, and the power of ten that goes with it.
    fn whole(&self) -> (Natural, i64) {
        let (mut whole, mut power) = (Natural::default(), self.power);
        let (mut taken, mut is_more) = (0, false);
        for (digit, is_behind) in self.digits() {
            if taken < LIMIT_DIGITS {
                whole.times_plus(10, u32::from(digit));
                taken += usize::from(!whole.is_zero());
                power -= i64::from(is_behind);
            } else {
                is_more |= digit > 0;
                power += i64::from(!is_behind);
            }
        }
        if is_more {
            whole.times_plus(10, 1);
            power -= 1;
        }
        (whole, power)
    }

    /// The bits of the number nearest to it; nothing where it is too large.
    fn nearest(&self, kind: &Kind) -> Option<u64> {
        let (whole, power) = self.whole();
        let about = power + i64::from(whole.bits()) * 3 / 10;
        if whole.is_zero() || about < -LIMIT_POWER {
            return Some(0);
        }
        if about > LIMIT_POWER {
            return None;
        }
        let (mut above, mut below) = (whole, Natural::one());
        let scaled = if power < 0 { &mut below } else { &mut above };
        scaled.times_ten(power.unsigned_abs());
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
