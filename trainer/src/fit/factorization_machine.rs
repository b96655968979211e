//! The learning of the factorization machine: logistic loss, one example after the other, over several cores.
//!
//! An epoch is cut into rounds and a round into a fixed number of shards. Each shard learns its examples in order on its
//! own copies of rows; then the rows it moved are averaged over the shards that moved them, in shard order. So the same
//! examples and seed give the same weights whatever the number of threads, and no two threads ever write to one row.

mod group;
mod row;
mod rule;
mod shard;
mod slopes;
mod step;
#[cfg(test)]
mod tests;

use ndarray::{Array1, Array2};
use rayon::prelude::*;
use triqueta::math::Random;
use triqueta::model::{FACTORS, FactorizationMachine};

pub use group::{Group, Groups};
use row::{Row, random_rows};
use rule::{AdaGrad, Adam, Descent, Rule};
use shard::{BLOCK, Shard, join};
use step::learn;

use crate::Result;
use crate::fit::simd::vectorised;
use crate::progress::{Progress, check};

/// Groups that are filled, and whose rows are copied, before the first of them is learned: memory answers many requests
/// in the time of one. More than a few would push each other out of the nearest cache.
const AHEAD: usize = 8;

/// Which way rows move along their gradients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Optimiser {
    /// Steps shrink with what a row has moved so far: rare features learn fast, common ones settle.
    AdaGrad,
    /// Steps follow a running average of the gradients.
    Adam,
    /// A fixed step length.
    Descent,
}

/// How a factorization machine is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MachineOptions {
    /// Passes over the examples. Too few leave rare features where they were drawn; too many learn the log by heart.
    pub epochs: usize,
    /// The optimiser.
    pub optimiser: Optimiser,
    /// Step length. Low ones need more epochs, high ones never settle.
    pub learning_rate: f32,
    /// What AdaGrad takes a row's squared gradients to have been before the first. Next to nothing makes the first steps
    /// as long as `learning_rate` whatever the slope, which drowns small vectors; 1 begins as gently as plain descent.
    pub start: f32,
    /// Pull of a row towards zero, each time it is moved: 0 lets rare features say what they like, high ones silence all.
    pub l2: f32,
    /// Deviation of the vectors drawn at the start: at 0 no two features ever learn to meet, high ones drown the data.
    pub deviation: f32,
    /// Shards a round. One is the plain order of examples; more use as many cores and average what they learn. The
    /// result depends on it, and never on the number of threads.
    pub shards: usize,
    /// Examples a shard and round. Few keep the shards together and cost time between rounds, many let them drift apart.
    pub round: usize,
}

impl Default for MachineOptions {
    fn default() -> Self {
        Self {
            epochs: 10,
            optimiser: Optimiser::AdaGrad,
            learning_rate: 0.05,
            start: 1e-8,
            l2: 1e-5,
            deviation: 0.05,
            shards: 2,
            round: 2_048,
        }
    }
}

/// A trained machine and how it went.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedMachine {
    /// The weights. All zero where learning went astray: a machine that says nothing, never one with numbers that are
    /// none.
    pub model: FactorizationMachine,
    /// The mean loss of an epoch's examples, each before it was learned from.
    pub losses: Vec<f64>,
}

/// Trains a machine of so many features.
///
/// # Errors
/// [`crate::TrainerError::Cancelled`] on request.
pub fn fit_machine(
    features: usize,
    groups: &dyn Groups,
    options: &MachineOptions,
    seed: u64,
    progress: &dyn Progress,
) -> Result<FittedMachine> {
    let learning_rate = options.learning_rate;
    // On a thread of the pool from beginning to end: handing over to it would cost more than what a round hands over.
    rayon::scope(|_| match options.optimiser {
        Optimiser::AdaGrad => run(
            AdaGrad {
                learning_rate,
                start: options.start,
            },
            features,
            groups,
            options,
            seed,
            progress,
        ),
        Optimiser::Adam => run(
            Adam { learning_rate },
            features,
            groups,
            options,
            seed,
            progress,
        ),
        Optimiser::Descent => run(
            Descent { learning_rate },
            features,
            groups,
            options,
            seed,
            progress,
        ),
    })
}

fn run<R: Rule>(
    rule: R,
    features: usize,
    groups: &dyn Groups,
    options: &MachineOptions,
    seed: u64,
    progress: &dyn Progress,
) -> Result<FittedMachine> {
    let mut random = Random::new(seed);
    let mut training = Training::new(rule, features, options, &mut random);
    let mut losses = Vec::with_capacity(options.epochs);
    for _ in 0..options.epochs {
        losses.push(training.epoch(groups, &mut random, progress)?);
        progress.advance(1);
    }
    Ok(FittedMachine {
        model: training.model(),
        losses,
    })
}

