//! Every gradient against finite differences, the mini-batch against the shipped pass, and what a user relies on.

#![allow(clippy::unwrap_used)]

use triqueta::feature::{ActivityRow, ContextRow, PAIR_FEATURES, PairRow, UserRow};
use triqueta::math::Random;
use triqueta::model::{ACTIVITY_FIELDS, Outputs, VISITOR_FIELDS, WideDeep, WideDeepInput};

use super::network::{Network, Widths};
use super::{WideDeepExamples, WideDeepGroup, WideDeepOptions, fit_wide_deep, fit_wide_deep_for};
use crate::progress::Silent;

const ACTIVITIES: usize = 40;
const CANDIDATES: usize = 5;

/// A made-up city: visitors name one of four tags, and choose the candidate that carries it.
struct Ground {
    visitors: Vec<UserRow>,
    /// Numbers of the activities each liked before.
    liked: Vec<Vec<usize>>,
    activities: Vec<ActivityRow>,
    candidates: Vec<Vec<u32>>,
    pairs: Vec<Vec<PairRow>>,
}

fn visitor(tags: Vec<u16>, random: &mut Random) -> UserRow {
    UserRow {
        tags,
        locality: random.below(5) as u16,
        level: random.below(3) as u16,
        availability: random.below(8) as u16,
        numbers: std::array::from_fn(|_| random.uniform() as f32),
        context: ContextRow {
            season: random.below(3) as u8,
            weekday: random.below(7) as u8,
            numbers: std::array::from_fn(|_| random.uniform() as f32),
        },
        history: Vec::new(),
    }
}

fn activity(number: usize, random: &mut Random) -> ActivityRow {
    ActivityRow {
        kind: random.below(4) as u16,
        tags: vec![1 + (number % 4) as u16, 5 + random.below(6) as u16],
        locality: random.below(5) as u16,
        level: random.below(3) as u16,
        organiser: random.below(9) as u16,
        series: random.below(4) as u16,
        season: random.below(3) as u8,
        weekday: random.below(7) as u8,
        slot: random.below(6) as u8,
        numbers: std::array::from_fn(|_| random.uniform() as f32),
        ..ActivityRow::default()
    }
}

fn ground(visitors: usize, seed: u64) -> Ground {
    let mut random = Random::new(seed);
    let activities: Vec<ActivityRow> = (0..ACTIVITIES)
        .map(|number| activity(number, &mut random))
        .collect();
    let mut ground = Ground {
        visitors: Vec::new(),
        liked: Vec::new(),
        activities,
        candidates: Vec::new(),
        pairs: Vec::new(),
    };
    for number in 0..visitors {
        let tag = number % 4;
        let tags = vec![1 + tag as u16, 5 + random.below(6) as u16];
        ground.visitors.push(visitor(tags, &mut random));
        let liked = (0..number % 4).map(|_| random.below(ACTIVITIES));
        ground.liked.push(liked.collect());
        let of_tag = |random: &mut Random, tag: usize| (random.below(10) * 4 + tag) as u32;
        let mut candidates = vec![of_tag(&mut random, tag)];
        while candidates.len() < CANDIDATES {
            let other = (tag + 1 + random.below(3)) % 4;
            candidates.push(of_tag(&mut random, other));
        }
        ground.candidates.push(candidates);
        let pair = |random: &mut Random| std::array::from_fn(|_| random.normal() as f32);
        ground
            .pairs
            .push((0..CANDIDATES).map(|_| pair(&mut random)).collect());
    }
    ground
}

impl Ground {
    fn examples(&self) -> WideDeepExamples {
        let activities: Vec<WideDeepInput> = self
            .activities
            .iter()
            .map(WideDeepInput::of_activity)
            .collect();
        let groups = self
            .visitors
            .iter()
            .enumerate()
            .map(|(number, row)| WideDeepGroup {
                visitor: WideDeepInput::of_visitor(row, self.liked(number)),
                activities: &self.candidates[number],
                pairs: &self.pairs[number],
            });
        WideDeepExamples::new(&activities, groups)
    }

    fn liked(&self, number: usize) -> impl Iterator<Item = &ActivityRow> {
        self.liked[number]
            .iter()
            .map(|&liked| &self.activities[liked])
    }

    /// The shipped logits of a visitor's candidates.
    fn logits(&self, model: &WideDeep, number: usize) -> Vec<f32> {
        let visitor = model.visitor_part(&self.visitors[number], self.liked(number));
        let pairs = self.candidates[number].iter().zip(&self.pairs[number]);
        let mut outputs = Outputs::default();
        pairs
            .map(|(&candidate, pair)| {
                let activity = model.activity_part(&self.activities[candidate as usize]);
                model.logit(&visitor, &activity, pair, &mut outputs)
            })
            .collect()
    }
}

fn network<F: super::super::real::Real>(examples: &WideDeepExamples, seed: u64) -> Network<F> {
    let widths = |fields: &[(&str, usize)]| fields.iter().map(|field| field.1).collect::<Vec<_>>();
    let (visitor, activity) = (widths(&VISITOR_FIELDS), widths(&ACTIVITY_FIELDS));
    let widths = Widths {
        visitor: &visitor,
        activity: &activity,
    };
    let mut random = Random::new(seed);
    let mut network = Network::random(examples, widths, &mut random);
    // Crosses start at 0; their part of the sum is to be seen.
    network
        .wide
        .values
        .mapv_inplace(|_| F::of_f64(0.3 * random.normal()));
    network
}

