//! The training of Wide & Deep (Cheng et al. 2016): logistic loss over what was chosen and some of what was open beside
//! it, both halves together.

mod examples;
mod network;
#[cfg(test)]
mod tests;

use rayon::prelude::*;
use triqueta::math::Random;
use triqueta::model::{ACTIVITY_FIELDS, VISITOR_FIELDS, WideDeep};

use crate::Result;
use crate::progress::{Progress, check};
pub use examples::{WideDeepExamples, WideDeepGroup};
use network::{Network, Shard, Widths};

/// Pairs a shard, about. Fixed: sums are taken in the order of shards, so that the weights do not depend on the number
/// of threads.
const SHARD: usize = 256;

/// How it is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WideDeepOptions {
    /// The most passes over the examples. Too many learn the log by heart; early stopping prevents it.
    pub epochs: usize,
    /// Choices a step: few make noisy steps, many make few of them.
    pub batch: usize,
    /// Alternatives drawn beside each choice, anew in each pass; with more the probabilities fall and passes take longer.
    pub negatives: usize,
    /// Step length. Low ones need more epochs, high ones never settle.
    pub learning_rate: f64,
    /// Pull of an embedding or cross towards zero for each example it is in.
    pub l2: f64,
    /// Share of the choices, the last in time, that decide when to stop.
    pub validation: f64,
    /// Epochs without improvement before stopping.
    pub patience: usize,
}

impl Default for WideDeepOptions {
    fn default() -> Self {
        Self {
            epochs: 12,
            batch: 128,
            negatives: 6,
            learning_rate: 1e-3,
            l2: 1e-4,
            validation: 0.1,
            patience: 2,
        }
    }
}

/// A trained model and how it went.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedWideDeep {
    /// The weights.
    pub model: WideDeep,
    /// How many epochs they took.
    pub epochs: usize,
    /// Mean loss over the pairs of the last pass that was trained on, or of the held-out choices where there are any.
    pub loss: f64,
    /// The same after each epoch.
    pub losses: Vec<f64>,
}

