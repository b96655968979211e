//! The learning of the factorization machine: logistic loss, one example after the other, over several cores.
//!
//! An epoch is cut into rounds and a round into a fixed number of shards. Each shard learns its examples in order on its
//! own copy of the rows; then the rows it moved are averaged over the shards that moved them, in shard order. So the same
//! examples and seed give the same weights whatever the number of threads, and no two threads ever write to one row.

mod group;
mod row;
mod rule;
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
use step::{BLOCK, Shard, learn};

use crate::Result;
use crate::fit::simd::vectorised;
use crate::progress::{Progress, check};

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
    match options.optimiser {
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
    }
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
    /// The rows as of the last round; with one shard, that shard's are the only ones.
    base: Vec<Row<R::State>>,
    shards: Vec<Shard<R::State>>,
    round: u32,
}

impl<'a, R: Rule> Training<'a, R> {
    fn new(rule: R, features: usize, options: &'a MachineOptions, random: &mut Random) -> Self {
        let rows = random_rows(features, options.deviation, random);
        let shards = options.shards.max(1);
        Self {
            rule,
            options,
            base: if shards > 1 { rows.clone() } else { Vec::new() },
            shards: (0..shards).map(|_| Shard::new(rows.clone())).collect(),
            round: 0,
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
        self.round += 1;
        let (rule, l2, round) = (self.rule, self.options.l2, self.round);
        let learn_part = |(shard, part): (&mut Shard<R::State>, &&[u32])| {
            shard.moved.fill(false);
            let mut group = Group::default();
            let mut loss = 0.0;
            vectorised(
                #[inline(always)]
                || {
                    for &number in *part {
                        group.clear();
                        let own = seed ^ u64::from(number).wrapping_mul(0xd6e8_feb8_6659_fd93);
                        groups.fill(number as usize, &mut Random::new(own), &mut group);
                        loss += learn(shard, &group, &rule, l2, round);
                    }
                },
            );
            loss
        };
        let losses: Vec<f64> = self
            .shards
            .par_iter_mut()
            .zip(parts)
            .map(learn_part)
            .collect();
        if self.shards.len() > 1 {
            self.merge();
        }
        losses.iter().sum()
    }

    /// Joins what the shards moved, and gives it to all of them: rows are independent of each other, so any number of
    /// threads gives the same bits.
    fn merge(&mut self) {
        let (rule, round, base) = (&self.rule, self.round, &mut self.base);
        let blocks = base.len().div_ceil(BLOCK);
        let is_moved: Vec<bool> = (0..blocks)
            .map(|block| self.shards.iter().any(|shard| shard.moved[block]))
            .collect();
        let mut shards: Vec<_> = self
            .shards
            .iter_mut()
            .map(|shard| shard.rows.chunks_mut(BLOCK))
            .collect();
        let parts: Vec<Part<'_, R::State>> = base
            .chunks_mut(BLOCK)
            .map(|base| {
                let shards = shards.iter_mut().filter_map(Iterator::next);
                (base, shards.collect())
            })
            .collect();
        let moved = parts.into_par_iter().zip(is_moved).with_min_len(8);
        moved
            .filter(|(_, is_moved)| *is_moved)
            .for_each(|((base, mut shards), _)| {
                for (number, base) in base.iter_mut().enumerate() {
                    if let Some(merged) = join(rule, base, &shards, number, round) {
                        *base = merged;
                        for rows in &mut shards {
                            rows[number] = merged;
                        }
                    }
                }
            });
    }

    fn model(&self) -> FactorizationMachine {
        let rows = &self.shards[0].rows;
        let (bias, rows) = match rows.split_last() {
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

/// A block of rows as of the last round, and as each shard has them.
type Part<'a, State> = (&'a mut [Row<State>], Vec<&'a mut [Row<State>]>);

/// What the shards made of a row, as one; nothing where none has moved it in this round.
fn join<R: Rule>(
    rule: &R,
    base: &Row<R::State>,
    shards: &[&mut [Row<R::State>]],
    number: usize,
    round: u32,
) -> Option<Row<R::State>> {
    let moved = || {
        let rows = shards.iter().map(|rows| &rows[number]);
        rows.filter(|row| row.round == round)
    };
    let count = moved().count();
    let mut merged = *moved().next()?;
    if count == 1 {
        return Some(merged);
    }
    let share = 1.0 / count as f32;
    (merged.factors, merged.weight) = (base.factors, base.weight);
    for row in moved() {
        for at in 0..FACTORS {
            merged.factors[at] += share * (row.factors[at] - base.factors[at]);
        }
        merged.weight += share * (row.weight - base.weight);
    }
    merged.state = rule.merge(&base.state, moved().map(|row| &row.state), count);
    Some(merged)
}