fn groups(examples: &WideDeepExamples) -> Vec<(u32, Vec<usize>)> {
    let groups = examples.groups.iter();
    groups
        .map(|group| (group.visitor, group.pairs.clone().collect()))
        .collect()
}

fn block(network: &mut Network<f64>, number: usize) -> &mut [f64] {
    let visitor = network.visitor_tables.len();
    let tables = visitor + network.activity_tables.len();
    let array = match number {
        n if n < visitor => &mut network.visitor_tables[n].values,
        n if n < tables => &mut network.activity_tables[n - visitor].values,
        n if n == tables => &mut network.wide.values,
        n => return network.head.head.blocks_mut().swap_remove(n - tables - 1),
    };
    array.as_slice_mut().unwrap()
}

#[test]
fn every_gradient_agrees_with_finite_differences() {
    let examples = ground(6, 7).examples();
    let mut network = network::<f64>(&examples, 3);
    let mut shard = network.shard(&groups(&examples), &examples);
    let share = 1.0 / shard.pairs() as f64;
    network.pass(&examples, &mut shard, share);
    network.collect(std::slice::from_ref(&shard));
    let tables = network
        .visitor_tables
        .iter()
        .chain(&network.activity_tables);
    let mut gradients: Vec<Vec<f64>> = tables
        .chain([&network.wide])
        .map(|table| table.gradients().iter().copied().collect())
        .collect();
    let of_head = shard.pass.d_head.blocks_mut();
    // The first block, the products' weights, is empty here.
    gradients.extend(of_head.into_iter().map(|block| block.to_vec()));
    let mut random = Random::new(5);
    let step = 1e-6;
    for (number, gradients) in gradients.iter().enumerate() {
        let points: Vec<usize> = if gradients.len() <= 200 {
            (0..gradients.len()).collect()
        } else {
            (0..200).map(|_| random.below(gradients.len())).collect()
        };
        assert!(gradients.is_empty() || gradients.iter().any(|&gradient| gradient != 0.0));
        for point in points {
            let mut loss = |moved: f64| {
                block(&mut network, number)[point] += moved;
                network.pass(&examples, &mut shard, share);
                block(&mut network, number)[point] -= moved;
                shard.pass.loss * share
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
    let ground = ground(24, 7);
    let examples = ground.examples();
    let network = network::<f32>(&examples, 4);
    let mut shard = network.shard(&groups(&examples), &examples);
    network.pass(&examples, &mut shard, 1.0);
    let model = network.to_model(&examples);
    let shipped = (0..24).flat_map(|number| ground.logits(&model, number));
    for (own, shipped) in shard.pass.logits().iter().zip(shipped) {
        assert!(
            (own - shipped).abs() <= 1e-5 * own.abs().max(1.0),
            "{own} against {shipped}"
        );
    }
}

#[test]
fn visitors_get_what_carries_the_tag_they_name() {
    let mut ground = ground(400, 1);
    ground
        .pairs
        .iter_mut()
        .flatten()
        .for_each(|pair| *pair = [0.0; PAIR_FEATURES.len()]);
    let options = WideDeepOptions {
        batch: 16,
        epochs: 20,
        learning_rate: 3e-3,
        ..WideDeepOptions::default()
    };
    let fitted = fit_wide_deep(&ground.examples(), &options, 2, &Silent)
        .unwrap()
        .unwrap();
    let hits = (360..400)
        .filter(|&number| {
            let logits = ground.logits(&fitted.model, number);
            logits[1..].iter().all(|other| *other < logits[0])
        })
        .count();
    assert!(
        hits >= 36,
        "{hits} of 40 held-out choices, after {} epochs",
        fitted.epochs
    );
}

#[test]
fn the_same_seed_gives_the_same_weights_on_one_thread_and_on_two() {
    let examples = ground(150, 6).examples();
    let fit = |threads, seed| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let options = WideDeepOptions::default();
        pool.install(|| fit_wide_deep_for(&examples, &options, 2, seed, &Silent).unwrap())
    };
    assert_eq!(fit(1, 4), fit(2, 4));
    assert_ne!(fit(1, 4), fit(1, 5));
}

#[test]
fn words_newer_than_the_training_and_constant_features_give_finite_logits() {
    let mut ground = ground(60, 9);
    ground
        .pairs
        .iter_mut()
        .flatten()
        .for_each(|pair| *pair = [1.0; PAIR_FEATURES.len()]);
    let options = WideDeepOptions::default();
    let fitted = fit_wide_deep_for(&ground.examples(), &options, 1, 1, &Silent)
        .unwrap()
        .unwrap();
    ground.visitors[0].tags = vec![900, 901];
    ground.visitors[0].locality = 77;
    ground.activities[0].organiser = 500;
    ground.candidates[0][0] = 0;
    let logits = ground.logits(&fitted.model, 0);
    assert!(logits.iter().all(|logit| logit.is_finite()));
}

#[test]
fn nothing_to_learn_from_gives_no_model() {
    let empty = WideDeepExamples::new(&[], []);
    let options = WideDeepOptions::default();
    assert_eq!(fit_wide_deep(&empty, &options, 1, &Silent).unwrap(), None);
    let one = ground(1, 1).examples();
    assert!(fit_wide_deep(&one, &options, 1, &Silent).unwrap().is_some());
}
