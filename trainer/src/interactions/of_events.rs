//! A log of events as a leave-one-out problem: ids only, what came last held out.

use std::collections::BTreeMap;

use triqueta::catalog::Catalog;
use triqueta::math::Random;

use super::{Interactions, LeaveOneOut, SideFeatures};
use crate::Dataset;
use crate::choices::positives;
use crate::negatives::{Mixture, OpenSampler};
use crate::replay::VisitorKey;

/// How many negatives stand beside a held-out choice.
const NEGATIVES: usize = 99;

/// Who chose what in a data set: each visitor with two choices or more has the last one held out, among 99 activities they
/// never chose (all there are, where there are fewer). Users are numbered in the order of their keys, items are the
/// catalogue's rows. It says how well ids alone predict, whenever an activity takes place: for what is worth to a visitor,
/// judge in time ([`crate::evaluate::rank_live`]).
pub fn leave_one_out_of(dataset: &Dataset, catalog: &Catalog, seed: u64) -> LeaveOneOut {
    let mut chosen: BTreeMap<VisitorKey, Vec<u32>> = BTreeMap::new();
    for positive in positives(dataset, catalog) {
        chosen.entry(positive.key).or_default().push(positive.row.0);
    }
    let mut random = Random::new(seed);
    let users = chosen.len();
    let (mut pairs, mut held_out, mut negatives) = (Vec::new(), Vec::new(), Vec::new());
    for (user, mut items) in (0..).zip(chosen.into_values()) {
        let last = if items.len() > 1 { items.pop() } else { None };
        if let Some(last) = last {
            let others: Vec<_> = catalog
                .live_rows()
                .filter(|row| row.0 != last && !items.contains(&row.0))
                .collect();
            let sampler = OpenSampler::new(Mixture::uniform(NEGATIVES), &others, &[]);
            let drawn = sampler.draw(|_| 0.0, &mut random);
            held_out.push((user, last));
            negatives.push(drawn.into_iter().map(|row| row.0).collect());
        }
        pairs.extend(items.into_iter().map(|item| (user, item)));
    }
    LeaveOneOut {
        train: Interactions::new(users, catalog.len(), pairs),
        held_out,
        negatives,
        user_features: SideFeatures::default(),
        item_features: SideFeatures::default(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::replay::{catalog_of, words_of};
    use crate::testing;

    #[test]
    fn the_last_choice_of_each_visitor_is_held_out_among_what_they_never_chose() {
        let dataset = testing::dataset(200, 3);
        let catalog = catalog_of(&dataset, words_of(&dataset).unwrap()).unwrap();
        let problem = leave_one_out_of(&dataset, &catalog, 1);
        let positives = positives(&dataset, &catalog);
        assert_eq!(
            problem.train.len() + problem.held_out.len(),
            positives.len()
        );
        let mut keys: Vec<&VisitorKey> = positives.iter().map(|positive| &positive.key).collect();
        keys.sort_unstable();
        keys.dedup();
        for (&(user, item), negatives) in problem.held_out.iter().zip(&problem.negatives) {
            let last = positives
                .iter()
                .rfind(|positive| positive.key == *keys[user as usize]);
            assert_eq!(last.unwrap().row.0, item);
            assert!(negatives.len() > 50 && !negatives.contains(&item));
            assert!(
                negatives
                    .iter()
                    .all(|&other| !problem.train.contains(user, other))
            );
        }
        assert_eq!(problem, leave_one_out_of(&dataset, &catalog, 1));
    }
}
