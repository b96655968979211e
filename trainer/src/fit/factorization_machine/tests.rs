//! Gradients against finite differences of the shipped forward pass, and what learning promises.

#![allow(clippy::unwrap_used)]

use triqueta::math::Random;
use triqueta::model::{FACTORS, FactorizationMachine, Feature};

use super::row::{Factors, Row, random_rows};
use super::rule::Rule;
use super::shard::Shard;
use super::slopes::Slopes;
use super::step::learn;
use super::{Group, Groups, MachineOptions, Optimiser, fit_machine};
use crate::progress::Silent;

/// Moves nothing and remembers the gradients.
#[derive(Clone, Copy)]
struct Record;

#[derive(Clone, Copy, Default)]
struct Recorded {
    factors: Factors,
    weight: f32,
}

impl Rule for Record {
    type State = Recorded;

    fn apply(self, rows: &mut [Row<Recorded>], features: &[Feature], slopes: Slopes<'_>) {
        for &(feature, x) in features {
            let row = &mut rows[feature as usize];
            let of_factors = slopes.of_factors(&row.factors, x);
            for (sum, slope) in row.state.factors.iter_mut().zip(of_factors) {
                *sum += slope;
            }
            row.state.weight += slopes.of_weight(row.weight, x);
        }
    }

    fn apply_bias(self, row: &mut Row<Recorded>, slope: f32) {
        row.state.weight += slope;
    }

    fn merge<'a>(
        &self,
        base: &Recorded,
        _: impl Iterator<Item = &'a Recorded>,
        _: usize,
    ) -> Recorded {
        *base
    }
}

const FEATURES: usize = 30;

fn machine_of(rows: &[Row<Recorded>]) -> FactorizationMachine {
    let features = rows.len() - 1;
    FactorizationMachine {
        bias: rows[features].weight,
        weight: rows[..features].iter().map(|row| row.weight).collect(),
        factors: ndarray::Array2::from_shape_fn((features, FACTORS), |(row, at)| {
            rows[row].factors[at]
        }),
    }
}

/// Six examples with ten shared features, some features in several examples.
fn group(random: &mut Random) -> Group {
    let mut group = Group::default();
    let shared = (0..10).map(|feature| (feature, random.normal() as f32));
    group.shared().extend(shared);
    for example in 0..6 {
        let features: Vec<Feature> = (0..8)
            .map(|n| (10 + (3 * example + 2 * n) % 20, random.normal() as f32))
            .collect();
        group.example(features, f32::from(u8::from(example % 3 == 0)));
    }
    group
}

/// The loss of a group, and the rows with the gradients of all features in it.
fn gradients(rows: &[Row<Recorded>], group: &Group, l2: f32) -> (f64, Vec<Row<Recorded>>) {
    let mut groups = [group.clone()];
    let mut shard = Shard::new(rows.len());
    shard.take(rows, &mut groups);
    let loss = learn(&mut shard.rows, &groups[0], &Record, l2);
    let moved = |feature: usize| shard.row(feature).copied().unwrap_or(rows[feature]);
    (loss, (0..rows.len()).map(moved).collect())
}

fn loss(machine: &FactorizationMachine, group: &Group) -> f64 {
    let examples = group.examples().map(|(own, label)| {
        let features: Vec<Feature> = group.shared.iter().chain(own).copied().collect();
        let score = f64::from(machine.score(&features));
        (1.0 + score.exp()).ln() - score * f64::from(label)
    });
    examples.sum()
}

#[test]
fn every_gradient_agrees_with_finite_differences_of_the_shipped_forward() {
    // A machine has few weights: several machines give them two hundred points.
    (3..10).for_each(gradients_agree);
}

fn gradients_agree(seed: u64) {
    let mut random = Random::new(seed);
    let mut rows = random_rows::<Recorded>(FEATURES, 0.1, &mut random);
    for row in &mut rows {
        row.weight = 0.3 * random.normal() as f32;
    }
    let group = group(&mut random);
    let mut machine = machine_of(&rows);
    let (told, rows) = gradients(&rows, &group, 0.0);
    let expected = loss(&machine, &group);
    assert!(
        (told - expected).abs() < 1e-5 * expected,
        "{told} {expected}"
    );

    // Long steps drown the rounding of single precision; two of them (Richardson) take the curvature of the loss out.
    let step = 0.03_f32;
    let mut difference = |change: &dyn Fn(&mut FactorizationMachine, f32)| {
        let mut at = |by: f32| {
            let original = machine.clone();
            change(&mut machine, by);
            let loss = loss(&machine, &group);
            machine = original;
            loss
        };
        let near = (at(step) - at(-step)) / (2.0 * f64::from(step));
        let far = (at(2.0 * step) - at(-2.0 * step)) / (4.0 * f64::from(step));
        (4.0 * near - far) / 3.0
    };
    let scale = rows.iter().flat_map(|row| row.state.factors);
    let scale = f64::from(scale.fold(0.0, |most: f32, slope| most.max(slope.abs())));
    let mut blocks = [(0, 0.0_f64), (0, 0.0_f64)];
    for feature in 0..FEATURES {
        for at in 0..FACTORS {
            let exact = f64::from(rows[feature].state.factors[at]);
            let numeric = difference(&|machine, by| machine.factors[[feature, at]] += by);
            let error = (exact - numeric).abs();
            // Slopes that are nearly nothing are compared with what rounding leaves.
            assert!(
                error < 1e-3 * exact.abs().max(0.1 * scale),
                "factor [{feature}, {at}]: {exact} against {numeric}"
            );
            let block = &mut blocks[usize::from(feature >= 10)];
            *block = (block.0 + 1, block.1.max(exact.abs()));
        }
        let exact = f64::from(rows[feature].state.weight);
        let numeric = difference(&|machine, by| machine.weight[feature] += by);
        assert!(
            (exact - numeric).abs() < 1e-3 * exact.abs().max(1e-2),
            "weight [{feature}]: {exact} against {numeric}"
        );
    }
    assert!(
        blocks
            .iter()
            .all(|&(points, most)| points >= 200 && most > 0.0)
    );
    let exact = f64::from(rows[FEATURES].state.weight);
    let numeric = difference(&|machine, by| machine.bias += by);
    assert!(
        (exact - numeric).abs() < 1e-3 * exact.abs(),
        "bias: {exact} against {numeric}"
    );
}

