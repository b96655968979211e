//! The training of the two-tower model: which examples, in which order, for how long.
//!
//! An example is a positive signal and the visitor's viewpoint just before it. Batches are drawn at random; the last part
//! of the examples in time is held out to decide when to stop, and a model that is to be published is then trained on
//! everything for as many epochs. The same examples and seed give the same weights, bit for bit, on one type of
//! processor: nothing depends on time or on the number of threads.

use std::collections::{HashMap, HashSet};

use triqueta::feature::{ActivityRow, Schema};
use triqueta::math::Random;
use triqueta::model::TwoTower;

use super::adam::Adam;
use super::frequency::Frequency;
use super::parameters::{Batch, Gradients, Parameters};
use super::tables::Input;
use crate::Result;
use crate::choices::Viewpoint;
use crate::progress::{Progress, check};

/// One positive signal to learn from.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The visitor just before.
    pub viewpoint: Viewpoint,
    /// Number of the activity in the items.
    pub item: u32,
}

/// How the towers are trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TowerOptions {
    /// The most passes over the examples. Too many learn the log by heart; early stopping prevents it.
    pub epochs: usize,
    /// Examples a step, each a negative for the others: larger batches make harder contrasts and fewer steps.
    pub batch: usize,
    /// Step length. Low ones need more epochs, high ones never settle.
    pub learning_rate: f64,
    /// What the cosine is divided by. Low ones separate near neighbours sharply, high ones learn only the coarse order.
    pub temperature: f64,
    /// Pull of the weights towards zero.
    pub l2: f64,
    /// Share of organisers, series and tags that are hidden in training: 0 trusts names, 1 knows none.
    pub dropout: f64,
    /// Share of the examples, the last in time, that decide when to stop.
    pub validation: f64,
    /// Epochs without improvement before stopping.
    pub patience: usize,
}

impl Default for TowerOptions {
    fn default() -> Self {
        Self {
            epochs: 20,
            batch: 256,
            learning_rate: 3e-3,
            temperature: 0.1,
            l2: 1e-5,
            dropout: 0.1,
            validation: 0.1,
            patience: 3,
        }
    }
}

/// A trained model and how it went.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedTowers {
    /// The weights.
    pub model: TwoTower,
    /// How many epochs they took.
    pub epochs: usize,
    /// Mean loss of the held-out examples after each epoch; empty where nothing was held out.
    pub validation_loss: Vec<f64>,
}

/// Trains with early stopping on the last part of `examples`, which are in order of time. Without examples the weights
/// stay as they were drawn.
///
/// # Errors
/// [`crate::TrainerError::Cancelled`] on request.
pub fn fit_towers(
    schema: &Schema,
    items: &[ActivityRow],
    examples: &[Example],
    options: &TowerOptions,
    seed: u64,
    progress: &dyn Progress,
) -> Result<FittedTowers> {
    let held_out = (examples.len() as f64 * options.validation.clamp(0.0, 0.5)) as usize;
    let (learned, held_out) = examples.split_at(examples.len() - held_out);
    let mut run = Run::new(schema, items, learned, options, seed);
    let mut best: Option<(f64, usize, Parameters<f32>)> = None;
    let mut validation_loss = Vec::new();
    for epoch in 1..=options.epochs {
        run.epoch(progress)?;
        if held_out.is_empty() {
            continue;
        }
        let loss = run.held_out_loss(held_out);
        validation_loss.push(loss);
        if loss.is_finite() && best.as_ref().is_none_or(|(least, ..)| loss < *least) {
            best = Some((loss, epoch, run.parameters.clone()));
        }
        if best
            .as_ref()
            .is_none_or(|(_, at, _)| epoch >= at + options.patience)
        {
            break;
        }
    }
    let (epochs, parameters) = match best {
        Some((_, epoch, parameters)) => (epoch, parameters),
        None => (options.epochs, run.parameters),
    };
    Ok(FittedTowers {
        model: finite_or_random(parameters, schema, seed),
        epochs,
        validation_loss,
    })
}

/// Trains on all of `examples` for a fixed number of epochs.
///
/// # Errors
/// [`crate::TrainerError::Cancelled`] on request.
pub fn fit_towers_for(
    schema: &Schema,
    items: &[ActivityRow],
    examples: &[Example],
    options: &TowerOptions,
    epochs: usize,
    seed: u64,
    progress: &dyn Progress,
) -> Result<FittedTowers> {
    let mut run = Run::new(schema, items, examples, options, seed);
    for _ in 0..epochs {
        run.epoch(progress)?;
    }
    Ok(FittedTowers {
        model: finite_or_random(run.parameters, schema, seed),
        epochs,
        validation_loss: Vec::new(),
    })
}

