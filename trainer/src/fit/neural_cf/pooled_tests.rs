//! The gradients of the rows against finite differences, the mini-batch against the shipped model, and what a user relies
//! on.

#![allow(clippy::unwrap_used)]

use triqueta::math::Random;
use triqueta::model::{Feature, Outputs, PooledNeuMf};

use super::super::choice_ground::{Ground, ground};
use super::super::factorization_machine::Group;
use super::pooled::{Network, Shard};
use super::*;
use crate::choices::Choice;
use crate::progress::Silent;

const FEATURES: usize = 40;
const A_GROUP: usize = 4;

/// A shard of made-up groups, the last beside fewer activities than the others.
fn shard(network: &Network<f64>) -> Shard<f64> {
    let mut random = Random::new(9);
    let mut shard = network.shard(12, A_GROUP);
    for (number, group) in shard.groups.iter_mut().enumerate() {
        *group = Group::default();
        let features = |random: &mut Random| -> Vec<Feature> {
            let from = random.below(10) as u32;
            let some = (0..6).map(|place| (from + 5 * place, random.normal() as f32));
            some.collect()
        };
        *group.shared() = features(&mut random);
        let activities = if number == 11 { 2 } else { A_GROUP };
        for place in 0..activities {
            let label = f32::from(u8::from(place == 0));
            group.example(features(&mut random), label);
        }
    }
    shard
}

#[test]
fn the_gradients_of_the_rows_agree_with_finite_differences() {
    let mut network = Network::<f64>::random(FEATURES, &mut Random::new(3));
    let mut shard = shard(&network);
    let share = 1.0 / (12 * A_GROUP) as f64;
    network.pass(&mut shard, share);
    network.collect(std::slice::from_ref(&shard));
    let gradients = network.table.gradients().clone();
    let mut random = Random::new(5);
    let step = 1e-6;
    for _ in 0..400 {
        let point = [
            random.below(FEATURES),
            random.below(network.table.values.ncols()),
        ];
        let mut loss = |moved: f64| {
            network.table.values[point] += moved;
            network.pass(&mut shard, share);
            network.table.values[point] -= moved;
            shard.pass.loss * share
        };
        let numeric = (loss(step) - loss(-step)) / (2.0 * step);
        let exact = gradients[point];
        assert!(
            (exact - numeric).abs() < 1e-3 * exact.abs().max(numeric.abs()) + 1e-8,
            "{point:?}: {exact} against {numeric}"
        );
    }
}

fn logits(ground: &Ground, model: &PooledNeuMf, choice: &Choice) -> Vec<f32> {
    let visitor = model.visitor(&choice.viewpoint.user, ground.past(choice));
    let mut outputs = Outputs::default();
    let mut logit = |item| model.logit(&visitor, &model.activity(item), &mut outputs);
    let rows = choice.candidates.iter();
    rows.map(|row| logit(&ground.items[row.index()])).collect()
}

fn fit(ground: &Ground, learned: &[&Choice], seed: u64) -> Option<FittedNeuMf> {
    let options = PooledOptions {
        learning_rate: 3e-3,
        batch: 32,
        ..PooledOptions::default()
    };
    fit_pooled_for(
        &ground.schema,
        &ground.items,
        learned,
        &options,
        10,
        seed,
        &Silent,
    )
    .unwrap()
}

#[test]
fn the_mini_batch_computes_what_the_recommender_ships() {
    let ground = ground(60);
    let space = triqueta::model::FeatureSpace::of(&ground.schema);
    let network = Network::<f32>::random(space.first_pair(), &mut Random::new(4));
    let choice = ground.choices.last().unwrap();
    let mut shard = network.shard(1, choice.candidates.len());
    *shard.groups[0].shared() = space.visitor(&choice.viewpoint.user, ground.past(choice));
    for row in &choice.candidates {
        let features = space.activity(&ground.items[row.index()]);
        shard.groups[0].example(features, 0.0);
    }
    network.pass(&mut shard, 1.0);
    let table = network.table.values.clone();
    let model = PooledNeuMf::new(&ground.schema, to_model(&network.head.head), table).unwrap();
    for (own, shipped) in shard
        .pass
        .logits()
        .iter()
        .zip(logits(&ground, &model, choice))
    {
        assert!(
            (own - shipped).abs() <= 1e-5 * own.abs().max(1.0),
            "{own} against {shipped}"
        );
    }
}

#[test]
fn a_taste_is_learned_and_choices_that_came_later_are_ranked_by_it() {
    let ground = ground(400);
    let learned: Vec<&Choice> = ground.choices[..200].iter().collect();
    let model = fit(&ground, &learned, 1).unwrap().model;
    let later = &ground.choices[200..];
    let share = ground.share_above(later, |choice| logits(&ground, &model, choice));
    assert!(
        share < 0.3,
        "{share} of the others are ranked above what was chosen"
    );
}

#[test]
fn the_same_seed_gives_the_same_weights_on_one_thread_and_on_two() {
    let ground = ground(100);
    let learned: Vec<&Choice> = ground.choices.iter().collect();
    let on = |threads, seed| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build()
            .unwrap()
            .install(|| fit(&ground, &learned, seed))
    };
    assert_eq!(on(1, 4), on(2, 4));
    assert_ne!(on(1, 4), on(1, 5));
}

#[test]
fn without_choices_there_is_no_model_and_few_stop_early_or_not_at_all() {
    let ground = ground(60);
    assert_eq!(fit(&ground, &[], 1), None);
    let learned: Vec<&Choice> = ground.choices.iter().collect();
    let options = PooledOptions::default();
    let (schema, items) = (&ground.schema, &ground.items);
    let fitted = fit_pooled(schema, items, &learned, &options, 1, &Silent)
        .unwrap()
        .unwrap();
    assert!(fitted.epochs <= fitted.losses.len() && fitted.losses.len() <= options.epochs);
    let least = fitted.losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(fitted.losses[fitted.epochs - 1], least);
}
