//! Every gradient against finite differences, the mini-batch against the shipped pass, and what a user relies on.

#![allow(clippy::unwrap_used)]

use ndarray::Array2;
use triqueta::math::Random;
use triqueta::model::{Factors, IdOnlyNeuMf, Outputs};

use super::super::pair_head::{Head, Pass};
use super::{NeuralCfOptions, NeuralCfShape, fit_id_only, to_model};
use crate::interactions::Interactions;
use crate::progress::Silent;

const PRODUCT: usize = 24;
const PERCEPTRON: usize = 16;
const LAYERS: [usize; 3] = [24, 12, 8];
/// Choices, and items beside each.
const GROUPS: usize = 9;
const A_GROUP: usize = 4;

/// A head and a shard of random vectors.
fn ground(seed: u64) -> (Head<f64>, Pass<f64>) {
    let mut random = Random::new(seed);
    let head = Head::random(PRODUCT, (PERCEPTRON, PERCEPTRON), &LAYERS, &mut random);
    let mut pass = Pass::new(&head, GROUPS, A_GROUP);
    pass.users.mapv_inplace(|_| random.normal());
    pass.items.mapv_inplace(|_| random.normal());
    pass.labels
        .iter_mut()
        .step_by(A_GROUP)
        .for_each(|label| *label = 1.0);
    (head, pass)
}

/// The blocks of numbers a loss depends on: the weights' first, then both sides' vectors.
fn block<'a>(head: &'a mut Head<f64>, pass: &'a mut Pass<f64>, number: usize) -> &'a mut [f64] {
    let weights = head.blocks_mut().len();
    match number.checked_sub(weights) {
        None => head.blocks_mut().swap_remove(number),
        Some(0) => pass.users.as_slice_mut().unwrap(),
        Some(_) => pass.items.as_slice_mut().unwrap(),
    }
}

#[test]
fn every_gradient_agrees_with_finite_differences() {
    let (mut head, mut pass) = ground(3);
    let share = 1.0 / (GROUPS * A_GROUP) as f64;
    head.pass(&mut pass, share);
    let mut gradients: Vec<Vec<f64>> = pass
        .d_head
        .blocks_mut()
        .into_iter()
        .map(|block| block.to_vec())
        .collect();
    gradients.push(pass.d_users.iter().copied().collect());
    gradients.push(pass.d_items.iter().copied().collect());
    let mut random = Random::new(5);
    let step = 1e-6;
    for (number, gradients) in gradients.iter().enumerate() {
        let points: Vec<usize> = if gradients.len() <= 200 {
            (0..gradients.len()).collect()
        } else {
            (0..200).map(|_| random.below(gradients.len())).collect()
        };
        assert!(gradients.iter().any(|&gradient| gradient != 0.0));
        for point in points {
            let mut loss = |moved: f64| {
                block(&mut head, &mut pass, number)[point] += moved;
                head.pass(&mut pass, share);
                block(&mut head, &mut pass, number)[point] -= moved;
                pass.loss * share
            };
            let numeric = (loss(step) - loss(-step)) / (2.0 * step);
            let exact = gradients[point];
            assert!(
                (exact - numeric).abs() < 1e-3 * exact.abs().max(numeric.abs()) + 1e-8,
                "block {number}[{point}]: {exact} against {numeric}"
            );
        }
    }
}

#[test]
fn the_mini_batch_computes_what_the_recommender_ships() {
    let mut random = Random::new(8);
    let head = Head::<f32>::random(PRODUCT, (PERCEPTRON, PERCEPTRON), &LAYERS, &mut random);
    let mut pass = Pass::new(&head, GROUPS, A_GROUP);
    pass.users.mapv_inplace(|_| random.normal() as f32);
    pass.items.mapv_inplace(|_| random.normal() as f32);
    head.pass(&mut pass, 1.0);
    let model = to_model(&head);
    let factors = |row: usize, of: &Array2<f32>| {
        let row = of.row(row).to_vec();
        (row[..PRODUCT].to_vec(), row[PRODUCT..].to_vec())
    };
    for (number, &logit) in pass.logits().iter().enumerate() {
        let (user, item) = (
            factors(number / A_GROUP, &pass.users),
            factors(number, &pass.items),
        );
        let side = |of: &'_ (Vec<f32>, Vec<f32>)| (of.0.clone(), of.1.clone());
        let (user, item) = (side(&user), side(&item));
        let user = model.user_side(Factors {
            product: &user.0,
            perceptron: &user.1,
        });
        let item = model.item_side(Factors {
            product: &item.0,
            perceptron: &item.1,
        });
        let shipped = model.logit(&user, &item, &mut Outputs::default());
        assert!(
            (shipped - logit).abs() <= 1e-5 * logit.abs().max(1.0),
            "{logit} against {shipped}"
        );
    }
}

fn small() -> NeuralCfOptions {
    NeuralCfOptions {
        shape: NeuralCfShape {
            product: 8,
            perceptron: 8,
            layers: vec![16, 8],
        },
        pretraining_epochs: 4,
        epochs: 4,
        batch: 32,
        learning_rate: 1e-2,
        ..NeuralCfOptions::default()
    }
}

/// Even users choose even items, odd ones odd; each leaves out the two that stand at its own number.
fn checkerboard() -> Interactions {
    let chosen = (0..60_u32).flat_map(|user| {
        let items = (0..40_u32).filter(move |item| item % 2 == user % 2);
        items
            .filter(move |&item| item / 2 != user % 20 && item / 2 != (user + 7) % 20)
            .map(move |item| (user, item))
    });
    Interactions::new(60, 40, chosen)
}

fn scores(model: &IdOnlyNeuMf, user: u32, items: u32) -> Vec<f32> {
    let items: Vec<u32> = (0..items).collect();
    let mut out = vec![f32::NAN; items.len()];
    model.scores(user, &items, &mut out);
    out
}

#[test]
fn every_form_finds_the_choices_that_were_left_out() {
    let choices = checkerboard();
    for (product, perceptron) in [(8, 0), (0, 8), (8, 8)] {
        let mut options = small();
        options.shape.product = product;
        options.shape.perceptron = perceptron;
        options.epochs = 12;
        let model = fit_id_only(&choices, &options, 1, &Silent).unwrap();
        for user in 0..60 {
            let scores = scores(&model, user, 40);
            let left_out = scores[(user % 20 * 2 + user % 2) as usize];
            let strange = scores[(user % 20 * 2 + 1 - user % 2) as usize];
            assert!(left_out > strange, "{product} {perceptron}, user {user}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_weights_on_one_thread_and_on_two() {
    let choices = checkerboard();
    let options = NeuralCfOptions {
        batch: 200,
        ..small()
    };
    let fit = |threads, seed| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| fit_id_only(&choices, &options, seed, &Silent).unwrap())
    };
    assert_eq!(fit(1, 4), fit(2, 4));
    assert_ne!(fit(1, 4), fit(1, 5));
}

#[test]
fn nothing_to_learn_from_or_nothing_to_tell_apart_gives_finite_scores() {
    let everything = (0..3).flat_map(|user| (0..5).map(move |item| (user, item)));
    for choices in [
        Interactions::default(),
        Interactions::new(1, 1, [(0, 0)]),
        Interactions::new(3, 5, everything),
        Interactions::new(2, 5, [(0, 1)]),
    ] {
        let model = fit_id_only(&choices, &small(), 2, &Silent).unwrap();
        let all = scores(&model, 0, 9);
        assert!(all.iter().all(|score| score.is_finite()));
        assert_eq!(all[8], 0.0, "an item it was not trained on says nothing");
    }
}
