//! From a data set to a model: the order in which things are learned, so that nothing is judged by what it has seen.
//!
//! 1. The schema: vocabularies, tag weights, and the half-life of the history. The half-life is chosen by how well a
//!    blend without the tower predicts the last choices.
//! 2. Models for the blend. A model knows the choices it was trained on by heart, and a blend fitted on those would trust
//!    it too much. So the last part of the choices is cut into folds in time, and each fold is scored by models that were
//!    trained only on what came before the fold.
//! 3. Alternatives. Where the log tells what was visible, a choice is learned against what was looked at in the same
//!    visit; elsewhere against everything open that the visitor had not touched.
//! 4. Which models ship: the fewest whose score makes the last third of these choices as likely as any, within a standard
//!    error.
//! 5. The blend: its pull to the prior is chosen on the last third of these choices, which also give the offline metrics
//!    and the calibration; then it is fitted on all of them.
//! 6. Trees on top of it, over the same choices and what the same models said of them: where they were among what ships.
//! 7. The final models are trained on every positive, for as many epochs as early stopping gave the last fold's; the
//!    blend is kept.
//!
//! A data set too small for a step goes without it: with no positives the towers stay as drawn with weight 0, and the
//! blend is its prior (popularity, declared tastes). Numbers that are not finite never leave.

mod collaborative;
mod common_taste;
mod folded;
mod judged;
mod optional;
mod selection;
mod stack;
mod steps;
#[cfg(test)]
mod tests;

use triqueta::bundle::Composition;
use triqueta::feature::Schema;
use triqueta::model::{Blend, BoostedTrees, Models, PopularitySmoothing};

use crate::choices::{Open, positives};
use crate::fit::{
    AlsOptions, ChoiceMachineOptions, ItemItemOptions, PooledOptions, TowerOptions, TreeOptions,
    WideDeepOptions,
};
use crate::progress::{Progress, check};
use crate::replay::{catalog_of, words_of};
use crate::{Dataset, Result};

use common_taste::{common_taste, common_tastes};

pub use folded::model_scores;
pub use judged::Judged;
pub use optional::OptionalModel;
use steps::Task;

/// How a training is done.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainOptions {
    /// Everything random follows from it.
    pub seed: u64,
    /// Half-lives of the history to choose from, days.
    pub history_half_lives: Vec<f32>,
    /// Half-life of live counts, days.
    pub counter_half_life_days: f32,
    /// Strengths of the blend's pull to its prior to choose from.
    pub blend_l2: Vec<f64>,
    /// Where in the positives, by share, the choices for the blend begin. Early: more choices, from weaker towers.
    pub blend_from: f64,
    /// Folds of the choices for the blend, each scored by its own tower.
    pub blend_folds: usize,
    /// The most choices the blend is fitted on, the last ones; bounds memory and time.
    pub limit_choices: usize,
    /// The most candidates a choice keeps: what was chosen and an even draw of the others.
    pub limit_candidates: usize,
    /// How far ahead of a choice activities count as candidates, days.
    pub horizon_days: f64,
    /// How the towers are trained.
    pub towers: TowerOptions,
    /// How the trees are.
    pub trees: TreeOptions,
    /// How the activities' factors are learned.
    pub factors: AlsOptions,
    /// How the activities' neighbours are learned.
    pub neighbours: ItemItemOptions,
    /// How the factorization machine is trained.
    pub machine: ChoiceMachineOptions,
    /// How NeuMF is.
    pub neumf: PooledOptions,
    /// How Wide & Deep is.
    pub wide_deep: WideDeepOptions,
    /// Which of the models a bundle can do without are part of it; each is a file more to download.
    pub models: Vec<OptionalModel>,
    /// Also learn the others, for a row of their own in an evaluation. The score is the same without and with them.
    pub compare: bool,
}

impl TrainOptions {
    fn learns(&self, model: OptionalModel) -> bool {
        self.compare || self.models.contains(&model)
    }
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            seed: 0,
            history_half_lives: vec![30.0, 180.0, 1_000.0],
            counter_half_life_days: 14.0,
            blend_l2: vec![1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0],
            blend_from: 0.4,
            blend_folds: 3,
            limit_choices: 6_000,
            limit_candidates: 60,
            horizon_days: 60.0,
            towers: TowerOptions::default(),
            trees: TreeOptions::default(),
            factors: AlsOptions {
                width: 32,
                ..AlsOptions::default()
            },
            // Each is bytes for every visitor, and in event data hardly anybody is told apart by them. Where activities stay
            // they count: NDCG@10 on the validation choices of MovieLens-1M is .533, .538, .552, .560 and .597 with 16, 20,
            // 32, 50 and 500; added to factors .591, .593 and .595 with 20, 32 and 50. The score on P2 is the same.
            neighbours: ItemItemOptions {
                neighbours: 32,
                ..ItemItemOptions::default()
            },
            machine: ChoiceMachineOptions::default(),
            neumf: PooledOptions::default(),
            wide_deep: WideDeepOptions::default(),
            models: Vec::new(),
            compare: false,
        }
    }
}

