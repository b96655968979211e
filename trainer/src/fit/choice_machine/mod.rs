//! The learning of the factorization machine that is served: from choices, each beside a few of the activities that were
//! open to the visitor at the same moment.

#[cfg(test)]
mod tests;

use triqueta::catalog::Row;
use triqueta::feature::{ActivityRow, PAIR_FEATURES, PairRow, Schema};
use triqueta::math::Random;
use triqueta::model::{Feature, FeatureSpace, PairMachine};

use super::factorization_machine::{Group, Groups, MachineOptions, fit_machine};
use crate::Result;
use crate::choices::Choice;
use crate::evaluate::pair_column;
use crate::negatives::{Mixture, OpenSampler};
use crate::progress::Progress;

/// How the served machine is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChoiceMachineOptions {
    /// How its rows are learned.
    pub machine: MachineOptions,
    /// What a choice is learned from, among what was open then.
    pub negatives: Mixture,
    /// Share of the codes that are replaced by "unknown" while learning. What `n` activities and visitors
    /// have is hidden at least `1 / (1 + n)` of the time. 0 leaves the rows of unknown words as they were drawn, 1 knows no words.
    pub dropout: f64,
}

impl Default for ChoiceMachineOptions {
    fn default() -> Self {
        Self {
            machine: MachineOptions {
                epochs: 6,
                l2: 1e-3,
                deviation: 0.02,
                shards: 1,
                ..MachineOptions::default()
            },
            negatives: Mixture::default(),
            dropout: 0.1,
        }
    }
}

/// Learns a machine from choices, the chosen activity first in each. `None` where there is nothing to learn from.
///
/// # Errors
/// [`crate::TrainerError::Cancelled`] on request.
pub fn fit_choice_machine(
    schema: &Schema,
    items: &[ActivityRow],
    choices: &[&Choice],
    options: &ChoiceMachineOptions,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Option<PairMachine>> {
    if choices.is_empty() {
        return Ok(None);
    }
    let space = FeatureSpace::of(schema);
    let (mean, scale) = scaling(choices);
    let examples = Examples::new(&space, items, choices, options, (mean, scale));
    let fitted = fit_machine(space.size(), &examples, &options.machine, seed, progress)?;
    Ok(PairMachine::new(schema, fitted.model, mean, scale))
}

/// Mean and inverse deviation of the pair features over the candidates, each choice weighing the same.
fn scaling(choices: &[&Choice]) -> (PairRow, PairRow) {
    let moments = |centre: &[f64], power: i32| {
        let mut sums = vec![0.0; PAIR_FEATURES.len()];
        for choice in choices {
            let share = 1.0 / (choice.pairs.len() * choices.len()) as f64;
            for pair in &choice.pairs {
                for ((sum, &x), centre) in sums.iter_mut().zip(pair).zip(centre) {
                    *sum += share * (f64::from(x) - centre).powi(power);
                }
            }
        }
        sums
    };
    let means = moments(&vec![0.0; PAIR_FEATURES.len()], 1);
    let variances = moments(&means, 2);
    let (mut mean, mut scale) = ([0.0; PAIR_FEATURES.len()], [0.0; PAIR_FEATURES.len()]);
    for column in 0..PAIR_FEATURES.len() {
        mean[column] = means[column] as f32;
        // A feature that never differs is left out.
        let deviation = variances[column].sqrt();
        scale[column] = if deviation < 1e-4 {
            0.0
        } else {
            (1.0 / deviation) as f32
        };
    }
    (mean, scale)
}

/// A group is a choice with fresh negatives.
struct Examples<'a> {
    space: &'a FeatureSpace,
    options: &'a ChoiceMachineOptions,
    choices: &'a [&'a Choice],
    visitors: Vec<Vec<Feature>>,
    items: Vec<Vec<Feature>>,
    pairs: Vec<Vec<PairRow>>,
    popularity: Vec<Vec<f32>>,
    /// By row of the machine: how many activities and choices have the feature, and the row it is hidden behind.
    hidden: Vec<(f64, u32)>,
}

impl<'a> Examples<'a> {
    fn new(
        space: &'a FeatureSpace,
        items: &[ActivityRow],
        choices: &'a [&'a Choice],
        options: &'a ChoiceMachineOptions,
        (mean, scale): (PairRow, PairRow),
    ) -> Self {
        let visitor = |choice: &&Choice| {
            let view = &choice.viewpoint;
            let history = view.history.iter();
            space.visitor(
                &view.user,
                history.map(|&(item, weight)| (&items[item as usize], weight)),
            )
        };
        let standardise = |pair: &PairRow| {
            let mut x = *pair;
            for (column, x) in x.iter_mut().enumerate() {
                *x = (*x - mean[column]) * scale[column];
            }
            x
        };
        let features: Vec<Vec<Feature>> = items.iter().map(|item| space.activity(item)).collect();
        let mut counts = vec![0.0; space.size()];
        let visitors: Vec<Vec<Feature>> = choices.iter().map(visitor).collect();
        for &(feature, _) in features.iter().chain(&visitors).flatten() {
            counts[feature as usize] += 1.0;
        }
        let unknown = space.unknown_rows();
        Self {
            visitors,
            pairs: choices
                .iter()
                .map(|choice| choice.pairs.iter().map(standardise).collect())
                .collect(),
            popularity: choices
                .iter()
                .map(|choice| {
                    let pairs = choice.pairs.iter().skip(1);
                    pairs
                        .map(|pair| libm::expm1f(pair_column(pair, "positives_total_log")))
                        .collect()
                })
                .collect(),
            hidden: counts.into_iter().zip(unknown).collect(),
            items: features,
            space,
            options,
            choices,
        }
    }

    /// The features with some of their codes replaced by the unknown one.
    fn hide(&self, features: &[Feature], random: &mut Random, into: &mut Vec<Feature>) {
        let from = into.len();
        for &(feature, x) in features {
            let (count, unknown) = self.hidden[feature as usize];
            let dropout = self.options.dropout;
            let chance = if dropout > 0.0 {
                dropout.max(1.0 / (1.0 + count))
            } else {
                0.0
            };
            let hides = unknown != feature && random.uniform() < chance;
            let feature = if hides { unknown } else { feature };
            match into[from..].iter_mut().find(|other| other.0 == feature) {
                Some(other) => other.1 += x,
                None => into.push((feature, x)),
            }
        }
    }
}

impl Groups for Examples<'_> {
    fn len(&self) -> usize {
        self.choices.len()
    }

    fn size(&self, group: usize) -> usize {
        let others = self.choices[group].candidates.len() - 1;
        1 + others.min(self.options.negatives.per_positive)
    }

    fn fill(&self, group: usize, random: &mut Random, into: &mut Group) {
        let choice = self.choices[group];
        self.hide(&self.visitors[group], random, into.shared());
        let others = &choice.candidates[1..];
        let sampler = OpenSampler::new(self.options.negatives, others, &self.popularity[group]);
        let drawn = sampler.draw(|_| 0.0, random);
        let chosen = choice.candidates[0];
        let mut features = Vec::new();
        for (row, label) in
            std::iter::once((chosen, 1.0)).chain(drawn.into_iter().map(|row| (row, 0.0)))
        {
            let Some(place) = place_of(&choice.candidates, row) else {
                continue;
            };
            features.clear();
            self.hide(&self.items[row.index()], random, &mut features);
            features.extend(self.space.pair(&self.pairs[group][place]));
            into.example(features.iter().copied(), label);
        }
    }
}

fn place_of(candidates: &[Row], row: Row) -> Option<usize> {
    candidates.iter().position(|&candidate| candidate == row)
}
