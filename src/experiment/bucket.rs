//! A unit (a device or a session) to a number that is uniform over units and independent between experiments.

use crate::math::{Digest, Random};

/// The version of [`bucket`].
pub const BUCKET_VERSION: u32 = 1;

/// The unit's place in [0, 1) for an experiment: FNV-1a over version, experiment and unit, mixed by SplitMix64 (FNV alone
/// is not uniform in its high bits for short texts).
pub fn bucket(experiment: &str, unit: &str) -> f64 {
    let mut digest = Digest::default();
    digest
        .integer(u64::from(BUCKET_VERSION))
        .text(experiment)
        .text(unit);
    Random::new(digest.value()).uniform()
}

/// The variant a unit falls into, given (name, weight) pairs in a fixed order; `None` where no weight is above 0.
pub fn assign<'a>(
    experiment: &str,
    unit: &str,
    variants: impl IntoIterator<Item = (&'a str, u32)>,
) -> Option<&'a str> {
    let variants: Vec<(&str, u64)> = variants
        .into_iter()
        .map(|(name, weight)| (name, u64::from(weight)))
        .collect();
    let total: u64 = variants.iter().map(|(_, weight)| weight).sum();
    let point = (bucket(experiment, unit) * total as f64) as u64;
    let mut reached = 0;
    variants.iter().find_map(|&(name, weight)| {
        reached += weight;
        (point < reached).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_uniform_and_independent() {
        let (mut cells, n) = ([[0_u32; 10]; 10], 100_000);
        for unit in 0..n {
            let unit = format!("device-{unit}");
            let place = |experiment| (bucket(experiment, &unit) * 10.0) as usize;
            cells[place("a")][place("b")] += 1;
        }
        let expected = f64::from(n) / 100.0;
        let chi_squared: f64 = cells
            .iter()
            .flatten()
            .map(|&count| f64::from(count) - expected)
            .map(|surplus| surplus * surplus / expected)
            .sum();
        // 99 degrees of freedom: the 99.9 % quantile is 148.2.
        assert!(chi_squared < 148.2, "{chi_squared}");
    }

    #[test]
    fn golden_values_do_not_move() {
        let places: Vec<u64> = ["", "a", "device-1"]
            .iter()
            .map(|unit| (bucket("default", unit) * 1e12) as u64)
            .collect();
        assert_eq!(places, [707_131_470_855, 762_181_876_850, 763_413_610_530]);
    }

    #[test]
    fn weights_decide_the_shares() {
        let mut treated = 0;
        for unit in 0..20_000 {
            let name = assign("rollout", &unit.to_string(), [("default", 90), ("new", 10)]);
            treated += u32::from(name == Some("new"));
        }
        assert!((1_850..2_150).contains(&treated), "{treated}");
        assert_eq!(assign("rollout", "u", [("off", 0)]), None);
        assert_eq!(assign("rollout", "u", [("off", 0), ("on", 1)]), Some("on"));
    }
}