#[test]
fn the_pull_towards_zero_is_a_gradient_of_its_own() {
    let mut random = Random::new(4);
    let rows = random_rows::<Recorded>(FEATURES, 0.2, &mut random);
    let group = group(&mut random);
    let (free, pulled) = (
        gradients(&rows, &group, 0.0).1,
        gradients(&rows, &group, 0.5).1,
    );
    for (row, (free, pulled)) in rows.iter().zip(free.iter().zip(&pulled)).take(10) {
        for at in 0..FACTORS {
            let pull = pulled.state.factors[at] - free.state.factors[at];
            assert!((pull - 0.5 * row.factors[at]).abs() < 1e-5);
        }
    }
}

/// Visitors 0..12 want an activity of 12..24 where both numbers are even or both odd; what is learned of a pair follows
/// from features they share with others: 24..26 say which.
struct Checkerboard {
    pairs: Vec<(u32, u32)>,
}

impl Checkerboard {
    fn new(keep: impl Fn(u32, u32) -> bool) -> Self {
        let all = (0..12).flat_map(|user| (12..24).map(move |item| (user, item)));
        Self {
            pairs: all.filter(|&(user, item)| keep(user, item)).collect(),
        }
    }

    fn features(user: u32, item: u32) -> [Feature; 4] {
        [
            (user, 1.0),
            (24 + user % 2, 1.0),
            (item, 1.0),
            (26 + item % 2, 1.0),
        ]
    }
}

impl Groups for Checkerboard {
    fn len(&self) -> usize {
        self.pairs.len()
    }

    fn size(&self, _group: usize) -> usize {
        1
    }

    fn fill(&self, group: usize, _random: &mut Random, into: &mut Group) {
        let (user, item) = self.pairs[group];
        let features = Self::features(user, item);
        into.shared().extend_from_slice(&features[..2]);
        into.example(
            features[2..].iter().copied(),
            f32::from(u8::from((user + item) % 2 == 0)),
        );
    }
}

fn options(optimiser: Optimiser, shards: usize) -> MachineOptions {
    let learning_rate = match optimiser {
        Optimiser::AdaGrad => 0.1,
        Optimiser::Adam => 0.02,
        Optimiser::Descent => 0.1,
    };
    MachineOptions {
        epochs: 60,
        optimiser,
        learning_rate,
        shards,
        round: 16,
        deviation: 0.1,
        ..MachineOptions::default()
    }
}

#[test]
fn combinations_never_seen_are_judged_by_those_that_were() {
    let hidden = |user: u32, item: u32| (user * 5 + item * 7).is_multiple_of(4);
    let learned = Checkerboard::new(|user, item| !hidden(user, item));
    for optimiser in [Optimiser::AdaGrad, Optimiser::Adam, Optimiser::Descent] {
        for shards in [1, 2, 3] {
            let options = options(optimiser, shards);
            let fitted = fit_machine(28, &learned, &options, 1, &Silent).unwrap();
            assert!(
                fitted.losses[59] < 0.2,
                "{optimiser:?} {shards}: {:?}",
                fitted.losses
            );
            for (user, item) in Checkerboard::new(hidden).pairs {
                let score = fitted.model.score(&Checkerboard::features(user, item));
                assert_eq!(
                    score > 0.0,
                    (user + item) % 2 == 0,
                    "{optimiser:?} {shards}: {user} {item} {score}"
                );
            }
        }
    }
}

#[test]
fn threads_change_nothing() {
    let learned = Checkerboard::new(|_, _| true);
    let fit = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let options = options(Optimiser::AdaGrad, 3);
        pool.install(|| fit_machine(28, &learned, &options, 7, &Silent).unwrap())
    };
    let one = fit(1);
    assert_eq!(one, fit(2));
    assert_eq!(one, fit(1));
}

#[test]
fn nothing_to_learn_from_gives_a_machine_all_the_same() {
    let nothing = Checkerboard::new(|_, _| false);
    let fitted = fit_machine(28, &nothing, &MachineOptions::default(), 1, &Silent).unwrap();
    assert!(nothing.is_empty() && fitted.model.score(&[(0, 1.0), (12, 1.0)]).is_finite());
}

#[test]
fn learning_that_goes_astray_says_nothing() {
    let learned = Checkerboard::new(|_, _| true);
    let astray = MachineOptions {
        learning_rate: 1e30,
        ..options(Optimiser::Descent, 1)
    };
    let fitted = fit_machine(28, &learned, &astray, 1, &Silent).unwrap();
    assert_eq!(fitted.model.score(&Checkerboard::features(0, 12)), 0.0);
}