/// A training under way.
struct Training<'a, R: Rule> {
    rule: R,
    options: &'a MachineOptions,
    /// The rows as of the last round.
    base: Vec<Row<R::State>>,
    shards: Vec<Shard<R::State>>,
}

impl<'a, R: Rule> Training<'a, R> {
    fn new(rule: R, features: usize, options: &'a MachineOptions, random: &mut Random) -> Self {
        let rows = random_rows(features, options.deviation, random);
        let shards = options.shards.max(1);
        Self {
            rule,
            options,
            shards: (0..shards).map(|_| Shard::new(rows.len())).collect(),
            base: rows,
        }
    }

    /// One pass over the groups in random order; their mean loss on the way.
    fn epoch(
        &mut self,
        groups: &dyn Groups,
        random: &mut Random,
        progress: &dyn Progress,
    ) -> Result<f64> {
        let mut order: Vec<u32> = (0..groups.len() as u32).collect();
        random.shuffle(&mut order);
        let seed = random.next_u64();
        let (mut loss, mut examples) = (0.0, 0);
        let mut rest = &order[..];
        while !rest.is_empty() {
            check(progress)?;
            let (parts, size, left) = cut(rest, groups, self.options);
            rest = left;
            examples += size;
            loss += self.round(groups, &parts, seed);
        }
        Ok(loss / f64::from(examples.max(1) as u32))
    }

    fn round(&mut self, groups: &dyn Groups, parts: &[&[u32]], seed: u64) -> f64 {
        let (rule, l2, base) = (self.rule, self.options.l2, &self.base);
        let learn_part = |(shard, part): (&mut Shard<R::State>, &&[u32])| {
            shard.clear();
            let mut queue: [Group; AHEAD] = Default::default();
            let mut loss = 0.0;
            vectorised(
                #[inline(always)]
                || {
                    for numbers in part.chunks(AHEAD) {
                        for &number in numbers {
                            groups.fetch(number as usize);
                        }
                        for (group, &number) in queue.iter_mut().zip(numbers) {
                            group.clear();
                            let own = seed ^ u64::from(number).wrapping_mul(0xd6e8_feb8_6659_fd93);
                            groups.fill(number as usize, &mut Random::new(own), group);
                        }
                        let queue = &mut queue[..numbers.len()];
                        shard.take(base, queue);
                        for group in queue {
                            loss += learn(&mut shard.rows, group, &rule, l2);
                        }
                    }
                },
            );
            loss
        };
        let shards = self.shards.par_iter_mut().zip(parts);
        let losses: Vec<f64> = shards.map(learn_part).collect();
        // Rows are independent of each other: any number of threads gives the same bits.
        let shards = &self.shards;
        let blocks = self.base.par_chunks_mut(BLOCK).enumerate();
        blocks.for_each(|(number, base)| {
            vectorised(
                #[inline(always)]
                || join(&rule, base, number, shards),
            );
        });
        losses.iter().sum()
    }

    fn model(&self) -> FactorizationMachine {
        let (bias, rows) = match self.base.split_last() {
            Some((bias, rows)) => (bias.weight, rows),
            None => (0.0, &[][..]),
        };
        let finite = bias.is_finite()
            && rows.iter().all(|row| {
                row.weight.is_finite() && row.factors.iter().all(|factor| factor.is_finite())
            });
        let keep = |value: f32| if finite { value } else { 0.0 };
        let factors = rows.iter().flat_map(|row| row.factors).map(keep);
        FactorizationMachine {
            bias: keep(bias),
            weight: rows
                .iter()
                .map(|row| keep(row.weight))
                .collect::<Array1<f32>>(),
            factors: Array2::from_shape_vec((rows.len(), FACTORS), factors.collect())
                .unwrap_or_else(|_| Array2::zeros((rows.len(), FACTORS))),
        }
    }
}

/// Cuts the next round off `order`: a part a shard, all of about one size, and the number of examples they have.
fn cut<'o>(
    order: &'o [u32],
    groups: &dyn Groups,
    options: &MachineOptions,
) -> (Vec<&'o [u32]>, usize, &'o [u32]) {
    let (mut parts, mut size, mut rest) = (Vec::new(), 0, order);
    for _ in 0..options.shards.max(1) {
        let (mut taken, mut of_part) = (0, 0);
        while taken < rest.len() && of_part < options.round.max(1) {
            of_part += groups.size(rest[taken] as usize);
            taken += 1;
        }
        let (part, left) = rest.split_at(taken);
        parts.push(part);
        (size, rest) = (size + of_part, left);
    }
    (parts, size, rest)
}
