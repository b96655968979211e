//! NeuMF from numbers alone: a vector a user and an item, as the literature trains it. Pre-training (§3.4.1 of the
//! paper) learns GMF and the perceptron apart and joins them.

use ndarray::{Array2, Axis, concatenate, s};
use rayon::prelude::*;
use triqueta::math::Random;
use triqueta::model::IdOnlyNeuMf;

use super::super::pair_head::{Head, LearnedHead, Pass};
use super::super::real::Real;
use super::super::sparse_adam::{RowTable, Step};
use super::{NeuralCfOptions, NeuralCfShape, to_model};
use crate::Result;
use crate::interactions::Interactions;
use crate::progress::{Progress, check};

/// Choices a shard. Fixed: sums are taken in the order of shards, so that the weights do not depend on the number of
/// threads.
const SHARD: usize = 64;

/// Learns from all of `choices`.
///
/// # Errors
/// [`crate::TrainerError::Cancelled`] on request.
pub fn fit_id_only(
    choices: &Interactions,
    options: &NeuralCfOptions,
    seed: u64,
    progress: &dyn Progress,
) -> Result<IdOnlyNeuMf> {
    let mut random = Random::new(seed);
    let shape = &options.shape;
    let halves = shape.product > 0 && shape.perceptron > 0 && options.pretraining_epochs > 0;
    let run = if halves {
        let half = |product, perceptron, random: &mut Random| -> Result<Run> {
            let shape = NeuralCfShape {
                product,
                perceptron,
                layers: shape.layers.clone(),
            };
            let mut run = Run::new(choices, &shape, random);
            run.train(
                choices,
                options,
                options.pretraining_epochs,
                options.learning_rate,
                random,
                progress,
            )?;
            Ok(run)
        };
        let product = half(shape.product, 0, &mut random)?;
        let perceptron = half(0, shape.perceptron, &mut random)?;
        let mut run = join(product, perceptron);
        run.train(
            choices,
            options,
            options.epochs,
            options.joint_learning_rate,
            &mut random,
            progress,
        )?;
        run
    } else {
        let mut run = Run::new(choices, shape, &mut random);
        run.train(
            choices,
            options,
            options.epochs,
            options.learning_rate,
            &mut random,
            progress,
        )?;
        run
    };
    Ok(IdOnlyNeuMf::new(
        to_model(&run.head.head),
        run.users.values,
        &run.items.values,
    ))
}

struct Run {
    head: LearnedHead<f32>,
    users: RowTable<f32>,
    items: RowTable<f32>,
    step: i32,
}

/// One shard of a step: its numbers, and the pass over them.
struct Shard {
    users: Vec<u32>,
    items: Vec<u32>,
    pass: Pass<f32>,
}

/// Both halves as one model whose logit is the mean of theirs.
fn join(product: Run, perceptron: Run) -> Run {
    let beside = |a: &RowTable<f32>, b: &RowTable<f32>| {
        RowTable::new(
            concatenate![Axis(1), a.values, b.values]
                .as_standard_layout()
                .to_owned(),
        )
        .pulling(a.values.ncols())
    };
    let (of_product, mut head) = (product.head.head, perceptron.head.head);
    head.product_weight = of_product.product_weight.mapv(|weight| weight / 2.0);
    head.perceptron_weight.mapv_inplace(|weight| weight / 2.0);
    head.bias = (head.bias + of_product.bias) / 2.0;
    Run {
        head: LearnedHead::new(head),
        users: beside(&product.users, &perceptron.users),
        items: beside(&product.items, &perceptron.items),
        step: 0,
    }
}

impl Run {
    fn new(choices: &Interactions, shape: &NeuralCfShape, random: &mut Random) -> Self {
        let head = Head::random(
            shape.product,
            (shape.perceptron, shape.perceptron),
            &shape.layers,
            random,
        );
        let width = shape.product + shape.perceptron;
        let mut table = |rows: usize| {
            RowTable::new(Array2::from_shape_simple_fn((rows, width), || {
                (0.1 * random.normal()) as f32
            }))
            .pulling(shape.product)
        };
        Self {
            users: table(choices.users()),
            items: table(choices.items()),
            head: LearnedHead::new(head),
            step: 0,
        }
    }

