//! The two-tower model: 30 sparse features an example, batches of 2,048, in-batch softmax with correction for frequency.

use std::path::Path;
use std::time::Instant;

use triqueta::catalog::{AvailabilityWindow, City, Vocabulary, Words};
use triqueta::feature::{ActivityRow, CONTEXT_NUMBERS, ContextRow, Schema, USER_NUMBERS, UserRow};
use triqueta::math::{Random, dot};
use triqueta_trainer::choices::Viewpoint;
use triqueta_trainer::fit::{Example, TowerOptions, fit_towers_for};
use triqueta_trainer::progress::Silent;

use super::Measured;

const ITEMS: usize = 4_000;
const EXAMPLES: usize = 200_000;
const HELD_OUT: usize = 4_000;
const EPOCHS: usize = 2;
const TAGS: usize = 400;
const GROUPS: usize = 40;
const ITEM_TAGS: usize = 7;
const USER_TAGS: usize = 8;
const WINDOWS: usize = 8;
const TEMPERATURE: f64 = 0.1;

fn words(count: usize) -> Vocabulary {
    let names: Vec<String> = (1..count).map(|number| format!("{number:05}")).collect();
    Vocabulary::learn("made up", names.iter().map(String::as_str), 1).expect("few words")
}

fn schema() -> Schema {
    let window = |number: usize| AvailabilityWindow {
        name: format!("window {number}"),
        weekdays: vec![number as u8 % 7],
        from_hour: 0,
        until_hour: 24,
    };
    let city = City {
        simulated: true,
        name: "Bench".into(),
        availability: (0..WINDOWS).map(window).collect(),
        ..City::default()
    };
    let words = Words {
        types: words(GROUPS),
        localities: words(30),
        levels: words(5),
        tags: words(TAGS),
        organisers: words(1_000),
        series: words(500),
    };
    Schema::new(city, words, &[5; TAGS], ITEMS, 90.0)
}

/// Distinct codes from 1, most of them near the group's own.
fn codes(group: usize, count: usize, random: &mut Random) -> Vec<u16> {
    let mut codes: Vec<u16> = Vec::with_capacity(count);
    while codes.len() < count {
        let code = if random.uniform() < 0.8 {
            1 + (group * 10 + random.below(12)) % (TAGS - 1)
        } else {
            1 + random.below(TAGS - 1)
        };
        if !codes.contains(&(code as u16)) {
            codes.push(code as u16);
        }
    }
    codes.sort_unstable();
    codes
}

fn item(number: usize, random: &mut Random) -> ActivityRow {
    let group = number % GROUPS;
    ActivityRow {
        kind: group as u16,
        tags: codes(group, ITEM_TAGS, random),
        locality: random.below(30) as u16,
        level: random.below(5) as u16,
        organiser: (number % 1_000) as u16,
        series: (number % 500) as u16,
        season: random.below(1) as u8,
        weekday: random.below(7) as u8,
        slot: random.below(6) as u8,
        ..ActivityRow::default()
    }
}

fn user(group: usize, random: &mut Random) -> UserRow {
    let mut availability = 0_u16;
    while availability.count_ones() < 3 {
        availability |= 1 << random.below(WINDOWS);
    }
    UserRow {
        tags: codes(group, USER_TAGS, random),
        locality: random.below(30) as u16,
        level: random.below(5) as u16,
        availability,
        numbers: [0.0; USER_NUMBERS.len()],
        context: ContextRow {
            season: 0,
            weekday: random.below(7) as u8,
            numbers: [0.0; CONTEXT_NUMBERS.len()],
        },
        history: Vec::new(),
    }
}

/// An item of the group, popular ones first: the square of a uniform number falls off like a long tail.
fn chosen(group: usize, random: &mut Random) -> u32 {
    let uniform = random.uniform();
    let rank = (uniform * uniform * (ITEMS / GROUPS) as f64) as usize;
    (rank * GROUPS + group) as u32
}

/// The rows as fixed-width codes for peers: see torch_two_tower.py.
fn write(folder: &Path, items: &[ActivityRow], examples: &[Example]) {
    let bytes = |codes: Vec<u16>| {
        codes
            .into_iter()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<_>>()
    };
    let of_items = items.iter().flat_map(|item| {
        let (season, weekday, slot) = (item.season, item.weekday, item.slot);
        let mut row = vec![item.kind];
        row.extend(&item.tags);
        row.extend([item.locality, item.level, item.organiser, item.series]);
        row.extend([season, weekday, slot].map(u16::from));
        row
    });
    let of_examples = examples.iter().flat_map(|example| {
        let user = &example.viewpoint.user;
        let mut row = user.tags.clone();
        row.extend([user.locality, user.level]);
        row.extend((0..16).filter(|bit| user.availability & (1 << bit) != 0));
        row.extend([user.context.season, user.context.weekday].map(u16::from));
        row.push(example.item as u16);
        row
    });
    std::fs::write(
        folder.join("two_tower_items.u16"),
        bytes(of_items.collect()),
    )
    .expect("items");
    std::fs::write(
        folder.join("two_tower_examples.u16"),
        bytes(of_examples.collect()),
    )
    .expect("examples");
}

pub(super) fn measure(folder: &Path) -> Measured {
    let mut random = Random::new(1);
    let items: Vec<ActivityRow> = (0..ITEMS).map(|number| item(number, &mut random)).collect();
    let examples: Vec<Example> = (0..EXAMPLES + HELD_OUT)
        .map(|_| {
            let group = random.below(GROUPS);
            let viewpoint = Viewpoint {
                user: user(group, &mut random),
                history: Vec::new(),
                maturity: 0.0,
                positives: 0,
            };
            Example {
                viewpoint,
                item: chosen(group, &mut random),
            }
        })
        .collect();
    write(folder, &items, &examples);
    let options = TowerOptions {
        batch: 2_048,
        learning_rate: 3e-3,
        temperature: TEMPERATURE,
        l2: 0.0,
        dropout: 0.0,
        ..TowerOptions::default()
    };
    let schema = schema();
    let (learned, held_out) = examples.split_at(EXAMPLES);
    let start = Instant::now();
    let fitted = fit_towers_for(&schema, &items, learned, &options, EPOCHS, 0, &Silent)
        .expect("nobody cancels");
    let seconds = start.elapsed().as_secs_f64();
    let points: Vec<_> = items
        .iter()
        .map(|item| fitted.model.embed_activity(item))
        .collect();
    let mut loss = 0.0;
    for example in held_out {
        let user = fitted.model.embed_user(&example.viewpoint.user);
        let logit = |item: usize| f64::from(dot(&user, &points[item])) / TEMPERATURE;
        let sum: f64 = (0..ITEMS).map(|item| logit(item).exp()).sum();
        loss += sum.ln() - logit(example.item as usize);
    }
    Measured {
        examples: EXAMPLES * EPOCHS,
        seconds,
        held_out_loss: loss / HELD_OUT as f64,
    }
}
