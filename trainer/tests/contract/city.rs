//! A checkerboard of a city: visitors of a block save what the organiser of their block offers, which is like it in every
//! other way too.

#[path = "../../src/testing/made_events.rs"]
mod made_events;

use triqueta::catalog::{Activity, City, OffsetInterval, Place};
use triqueta::event::Event;
use triqueta::history::Profile;
use triqueta_trainer::fit::TowerOptions;
use triqueta_trainer::progress::Silent;
use triqueta_trainer::train::{OptionalModel, TrainOptions, Trained, train};
use triqueta_trainer::{Dataset, Lineage, Result, VisitorRecord};

pub(crate) use made_events::{event, saved};

pub(crate) const DAY_MS: i64 = 86_400_000;
pub(crate) const START_MS: i64 = 1_700_000_000_000;
pub(crate) const BLOCKS: usize = 3;
pub(crate) const VISITORS: usize = 12;
pub(crate) const DAYS: usize = 40;

const KINDS: [&str; BLOCKS] = ["cultura", "deporte", "recreación"];
const TAGS: [&str; BLOCKS] = ["música", "yoga", "juegos"];
const LOCALITIES: [&str; BLOCKS] = ["Chapinero", "Suba", "Usaquén"];

pub(crate) fn city() -> City {
    City {
        name: "Damero".into(),
        offsets: vec![OffsetInterval {
            from_ms: 0,
            minutes: -300,
        }],
        centre: Some(Place {
            lat: 4.6,
            lon: -74.07,
        }),
        ..City::default()
    }
}

/// Activity `number` of block `number % BLOCKS`; one of each block is announced a day.
pub(crate) fn activity(number: usize) -> Activity {
    let block = number % BLOCKS;
    let published_ms = START_MS + (number / BLOCKS) as i64 * DAY_MS - 1;
    serde_json::from_value(serde_json::json!({
        "id": format!("a{number}"),
        "title": format!("Actividad {number}"),
        "type": KINDS[block],
        "tags": [TAGS[block]],
        "locality": LOCALITIES[block],
        "level": "medio",
        "place": {"lat": 4.55 + 0.05 * block as f64, "lon": -74.07},
        "start_ms": published_ms + 9 * DAY_MS,
        "published_ms": published_ms,
        "price": 0.0,
        "organiser": format!("o{block}"),
    }))
    .unwrap()
}

pub(crate) fn dataset_of(activities: Vec<Activity>, events: Vec<Event>) -> Result<Dataset> {
    let visitors = (0..VISITORS).map(|visitor| VisitorRecord {
        user: format!("u{visitor}"),
        profile: Profile::default(),
    });
    let visitors = visitors.collect();
    Dataset::new(city(), activities, visitors, events, Lineage::default())
}

/// The whole checkerboard: every third day each visitor saves the latest of their block.
pub(crate) fn checkerboard() -> Dataset {
    let activities = (0..DAYS * BLOCKS).map(activity).collect();
    let mut events = Vec::new();
    for day in 0..DAYS {
        for visitor in (0..VISITORS).filter(|visitor| (visitor / BLOCKS + day).is_multiple_of(2)) {
            let latest = day * BLOCKS + visitor % BLOCKS;
            let time_ms = START_MS + day as i64 * DAY_MS + 3_600_000 + visitor as i64 * 60_000;
            let number = events.len() as u64;
            let body = saved(&format!("a{latest}"));
            events.push(event(number, &format!("u{visitor}"), time_ms, body));
        }
    }
    dataset_of(activities, events).unwrap()
}

/// A short training, of every model there is.
pub(crate) fn quick(seed: u64) -> TrainOptions {
    TrainOptions {
        seed,
        models: OptionalModel::ALL.to_vec(),
        // Those too that nothing would listen to.
        compare: true,
        history_half_lives: vec![60.0],
        blend_folds: 2,
        towers: TowerOptions {
            epochs: 6,
            batch: 64,
            ..TowerOptions::default()
        },
        ..TrainOptions::default()
    }
}

pub(crate) fn trained(dataset: &Dataset) -> Trained {
    train(dataset, &quick(1), &Silent).unwrap()
}
