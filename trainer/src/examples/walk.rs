//! From a log to examples, in order of time and one at a time.

use serde::{Deserialize, Serialize};
use triqueta::catalog::{Catalog, Row};
use triqueta::feature::Schema;
use triqueta::math::{Digest, Random};

use super::{Bounds, Example, ExampleOptions, Split};
use crate::choices::{Decision, Lens, Open, decisions};
use crate::evaluate::content_scores;
use crate::negatives::OpenSampler;
use crate::progress::{Progress, check};
use crate::{Dataset, Result};

/// What a walk met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ExampleCounts {
    /// Decisions with a label.
    pub decisions: u64,
    /// Of those, left out because the activity had not been published before the decision: a clock error, or a source that
    /// knows no publication times. "Nobody before" would give such a decision away.
    pub unpublished: u64,
    /// Examples handed on, copies among them.
    pub examples: u64,
    /// Rows of examples: decisions and what was drawn beside them.
    pub rows: u64,
}

/// Hands on every example of a data set. The same data, schema and options give the same examples; what is drawn for one
/// does not depend on the others.
///
/// # Errors
/// What `each` refuses; [`crate::TrainerError::Cancelled`].
pub fn each_example(
    dataset: &Dataset,
    schema: &Schema,
    catalog: &Catalog,
    options: &ExampleOptions,
    progress: &dyn Progress,
    mut each: impl FnMut(Example) -> Result<()>,
) -> Result<ExampleCounts> {
    let decisions = decisions(dataset, catalog);
    let bounds = Bounds::of(dataset, options);
    let mut walk = Walk {
        open: Open::new(catalog, options.horizon_days),
        lens: Lens::new(dataset, schema, catalog, options.counter_half_life_days),
        options,
    };
    let mut counts = ExampleCounts::default();
    progress.begin("making examples", Some(decisions.len() as u64));
    for (decision, number) in decisions.iter().zip(0_u64..) {
        if number % 256 == 0 {
            check(progress)?;
            progress.advance(if number == 0 { 0 } else { 256 });
        }
        counts.decisions += 1;
        if !walk.open.can_be_chosen(decision.row, decision.time_ms) {
            counts.unpublished += 1;
            continue;
        }
        let split = bounds.split(decision.known_ms);
        let copies = if split == Split::Train {
            options.copies
        } else {
            0
        };
        for copy in 0..=copies {
            let example = walk.example(decision, number, copy, split);
            counts.examples += 1;
            counts.rows += example.rows.len() as u64;
            each(example)?;
        }
    }
    Ok(counts)
}

struct Walk<'a> {
    open: Open,
    lens: Lens<'a>,
    options: &'a ExampleOptions,
}

impl Walk<'_> {
    fn example(&mut self, decision: &Decision, number: u64, copy: u32, split: Split) -> Example {
        let Decision {
            time_ms, key, row, ..
        } = decision;
        let mut stream = Digest::default();
        stream
            .integer(self.options.seed)
            .integer(number)
            .integer(u64::from(copy));
        let mut random = Random::new(stream.value());
        let rows = self.rows(decision, &mut random);
        let counters = self.lens.counters();
        let cold_activity = counters
            .positives_total
            .get(row.index())
            .is_none_or(|&total| total == 0.0);
        let choice = if copy == 0 {
            self.lens.choice(key, *time_ms, rows)
        } else {
            let augmentation = self.options.augmentation;
            self.lens.changed_choice(key, *time_ms, rows, |visitor| {
                augmentation.apply(visitor, &mut random)
            })
        };
        Example {
            number,
            copy,
            key: key.clone(),
            time_ms: *time_ms,
            known_ms: decision.known_ms,
            split,
            label: decision.label,
            viewpoint: choice.viewpoint,
            rows: choice.candidates,
            pairs: choice.pairs,
            cold_activity,
        }
    }

    /// What was decided on, and what is drawn beside it.
    fn rows(&mut self, decision: &Decision, random: &mut Random) -> Vec<Row> {
        let mixture = self.options.negatives;
        let (key, time_ms) = (&decision.key, decision.time_ms);
        let candidates = self
            .lens
            .untouched_candidates(&self.open, key, decision.row, time_ms);
        // An explicit no needs no other no beside it.
        if decision.label.value == 0.0 {
            return vec![decision.row];
        }
        let others = &candidates[1..];
        let hardness: Vec<f32> = if mixture.hard > 0.0 {
            content_scores(&self.lens.choice(key, time_ms, others.to_vec()))
        } else {
            Vec::new()
        };
        let positives = &self.lens.counters().positives;
        let popularity: Vec<f32> = others
            .iter()
            .map(|other| positives.get(other.index()).copied().unwrap_or(0.0))
            .collect();
        let score = |row: Row| {
            let place = others.binary_search(&row).ok();
            place
                .and_then(|place| hardness.get(place).copied())
                .unwrap_or(0.0)
        };
        let drawn = OpenSampler::new(mixture, others, &popularity).draw(score, random);
        std::iter::once(decision.row).chain(drawn).collect()
    }
}
