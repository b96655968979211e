//! What is promised of towers over ids: right gradients, right answers, the same bits on any number of threads, and
//! something sane from next to nothing.

#![allow(clippy::unwrap_used)]

use triqueta::math::Random;

use super::assembly::Assembly;
use super::id_towers::{IdTowerOptions, Run, fit_id_towers, item_rows, shape};
use super::towers::{Gradients, Learning, Parameters};
use crate::interactions::{Interactions, LeaveOneOut, SideFeatures};
use crate::leave_one_out::PairScorer;
use crate::progress::Silent;

/// Users and items of two kinds; everybody chooses all items of their own kind but one.
fn checkerboard(users: u32, items: u32) -> LeaveOneOut {
    let own = move |user: u32| (0..items).filter(move |item| item % 2 == user % 2);
    let left_out = move |user: u32| own(user).nth(user as usize / 2 % 3).unwrap_or(0);
    let pairs = (0..users)
        .flat_map(move |user| own(user).map(move |item| (user, item)))
        .filter(|&(user, item)| item != left_out(user));
    let kinds = |count: u32| -> Vec<Vec<String>> {
        let kind = |number: u32| vec![format!("kind={}", number % 2), "all".to_owned()];
        (0..count).map(kind).collect()
    };
    LeaveOneOut {
        train: Interactions::new(users as usize, items as usize, pairs),
        held_out: (0..users).map(|user| (user, left_out(user))).collect(),
        negatives: vec![Vec::new(); users as usize],
        user_features: SideFeatures::learn(&kinds(users)),
        item_features: SideFeatures::learn(&kinds(items)),
    }
}

fn options(negatives: usize) -> IdTowerOptions {
    IdTowerOptions {
        epochs: 30,
        batch: 16,
        id_width: 8,
        negatives,
        ..IdTowerOptions::default()
    }
}

fn all_scores(problem: &LeaveOneOut, options: &IdTowerOptions) -> Vec<f32> {
    let model = fit_id_towers(problem, options, 3, &Silent).unwrap();
    let items: Vec<u32> = (0..problem.train.items() as u32).collect();
    let mut scores = Vec::new();
    for user in 0..problem.train.users() as u32 {
        let mut row = vec![0.0; items.len()];
        model.scores(user, &items, &mut row);
        scores.extend(row);
    }
    scores
}

#[test]
fn every_gradient_agrees_with_finite_differences() {
    let problem = checkerboard(24, 14);
    let options = IdTowerOptions {
        dropout: 0.2,
        ..options(4)
    };
    let mut random = Random::new(9);
    let shape = shape(&problem, &options);
    let mut run = Run {
        problem: &problem,
        options: &options,
        items: item_rows(&problem),
        assembly: Assembly::new(problem.train.items()),
        learning: Learning::new(&shape, 0.01, 0.0, &mut random),
        random,
    };
    run.assemble(&(0..24).collect::<Vec<u32>>());
    let batch = run.assembly.batch().clone();
    let mut parameters: Parameters<f64> = run.learning.parameters.convert();
    let mut gradients = Gradients::zeros_like(&parameters);
    parameters.gradients(&batch, 0.2, &mut gradients);
    let step = 1e-6;
    for table in 0..parameters.tables.len() {
        let length = parameters.tables[table].values.len();
        let mut moved = false;
        for _ in 0..200 {
            let at = run.random.below(length);
            let original = parameters.tables[table].values[at];
            let mut loss = |value: f64| {
                parameters.tables[table].values[at] = value;
                parameters.loss(&batch, 0.2)
            };
            let numeric = (loss(original + step) - loss(original - step)) / (2.0 * step);
            loss(original);
            let exact = gradients.tables[table].values[at];
            let tolerance = 1e-3 * exact.abs().max(numeric.abs()) + 1e-8;
            assert!(
                (exact - numeric).abs() < tolerance,
                "table {table}[{at}]: {exact} against {numeric}"
            );
            moved |= exact != 0.0;
        }
        assert!(moved, "no weight of table {table} has a gradient");
    }
}

#[test]
fn what_was_left_out_is_found_with_few_negatives_and_with_all() {
    let problem = checkerboard(40, 20);
    for negatives in [0, 6, 100] {
        let scores = all_scores(&problem, &options(negatives));
        for &(user, item) in &problem.held_out {
            let row = &scores[user as usize * 20..][..20];
            let foreign = (0..20).filter(|other| other % 2 != user as usize % 2);
            let highest = foreign.map(|other| row[other]).fold(f32::MIN, f32::max);
            assert!(
                row[item as usize] > highest,
                "user {user}, {negatives} negatives"
            );
        }
    }
}

#[test]
fn one_thread_and_two_give_the_same_bits() {
    let problem = checkerboard(600, 40);
    let options = IdTowerOptions {
        epochs: 2,
        batch: 600,
        ..options(16)
    };
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let scores = pool
            .build()
            .unwrap()
            .install(|| all_scores(&problem, &options));
        scores.into_iter().map(f32::to_bits).collect::<Vec<_>>()
    };
    assert_eq!(with(1), with(2));
}

#[test]
fn next_to_nothing_gives_finite_scores() {
    for (users, items) in [(0, 0), (1, 0), (1, 1), (1, 2), (2, 1), (3, 4)] {
        let scores = all_scores(&checkerboard(users, items), &options(2));
        assert!(scores.iter().all(|score| score.is_finite()));
    }
    let model = fit_id_towers(&checkerboard(2, 2), &options(2), 1, &Silent).unwrap();
    let mut score = [f32::NAN];
    model.scores(99, &[99], &mut score);
    assert_eq!(score, [0.0], "nobody and nothing known score 0");
}
