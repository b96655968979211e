//! The two-tower model: 30 sparse features an example, batches of 2,048, in-batch softmax with correction for frequency.

use std::path::Path;
use std::time::Instant;

use triqueta::catalog::{AvailabilityWindow, City, Vocabulary, Words};
use triqueta::feature::{ActivityRow, CONTEXT_NUMBERS, ContextRow, Schema, USER_NUMBERS, UserRow};
use triqueta::math::{Random, dot};
use triqueta_trainer::choices::Viewpoint;
use triqueta_trainer::fit::{Example, TowerOptions, fit_towers_for};
use triqueta_trainer::progress::Silent;

use super::{Accuracy, Measured, files};

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
        text: Vocabulary::default(),
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

/// What is written of an item and of an example, in codes.
const ITEM_COLUMNS: usize = ITEM_TAGS + 8;
const EXAMPLE_COLUMNS: usize = USER_TAGS + 8;

/// The rows as fixed-width codes: see torch_two_tower.py.
pub(super) fn make_data(folder: &Path) {
    let mut random = Random::new(1);
    let items = (0..ITEMS).flat_map(|number| {
        let item = item(number, &mut random);
        let mut row = vec![item.kind];
        row.extend(&item.tags);
        row.extend([item.locality, item.level, item.organiser, item.series]);
        row.extend([item.season, item.weekday, item.slot].map(u16::from));
        row
    });
    files::write(
        folder,
        "two_tower_items.u32",
        items.map(u32::from).collect::<Vec<_>>(),
    );
    let examples = (0..EXAMPLES + HELD_OUT).flat_map(|_| {
        let group = random.below(GROUPS);
        let user = user(group, &mut random);
        let mut row: Vec<u32> = user.tags.iter().copied().map(u32::from).collect();
        row.extend([user.locality, user.level].map(u32::from));
        row.extend((0..16).filter(|bit| user.availability & (1 << bit) != 0));
        row.extend([user.context.season, user.context.weekday].map(u32::from));
        row.push(chosen(group, &mut random));
        row
    });
    files::write(folder, "two_tower_examples.u32", examples);
}

fn read_items(folder: &Path) -> Vec<ActivityRow> {
    let item = |row: [u32; ITEM_COLUMNS]| {
        let [locality, level, organiser, series, season, weekday, slot] =
            std::array::from_fn(|at| row[1 + ITEM_TAGS + at] as u16);
        ActivityRow {
            kind: row[0] as u16,
            tags: row[1..=ITEM_TAGS].iter().map(|&tag| tag as u16).collect(),
            locality,
            level,
            organiser,
            series,
            season: season as u8,
            weekday: weekday as u8,
            slot: slot as u8,
            ..ActivityRow::default()
        }
    };
    files::rows(folder, "two_tower_items.u32")
        .map(item)
        .collect()
}

fn read_examples(folder: &Path) -> Vec<Example> {
    let example = |row: [u32; EXAMPLE_COLUMNS]| {
        let [locality, level, first, second, third, season, weekday, item] =
            std::array::from_fn(|at| row[USER_TAGS + at]);
        let user = UserRow {
            tags: row[..USER_TAGS].iter().map(|&tag| tag as u16).collect(),
            locality: locality as u16,
            level: level as u16,
            availability: 1 << first | 1 << second | 1 << third,
            numbers: [0.0; USER_NUMBERS.len()],
            context: ContextRow {
                season: season as u8,
                weekday: weekday as u8,
                numbers: [0.0; CONTEXT_NUMBERS.len()],
            },
            history: Vec::new(),
        };
        let viewpoint = Viewpoint {
            user,
            history: Vec::new(),
            maturity: 0.0,
            positives: 0,
        };
        Example { viewpoint, item }
    };
    files::rows(folder, "two_tower_examples.u32")
        .map(example)
        .collect()
}

pub(super) fn measure(folder: &Path) -> Measured {
    let (items, examples) = (read_items(folder), read_examples(folder));
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
        accuracy: Accuracy::Loss(loss / HELD_OUT as f64),
    }
}
