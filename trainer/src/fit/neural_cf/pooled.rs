//! NeuMF as it is served: each side's vector is the sum of the rows of what is known of it, learned from choices beside a
//! few of the activities that were open to the visitor at the same moment.

use ndarray::Array2;
use rayon::prelude::*;
use triqueta::feature::{ActivityRow, Schema};
use triqueta::math::Random;
use triqueta::model::{
    Feature, FeatureSpace, NEUMF_LAYERS, NEUMF_PERCEPTRON, NEUMF_PRODUCT, PooledNeuMf,
};

use super::super::choice_groups::{ChoiceGroups, GroupOptions};
use super::super::factorization_machine::Group;
use super::super::pair_head::{Head, LearnedHead, Pass};
use super::super::real::Real;
use super::super::simd::vectorised;
use super::super::sparse_adam::{RowTable, Step, add_scaled};
use super::to_model;
use crate::Result;
use crate::choices::Choice;
use crate::negatives::Mixture;
use crate::progress::{Progress, check};

/// Choices a shard. Fixed: sums are taken in the order of shards, so that the weights do not depend on the number of
/// threads.
const SHARD: usize = 32;
/// Steps a pass has at least: what is learned depends on their number.
const LEAST_STEPS: usize = 64;

/// How it is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PooledOptions {
    /// The most passes over the choices. Too many learn the log by heart; early stopping prevents it.
    pub epochs: usize,
    /// The most choices a step: few make noisy steps, many make few of them. Where choices are few, a step takes fewer.
    pub batch: usize,
    /// What a choice is learned from, among what was open then.
    pub negatives: Mixture,
    /// Step length. Low ones need more epochs, high ones never settle.
    pub learning_rate: f64,
    /// Pull of a row's numbers towards zero for each example it is in: 0 learns the log by heart, large ones learn nothing.
    pub l2: f64,
    /// Share of the codes that are replaced by "unknown" while learning. What `n` activities and visitors have is hidden at
    /// least `1 / (1 + n)` of the time. 0 leaves the rows of unknown words as they were drawn, 1 knows no words.
    pub dropout: f64,
    /// Share of the choices, the last in time, that decide when to stop.
    pub validation: f64,
    /// Epochs without improvement before stopping.
    pub patience: usize,
}

impl Default for PooledOptions {
    fn default() -> Self {
        Self {
            epochs: 12,
            batch: 128,
            negatives: Mixture::default(),
            learning_rate: 1e-3,
            l2: 1e-4,
            dropout: 0.1,
            validation: 0.1,
            patience: 2,
        }
    }
}

/// A trained model and how it went.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedNeuMf {
    /// The weights.
    pub model: PooledNeuMf,
    /// How many epochs they took.
    pub epochs: usize,
    /// Mean loss over the pairs after each epoch: of the held-out choices, or of those trained on where none are.
    pub losses: Vec<f64>,
}

