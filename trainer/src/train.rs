//! From a data set to a model: the order in which things are learned, so that nothing is judged by what it has seen.
//!
//! 1. The schema: vocabularies, tag weights, and the half-life of the history. The half-life is chosen by how well a
//!    blend without the tower predicts the last choices.
//! 2. Towers for the blend. A tower knows the choices it was trained on by heart, and a blend fitted on those would trust
//!    it too much. So the last part of the choices is cut into folds in time, and each fold is scored by a tower that was
//!    trained only on what came before the fold.
//! 3. The blend: its pull to the prior is chosen on the last third of these choices, which also give the offline metrics
//!    and the calibration; then it is fitted on all of them.
//! 4. The final tower is trained on every positive, for as many epochs as early stopping gave the last fold's; the blend
//!    is kept.
//!
//! A data set too small for a step goes without it: with no positives the towers stay as drawn with weight 0, and the
//! blend is its prior (popularity, declared tastes). Numbers that are not finite never leave.

use triqueta::catalog::{Catalog, Words};
use triqueta::feature::{ActivityRow, Schema};
use triqueta::model::{Blend, Embedding, PopularitySmoothing, TwoTower};

use crate::choices::{Choice, Lens, Open, Positive, positives, thin};
use crate::evaluate::{
    Peer, Rank, RankingMetrics, blend_scores, content_scores, popularity_so_far, resolve,
};
use crate::fit::{
    Example, Scored, TowerOptions, blend_loss, calibrate, fit_blend, fit_towers, fit_towers_for,
    prior_blend,
};
use crate::progress::{Progress, check};
use crate::replay::catalog_of;
use crate::{Dataset, Result};

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
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            seed: 0,
            history_half_lives: vec![30.0, 180.0, 1_000.0],
            counter_half_life_days: 14.0,
            blend_l2: vec![1.0, 3.0, 10.0, 30.0],
            blend_from: 0.4,
            blend_folds: 3,
            limit_choices: 6_000,
            limit_candidates: 60,
            horizon_days: 60.0,
            towers: TowerOptions::default(),
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
    /// The towers.
    pub two_tower: TwoTower,
    /// The score.
    pub blend: Blend,
    /// The prior of popularity.
    pub smoothing: PopularitySmoothing,
    /// Half-life of live counts the blend was fitted with, days.
    pub counter_half_life_days: f32,
    /// How well each model ranks the last choices, which it had not seen; empty where there are too few.
    pub offline: Vec<(String, RankingMetrics)>,
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
    let declared = dataset
        .visitors
        .iter()
        .flat_map(|visitor| visitor.profile.tags.iter().map(String::as_str));
    let words = Words::learn(&dataset.activities, declared, LEAST_DECLARED)?;
    let catalog = catalog_of(dataset, words)?;
    let open = Open::new(&catalog, options.horizon_days);
    let all = positives(dataset, &catalog);
    let from = ((all.len() as f64 * options.blend_from.clamp(0.0, 1.0)) as usize).min(all.len());
    let from = from.max(all.len().saturating_sub(options.limit_choices));
    check(progress)?;

    let task = Task {
        dataset,
        catalog: &catalog,
        open: &open,
        positives: &all,
        from,
        options,
        progress,
    };
    let schema = task.choose_half_life()?;
    let seen = task.look(&schema, true)?;
    let cosines = task.folded_cosines(&schema, &seen)?;
    let blend = task.blend(&seen, &cosines.by_choice)?;
    progress.begin("training the final towers", Some(cosines.epochs as u64));
    let towers = &options.towers;
    let last = fit_towers_for(
        &schema,
        &seen.items,
        &seen.examples,
        towers,
        cosines.epochs,
        options.seed,
        progress,
    )?;
    Ok(Trained {
        two_tower: last.model,
        blend: blend.blend,
        smoothing: PopularitySmoothing::default(),
        counter_half_life_days: options.counter_half_life_days,
        offline: blend.offline,
        counts: TrainingCounts {
            activities: dataset.activities.len(),
            events: dataset.events.len(),
            positives: all.len(),
            choices: seen.choices.len(),
            epochs: last.epochs,
        },
        schema,
    })
}

