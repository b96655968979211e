#![allow(clippy::unwrap_used)]
use triqueta::math::Random;
use triqueta::model::{FACTORS, FactorizationMachine, Feature};

use super::super::choice_ground::{Ground, ground};
use super::*;
use crate::progress::Silent;

fn scores(ground: &Ground, machine: &PairMachine, choice: &Choice) -> Vec<f32> {
    let visitor = machine.visitor(&choice.viewpoint.user, ground.past(choice));
    let pairs = choice.candidates.iter().zip(&choice.pairs);
    pairs
        .map(|(row, pair)| {
            let activity = machine.activity(&ground.items[row.index()]);
            machine.score(&visitor, &activity, pair)
        })
        .collect()
}

fn random_machine(schema: &Schema) -> PairMachine {
    let mut random = Random::new(7);
    let features = FeatureSpace::of(schema).size();
    let machine = FactorizationMachine {
        bias: -0.5,
        weight: (0..features).map(|_| random.normal() as f32).collect(),
        factors: ndarray::Array2::from_shape_simple_fn((features, FACTORS), || {
            0.2 * random.normal() as f32
        }),
    };
    let mean = [0.25; PAIR_FEATURES.len()];
    PairMachine::new(schema, machine, mean, [1.5; PAIR_FEATURES.len()]).unwrap()
}

#[test]
fn what_is_served_is_the_formula_over_all_features_at_once() {
    let ground = ground(120);
    let machine = random_machine(&ground.schema);
    let space = machine.space();
    let mut compared = 0;
    for choice in &ground.choices {
        let visitor = space.visitor(&choice.viewpoint.user, ground.past(choice));
        for (place, served) in scores(&ground, &machine, choice).into_iter().enumerate() {
            let item = &ground.items[choice.candidates[place].index()];
            let pair = machine.standardise(&choice.pairs[place]);
            let all: Vec<Feature> = visitor
                .iter()
                .copied()
                .chain(space.activity(item))
                .chain(space.pair(&pair))
                .collect();
            let plain = machine.machine().score(&all);
            assert!(
                (served - plain).abs() < 2e-5 * plain.abs().max(20.0),
                "{served} {plain}"
            );
            compared += 1;
        }
    }
    assert!(compared > 200, "{compared}");
}

#[test]
fn words_newer_than_the_training_are_unknown_ones() {
    let ground = ground(60);
    let machine = random_machine(&ground.schema);
    let (mut newer, mut unknown) = (ground.items[0].clone(), ground.items[0].clone());
    (newer.organiser, unknown.organiser) = (60_000, 0);
    (newer.kind, unknown.kind) = (60_000, 0);
    (newer.season, unknown.season) = (200, 0);
    assert_eq!(machine.activity(&newer), machine.activity(&unknown));
    let user = &ground.choices[0].viewpoint.user;
    let visitor = |past: &ActivityRow| machine.visitor(user, std::iter::once((past, 1.0)));
    assert_eq!(visitor(&newer), visitor(&unknown));
    assert_ne!(visitor(&newer), visitor(&ground.items[0]));
}

#[test]
fn a_taste_is_learned_and_choices_that_came_later_are_ranked_by_it() {
    let ground = ground(400);
    let learned: Vec<&Choice> = ground.choices[..200].iter().collect();
    let options = ChoiceMachineOptions::default();
    let fit = || {
        let schema = &ground.schema;
        fit_choice_machine(schema, &ground.items, &learned, &options, 1, &Silent)
    };
    let machine = fit().unwrap().unwrap();
    assert_eq!(Some(&machine), fit().unwrap().as_ref());
    let later = &ground.choices[200..];
    let share = ground.share_above(later, |choice| scores(&ground, &machine, choice));
    assert!(
        share < 0.3,
        "{share} of the others are ranked above what was chosen"
    );
}

#[test]
fn without_choices_there_is_no_machine() {
    let ground = ground(20);
    let options = ChoiceMachineOptions::default();
    let fitted = fit_choice_machine(&ground.schema, &ground.items, &[], &options, 1, &Silent);
    assert!(fitted.unwrap().is_none());
}
