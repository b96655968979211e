//! How good is a ranking, a probability, a set of lists?
//!
//! Every definition stands beside its code, and a test compares all of them with independent implementations
//! (scikit-learn and ranx) on random cases.
//!
//! Ties are never broken in a model's favour: where other candidates score exactly like the positive, every metric is its
//! expectation over all orders of the tied ones. A model that scores everything alike is therefore exactly as good as
//! chance.

mod exposure;
mod list;
mod probability;

use serde::{Deserialize, Serialize};

pub use exposure::{coverage, gini, intra_list_diversity, self_information, set_cosine};
pub use list::{ListMetrics, RankedList};
pub use probability::{Calibration, Reliability, ReliabilityBin};

/// Where a positive stands among its candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rank {
    /// Other candidates that score higher.
    pub above: usize,
    /// Other candidates that score the same.
    pub tied: usize,
    /// All other candidates.
    pub others: usize,
}

impl Rank {
    /// The rank of `scores[chosen]`. Scores that are no numbers rank last, below all others.
    pub fn of(scores: &[f32], chosen: usize) -> Self {
        let number = |score: f32| {
            if score.is_nan() {
                f32::NEG_INFINITY
            } else {
                score
            }
        };
        let own = number(scores[chosen]);
        let others = scores
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != chosen)
            .map(|(_, &score)| number(score));
        let (mut above, mut tied) = (0, 0);
        for score in others {
            above += usize::from(score > own);
            tied += usize::from(score == own);
        }
        Self {
            above,
            tied,
            others: scores.len() - 1,
        }
    }

    fn expected(&self, gain: impl Fn(usize) -> f64) -> f64 {
        (self.above..=self.above + self.tied).map(gain).sum::<f64>() / (self.tied + 1) as f64
    }

    /// NDCG at `k` of one positive: `1 / log2(rank + 1)` within the first `k`.
    pub fn ndcg(&self, k: usize) -> f64 {
        self.expected(|rank| {
            if rank < k {
                1.0 / (rank as f64 + 2.0).log2()
            } else {
                0.0
            }
        })
    }

    /// Average precision at `k` of one positive: `1 / rank` within the first `k`.
    pub fn average_precision(&self, k: usize) -> f64 {
        self.expected(|rank| {
            if rank < k {
                1.0 / (rank as f64 + 1.0)
            } else {
                0.0
            }
        })
    }

    /// `1 / rank`.
    pub fn reciprocal(&self) -> f64 {
        self.expected(|rank| 1.0 / (rank as f64 + 1.0))
    }

    /// Whether it is within the first `k`.
    pub fn hit(&self, k: usize) -> f64 {
        self.expected(|rank| if rank < k { 1.0 } else { 0.0 })
    }

    /// The share of other candidates that rank below; one half without others.
    pub fn auc(&self) -> f64 {
        if self.others == 0 {
            return 0.5;
        }
        1.0 - (self.above as f64 + self.tied as f64 / 2.0) / self.others as f64
    }
}

/// The mean and the standard deviation over samples (the latter 0 for fewer than two).
pub fn mean_and_deviation(samples: &[f64]) -> (f64, f64) {
    let count = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / count.max(1.0);
    if samples.len() < 2 {
        return (mean, 0.0);
    }
    let squares: f64 = samples
        .iter()
        .map(|sample| (sample - mean) * (sample - mean))
        .sum();
    (mean, (squares / (count - 1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_are_worth_what_chance_makes_of_them() {
        let rank = Rank::of(&[1.0, 1.0, 1.0, 1.0], 2);
        assert_eq!(
            rank,
            Rank {
                above: 0,
                tied: 3,
                others: 3
            }
        );
        assert!((rank.hit(1) - 0.25).abs() < 1e-12 && (rank.auc() - 0.5).abs() < 1e-12);
        assert!((rank.reciprocal() - (1.0 + 0.5 + 1.0 / 3.0 + 0.25) / 4.0).abs() < 1e-12);
        assert_eq!(Rank::of(&[f32::NAN, 0.0], 0).above, 1);
    }
}
