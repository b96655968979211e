//! The factorization machine: 32 factors, 15 features of a user and 15 of an item, logistic loss, AdaGrad. Nothing is
//! shared between examples, so that each costs all of its 30 features.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use triqueta::math::{Random, sigmoid};
use triqueta::model::Feature;
use triqueta_trainer::fit::{Group, Groups, MachineOptions, fit_machine};
use triqueta_trainer::progress::Silent;

use super::{Accuracy, Measured, files};

const USERS: usize = 6_000;
const ITEMS: usize = 4_000;
const TAGS: usize = 400;
/// What else is known of either side: one code out of each of these, and six tags.
const FIELDS: [usize; 8] = [40, 30, 5, 500, 4, 7, 6, 12];
const FEATURES: usize = 1 + 6 + FIELDS.len();
const EXAMPLES: usize = 1_220_000;
const HELD_OUT: usize = 20_000;
const EPOCHS: usize = 2;
const TASTES: usize = 6;

/// How many codes a side of so many entities has.
fn codes(entities: usize) -> usize {
    entities + TAGS + FIELDS.iter().sum::<usize>()
}

/// The codes of all entities of a side, [`FEATURES`] each: its own, its tags, its fields.
fn side(entities: usize, random: &mut Random) -> Vec<u32> {
    let mut all = Vec::with_capacity(entities * FEATURES);
    for number in 0..entities {
        all.push(number as u32);
        let group = random.below(40);
        let mut tags: Vec<u32> = Vec::with_capacity(6);
        while tags.len() < 6 {
            let tag = if random.uniform() < 0.7 {
                group * 10 + random.below(10)
            } else {
                random.below(TAGS)
            };
            let code = (entities + tag) as u32;
            if !tags.contains(&code) {
                tags.push(code);
            }
        }
        all.extend(tags);
        let mut start = entities + TAGS;
        for field in FIELDS {
            all.push((start + random.below(field)) as u32);
            start += field;
        }
    }
    all
}

/// Distinct pairs of a user and an item; whether the item is wanted was drawn from a factorization machine over their 30
/// features.
pub(super) fn make_data(folder: &Path) {
    let mut random = Random::new(3);
    let (users, items) = (side(USERS, &mut random), side(ITEMS, &mut random));
    let mut vectors = |codes: usize| -> Vec<[f32; TASTES]> {
        let one = |_| std::array::from_fn(|_| 0.25 * random.normal() as f32);
        (0..codes).map(one).collect()
    };
    let (of_users, of_items) = (vectors(codes(USERS)), vectors(codes(ITEMS)));
    // The sum of an entity's vectors, and the sum of their squares.
    let sums = |vectors: &[[f32; TASTES]], features: &[u32]| -> ([f32; TASTES], f32) {
        let of = |at: usize| features.iter().map(move |&code| vectors[code as usize][at]);
        let squares = (0..TASTES).map(|at| of(at).map(|x| x * x).sum::<f32>());
        (std::array::from_fn(|at| of(at).sum()), squares.sum())
    };
    let all = |vectors: &[[f32; TASTES]], rows: &[u32]| -> Vec<_> {
        rows.chunks(FEATURES)
            .map(|row| sums(vectors, row))
            .collect()
    };
    let (of_users, of_items) = (all(&of_users, &users), all(&of_items, &items));
    let mut pairs: Vec<u32> = (0..EXAMPLES * 11 / 10)
        .map(|_| random.below(USERS * ITEMS) as u32)
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    random.shuffle(&mut pairs);
    let examples = pairs.iter().take(EXAMPLES).flat_map(|&pair| {
        let (user, item) = (pair / ITEMS as u32, pair % ITEMS as u32);
        let ((a, of_a), (b, of_b)) = (of_users[user as usize], of_items[item as usize]);
        let sum: f32 = a.iter().zip(b).map(|(a, b)| (a + b) * (a + b)).sum();
        let logit = 0.5 * (sum - of_a - of_b) - 0.5;
        let wanted = random.uniform() < f64::from(sigmoid(logit));
        [user, item, u32::from(wanted)]
    });
    files::write(folder, "machine_examples.u32", examples.collect::<Vec<_>>());
    files::write(folder, "machine_users.u32", users);
    files::write(folder, "machine_items.u32", items);
}

struct Examples {
    users: Vec<[u32; FEATURES]>,
    items: Vec<[u32; FEATURES]>,
    rows: Vec<[u32; 3]>,
}

fn strong(codes: &[u32; FEATURES]) -> impl Iterator<Item = Feature> {
    codes.iter().map(|&code| (code, 1.0))
}

impl Groups for Examples {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn size(&self, _: usize) -> usize {
        1
    }

    fn fetch(&self, group: usize) {
        let [user, item, _] = self.rows[group];
        for features in [&self.users[user as usize], &self.items[item as usize]] {
            let [first, .., last] = features;
            black_box(first ^ last);
        }
    }

    fn fill(&self, group: usize, _: &mut Random, into: &mut Group) {
        let [user, item, label] = self.rows[group];
        into.shared().extend(strong(&self.users[user as usize]));
        into.example(strong(&self.items[item as usize]), label as f32);
    }
}

pub(super) fn measure(folder: &Path) -> Measured {
    let side = |name: &str, start: usize| -> Vec<[u32; FEATURES]> {
        let rows = files::rows(folder, name);
        rows.map(|row: [u32; FEATURES]| row.map(|code| start as u32 + code))
            .collect()
    };
    let mut rows: Vec<[u32; 3]> = files::rows(folder, "machine_examples.u32").collect();
    let held_out = rows.split_off(EXAMPLES - HELD_OUT);
    let examples = Examples {
        users: side("machine_users.u32", 0),
        items: side("machine_items.u32", codes(USERS)),
        rows,
    };
    let options = MachineOptions {
        epochs: EPOCHS,
        l2: 0.0,
        learning_rate: 0.05,
        deviation: 0.02,
        start: 1.0,
        ..MachineOptions::default()
    };
    let features = codes(USERS) + codes(ITEMS);
    let start = Instant::now();
    let fitted = fit_machine(features, &examples, &options, 1, &Silent).expect("nobody stops it");
    let seconds = start.elapsed().as_secs_f64();
    let mut loss = 0.0;
    for &[user, item, label] in &held_out {
        let model = &fitted.model;
        let sum = |codes| model.sum(&strong(codes).collect::<Vec<_>>());
        let user = sum(&examples.users[user as usize]);
        let item = sum(&examples.items[item as usize]);
        let score = f64::from(model.join(&user, &item));
        loss += libm::log1p(libm::exp(if label == 1 { -score } else { score }));
    }
    Measured {
        examples: examples.rows.len() * EPOCHS,
        seconds,
        accuracy: Accuracy::Loss(loss / held_out.len() as f64),
    }
}
