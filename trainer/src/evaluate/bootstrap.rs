//! How sure is a difference?
//!
//! The queries of one visitor resemble each other, so visitors are drawn, not queries (the paired cluster bootstrap):
//! otherwise a few busy visitors would make any difference look certain.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use triqueta::math::Random;

/// A mean difference with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The mean over queries.
    pub mean: f64,
    /// 2.5 % of the bootstrap means lie below.
    pub low: f64,
    /// 97.5 % of them lie below.
    pub high: f64,
}

/// The mean of paired differences and its interval from `draws` resamples of clusters. `None` without queries.
pub fn clustered_difference<K: Ord>(
    differences: impl IntoIterator<Item = (K, f64)>,
    draws: usize,
    seed: u64,
) -> Option<Difference> {
    let mut clusters: BTreeMap<K, (f64, f64)> = BTreeMap::new();
    for (cluster, difference) in differences {
        let sums = clusters.entry(cluster).or_default();
        *sums = (sums.0 + difference, sums.1 + 1.0);
    }
    let clusters: Vec<(f64, f64)> = clusters.into_values().collect();
    let total = clusters.iter().fold((0.0, 0.0), |sum, cluster| {
        (sum.0 + cluster.0, sum.1 + cluster.1)
    });
    if total.1 == 0.0 {
        return None;
    }
    let mut random = Random::new(seed);
    let mut means: Vec<f64> = (0..draws.max(1))
        .map(|_| {
            let mut sum = (0.0, 0.0);
            for _ in 0..clusters.len() {
                let drawn = clusters[random.below(clusters.len())];
                sum = (sum.0 + drawn.0, sum.1 + drawn.1);
            }
            sum.0 / sum.1
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let at = |share: f64| means[((means.len() - 1) as f64 * share).round() as usize];
    Some(Difference {
        mean: total.0 / total.1,
        low: at(0.025),
        high: at(0.975),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn copies_of_one_visitors_queries_make_nothing_surer() {
        let mut random = Random::new(1);
        let visitors: Vec<(usize, f64)> = (0..100)
            .map(|visitor| (visitor, 0.1 + random.normal()))
            .collect();
        let copied = visitors
            .iter()
            .flat_map(|&pair| std::iter::repeat_n(pair, 50));
        let once = clustered_difference(visitors.iter().copied(), 2_000, 7).unwrap();
        let often = clustered_difference(copied, 2_000, 7).unwrap();
        assert!((once.low - often.low).abs() < 1e-9 && (once.high - often.high).abs() < 1e-9);
        assert!((once.high - once.low - 4.0 * 0.1).abs() < 0.08, "{once:?}");
    }

    #[test]
    fn no_queries_have_no_difference() {
        assert_eq!(clustered_difference(Vec::<(u8, f64)>::new(), 10, 1), None);
    }
}