/// A tag that only visitors declare is learned from so many of them on.
const LEAST_DECLARED: usize = 3;

struct Task<'a> {
    dataset: &'a Dataset,
    catalog: &'a Catalog,
    open: &'a Open,
    positives: &'a [Positive],
    /// The first positive that is a choice for the blend.
    from: usize,
    options: &'a TrainOptions,
    progress: &'a dyn Progress,
}

/// Everything one walk through the log gives.
struct Seen {
    items: Vec<ActivityRow>,
    examples: Vec<Example>,
    /// The choices for the blend, and which positive each is.
    choices: Vec<Choice>,
    positive_of: Vec<usize>,
}

struct Folded {
    by_choice: Vec<Vec<f32>>,
    epochs: usize,
}

struct FittedBlend {
    blend: Blend,
    offline: Vec<(String, RankingMetrics)>,
}

impl Task<'_> {
    fn schema(&self, half_life_days: f32) -> Schema {
        let words = self.catalog.words();
        let mut tag_counts = vec![0_u32; words.tags.size()];
        for row in self.catalog.live_rows() {
            self.catalog
                .tags(row)
                .iter()
                .for_each(|&tag| tag_counts[usize::from(tag)] += 1);
        }
        let city = self.catalog.city().clone();
        Schema::new(
            city,
            words.clone(),
            &tag_counts,
            self.catalog.len(),
            half_life_days,
        )
    }

    /// Walks the log once; `examples` only where they are wanted.
    fn look(&self, schema: &Schema, with_examples: bool) -> Result<Seen> {
        let options = self.options;
        let mut lens = Lens::new(
            self.dataset,
            schema,
            self.catalog,
            options.counter_half_life_days,
        );
        let mut seen = Seen {
            items: Lens::items(self.catalog),
            examples: Vec::new(),
            choices: Vec::new(),
            positive_of: Vec::new(),
        };
        for (number, positive) in self.positives.iter().enumerate() {
            if number % 256 == 0 {
                check(self.progress)?;
            }
            let Positive { time_ms, key, row } = positive;
            if with_examples {
                seen.examples.push(Example {
                    viewpoint: lens.viewpoint(key, *time_ms),
                    item: row.0,
                });
            }
            if number >= self.from && self.open.can_be_chosen(*row, *time_ms) {
                let candidates = lens.candidates(self.open, key, *row, *time_ms);
                if candidates.len() > 1 {
                    let kept = thin(
                        candidates,
                        options.limit_candidates,
                        options.seed ^ number as u64,
                    );
                    seen.choices.push(lens.choice(key, *time_ms, kept));
                    seen.positive_of.push(number);
                }
            }
        }
        Ok(seen)
    }

    fn choose_half_life(&self) -> Result<Schema> {
        let half_lives = &self.options.history_half_lives;
        let Some(&first) = half_lives.first() else {
            return Ok(self.schema(180.0));
        };
        if half_lives.len() == 1 {
            return Ok(self.schema(first));
        }
        let mut best: Option<(f64, Schema)> = None;
        for &half_life in half_lives {
            let schema = self.schema(half_life);
            let seen = self.look(&schema, false)?;
            let scored: Vec<Scored<'_>> = seen
                .choices
                .iter()
                .map(|choice| Scored {
                    choice,
                    cosines: &[],
                })
                .collect();
            let (learned, judged) = split(&scored);
            let loss = blend_loss(&fit_blend(learned, 10.0), judged);
            if best.as_ref().is_none_or(|(least, _)| loss < *least) {
                best = Some((loss, schema));
            }
        }
        Ok(best.map_or_else(|| self.schema(first), |(_, schema)| schema))
    }

    fn folded_cosines(&self, schema: &Schema, seen: &Seen) -> Result<Folded> {
        let options = self.options;
        let (folds, mut epochs) = (
            options.blend_folds.max(1),
            options.towers.epochs.div_ceil(2),
        );
        let mut by_choice = Vec::with_capacity(seen.choices.len());
        for fold in 0..folds {
            let bound = |fold: usize| self.from + (self.positives.len() - self.from) * fold / folds;
            let (from, until) = (bound(fold), bound(fold + 1));
            let numbers =
                (0..seen.choices.len()).filter(|&c| (from..until).contains(&seen.positive_of[c]));
            let choices: Vec<&Choice> = numbers.map(|number| &seen.choices[number]).collect();
            if choices.is_empty() {
                continue;
            }
            self.progress.begin("training towers for the blend", None);
            let before = &seen.examples[..from];
            let fitted = fit_towers(
                schema,
                &seen.items,
                before,
                &options.towers,
                options.seed,
                self.progress,
            )?;
            epochs = fitted.epochs;
            let embeddings = embed_items(&fitted.model, &seen.items);
            by_choice.extend(
                choices
                    .iter()
                    .map(|choice| cosines(&fitted.model, &embeddings, choice)),
            );
        }
        Ok(Folded { by_choice, epochs })
    }

    fn blend(&self, seen: &Seen, cosines: &[Vec<f32>]) -> Result<FittedBlend> {
        let scored: Vec<Scored<'_>> = seen
            .choices
            .iter()
            .zip(cosines)
            .map(|(choice, cosines)| Scored { choice, cosines })
            .collect();
        let (learned, judged) = split(&scored);
        let mut best: Option<(f64, f64, Blend)> = None;
        for &l2 in &self.options.blend_l2 {
            let blend = fit_blend(learned, l2);
            let loss = blend_loss(&blend, judged);
            if best.as_ref().is_none_or(|(least, ..)| loss < *least) {
                best = Some((loss, l2, blend));
            }
        }
        let Some((_, l2, judge)) = best.filter(|_| !scored.is_empty()) else {
            return Ok(FittedBlend {
                blend: prior_blend(),
                offline: Vec::new(),
            });
        };
        let resolved = resolve(&judge)?;
        let scores: Vec<Vec<f32>> = judged
            .iter()
            .map(|scored| blend_scores(&resolved, scored.choice, scored.cosines))
            .collect();
        let (calibration_slope, calibration_offset) = calibrate(&scores);
        let blend = Blend {
            calibration_slope,
            calibration_offset,
            ..fit_blend(&scored, l2)
        };
        Ok(FittedBlend {
            blend,
            offline: offline_metrics(judged, scores),
        })
    }
}

