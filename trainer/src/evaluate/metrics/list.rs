//! Metrics of one list with any number of positives.
//!
//! Equal scores have no order, so every metric is its exact expectation over all orders of the tied ones (McSherry and
//! Najork 2008, "Computing information retrieval performance measures efficiently in the presence of tied scores").

/// A ranked list as metrics see it: groups of equal scores, the best first.
///
/// Notation of the definitions below: `P` positives among `n` places, places counted from 1, `rel(i)` 1 where place `i`
/// holds a positive, `hits(k)` the positives within the first `k`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RankedList {
    groups: Vec<Group>,
    positives: usize,
    length: usize,
}

/// Candidates with one score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Group {
    /// Places before it.
    above: usize,
    /// Positives before it.
    positives_above: usize,
    size: usize,
    positives: usize,
}

impl Group {
    /// The probability that a place of it holds a positive.
    fn share(&self) -> f64 {
        self.positives as f64 / self.size as f64
    }

    /// How many of its places are within the first `k`.
    fn within(&self, k: usize) -> usize {
        k.saturating_sub(self.above).min(self.size)
    }

    /// The probability that its first `places` hold no positive.
    fn none_within(&self, places: usize) -> f64 {
        (0..places)
            .map(|taken| {
                let left = (self.size - taken) as f64;
                (left - self.positives as f64).max(0.0) / left
            })
            .product()
    }
}

fn gain(place: usize) -> f64 {
    1.0 / (place as f64 + 2.0).log2()
}

impl RankedList {
    /// Ranks by score, the highest first; scores that are no numbers come last. `None` without positives, where no metric
    /// is defined, and where `relevant` has another length.
    pub fn of(scores: &[f32], relevant: &[bool]) -> Option<Self> {
        let positives = relevant.iter().filter(|&&relevant| relevant).count();
        if positives == 0 || scores.len() != relevant.len() {
            return None;
        }
        let number = |score: f32| {
            if score.is_nan() {
                f32::NEG_INFINITY
            } else {
                score
            }
        };
        let mut places: Vec<(f32, bool)> = scores
            .iter()
            .zip(relevant)
            .map(|(&score, &relevant)| (number(score), relevant))
            .collect();
        places.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut groups: Vec<Group> = Vec::new();
        let (mut above, mut positives_above) = (0, 0);
        for tied in places.chunk_by(|a, b| a.0 == b.0) {
            let positives = tied.iter().filter(|(_, relevant)| *relevant).count();
            groups.push(Group {
                above,
                positives_above,
                size: tied.len(),
                positives,
            });
            (above, positives_above) = (above + tied.len(), positives_above + positives);
        }
        Some(Self {
            groups,
            positives,
            length: above,
        })
    }

    /// Ranks by place: `relevant[i]` says whether place `i` holds a positive, and nothing is tied.
    pub fn in_order(relevant: &[bool]) -> Option<Self> {
        let scores: Vec<f32> = (0..relevant.len()).map(|place| -(place as f32)).collect();
        Self::of(&scores, relevant)
    }

    /// NDCG at `k` (Järvelin and Kekäläinen 2002, gains 0 and 1): `Σ_{i≤k} rel(i) / log2(i + 1)`, divided by the same sum of
    /// a perfect list, which has `min(P, k)` terms.
    pub fn ndcg(&self, k: usize) -> f64 {
        let ideal: f64 = (0..self.positives.min(k)).map(gain).sum();
        let of = |group: &Group| -> f64 {
            let places = group.above..group.above + group.within(k);
            group.share() * places.map(gain).sum::<f64>()
        };
        self.groups.iter().map(of).sum::<f64>() / if ideal > 0.0 { ideal } else { 1.0 }
    }

    /// Average precision at `k`: `Σ_{i≤k} rel(i) · hits(i) / i`, divided by `min(P, k)`, so that a perfect list has 1. (Some
    /// tools divide by `P`, which a list of `k` cannot reach where `P > k`.)
    pub fn average_precision(&self, k: usize) -> f64 {
        let of = |group: &Group| -> f64 {
            // Given a positive at a place of the group, every other place of it holds one of the remaining ones.
            let other = (group.positives.saturating_sub(1)) as f64
                / (group.size.saturating_sub(1)).max(1) as f64;
            let at = |inside: usize| {
                let hits = group.positives_above as f64 + 1.0 + inside as f64 * other;
                hits / (group.above + inside + 1) as f64
            };
            group.share() * (0..group.within(k)).map(at).sum::<f64>()
        };
        self.groups.iter().map(of).sum::<f64>() / self.positives.min(k).max(1) as f64
    }

    /// Reciprocal rank: 1 over the place of the first positive.
    pub fn reciprocal(&self) -> f64 {
        let Some(first) = self.groups.iter().find(|group| group.positives > 0) else {
            return 0.0;
        };
        let mut none_before = 1.0;
        let mut sum = 0.0;
        for inside in 0..=first.size - first.positives {
            let here = first.positives as f64 / (first.size - inside) as f64;
            sum += none_before * here / (first.above + inside + 1) as f64;
            none_before *= 1.0 - here;
        }
        sum
    }

