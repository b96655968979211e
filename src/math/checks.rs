//! Is every number what it must be? Whoever opens a bundle asks this of millions, in code that nobody has optimised yet: these
//! look at all of them without leaving early, so that vector instructions take several at a time.

/// Whether all are finite.
pub fn all_finite(numbers: &[f32]) -> bool {
    // The sizes of numbers are in the order of their bits, and infinity comes before what is none.
    let size = |number: &f32| (number.to_bits() << 1) >> 1;
    let most = numbers
        .iter()
        .fold(0, |most, number| size(number).max(most));
    most < f32::INFINITY.to_bits()
}

/// Whether all are unknown (NaN) or from `least` to `most`.
pub fn all_within(numbers: impl IntoIterator<Item = f32>, least: f32, most: f32) -> bool {
    let outside = |number: f32| u32::from((number < least) | (number > most));
    let numbers = numbers.into_iter();
    numbers.fold(0, |any, number| any | outside(number)) == 0
}

/// Whether none is less than the one before.
pub fn is_ascending(numbers: &[u32]) -> bool {
    let after = numbers.get(1..).unwrap_or_default();
    let pairs = numbers.iter().zip(after);
    pairs.fold(0, |any, (one, next)| any | u32::from(one > next)) == 0
}

/// How many are no larger than the one before.
pub fn count_stops(codes: &[u16]) -> usize {
    let after = codes.get(1..).unwrap_or_default();
    let stops = |(codes, after): (&[u16], &[u16])| {
        let pairs = codes.iter().zip(after);
        // No more than fit.
        usize::from(pairs.fold(0_u16, |sum, (one, next)| sum + u16::from(one >= next)))
    };
    const PIECE: usize = 1 << 12;
    codes
        .chunks(PIECE)
        .zip(after.chunks(PIECE))
        .map(stops)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_number_is_found_wherever_it_is() {
        for size in 1..70 {
            let good: Vec<f32> = (0..size).map(|n| n as f32 - 30.0).collect();
            assert!(all_finite(&good) && all_within(good.iter().copied(), -30.0, 40.0));
            for at in 0..size {
                for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                    let mut numbers = good.clone();
                    numbers[at] = bad;
                    assert!(!all_finite(&numbers));
                    assert_eq!(
                        all_within(numbers.iter().copied(), -30.0, 40.0),
                        bad.is_nan()
                    );
                }
            }
        }
        assert!(all_finite(&[]) && all_finite(&[f32::MAX, f32::MIN, -0.0]));
    }

    #[test]
    fn order_is_seen_wherever_it_breaks() {
        for size in 2..70_u16 {
            let good: Vec<u16> = (0..size).collect();
            assert_eq!(count_stops(&good), 0);
            for at in 1..usize::from(size) {
                let mut codes = good.clone();
                codes[at] = codes[at - 1];
                assert_eq!(count_stops(&codes), 1);
                let mut offsets: Vec<u32> = codes.iter().map(|&code| code.into()).collect();
                assert!(is_ascending(&offsets));
                offsets[at - 1] += 1;
                assert!(!is_ascending(&offsets));
            }
        }
        assert_eq!(count_stops(&[3; 10_000]), 9_999);
        assert!(is_ascending(&[]) && is_ascending(&[1]) && count_stops(&[]) == 0);
    }
}
