//! The steps of a training, each over everything one walk through the log has shown.

use triqueta::catalog::Catalog;
use triqueta::feature::{ActivityRow, CommonTaste, Schema};
use triqueta::model::PopularitySmoothing;

use super::TrainOptions;
use crate::choices::{Choice, Lens, LookedAt, Open, Positive, thin};
use crate::evaluate::Untrained;
use crate::fit::{Example, Scored, blend_loss, fit_blend};
use crate::progress::{Progress, check};
use crate::replay::schema_of;
use crate::{Dataset, Result};

/// A training under way.
pub(super) struct Task<'a> {
    pub(super) dataset: &'a Dataset,
    pub(super) catalog: &'a Catalog,
    pub(super) open: &'a Open,
    pub(super) positives: &'a [Positive],
    /// The first positive that is a choice for models.
    pub(super) first: usize,
    /// The first positive that is a choice for the blend.
    pub(super) from: usize,
    /// What everybody's clicks said before each part of the choices for the blend.
    pub(super) common_tastes: Vec<(i64, CommonTaste)>,
    pub(super) options: &'a TrainOptions,
    pub(super) progress: &'a dyn Progress,
}

/// Everything one walk through the log gives.
pub(super) struct Seen {
    pub(super) items: Vec<ActivityRow>,
    pub(super) examples: Vec<Example>,
    /// The choices for the blend, and which positive each is.
    pub(super) choices: Vec<Choice>,
    pub(super) positive_of: Vec<usize>,
    /// What needs no training, of each choice.
    pub(super) untrained: Vec<Untrained>,
    /// Choices before those, which models learn from, and which positive each is.
    pub(super) earlier: Vec<Choice>,
    pub(super) positive_of_earlier: Vec<usize>,
}

/// The most candidates an earlier choice keeps: a few are drawn from them each epoch.
const EARLIER_CANDIDATES: usize = 20;

impl Seen {
    /// All choices among the first `until` positives, in order of time.
    pub(super) fn choices_until(&self, until: usize) -> Vec<&Choice> {
        let earlier = self.earlier.iter().zip(&self.positive_of_earlier);
        let all = earlier.chain(self.choices.iter().zip(&self.positive_of));
        all.filter(|&(_, &number)| number < until)
            .map(|(choice, _)| choice)
            .collect()
    }
}

impl Task<'_> {
    /// Walks the log once; `examples` only where they are wanted.
    pub(super) fn look(&self, schema: &Schema, with_examples: bool) -> Result<Seen> {
        let options = self.options;
        let mut lens = Lens::new(
            self.dataset,
            schema,
            self.catalog,
            options.counter_half_life_days,
        )
        .with_common_tastes(&self.common_tastes);
        let mut seen = Seen {
            items: Lens::items(self.catalog),
            examples: Vec::new(),
            choices: Vec::new(),
            positive_of: Vec::new(),
            untrained: Vec::new(),
            earlier: Vec::new(),
            positive_of_earlier: Vec::new(),
        };
        let first = if with_examples { self.first } else { self.from };
        let looked_at = LookedAt::of(self.dataset, self.catalog, self.positives);
        for (number, positive) in self.positives.iter().enumerate() {
            if number % 256 == 0 {
                check(self.progress)?;
            }
            let Positive {
                time_ms,
                key,
                row,
                session,
            } = positive;
            if with_examples {
                seen.examples.push(Example {
                    viewpoint: lens.viewpoint(key, *time_ms),
                    item: row.0,
                });
            }
            if number >= first && self.open.can_be_chosen(*row, *time_ms) {
                let mut candidates = lens.untouched_candidates(self.open, key, *row, *time_ms);
                let visible = looked_at.in_session(*session);
                if !visible.is_empty() {
                    candidates.retain(|other| other == row || visible.binary_search(other).is_ok());
                }
                if candidates.len() > 1 {
                    // Drawn by the choice alone: another training of the log asks the same question.
                    let draw = positive.digest(self.catalog);
                    if number < self.from {
                        let limit = EARLIER_CANDIDATES.min(options.limit_candidates);
                        let kept = thin(candidates, limit, draw);
                        seen.earlier.push(lens.choice(key, *time_ms, kept));
                        seen.positive_of_earlier.push(number);
                        continue;
                    }
                    let kept = thin(candidates, options.limit_candidates, draw);
                    let choice = lens.choice(key, *time_ms, kept);
                    if with_examples {
                        let smoothing = PopularitySmoothing::default();
                        let untrained = Untrained::of(&lens, self.catalog, &choice, smoothing);
                        seen.untrained.push(untrained);
                    }
                    seen.choices.push(choice);
                    seen.positive_of.push(number);
                }
            }
        }
        Ok(seen)
    }

    pub(super) fn choose_half_life(&self) -> Result<Schema> {
        let half_lives = &self.options.history_half_lives;
        let Some(&first) = half_lives.first() else {
            return Ok(schema_of(self.catalog, 180.0));
        };
        if half_lives.len() == 1 {
            return Ok(schema_of(self.catalog, first));
        }
        let mut best: Option<(f64, Schema)> = None;
        for &half_life in half_lives {
            let schema = schema_of(self.catalog, half_life);
            let seen = self.look(&schema, false)?;
            let scored: Vec<Scored<'_>> = seen
                .choices
                .iter()
                .map(|choice| Scored {
                    choice,
                    models: &[],
                })
                .collect();
            let (learned, judged) = split(&scored);
            let loss = blend_loss(&fit_blend(learned, 10.0), judged);
            if best.as_ref().is_none_or(|(least, _)| loss < *least) {
                best = Some((loss, schema));
            }
        }
        Ok(best.map_or_else(|| schema_of(self.catalog, first), |(_, schema)| schema))
    }
}

/// The first two thirds to learn from, the last third to judge by.
pub(super) fn split<T>(choices: &[T]) -> (&[T], &[T]) {
    choices.split_at(choices.len() * 2 / 3)
}