    /// Hit rate at `k`: 1 where at least one positive is within the first `k`.
    pub fn hit(&self, k: usize) -> f64 {
        let none = |group: &Group| group.none_within(group.within(k));
        1.0 - self.groups.iter().map(none).product::<f64>()
    }

    /// Expected positives within the first `k`.
    fn hits(&self, k: usize) -> f64 {
        let of = |group: &Group| group.share() * group.within(k) as f64;
        self.groups.iter().map(of).sum()
    }

    /// Precision at `k`: `hits(k) / k`. A list shorter than `k` counts as filled up with others.
    pub fn precision(&self, k: usize) -> f64 {
        self.hits(k) / k.max(1) as f64
    }

    /// Recall at `k`: `hits(k) / P`.
    pub fn recall(&self, k: usize) -> f64 {
        self.hits(k) / self.positives as f64
    }

    /// F1 at `k`, the harmonic mean of precision and recall: `2 · hits(k) / (k + P)`.
    pub fn f1(&self, k: usize) -> f64 {
        2.0 * self.hits(k) / (k + self.positives) as f64
    }

    /// Area under the ROC curve: the share of (positive, other) pairs in the right order, tied pairs counting one half; one
    /// half where there are no others.
    pub fn auc(&self) -> f64 {
        let others = self.length - self.positives;
        if others == 0 {
            return 0.5;
        }
        let right = |group: &Group| {
            let others_above = group.above - group.positives_above;
            let tied = group.size - group.positives;
            let below = others - others_above - tied;
            group.positives as f64 * (below as f64 + tied as f64 / 2.0)
        };
        self.groups.iter().map(right).sum::<f64>() / (self.positives * others) as f64
    }
}

/// The metrics reported of one list with several positives; definitions at [`RankedList`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ListMetrics([f64; ListMetrics::NAMES.len()]);

impl ListMetrics {
    /// The names of the metrics, in the order of [`ListMetrics::values`].
    pub const NAMES: [&str; 9] = [
        "ndcg@10",
        "recall@20",
        "map@10",
        "mrr",
        "auc",
        "hr@10",
        "precision@10",
        "recall@10",
        "f1@10",
    ];

    /// The metrics of a list.
    pub fn of(list: &RankedList) -> Self {
        Self([
            list.ndcg(10),
            list.recall(20),
            list.average_precision(10),
            list.reciprocal(),
            list.auc(),
            list.hit(10),
            list.precision(10),
            list.recall(10),
            list.f1(10),
        ])
    }

    /// The metrics as numbers.
    pub fn values(&self) -> [f64; ListMetrics::NAMES.len()] {
        self.0
    }

    /// NDCG at 10.
    pub fn ndcg10(&self) -> f64 {
        self.0[0]
    }

    /// The mean of several lists; zeros without any.
    pub fn mean<'a>(lists: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut count = 0.0_f64;
        let mut sums = [0.0; Self::NAMES.len()];
        for list in lists {
            count += 1.0;
            for (sum, value) in sums.iter_mut().zip(list.0) {
                *sum += value;
            }
        }
        Self(sums.map(|sum| sum / count.max(1.0)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Rank;
    use super::*;

    #[test]
    fn one_positive_counts_the_same_as_a_rank_and_as_a_list() {
        let scores = [0.3, 0.9, 0.3, 0.3, 0.1, f32::NAN];
        let rank = Rank::of(&scores, 2);
        let list = RankedList::of(&scores, &[false, false, true, false, false, false]).unwrap();
        for k in 1..6 {
            assert!((list.ndcg(k) - rank.ndcg(k)).abs() < 1e-12);
            assert!((list.average_precision(k) - rank.average_precision(k)).abs() < 1e-12);
            assert!((list.hit(k) - rank.hit(k)).abs() < 1e-12);
        }
        assert!((list.reciprocal() - rank.reciprocal()).abs() < 1e-12);
        assert!((list.auc() - rank.auc()).abs() < 1e-12);
    }

    #[test]
    fn a_perfect_list_is_worth_one() {
        let list = RankedList::in_order(&[true, true, false, false]).unwrap();
        let perfect = [
            list.ndcg(10),
            list.average_precision(10),
            list.reciprocal(),
            list.auc(),
        ];
        assert!(
            perfect.iter().all(|metric| (metric - 1.0).abs() < 1e-12),
            "{perfect:?}"
        );
        assert_eq!(RankedList::in_order(&[false]), None);
    }

    #[test]
    fn a_list_without_an_order_is_worth_what_chance_makes_of_it() {
        let list = RankedList::of(&[1.0; 4], &[true, true, false, false]).unwrap();
        assert!((list.auc() - 0.5).abs() < 1e-12 && (list.precision(2) - 0.5).abs() < 1e-12);
        // Of the six orders of two positives, one has none within the first two.
        assert!((list.hit(2) - 5.0 / 6.0).abs() < 1e-12);
        assert!((list.reciprocal() - (3.0 + 2.0 / 2.0 + 1.0 / 3.0) / 6.0).abs() < 1e-12);
    }
}
