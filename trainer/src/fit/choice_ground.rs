//! Choices of a made-up log, for the tests of what learns from choices.

#![allow(clippy::unwrap_used)]

use triqueta::catalog::Words;
use triqueta::feature::{ActivityRow, Schema};

use crate::choices::{Choice, Lens, Open, positives};
use crate::replay::{catalog_of, schema_of};
use crate::testing;

/// A schema, the activities, and what was chosen of them.
pub(super) struct Ground {
    pub(super) schema: Schema,
    pub(super) items: Vec<ActivityRow>,
    pub(super) choices: Vec<Choice>,
}

pub(super) fn ground(saves: usize) -> Ground {
    let dataset = testing::dataset(saves, 3);
    let words = Words::learn(&dataset.activities, [], 1).unwrap();
    let catalog = catalog_of(&dataset, words).unwrap();
    let schema = schema_of(&catalog, 100.0);
    let open = Open::new(&catalog, 60.0);
    let mut lens = Lens::new(&dataset, &schema, &catalog, 14.0);
    let choices = positives(&dataset, &catalog).into_iter().map(|positive| {
        let (key, time_ms) = (&positive.key, positive.time_ms);
        let candidates = lens.untouched_candidates(&open, key, positive.row, time_ms);
        lens.choice(key, time_ms, candidates)
    });
    let choices = choices.collect();
    Ground {
        items: Lens::items(&catalog),
        schema,
        choices,
    }
}

impl Ground {
    /// A choice's past activities and their weights.
    pub(super) fn past<'a>(
        &'a self,
        choice: &'a Choice,
    ) -> impl Iterator<Item = (&'a ActivityRow, f32)> + Clone {
        let history = choice.viewpoint.history.iter();
        history.map(|&(item, weight)| (&self.items[item as usize], weight))
    }

    /// The share of the other activities that `scores` ranks above what was chosen, in these choices.
    pub(super) fn share_above(
        &self,
        choices: &[Choice],
        scores: impl Fn(&Choice) -> Vec<f32>,
    ) -> f64 {
        let (mut above, mut others) = (0, 0);
        for choice in choices {
            let scores = scores(choice);
            let better = scores[1..].iter().filter(|&&score| score > scores[0]);
            above += better.count();
            others += scores.len() - 1;
        }
        above as f64 / others as f64
    }
}
