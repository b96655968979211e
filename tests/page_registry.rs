//! Does a registry folder, as it lies on a server's disk, open again?
//!
//! The browser tests of the page have theirs made by this test, in the folder TRIQUETA_PAGE_REGISTRY names (otherwise it
//! goes to target/page-registry): a small city with random weights whose activities are all to come.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use triqueta::bundle::{CHANNEL_FORMAT, Channel, Files, Variant};
use triqueta::catalog::{Activity, Status};
use triqueta::engine::Engine;
use triqueta::history::Visitor;
use triqueta::math::Random;
use triqueta::rank::Request;

const ACTIVITIES: usize = 300;
const TITLES: [&str; 8] = [
    "Noche de boleros",
    "Taller de grabado",
    "Títeres en familia",
    "Recorrido por el centro",
    "Yoga al amanecer",
    "Ciclovía nocturna",
    "Cine bajo las estrellas",
    "Ajedrez en la plaza",
];

fn now_ms() -> i64 {
    i64::try_from(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_millis(),
    )
    .unwrap()
}

fn activities(random: &mut Random, now_ms: i64) -> Vec<Activity> {
    let mut coming = |number: usize| {
        let random_one = support::activity(random, number);
        let start_ms = now_ms + (number as i64 + 2) * 3 * 3_600_000;
        Activity {
            title: format!("{} {number}", TITLES[number % TITLES.len()]),
            description: "Actividad inventada para las pruebas de la página.".into(),
            link: Some(format!("https://example.org/{number}")),
            end_ms: random_one.end_ms.map(|_| start_ms + 2 * 3_600_000),
            published_ms: Some(now_ms - support::DAY_MS),
            status: Status::Active,
            start_ms,
            ..random_one
        }
    };
    (0..ACTIVITIES).map(&mut coming).collect()
}

fn write(folder: &Path, path: &str, bytes: &[u8]) {
    let to = folder.join(path);
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::write(to, bytes).unwrap();
}

#[test]
fn a_registry_on_disk_opens_again_and_ranks() {
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/page-registry");
    let folder = std::env::var_os("TRIQUETA_PAGE_REGISTRY").map_or_else(usual, PathBuf::from);
    let now_ms = now_ms();
    let mut random = Random::new(11);
    let activities = activities(&mut random, now_ms);
    let (id, files) = support::sealed(&support::draft_of(&mut random, &activities), &[]);
    let engine = Engine::open(&id, files.clone()).unwrap();

    let _ = fs::remove_dir_all(&folder);
    files
        .iter()
        .for_each(|(path, bytes)| write(&folder, path, bytes));
    let variants = [(
        "default".to_owned(),
        Variant {
            bundle: id.clone(),
            weight: 1,
        },
    )];
    let channel = Channel {
        format: CHANNEL_FORMAT,
        sequence: 1,
        expires_ms: now_ms + 30 * support::DAY_MS,
        variants: variants.into_iter().collect(),
    };
    write(
        &folder,
        "channel.json",
        &serde_json::to_vec(&channel).unwrap(),
    );
    let cards: Vec<_> = activities
        .iter()
        .filter_map(|activity| engine.card(&activity.id))
        .collect();
    let plain_list = serde_json::json!({ "generated_ms": now_ms, "activities": cards });
    write(&folder, "fallback.json", plain_list.to_string().as_bytes());

    let mut read = Files::default();
    for (path, _) in files.iter() {
        read.insert(path, fs::read(folder.join(path)).unwrap());
    }
    let reopened = Engine::open(&id, read).unwrap();
    let request = Request {
        now_ms,
        ..Request::default()
    };
    let slate = reopened.recommend(&Visitor::default(), &request).unwrap();
    assert_eq!(slate.items.len(), 10);
    assert_eq!(
        slate.total as usize, ACTIVITIES,
        "every activity is to come"
    );
    assert_eq!(cards.len(), ACTIVITIES);
}
