//! Who lost most?

use std::collections::BTreeMap;

use serde::Serialize;

use super::slices::Slice;
use crate::evaluate::live::Query;
use crate::replay::VisitorKey;

/// Worst slices that are named.
const SLICES: usize = 5;

/// A visitor and what the score cost them. Visitors are numbered in order of their first question, so that a report can be
/// passed on; who they are stays in the data set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct VisitorLoss {
    /// Number of the visitor, from 1.
    pub visitor: usize,
    /// Their questions.
    pub n: usize,
    /// NDCG at 10 they lost to a perfect ranking, summed over their questions.
    pub lost: f64,
    /// Their mean NDCG at 10.
    pub ndcg10: f64,
    /// Their positives before the first and the last question.
    pub positives: (usize, usize),
}

/// The number of each question's visitor, from 1 in order of first questions.
pub(super) fn visitor_numbers(queries: &[Query]) -> Vec<usize> {
    let mut numbers: BTreeMap<&VisitorKey, usize> = BTreeMap::new();
    queries
        .iter()
        .map(|query| {
            let next = numbers.len() + 1;
            *numbers.entry(&query.key).or_insert(next)
        })
        .collect()
}

/// The visitors who lost most NDCG in all.
pub(super) fn worst_visitors(
    numbers: &[usize],
    positives_before: &[usize],
    worth: &[f64],
    count: usize,
) -> Vec<VisitorLoss> {
    let mut losses: BTreeMap<usize, VisitorLoss> = BTreeMap::new();
    for ((&visitor, &positives), &worth) in numbers.iter().zip(positives_before).zip(worth) {
        let loss = losses.entry(visitor).or_insert(VisitorLoss {
            visitor,
            n: 0,
            lost: 0.0,
            ndcg10: 0.0,
            positives: (positives, positives),
        });
        loss.n += 1;
        loss.lost += 1.0 - worth;
        loss.ndcg10 += worth;
        loss.positives.1 = positives;
    }
    let mut losses: Vec<VisitorLoss> = losses.into_values().collect();
    // Stable, so that equals stay in the order of their numbers.
    losses.sort_by(|a, b| b.lost.total_cmp(&a.lost));
    losses.truncate(count);
    losses
        .into_iter()
        .map(|loss| VisitorLoss {
            ndcg10: loss.ndcg10 / loss.n as f64,
            ..loss
        })
        .collect()
}

/// The slices furthest below the mean of all questions.
pub(super) fn worst_slices(slices: &[Slice], worth: &[f64]) -> Vec<Slice> {
    let mean = worth.iter().sum::<f64>() / worth.len().max(1) as f64;
    let below = |slice: &&Slice| !slice.too_few && slice.ndcg10.mean < mean;
    let mut worst: Vec<&Slice> = slices.iter().filter(below).collect();
    worst.sort_by(|a, b| a.ndcg10.mean.total_cmp(&b.ndcg10.mean));
    worst.into_iter().take(SLICES).cloned().collect()
}