/// Trains with early stopping on the last part of the choices. `None` where there is nothing to learn from, or where the
/// weights went astray.
///
/// # Errors
/// [`crate::TrainerError::Cancelled`] on request.
pub fn fit_wide_deep(
    examples: &WideDeepExamples,
    options: &WideDeepOptions,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Option<FittedWideDeep>> {
    // On a thread of the pool from beginning to end: handing over to it at every step would cost more.
    rayon::scope(|_| fit(examples, options, seed, progress))
}

fn fit(
    examples: &WideDeepExamples,
    options: &WideDeepOptions,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Option<FittedWideDeep>> {
    let held_out = (examples.len() as f64 * options.validation.clamp(0.0, 0.5)) as usize;
    let learned = examples.len() - held_out;
    let mut run = Run::new(examples, options, seed);
    let judged: Vec<usize> = (learned..examples.len()).collect();
    let (mut best, mut losses): (Option<FittedWideDeep>, Vec<f64>) = (None, Vec::new());
    for epoch in 1..=options.epochs {
        let trained = run.epoch(learned, progress)?;
        let loss = if judged.is_empty() {
            trained
        } else {
            run.loss(&judged, seed)
        };
        if !loss.is_finite() || !run.network.is_finite() {
            break;
        }
        losses.push(loss);
        if judged.is_empty() || best.as_ref().is_none_or(|best| loss < best.loss) {
            best = Some(FittedWideDeep {
                model: run.network.to_model(examples),
                epochs: epoch,
                loss,
                losses: Vec::new(),
            });
        }
        if best
            .as_ref()
            .is_none_or(|best| epoch >= best.epochs + options.patience)
        {
            break;
        }
    }
    let best = best.filter(|_| learned > 0);
    Ok(best.map(|best| FittedWideDeep { losses, ..best }))
}

/// Trains on all of the choices for a fixed number of epochs.
///
/// # Errors
/// [`crate::TrainerError::Cancelled`] on request.
pub fn fit_wide_deep_for(
    examples: &WideDeepExamples,
    options: &WideDeepOptions,
    epochs: usize,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Option<FittedWideDeep>> {
    let options = WideDeepOptions {
        epochs,
        validation: 0.0,
        patience: epochs,
        ..*options
    };
    fit_wide_deep(examples, &options, seed, progress)
}

struct Run<'a> {
    examples: &'a WideDeepExamples,
    options: &'a WideDeepOptions,
    network: Network<f32>,
    random: Random,
    shards: Vec<Shard<f32>>,
}

impl<'a> Run<'a> {
    fn new(examples: &'a WideDeepExamples, options: &'a WideDeepOptions, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let widths = |fields: &[(&str, usize)], known: usize| -> Vec<usize> {
            fields.iter().take(known).map(|field| field.1).collect()
        };
        let visitor = widths(&VISITOR_FIELDS, examples.visitors.fields());
        let activity = widths(&ACTIVITY_FIELDS, examples.activities.fields());
        let widths = Widths {
            visitor: &visitor,
            activity: &activity,
        };
        Self {
            network: Network::random(examples, widths, &mut random),
            examples,
            options,
            random,
            shards: Vec::new(),
        }
    }

    /// One pass over the first `learned` groups; gives the mean loss of their pairs, as they were met.
    fn epoch(&mut self, learned: usize, progress: &dyn Progress) -> Result<f64> {
        let mut order: Vec<usize> = (0..learned).collect();
        self.random.shuffle(&mut order);
        let (mut loss, mut pairs) = (0.0, 0);
        for batch in order.chunks(self.options.batch.max(1)) {
            check(progress)?;
            self.fill(batch);
            let count: usize = self.shards.iter().map(Shard::pairs).sum();
            let share = 1.0 / count.max(1) as f32;
            let (network, examples) = (&self.network, self.examples);
            self.shards
                .par_iter_mut()
                .for_each(|shard| network.pass(examples, shard, share));
            loss += self.shards.iter().map(|shard| shard.pass.loss).sum::<f64>();
            pairs += count;
            self.network.collect(&self.shards);
            let l2 = self.options.l2 as f32 * share;
            self.network
                .step(&mut self.shards, self.options.learning_rate, l2);
        }
        progress.advance(1);
        Ok(loss / pairs.max(1) as f64)
    }

    /// The mean loss of groups the weights have not seen, with alternatives that are the same whenever it is asked.
    fn loss(&mut self, groups: &[usize], seed: u64) -> f64 {
        let random = std::mem::replace(&mut self.random, Random::new(seed));
        let (mut loss, mut pairs) = (0.0, 0);
        for batch in groups.chunks(self.options.batch.max(1)) {
            self.fill(batch);
            for shard in &mut self.shards {
                self.network.pass(self.examples, shard, 0.0);
                loss += shard.pass.loss;
                pairs += shard.pairs();
            }
        }
        self.random = random;
        loss / pairs.max(1) as f64
    }

    /// Puts groups into shards, each with what was chosen and drawn alternatives.
    fn fill(&mut self, batch: &[usize]) {
        let examples = self.examples;
        let is_single = |&group: &usize| examples.groups[group].pairs.len() < 2;
        let negatives = if batch.iter().all(is_single) {
            0
        } else {
            self.options.negatives
        };
        let size = (SHARD / (1 + negatives)).max(1);
        self.shards.truncate(batch.len().div_ceil(size));
        for (number, groups) in batch.chunks(size).enumerate() {
            let drawn: Vec<(u32, Vec<usize>)> = groups
                .iter()
                .map(|&group| draw(examples, group, negatives, &mut self.random))
                .collect();
            let fits = self
                .shards
                .get_mut(number)
                .is_some_and(|shard| shard.refill(&drawn, examples));
            if !fits {
                self.shards.truncate(number);
                self.shards.push(self.network.shard(&drawn, examples));
            }
        }
    }
}

/// What was chosen and `negatives` of the others; a group with nothing else repeats what was chosen.
fn draw(
    examples: &WideDeepExamples,
    group: usize,
    negatives: usize,
    random: &mut Random,
) -> (u32, Vec<usize>) {
    let group = &examples.groups[group];
    let mut pairs = vec![group.pairs.start];
    let others = group.pairs.len() - 1;
    if others > 0 && others <= negatives {
        pairs.extend(group.pairs.clone().skip(1));
    }
    while pairs.len() <= negatives {
        let drawn = group.pairs.start
            + if others == 0 {
                0
            } else {
                1 + random.below(others)
            };
        if others <= negatives || !pairs.contains(&drawn) {
            pairs.push(drawn);
        }
    }
    (group.visitor, pairs)
}