/// Trains with early stopping on the last part of the choices, the chosen activity first in each. `None` where there is
/// nothing to learn from, or where the weights went astray.
///
/// # Errors
/// [`crate::TrainerError::Cancelled`] on request.
pub fn fit_pooled(
    schema: &Schema,
    items: &[ActivityRow],
    choices: &[&Choice],
    options: &PooledOptions,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Option<FittedNeuMf>> {
    let space = FeatureSpace::of(schema);
    let groups = GroupOptions {
        negatives: options.negatives,
        dropout: options.dropout,
    };
    let groups = ChoiceGroups::new(&space, items, choices, groups, None);
    let held_out = (choices.len() as f64 * options.validation.clamp(0.0, 0.5)) as usize;
    let learned = choices.len() - held_out;
    let mut network = Network::<f32>::random(space.first_pair(), &mut Random::new(seed));
    let mut run = Run {
        groups: &groups,
        batch: (learned / LEAST_STEPS).clamp(8, options.batch.max(8)),
        options,
        seed,
        shards: Vec::new(),
    };
    let judged: Vec<usize> = (learned..choices.len()).collect();
    let (mut best, mut losses): (Option<(Network<f32>, usize)>, Vec<f64>) = (None, Vec::new());
    for epoch in 1..=options.epochs {
        let trained = run.epoch(&mut network, learned, epoch as u64, progress)?;
        let loss = if judged.is_empty() {
            trained
        } else {
            run.loss(&network, &judged)
        };
        if !loss.is_finite() {
            break;
        }
        let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
        losses.push(loss);
        if judged.is_empty() || loss < least {
            best = Some((network.clone(), epoch));
        }
        let last_gain = best.as_ref().map_or(epoch, |(_, epoch)| *epoch);
        if epoch >= last_gain + options.patience {
            break;
        }
    }
    let best = best.filter(|_| learned > 0);
    let fitted = best.and_then(|(mut network, epochs)| {
        if !network.is_finite() {
            return None;
        }
        let model = to_model(&network.head.head);
        Some(FittedNeuMf {
            model: PooledNeuMf::new(schema, model, network.table.values)?,
            epochs,
            losses,
        })
    });
    Ok(fitted)
}

/// Trains on all of the choices for a fixed number of epochs.
///
/// # Errors
/// [`crate::TrainerError::Cancelled`] on request.
pub fn fit_pooled_for(
    schema: &Schema,
    items: &[ActivityRow],
    choices: &[&Choice],
    options: &PooledOptions,
    epochs: usize,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Option<FittedNeuMf>> {
    let options = PooledOptions {
        epochs,
        validation: 0.0,
        patience: epochs,
        ..*options
    };
    fit_pooled(schema, items, choices, &options, seed, progress)
}

/// All weights, their gradients, and the optimiser's state.
#[derive(Debug, Clone)]
pub(super) struct Network<F> {
    pub(super) table: RowTable<F>,
    pub(super) head: LearnedHead<F>,
    step: i32,
}

/// One shard of a step: its choices, and the pass over them.
pub(super) struct Shard<F> {
    pub(super) groups: Vec<Group>,
    pub(super) pass: Pass<F>,
}

impl<F: Real> Network<F> {
    /// Random weights for so many features.
    pub(super) fn random(features: usize, random: &mut Random) -> Self {
        let vectors = (NEUMF_PERCEPTRON, NEUMF_PERCEPTRON);
        let head = Head::random(NEUMF_PRODUCT, vectors, &NEUMF_LAYERS, random);
        let shape = (features, NEUMF_PRODUCT + NEUMF_PERCEPTRON);
        Self {
            table: RowTable::new(Array2::from_shape_simple_fn(shape, || {
                F::of_f64(0.1 * random.normal())
            })),
            head: LearnedHead::new(head),
            step: 0,
        }
    }

    /// Room for so many choices of `a_group` activities each.
    pub(super) fn shard(&self, choices: usize, a_group: usize) -> Shard<F> {
        Shard {
            groups: vec![Group::default(); choices],
            pass: Pass::new(&self.head.head, choices, a_group),
        }
    }

    fn look_up(&self, features: &[Feature], into: &mut [F]) {
        into.fill(F::zero());
        for &(feature, x) in features {
            let row = self.table.values.row(feature as usize);
            add_scaled(into, F::of(x), row.to_slice().unwrap_or_default());
        }
    }

    /// Loss and gradients of one shard, each pair's share being `share`; those of the table wait in the pass.
    pub(super) fn pass(&self, shard: &mut Shard<F>, share: F) {
        let Shard { groups, pass } = shard;
        let a_group = pass.labels.len() / groups.len().max(1);
        vectorised(
            #[inline(always)]
            || {
                for (number, group) in groups.iter().enumerate() {
                    if let Some(user) = pass.users.row_mut(number).into_slice() {
                        self.look_up(&group.shared, user);
                    }
                    let examples: Vec<(&[Feature], f32)> = group.examples().collect();
                    for place in 0..a_group {
                        let row = number * a_group + place;
                        let (features, label) = examples[repeated(place, examples.len())];
                        pass.labels[row] = F::of(label);
                        if let Some(item) = pass.items.row_mut(row).into_slice() {
                            self.look_up(features, item);
                        }
                    }
                }
            },
        );
        self.head.head.pass(pass, share);
    }

    /// Adds the shards' gradients to the table's, in their order.
    pub(super) fn collect(&mut self, shards: &[Shard<F>]) {
        let table = &mut self.table;
        let mut scatter = |features: &[Feature], gradient: Option<&[F]>| {
            let gradient = gradient.unwrap_or_default();
            for &(feature, x) in features {
                table.add_row(feature, F::of(x), gradient);
            }
        };
        for Shard { groups, pass } in shards {
            let a_group = pass.labels.len() / groups.len().max(1);
            for (number, group) in groups.iter().enumerate() {
                scatter(&group.shared, pass.d_users.row(number).to_slice());
                let examples: Vec<(&[Feature], f32)> = group.examples().collect();
                for place in 0..a_group {
                    let row = number * a_group + place;
                    let features = examples[repeated(place, examples.len())].0;
                    scatter(features, pass.d_items.row(row).to_slice());
                }
            }
        }
    }

    /// Whether all weights are numbers.
    fn is_finite(&mut self) -> bool {
        let finite = |value: &F| value.to_f64().is_finite();
        let blocks = self.head.head.blocks_mut();
        self.table.values.iter().all(finite) && blocks.iter().all(|block| block.iter().all(finite))
    }

    fn step(&mut self, shards: &mut [Shard<F>], rate: f64, l2: F) {
        self.step += 1;
        let step = Step::new(rate, self.step);
        self.table.step(l2, step);
        let passes = shards.iter_mut().map(|shard| &mut shard.pass);
        self.head.step(passes, step);
    }
}

/// Which of a choice's activities stands in a place: one beside fewer than were asked for meets some of them again.
fn repeated(place: usize, examples: usize) -> usize {
    if place < examples {
        place
    } else if examples < 2 {
        0
    } else {
        1 + (place - 1) % (examples - 1)
    }
}

struct Run<'a> {
    groups: &'a ChoiceGroups<'a>,
    options: &'a PooledOptions,
    batch: usize,
    seed: u64,
    shards: Vec<Shard<f32>>,
}

impl Run<'_> {
    /// One pass over the first `learned` choices; gives the mean loss of their pairs, as they were met.
    fn epoch(
        &mut self,
        network: &mut Network<f32>,
        learned: usize,
        epoch: u64,
        progress: &dyn Progress,
    ) -> Result<f64> {
        let mut order: Vec<usize> = (0..learned).collect();
        Random::new(self.seed ^ epoch).shuffle(&mut order);
        let (mut loss, mut pairs) = (0.0, 0);
        for batch in order.chunks(self.batch) {
            check(progress)?;
            let count = batch.len() * self.a_group();
            let share = 1.0 / count as f32;
            loss += self.passes(network, batch, epoch, share);
            pairs += count;
            network.collect(&self.shards);
            let l2 = self.options.l2 as f32 * share;
            network.step(&mut self.shards, self.options.learning_rate, l2);
        }
        progress.advance(1);
        Ok(loss / pairs.max(1) as f64)
    }

    /// The mean loss of choices the weights have not seen, beside alternatives that are the same whenever it is asked.
    fn loss(&mut self, network: &Network<f32>, judged: &[usize]) -> f64 {
        let batches = judged.chunks(self.batch);
        let loss: f64 = batches
            .map(|batch| self.passes(network, batch, 0, 0.0))
            .sum();
        loss / (judged.len() * self.a_group()).max(1) as f64
    }

    fn a_group(&self) -> usize {
        1 + self.options.negatives.per_positive
    }

    /// The passes over a batch; gives the sum of their losses. Epoch 0 is that of the judged choices.
    fn passes(&mut self, network: &Network<f32>, batch: &[usize], epoch: u64, share: f32) -> f64 {
        let a_group = self.a_group();
        self.shards.truncate(batch.len().div_ceil(SHARD));
        for (number, chosen) in batch.chunks(SHARD).enumerate() {
            let shard = self.shards.get(number);
            if shard.is_none_or(|shard| shard.groups.len() != chosen.len()) {
                self.shards.truncate(number);
                self.shards.push(network.shard(chosen.len(), a_group));
            }
        }
        let (groups, seed) = (self.groups, self.seed);
        let shards = self.shards.par_iter_mut().zip(batch.par_chunks(SHARD));
        shards.for_each(|(shard, chosen)| {
            for (group, &number) in shard.groups.iter_mut().zip(chosen) {
                group.clear();
                let own = Random::new(seed ^ (epoch << 40)).next_u64() ^ number as u64;
                // What is judged is seen as it is served: nothing hidden.
                let hides = epoch > 0;
                groups.fill_hiding(number, &mut Random::new(own), hides, group);
            }
            network.pass(shard, share);
        });
        self.shards.iter().map(|shard| shard.pass.loss).sum()
    }
}
