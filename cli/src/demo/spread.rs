//! How broad are the lists of a way of ranking? A low regret is no gain where it is bought with everybody seeing the same
//! few things: three figures, larger is broader, from the lists alone and what visitors have done so far.

use std::collections::BTreeSet;

use serde::Serialize;
use triqueta::event::ActivityId;

use super::simulate::Simulation;

/// How broad a way of ranking is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Default)]
pub struct Spread {
    /// Share of what could be shown that is in at least one list.
    pub coverage: f64,
    /// Mean surprise of what is shown, bits: `−log2` of the share of visitors who chose it so far (Zhou et al. 2010).
    pub novelty: f64,
    /// Mean over the lists of how little two of their activities have in common: 1 − the share of tags they share.
    pub diversity: f64,
}

/// Gathers lists.
#[derive(Debug, Default)]
pub(super) struct Spreading {
    shown: BTreeSet<ActivityId>,
    surprise: f64,
    places: usize,
    difference: f64,
    lists: usize,
}

impl Spreading {
    /// Takes in one list. `chosen` says how many visitors chose an activity so far.
    pub(super) fn add(
        &mut self,
        city: &Simulation,
        list: &[ActivityId],
        chosen: impl Fn(&ActivityId) -> f64,
    ) {
        let visitors = city.visitors.len() as f64;
        for id in list {
            self.shown.insert(id.clone());
            self.surprise -= libm::log2((1.0 + chosen(id)) / (1.0 + visitors));
            self.places += 1;
        }
        let facts: Vec<_> = list
            .iter()
            .filter_map(|id| city.index.get(id))
            .map(|&index| &city.facts[index])
            .collect();
        let pairs = (0..facts.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        let (mut difference, mut count) = (0.0, 0);
        for (a, b) in pairs {
            difference += 1.0 - facts[a].overlap(facts[b]);
            count += 1;
        }
        if count > 0 {
            self.difference += difference / f64::from(count);
            self.lists += 1;
        }
    }

    /// The figures, where `candidates` could have been shown.
    pub(super) fn finish(&self, candidates: usize) -> Spread {
        let share = |sum: f64, count: usize| if count == 0 { 0.0 } else { sum / count as f64 };
        Spread {
            coverage: share(self.shown.len() as f64, candidates),
            novelty: share(self.surprise, self.places),
            diversity: share(self.difference, self.lists),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::demo::calendar::Day;
    use crate::demo::simulate::Plan;

    #[test]
    fn the_same_list_for_all_is_narrow_and_what_few_chose_is_new() {
        let day = Day::parse("2026-11-22").unwrap();
        let plan = Plan {
            seed: 1,
            day,
            visitors: 20,
        };
        let city = Simulation::run(plan, &mut |_| true).unwrap();
        let candidates = city.candidates(day.start_ms());
        let spread = |lists: &[&[ActivityId]], chosen: f64| {
            let mut spreading = Spreading::default();
            lists
                .iter()
                .for_each(|list| spreading.add(&city, list, |_| chosen));
            spreading.finish(candidates.len())
        };
        let (some, others) = (&candidates[..10], &candidates[10..20]);
        let (narrow, broad) = (spread(&[some, some], 5.0), spread(&[some, others], 5.0));
        assert!((broad.coverage - 2.0 * narrow.coverage).abs() < 1e-9);
        assert!(spread(&[some], 0.0).novelty > narrow.novelty);
        assert_eq!(narrow.novelty, broad.novelty);

        // Repeating one activity leaves nothing different.
        let one = vec![candidates[0].clone(); 4];
        assert!(spread(&[&one], 1.0).diversity < narrow.diversity);
        assert_eq!(spread(&[], 1.0), Spread::default());
    }
}
