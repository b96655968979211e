//! What do the learned models say of choices they have not seen?
//!
//! [`Task::fit_models`] is the one place where models are learned: from the first so many positives, for a fold of the
//! choices and, at the end, from all of them. A new model is a few lines there, and an output in
//! [`triqueta::model::MODEL_INPUTS`].

use triqueta::feature::{ActivityRow, Schema};
use triqueta::model::{ActivitySide, ModelScores, Models};

use super::OptionalModel;
use super::steps::{Seen, Task};
use crate::Result;
use crate::choices::Choice;
use crate::fit::{
    FittedNeuMf, FittedWideDeep, WideDeepExamples, fit_choice_machine, fit_pooled, fit_pooled_for,
    fit_towers, fit_towers_for, fit_wide_deep, fit_wide_deep_for,
};

/// How long the models that stop early were trained. The last fold finds out, the final training keeps to it: it holds
/// nothing back to stop by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lengths {
    /// Epochs of the towers.
    pub(super) tower_epochs: usize,
    /// Epochs of NeuMF, where it was learned.
    pub(super) neumf_epochs: Option<usize>,
    /// Epochs of Wide & Deep, where it was learned.
    pub(super) wide_deep_epochs: Option<usize>,
}

/// What models say of each candidate of each choice that came after everything they were learned from.
pub(super) struct Folded {
    pub(super) by_choice: Vec<Vec<ModelScores>>,
    pub(super) lengths: Lengths,
    /// Of each model and fold, the loss of what was held out after each epoch.
    pub(super) losses: Vec<(String, Vec<f64>)>,
}

/// All models, and how their learning went.
pub(super) struct Learned {
    pub(super) models: Models,
    pub(super) lengths: Lengths,
    /// By model, the loss of what was held out after each epoch; empty where nothing was.
    pub(super) losses: Vec<(&'static str, Vec<f64>)>,
}

impl Task<'_> {
    /// Learns all models from the first `until` positives; for `lengths`, or for as long as each finds best itself.
    pub(super) fn fit_models(
        &self,
        schema: &Schema,
        seen: &Seen,
        until: usize,
        lengths: Option<Lengths>,
    ) -> Result<Learned> {
        let (options, progress) = (self.options, self.progress);
        let examples = &seen.examples[..until];
        let towers = match lengths {
            Some(lengths) => fit_towers_for(
                schema,
                &seen.items,
                examples,
                &options.towers,
                lengths.tower_epochs,
                options.seed,
                progress,
            )?,
            None => fit_towers(
                schema,
                &seen.items,
                examples,
                &options.towers,
                options.seed,
                progress,
            )?,
        };
        let collaborative = self.fit_collaborative(until)?;
        let choices = seen.choices_until(until);
        let machine = if options.learns(OptionalModel::FactorizationMachine) {
            let (machine, seed) = (&options.machine, options.seed);
            fit_choice_machine(schema, &seen.items, &choices, machine, seed, progress)?
        } else {
            None
        };
        let neumf = self.fit_neumf(schema, seen, &choices, lengths)?;
        let wide_deep = self.fit_wide_deep(seen, &choices, lengths)?;
        let lengths = Lengths {
            tower_epochs: towers.epochs,
            neumf_epochs: neumf.as_ref().map(|fitted| fitted.epochs),
            wide_deep_epochs: wide_deep.as_ref().map(|fitted| fitted.epochs),
        };
        let mut losses = vec![("two_tower", towers.validation_loss)];
        let of_neumf = neumf.as_ref().map(|fitted| fitted.losses.clone());
        losses.extend(of_neumf.map(|losses| ("neural_collaborative_filtering", losses)));
        let of_wide_deep = wide_deep.as_ref().map(|fitted| fitted.losses.clone());
        losses.extend(of_wide_deep.map(|losses| ("wide_deep", losses)));
        let models = Models {
            two_tower: towers.model,
            factorization_machine: machine,
            matrix_factorization: collaborative.factors,
            item_neighbours: collaborative.neighbours,
            neural_collaborative_filtering: neumf.map(|fitted| fitted.model),
            wide_deep: wide_deep.map(|fitted| fitted.model),
        };
        Ok(Learned {
            models,
            lengths,
            losses,
        })
    }