/// What a training learned from, for the bundle's ancestry.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TrainingCounts {
    /// Activities known.
    pub activities: usize,
    /// Events read.
    pub events: usize,
    /// Positive signals learned from.
    pub positives: usize,
    /// Choices the blend was fitted on.
    pub choices: usize,
    /// Epochs of the final tower.
    pub epochs: usize,
}

/// A trained model.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// Vocabularies and constants of the features.
    pub schema: Schema,
    /// The learned weights.
    pub models: Models,
    /// The score.
    pub blend: Blend,
    /// What takes a second look at its best, where that is worth having.
    pub boosted_trees: Option<BoostedTrees>,
    /// The prior of popularity.
    pub smoothing: PopularitySmoothing,
    /// Half-life of live counts the blend was fitted with, days.
    pub counter_half_life_days: f32,
    /// What could be part of the score, and what is, by how likely each composition made the last choices.
    pub compositions: Vec<Composition>,
    /// How each model ranks the last choices, which it had not seen; empty where there are too few.
    pub judged: Judged,
    /// Mean loss of what was held out after each epoch, by training; empty where nothing could be held out.
    pub epoch_losses: Vec<(String, Vec<f64>)>,
    /// What it was learned from.
    pub counts: TrainingCounts,
}

/// Trains on a data set.
///
/// # Errors
/// The first activity that breaks the catalogue's contract, or [`crate::TrainerError::Cancelled`].
pub fn train(
    dataset: &Dataset,
    options: &TrainOptions,
    progress: &dyn Progress,
) -> Result<Trained> {
    progress.begin("reading choices", None);
    let catalog = catalog_of(dataset, words_of(dataset)?)?;
    let open = Open::new(&catalog, options.horizon_days);
    let all = positives(dataset, &catalog);
    let from = ((all.len() as f64 * options.blend_from.clamp(0.0, 1.0)) as usize).min(all.len());
    let from = from.max(all.len().saturating_sub(options.limit_choices));
    // Only the models a bundle can do without learn from earlier choices.
    let learns_more = OptionalModel::ALL
        .iter()
        .any(|&model| options.learns(model));
    let first = if learns_more {
        from.saturating_sub(options.limit_choices)
    } else {
        from
    };
    check(progress)?;

    let task = Task {
        dataset,
        catalog: &catalog,
        open: &open,
        positives: &all,
        first,
        from,
        common_tastes: common_tastes(
            dataset,
            &catalog,
            [&all[first..from], &all[from..]],
            progress,
        )?,
        options,
        progress,
    };
    let schema = task.choose_half_life()?;
    let seen = task.look(&schema, true)?;
    let folded = task.folded_models(&schema, &seen)?;
    let selection = task.select(&seen, &folded.by_choice)?;
    let stack = task.stack(&seen, &folded.by_choice, &selection)?;
    progress.begin("training the final models", None);
    // The choices for the blend must not know what came after them; the bundle may know everything.
    let schema = Schema {
        common_taste: common_taste(dataset, &catalog, progress)?,
        ..schema
    };
    let mut learned = task.fit_models(&schema, &seen, all.len(), Some(folded.lengths))?;
    if !options.compare {
        selection.apply_to(&mut learned.models);
        if stack.trees.is_none() {
            // Only trees listen to them.
            learned.models.neural_collaborative_filtering = None;
            learned.models.wide_deep = None;
        }
    }
    let choices = seen.choices.len();
    Ok(Trained {
        models: learned.models,
        blend: stack.blend,
        boosted_trees: stack.trees,
        smoothing: PopularitySmoothing::default(),
        counter_half_life_days: options.counter_half_life_days,
        compositions: selection.compositions,
        judged: Judged::of(&all, &catalog, seen.choices, &seen.positive_of, stack.ranks),
        epoch_losses: folded.losses,
        counts: TrainingCounts {
            activities: dataset.activities.len(),
            events: dataset.events.len(),
            positives: all.len(),
            choices,
            epochs: learned.lengths.tower_epochs,
        },
        schema,
    })
}
