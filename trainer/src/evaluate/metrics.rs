//! How good is a ranking?
//!
//! Ties are never broken in a model's favour: where other candidates score exactly like the positive, every metric is its
//! expectation over all orders of the tied ones. A model that scores everything alike is therefore exactly as good as
//! chance.

/// Where a positive stands among its candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// Metrics of one list with several positives, given which of its places hold one. Normalised as usual: a perfect list
/// has NDCG and average precision 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ListMetrics {
    /// NDCG at 10.
    pub ndcg10: f64,
    /// Share of the positives within the first 20.
    pub recall20: f64,
    /// Average precision at 10.
    pub map10: f64,
    /// One over the first positive's rank.
    pub mrr: f64,
    /// Share of (positive, other) pairs in the right order.
    pub auc: f64,
}

impl ListMetrics {
    /// The metrics of a list, best place first; `None` without positives.
    pub fn of(relevant: &[bool]) -> Option<Self> {
        let positives = relevant.iter().filter(|&&relevant| relevant).count();
        if positives == 0 {
            return None;
        }
        let gain = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
        let ranks: Vec<usize> = (0..relevant.len()).filter(|&rank| relevant[rank]).collect();
        let ideal: f64 = (0..positives.min(10)).map(gain).sum();
        let first_ten = ranks.iter().take_while(|&&rank| rank < 10);
        let precisions = first_ten
            .clone()
            .enumerate()
            .map(|(before, &rank)| (before + 1) as f64 / (rank + 1) as f64);
        let others = relevant.len() - positives;
        // Others that stand above a positive: its rank less the positives before it.
        let inverted: usize = ranks
            .iter()
            .enumerate()
            .map(|(before, &rank)| rank - before)
            .sum();
        Some(Self {
            ndcg10: first_ten.map(|&rank| gain(rank)).sum::<f64>() / ideal,
            recall20: ranks.iter().filter(|&&rank| rank < 20).count() as f64 / positives as f64,
            map10: precisions.sum::<f64>() / positives.min(10) as f64,
            mrr: 1.0 / (ranks[0] as f64 + 1.0),
            auc: if others == 0 {
                0.5
            } else {
                1.0 - inverted as f64 / (positives * others) as f64
            },
        })
    }
}

impl ListMetrics {
    /// The names of the metrics, in the order of [`ListMetrics::values`].
    pub const NAMES: [&str; 5] = ["ndcg@10", "recall@20", "map@10", "mrr", "auc"];

    /// The metrics as numbers.
    pub fn values(&self) -> [f64; 5] {
        [self.ndcg10, self.recall20, self.map10, self.mrr, self.auc]
    }

    fn of_values([ndcg10, recall20, map10, mrr, auc]: [f64; 5]) -> Self {
        Self {
            ndcg10,
            recall20,
            map10,
            mrr,
            auc,
        }
    }

    /// Metric by metric, the sum.
    pub fn plus(&self, other: &Self) -> Self {
        let (a, b) = (self.values(), other.values());
        Self::of_values(std::array::from_fn(|metric| a[metric] + b[metric]))
    }

    /// Every metric times a factor.
    pub fn scaled(&self, factor: f64) -> Self {
        Self::of_values(self.values().map(|value| value * factor))
    }

    /// The mean of several lists; zeros without any.
    pub fn mean<'a>(lists: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut count = 0.0_f64;
        let zero = Self::of_values([0.0; 5]);
        let sum = lists.into_iter().fold(zero, |sum, list| {
            count += 1.0;
            sum.plus(list)
        });
        sum.scaled(1.0 / count.max(1.0))
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
    #![allow(clippy::unwrap_used)]
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

    #[test]
    fn one_positive_counts_the_same_as_a_rank_and_as_a_list() {
        let rank = Rank {
            above: 2,
            tied: 0,
            others: 30,
        };
        let mut places = vec![false; 31];
        places[2] = true;
        let list = ListMetrics::of(&places).unwrap();
        assert!((rank.ndcg(10) - 0.5).abs() < 1e-12 && (list.ndcg10 - 0.5).abs() < 1e-12);
        assert!((list.map10 - rank.average_precision(10)).abs() < 1e-12);
        assert!(
            (list.auc - rank.auc()).abs() < 1e-12 && (list.mrr - rank.reciprocal()).abs() < 1e-12
        );
    }

    #[test]
    fn a_perfect_list_is_worth_one() {
        let list = ListMetrics::of(&[true, true, false, false]).unwrap();
        assert!(
            [list.ndcg10, list.recall20, list.map10, list.mrr, list.auc]
                .iter()
                .all(|m| (m - 1.0).abs() < 1e-12)
        );
        assert_eq!(ListMetrics::of(&[false]), None);
    }
}