    fn train(
        &mut self,
        choices: &Interactions,
        options: &NeuralCfOptions,
        epochs: usize,
        learning_rate: f64,
        random: &mut Random,
        progress: &dyn Progress,
    ) -> Result<()> {
        // Users who chose everything leave nothing to draw.
        let mut pairs: Vec<(u32, u32)> = choices
            .pairs()
            .filter(|&(user, _)| choices.of_user(user).len() < choices.items())
            .collect();
        let a_group = 1 + options.negatives;
        let mut shards: Vec<Shard> = Vec::new();
        for epoch in 0..epochs {
            random.shuffle(&mut pairs);
            let done = epoch as f64 / epochs as f64;
            let rate = learning_rate * (1.0 - 0.9 * done);
            for batch in pairs.chunks(options.batch.max(1)) {
                check(progress)?;
                draw(
                    &mut shards,
                    batch,
                    choices,
                    a_group,
                    &self.head.head,
                    random,
                );
                self.step(&mut shards, batch.len() * a_group, rate, options.l2);
            }
            progress.advance(1);
        }
        Ok(())
    }

    fn step(&mut self, shards: &mut [Shard], examples: usize, rate: f64, l2: f64) {
        let share = 1.0 / examples as f32;
        let (head, users, items) = (&self.head.head, &self.users.values, &self.items.values);
        shards.par_iter_mut().for_each(|shard| {
            gather(users, &shard.users, &mut shard.pass.users);
            gather(items, &shard.items, &mut shard.pass.items);
            head.pass(&mut shard.pass, share);
        });
        self.step += 1;
        let step = Step::new(rate, self.step);
        let l2 = l2 as f32 * share;
        let (users, items) = (&mut self.users, &mut self.items);
        let shards_of = &*shards;
        rayon::join(
            || {
                shards_of
                    .iter()
                    .for_each(|shard| users.add(&shard.users, &shard.pass.d_users));
                users.step(l2, step);
            },
            || {
                shards_of
                    .iter()
                    .for_each(|shard| items.add(&shard.items, &shard.pass.d_items));
                items.step(l2, step);
            },
        );
        self.head
            .step(shards.iter_mut().map(|shard| &mut shard.pass), step);
    }
}

fn gather<F: Real>(table: &Array2<F>, rows: &[u32], into: &mut Array2<F>) {
    for (&row, mut target) in rows.iter().zip(into.rows_mut()) {
        target.assign(&table.slice(s![row as usize, ..]));
    }
}

/// Fills the shards with the choices of a batch, each followed by items its user did not choose.
fn draw(
    shards: &mut Vec<Shard>,
    batch: &[(u32, u32)],
    choices: &Interactions,
    a_group: usize,
    head: &Head<f32>,
    random: &mut Random,
) {
    shards.truncate(batch.len().div_ceil(SHARD));
    for (number, pairs) in batch.chunks(SHARD).enumerate() {
        if shards
            .get(number)
            .is_none_or(|shard| shard.users.len() != pairs.len())
        {
            let mut pass = Pass::new(head, pairs.len(), a_group);
            pass.labels
                .iter_mut()
                .step_by(a_group)
                .for_each(|label| *label = 1.0);
            let shard = Shard {
                users: Vec::new(),
                items: Vec::new(),
                pass,
            };
            shards.truncate(number);
            shards.push(shard);
        }
        let shard = &mut shards[number];
        shard.users.clear();
        shard.items.clear();
        for &(user, item) in pairs {
            shard.users.push(user);
            shard.items.push(item);
            for _ in 1..a_group {
                let drawn = loop {
                    let drawn = random.below(choices.items()) as u32;
                    if !choices.contains(user, drawn) {
                        break drawn;
                    }
                };
                shard.items.push(drawn);
            }
        }
    }
}
