//! The learning of the factorization machine that is served: from choices, each beside a few of the activities that were
//! open to the visitor at the same moment.

#[cfg(test)]
mod tests;

use triqueta::feature::{ActivityRow, PAIR_FEATURES, PairRow, Schema};
use triqueta::model::{FeatureSpace, PairMachine};

use super::choice_groups::{ChoiceGroups, GroupOptions};
use super::factorization_machine::{MachineOptions, fit_machine};
use crate::Result;
use crate::choices::Choice;
use crate::negatives::Mixture;
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
    let groups = GroupOptions {
        negatives: options.negatives,
        dropout: options.dropout,
    };
    let examples = ChoiceGroups::new(&space, items, choices, groups, Some((mean, scale)));
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