/// Weights that went astray never leave: untrained ones do, and the blend, which sees only cosines, gives them no weight.
fn finite_or_random(parameters: Parameters<f32>, schema: &Schema, seed: u64) -> TwoTower {
    if parameters.is_finite() {
        parameters.to_two_tower()
    } else {
        Parameters::<f32>::random(schema, &mut Random::new(seed)).to_two_tower()
    }
}

struct Run<'a> {
    options: &'a TowerOptions,
    windows: usize,
    items: Vec<Input>,
    examples: &'a [Example],
    parameters: Parameters<f32>,
    gradients: Gradients<f32>,
    adam: Adam<f32>,
    frequency: Frequency,
    random: Random,
    step: u32,
}

impl<'a> Run<'a> {
    fn new(
        schema: &Schema,
        items: &[ActivityRow],
        examples: &'a [Example],
        options: &'a TowerOptions,
        seed: u64,
    ) -> Self {
        let mut random = Random::new(seed);
        let parameters = Parameters::random(schema, &mut random);
        let steps = examples.len().div_ceil(options.batch.max(1));
        Self {
            options,
            windows: schema.city.availability.len().min(16),
            items: items.iter().map(Input::of_activity).collect(),
            examples,
            gradients: Gradients::zeros_like(&parameters),
            adam: Adam::new(&parameters, options.learning_rate, options.l2),
            parameters,
            frequency: Frequency::new(items.len(), steps as f32, 0.05),
            random,
            step: 0,
        }
    }

    fn epoch(&mut self, progress: &dyn Progress) -> Result<()> {
        let examples = self.examples;
        let mut order: Vec<usize> = (0..examples.len()).collect();
        self.random.shuffle(&mut order);
        for numbers in order.chunks(self.options.batch.max(1)) {
            check(progress)?;
            self.step += 1;
            for &number in numbers {
                self.frequency
                    .observe(examples[number].item as usize, self.step);
            }
            let chosen: Vec<&Example> = numbers.iter().map(|&number| &examples[number]).collect();
            let mut batch = self.batch(&chosen);
            for item in &mut batch.items {
                *item = item.with_dropout(self.options.dropout, &mut self.random);
            }
            self.parameters
                .gradients(&batch, self.options.temperature, &mut self.gradients);
            self.adam.step(&mut self.parameters, &self.gradients);
        }
        progress.advance(1);
        Ok(())
    }

    /// The mean loss of examples the weights have not seen, in batches of neighbours in time.
    fn held_out_loss(&self, examples: &[Example]) -> f64 {
        let mut total = 0.0;
        for together in examples.chunks(self.options.batch.max(1)) {
            let chosen: Vec<&Example> = together.iter().collect();
            total += together.len() as f64
                * self
                    .parameters
                    .loss(&self.batch(&chosen), self.options.temperature);
        }
        total / examples.len() as f64
    }

    fn batch(&self, examples: &[&Example]) -> Batch {
        build_batch(&self.items, examples, self.windows, &self.frequency)
    }
}

/// Puts a mini-batch together. For each row the other columns with the same activity and those the visitor already has
/// are masked.
pub(super) fn build_batch(
    items: &[Input],
    examples: &[&Example],
    windows: usize,
    frequency: &Frequency,
) -> Batch {
    let mut batch = Batch::default();
    let mut numbers: HashMap<u32, usize> = HashMap::new();
    let mut number_of = |item: u32, into: &mut Vec<Input>| {
        *numbers.entry(item).or_insert_with(|| {
            into.push(items[item as usize].clone());
            into.len() - 1
        })
    };
    for example in examples {
        let history = &example.viewpoint.history;
        let total: f32 = history.iter().map(|(_, weight)| weight.abs()).sum();
        let share = |weight: f32| if total > 0.0 { weight / total } else { 0.0 };
        let pooled = history
            .iter()
            .map(|&(item, weight)| (number_of(item, &mut batch.items), share(weight)))
            .collect();
        batch.histories.push(pooled);
        batch
            .positives
            .push(number_of(example.item, &mut batch.items));
        batch
            .users
            .push(Input::of_user(&example.viewpoint.user, windows));
        batch
            .log_q
            .push(frequency.log_probability(example.item as usize));
    }
    batch.masked = Vec::with_capacity(examples.len() * examples.len());
    for (own, example) in examples.iter().enumerate() {
        let positive = example
            .viewpoint
            .history
            .iter()
            .filter(|(_, weight)| *weight > 0.0);
        let has: HashSet<u32> = positive
            .map(|&(item, _)| item)
            .chain([example.item])
            .collect();
        let columns = examples.iter().enumerate();
        batch
            .masked
            .extend(columns.map(|(column, other)| column != own && has.contains(&other.item)));
    }
    batch
}