/// The first two thirds to learn from, the last third to judge by.
fn split<T>(choices: &[T]) -> (&[T], &[T]) {
    choices.split_at(choices.len() * 2 / 3)
}

/// How each peer that needs no counters ranks the judged choices.
fn offline_metrics(judged: &[Scored<'_>], blend: Vec<Vec<f32>>) -> Vec<(String, RankingMetrics)> {
    let by = |peer: Peer, scores: Vec<Vec<f32>>| {
        let ranks: Vec<Rank> = scores.iter().map(|scores| Rank::of(scores, 0)).collect();
        (peer.name().to_owned(), RankingMetrics::of(&ranks))
    };
    let each =
        |scores: &dyn Fn(&Scored<'_>) -> Vec<f32>| judged.iter().map(scores).collect::<Vec<_>>();
    vec![
        by(
            Peer::Random,
            each(&|scored| vec![0.0; scored.choice.candidates.len()]),
        ),
        by(
            Peer::Popularity,
            each(&|scored| popularity_so_far(scored.choice)),
        ),
        by(Peer::Content, each(&|scored| content_scores(scored.choice))),
        by(Peer::TwoTower, each(&|scored| scored.cosines.to_vec())),
        by(Peer::Blend, blend),
    ]
}

/// The embeddings of all items, by the shipped forward pass.
pub fn embed_items(model: &TwoTower, items: &[ActivityRow]) -> Vec<Embedding> {
    items
        .iter()
        .map(|item| model.embed_activity(item))
        .collect()
}

/// The cosine of each of a choice's candidates with the visitor.
pub fn cosines(model: &TwoTower, items: &[Embedding], choice: &Choice) -> Vec<f32> {
    let user = choice.viewpoint.embed(model, items);
    choice
        .candidates
        .iter()
        .map(|row| triqueta::math::cosine(&user, &items[row.index()]))
        .collect()
}
