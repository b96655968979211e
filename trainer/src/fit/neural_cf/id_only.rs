//! NeuMF from numbers alone: a vector a user and an item, as the literature trains it. Pre-training (§3.4.1 of the
//! paper) learns GMF and the perceptron apart and joins them.

use ndarray::{Array2, ArrayView2, Axis, concatenate};
use rayon::prelude::*;
use triqueta::math::Random;
use triqueta::model::IdOnlyNeuMf;

use super::super::pair_head::{Head, LearnedHead, Pass};
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
    // On a thread of the pool from beginning to end: handing over to it at every step would cost more.
    rayon::scope(|_| fit(choices, options, seed, progress))
}

fn fit(
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
        run.users.beside(),
        &run.items.beside(),
    ))
}

struct Run {
    head: LearnedHead<f32>,
    users: Vectors,
    items: Vectors,
    step: i32,
}

/// The vectors of one side. A table a half: one is pulled towards zero and the other is not.
struct Vectors {
    product: RowTable<f32>,
    perceptron: RowTable<f32>,
}

impl Vectors {
    fn random(rows: usize, shape: &NeuralCfShape, random: &mut Random) -> Self {
        let width = shape.product + shape.perceptron;
        let both = Array2::from_shape_simple_fn((rows, width), || (0.1 * random.normal()) as f32);
        let (product, perceptron) = both.view().split_at(Axis(1), shape.product);
        let table = |half: ArrayView2<'_, f32>| RowTable::new(half.as_standard_layout().to_owned());
        Self {
            product: table(product),
            perceptron: table(perceptron),
        }
    }

    /// Both halves of each row beside each other, as the head reads them.
    fn gather(&self, rows: &[u32], into: &mut Array2<f32>) {
        let (products, perceptrons) = (&self.product.values, &self.perceptron.values);
        let middle = products.ncols();
        for (&row, mut target) in rows.iter().zip(into.rows_mut()) {
            let (mut product, mut perceptron) = target.view_mut().split_at(Axis(0), middle);
            product.assign(&products.row(row as usize));
            perceptron.assign(&perceptrons.row(row as usize));
        }
    }

    fn beside(&self) -> Array2<f32> {
        concatenate![Axis(1), self.product.values, self.perceptron.values]
    }
}

/// One shard of a step: its numbers, and the pass over them.
struct Shard {
    users: Vec<u32>,
    items: Vec<u32>,
    pass: Pass<f32>,
}

/// Both halves as one model whose logit is the mean of theirs.
fn join(product: Run, perceptron: Run) -> Run {
    let beside = |product: Vectors, perceptron: Vectors| Vectors {
        product: RowTable::new(product.product.values),
        perceptron: RowTable::new(perceptron.perceptron.values),
    };
    let (of_product, mut head) = (product.head.head, perceptron.head.head);
    head.product_weight = of_product.product_weight.mapv(|weight| weight / 2.0);
    head.perceptron_weight.mapv_inplace(|weight| weight / 2.0);
    head.bias = (head.bias + of_product.bias) / 2.0;
    Run {
        head: LearnedHead::new(head),
        users: beside(product.users, perceptron.users),
        items: beside(product.items, perceptron.items),
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
        Self {
            users: Vectors::random(choices.users(), shape, random),
            items: Vectors::random(choices.items(), shape, random),
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
        // What is learned from, and what is drawn meanwhile.
        let (mut current, mut next): (Vec<Shard>, Vec<Shard>) = Default::default();
        for epoch in 0..epochs {
            random.shuffle(&mut pairs);
            let done = epoch as f64 / epochs as f64;
            let rate = learning_rate * (1.0 - 0.9 * done);
            let mut batches = pairs.chunks(options.batch.max(1));
            let mut ahead = batches.next();
            if let Some(first) = ahead {
                draw(&mut next, first, choices, a_group, &self.head.head, random);
            }
            while ahead.is_some() {
                check(progress)?;
                std::mem::swap(&mut current, &mut next);
                ahead = batches.next();
                self.step(&mut current, rate, options.l2, |head| {
                    if let Some(batch) = ahead {
                        draw(&mut next, batch, choices, a_group, head, random);
                    }
                });
            }
            progress.advance(1);
        }
        Ok(())
    }

    /// Learns from the shards. `meanwhile` may read the head's shape; it is done beside the items' part, which is more than the
    /// users'.
    fn step(
        &mut self,
        shards: &mut [Shard],
        rate: f64,
        l2: f64,
        meanwhile: impl FnOnce(&Head<f32>) + Send,
    ) {
        let examples: usize = shards.iter().map(|shard| shard.items.len()).sum();
        let share = 1.0 / examples as f32;
        let Self {
            head, users, items, ..
        } = self;
        shards.par_iter_mut().for_each(|shard| {
            users.gather(&shard.users, &mut shard.pass.users);
            items.gather(&shard.items, &mut shard.pass.items);
            head.head.pass(&mut shard.pass, share);
        });
        self.step += 1;
        let step = Step::new(rate, self.step);
        let l2 = l2 as f32 * share;
        let product = head.head.product();
        let of_users = |table: &mut RowTable<f32>, from, l2| {
            for shard in &*shards {
                table.add(&shard.users, &shard.pass.d_users, from);
            }
            table.step(l2, step);
        };
        let of_items = |table: &mut RowTable<f32>, from, l2| {
            for shard in &*shards {
                table.add(&shard.items, &shard.pass.d_items, from);
            }
            table.step(l2, step);
        };
        rayon::join(
            || {
                of_users(&mut users.product, 0, l2);
                of_users(&mut users.perceptron, product, 0.0);
                meanwhile(&head.head);
            },
            || {
                rayon::join(
                    || of_items(&mut items.product, 0, l2),
                    || of_items(&mut items.perceptron, product, 0.0),
                )
            },
        );
        let passes = shards.iter_mut().map(|shard| &mut shard.pass);
        head.step(passes, step);
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
