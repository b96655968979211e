//! What do the visitors' choices say of activities by themselves, whatever their content?
//!
//! Only activities that two visitors chose can say anything: the others have no factor and no neighbours, and score 0
//! there. In event data that is nearly all of what is open now; where activities stay (places, courses, series), it is
//! the strongest signal there is.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::Array2;
use triqueta::model::{ActivityFactors, Neighbours};

use super::steps::Task;
use crate::Result;
use crate::fit::{fit_alternating_least_squares, fit_item_item};
use crate::interactions::Interactions;

/// The most activities that get neighbours, those most visitors chose: the closed form holds a matrix of their square, 128
/// MB in double precision.
const MOST_ACTIVITIES: usize = 4_000;

/// Choosers without whom an activity says nothing of others.
const LEAST_CHOOSERS: usize = 2;

/// Binary digits of a neighbour's weight that count beside the first. With so few, there are few different weights, and
/// one mostly travels as a byte; each is within 3.2 % of what was learned, and MovieLens' validation choices notice nothing.
const WEIGHT_DIGITS: u32 = 4;

/// What was learned; nothing where no activity has two choosers.
pub(super) struct Collaborative {
    pub(super) factors: Option<ActivityFactors>,
    pub(super) neighbours: Option<Neighbours>,
}

impl Task<'_> {
    /// Learns from the first `until` positives.
    pub(super) fn fit_collaborative(&self, until: usize) -> Result<Collaborative> {
        let chosen = self.chosen(until);
        if chosen.rows.is_empty() {
            return Ok(Collaborative {
                factors: None,
                neighbours: None,
            });
        }
        let (options, progress) = (self.options, self.progress);
        let log = &chosen.interactions;
        let fitted = fit_alternating_least_squares(log, &options.factors, options.seed, progress)?;
        let mut items = Array2::zeros((self.catalog.len(), fitted.factors.width()));
        for (own, &row) in fitted.factors.items().rows().into_iter().zip(&chosen.rows) {
            items.row_mut(row as usize).assign(&own);
        }
        let fitted = fit_item_item(log, &options.neighbours, progress)?;
        let mut lists = vec![Vec::new(); self.catalog.len()];
        for (own, &row) in chosen.rows.iter().enumerate() {
            let list = fitted.of(own);
            lists[row as usize] = list
                .map(|(other, weight)| (chosen.rows[other as usize], rounded(weight)))
                .collect();
        }
        Ok(Collaborative {
            factors: Some(ActivityFactors::new(items, options.factors.fold_in())),
            neighbours: Some(Neighbours::new(lists)),
        })
    }

    fn chosen(&self, until: usize) -> Chosen {
        let positives = &self.positives[..until];
        let mut choosers: BTreeMap<u32, BTreeSet<&_>> = BTreeMap::new();
        for positive in positives {
            choosers
                .entry(positive.row.0)
                .or_default()
                .insert(&positive.key);
        }
        let mut rows: Vec<(usize, u32)> = choosers
            .iter()
            .map(|(&row, choosers)| (choosers.len(), row))
            .filter(|&(count, _)| count >= LEAST_CHOOSERS)
            .collect();
        rows.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        rows.truncate(MOST_ACTIVITIES);
        let mut rows: Vec<u32> = rows.into_iter().map(|(_, row)| row).collect();
        rows.sort_unstable();
        let keys: BTreeSet<&_> = positives.iter().map(|positive| &positive.key).collect();
        let users: BTreeMap<&_, u32> = keys.into_iter().zip(0..).collect();
        let pairs = positives.iter().filter_map(|positive| {
            let item = rows.binary_search(&positive.row.0).ok()?;
            Some((users[&positive.key], item as u32))
        });
        Chosen {
            interactions: Interactions::new(users.len(), rows.len(), pairs),
            rows,
        }
    }
}

/// The nearest number of [`WEIGHT_DIGITS`]. Everything that is learned and judged afterwards sees the weights as they travel.
fn rounded(weight: f32) -> f32 {
    let dropped = f32::MANTISSA_DIGITS - 1 - WEIGHT_DIGITS;
    let half = 1 << (dropped - 1);
    f32::from_bits((weight.to_bits() + half) >> dropped << dropped)
}

/// Who chose what, the items being the rows that count, in order.
struct Chosen {
    interactions: Interactions,
    rows: Vec<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rounded_weight_is_near_and_one_of_few() {
        let mut different = BTreeSet::new();
        for step in 1..100_000_u32 {
            let weight = step as f32 * 1e-5;
            let near = rounded(weight);
            assert!((near / weight - 1.0).abs() <= 1.0 / 32.0, "{weight} {near}");
            assert_eq!(rounded(-weight), -near);
            assert_eq!(rounded(near), near);
            // From a hundredth of the largest on.
            if step > 1_000 {
                different.insert(near.to_bits());
            }
        }
        assert!(different.len() <= 7 * 16 + 1, "{}", different.len());
    }
}