    fn fit_neumf(
        &self,
        schema: &Schema,
        seen: &Seen,
        choices: &[&Choice],
        lengths: Option<Lengths>,
    ) -> Result<Option<FittedNeuMf>> {
        let (options, seed, progress) = (&self.options.neumf, self.options.seed, self.progress);
        if !self
            .options
            .learns(OptionalModel::NeuralCollaborativeFiltering)
        {
            return Ok(None);
        }
        match lengths.and_then(|lengths| lengths.neumf_epochs) {
            Some(epochs) => {
                let items = &seen.items;
                fit_pooled_for(schema, items, choices, options, epochs, seed, progress)
            }
            None => fit_pooled(schema, &seen.items, choices, options, seed, progress),
        }
    }

    fn fit_wide_deep(
        &self,
        seen: &Seen,
        choices: &[&Choice],
        lengths: Option<Lengths>,
    ) -> Result<Option<FittedWideDeep>> {
        let (options, seed, progress) = (&self.options.wide_deep, self.options.seed, self.progress);
        if !self.options.learns(OptionalModel::WideDeep) {
            return Ok(None);
        }
        let examples = WideDeepExamples::of_choices(&seen.items, choices);
        match lengths.and_then(|lengths| lengths.wide_deep_epochs) {
            Some(epochs) => fit_wide_deep_for(&examples, options, epochs, seed, progress),
            None => fit_wide_deep(&examples, options, seed, progress),
        }
    }

    /// Cuts the choices into folds in time, and asks models about each that were learned from what came before it.
    pub(super) fn folded_models(&self, schema: &Schema, seen: &Seen) -> Result<Folded> {
        let folds = self.options.blend_folds.max(1);
        let mut lengths = Lengths {
            tower_epochs: self.options.towers.epochs.div_ceil(2),
            neumf_epochs: None,
            wide_deep_epochs: None,
        };
        let mut by_choice = Vec::with_capacity(seen.choices.len());
        let mut losses = Vec::new();
        let bound = |fold: usize| self.from + (self.positives.len() - self.from) * fold / folds;
        for fold in 0..folds {
            let (from, until) = (bound(fold), bound(fold + 1));
            let numbers =
                (0..seen.choices.len()).filter(|&c| (from..until).contains(&seen.positive_of[c]));
            let choices: Vec<&Choice> = numbers.map(|number| &seen.choices[number]).collect();
            if choices.is_empty() {
                continue;
            }
            self.progress.begin("training models for the blend", None);
            let learned = self.fit_models(schema, seen, from, None)?;
            let models = learned.models;
            lengths = learned.lengths;
            let named = |(model, loss): (&str, _)| (format!("{model}, fold {}", fold + 1), loss);
            losses.extend(learned.losses.into_iter().map(named));
            let activities = models.activity_side(&seen.items);
            by_choice.extend(
                choices
                    .iter()
                    .map(|choice| model_scores(&models, &seen.items, &activities, choice)),
            );
        }
        Ok(Folded {
            by_choice,
            lengths,
            losses,
        })
    }
}

/// What the models say of each of a choice's candidates. `items` are those of [`crate::choices::Lens::items`],
/// `activities` their side.
pub fn model_scores(
    models: &Models,
    items: &[ActivityRow],
    activities: &ActivitySide,
    choice: &Choice,
) -> Vec<ModelScores> {
    let visitor = choice.viewpoint.visitor_side(models, items, activities);
    choice
        .candidates
        .iter()
        .zip(&choice.pairs)
        .map(|(row, pair)| models.all_scores(&visitor, activities, row.index(), pair))
        .collect()
}
