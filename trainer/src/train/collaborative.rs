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
                .map(|(other, weight)| (chosen.rows[other as usize], weight))
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

/// Who chose what, the items being the rows that count, in order.
struct Chosen {
    interactions: Interactions,
    rows: Vec<u32>,
}
