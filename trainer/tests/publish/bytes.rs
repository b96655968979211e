//! How much does a visitor download, and how much of it again?

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use triqueta::bundle::{Bundle, BundleDraft, Manifest};
use triqueta::catalog::{Activity, Status};
use triqueta::math::Random;
use triqueta::model::Neighbours;
use triqueta_trainer::publish::{seal_draft, with_activities};
use triqueta_trainer::train::TrainOptions;

use crate::made_up::Sealed;
use crate::support;

const ACTIVITIES: usize = 4_000;
const QUARTER_MS: i64 = 15 * 60_000;

/// A text as no two activities share one.
fn told(random: &mut Random, words: usize) -> String {
    let word = |_| format!("palabra{}", random.below(2_000));
    (0..words).map(word).collect::<Vec<_>>().join(" ")
}

fn activity(random: &mut Random, number: usize) -> Activity {
    let activity = support::activity(random, number);
    let start_ms = activity.start_ms - activity.start_ms % QUARTER_MS;
    Activity {
        title: told(random, 5),
        description: told(random, 40),
        start_ms,
        end_ms: activity.end_ms.map(|_| start_ms + 8 * QUARTER_MS),
        organiser: Some(format!("Colectivo {}", random.below(200))),
        status: Status::Active,
        ..activity
    }
}

fn activities() -> Vec<Activity> {
    let mut random = Random::new(5);
    let activity = |number| activity(&mut random, number);
    (0..ACTIVITIES).map(activity).collect()
}

/// A bundle whose activities all have as many neighbours as a training keeps, and weights as it rounds them.
fn draft() -> BundleDraft {
    let mut random = Random::new(6);
    let mut draft = support::draft_of(&mut random, &activities());
    let most = TrainOptions::default().neighbours.neighbours;
    let neighbour = |random: &mut Random| {
        let sixteenths = 16 + random.below(16) as i32;
        let weight = sixteenths as f32 * 0.5_f32.powi(6 + random.below(6) as i32);
        (random.below(ACTIVITIES) as u32, weight)
    };
    let lists = (0..ACTIVITIES).map(|_| (0..most).map(|_| neighbour(&mut random)).collect());
    draft.models.item_neighbours = Some(Neighbours::new(lists.collect()));
    draft
}

fn manifest((id, files): &Sealed) -> Manifest {
    Manifest::from_json(id, files.get(&Manifest::path(id)).unwrap()).unwrap()
}

/// The bytes of a bundle's files as they are served, by name; what a device has already is left out.
fn downloads(bundle: &Sealed, has: Option<&Sealed>) -> BTreeMap<String, usize> {
    let packed = |path: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bundle.1.get(path).unwrap()).unwrap();
        encoder.finish().unwrap().len()
    };
    let manifest_path = Manifest::path(&bundle.0);
    let listed = manifest(bundle).files.into_iter();
    let named = listed.map(|file| (file.name, file.path));
    named
        .chain([("manifest".to_owned(), manifest_path)])
        .filter(|(_, path)| has.is_none_or(|has| has.1.get(path).is_none()))
        .map(|(name, path)| (name, packed(&path)))
        .collect()
}

#[test]
fn a_list_needs_so_many_bytes_an_activity() {
    let manifest = manifest(&seal_draft(&draft()).unwrap());
    let needed = ["columns-0", "vectors-0", "volatile", "neighbours"];
    let each = |name: &str| manifest.file(name).unwrap().bytes as usize / ACTIVITIES;
    let bytes = needed.map(each);
    assert!(bytes.iter().sum::<usize>() <= 255, "{needed:?}: {bytes:?}");
}

/// So many old activities gone, as many new ones of a new organiser, and as many prices changed.
fn change(now: &mut Vec<Activity>, random: &mut Random, each: usize, publication: usize) {
    now.drain(..each);
    for number in 0..each {
        let number = publication * ACTIVITIES + number;
        let organiser = Some(format!("Colectivo nuevo {publication}"));
        now.push(Activity {
            organiser,
            ..activity(random, number)
        });
    }
    for activity in &mut now[..each] {
        activity.price = Some(7_777.0);
    }
}

/// The second joins a shard that is nearly full: that is as much as is downloaded again.
#[test]
fn one_activity_in_a_hundred_changed_is_a_twentieth_to_download() {
    let mut random = Random::new(7);
    let mut now = activities();
    let mut before = seal_draft(&draft()).unwrap();
    for (publication, rows) in [(1, ACTIVITIES * 9 / 1_000), (2, ACTIVITIES / 100)] {
        change(&mut now, &mut random, rows / 2, publication);
        let bundle = Bundle::open(&before.0, before.1.clone()).unwrap();
        let (draft, change) = with_activities(bundle, &now).unwrap();
        assert_eq!((change.added + change.changed) as usize, rows);
        assert_eq!(draft.shard_rows.len(), 2);
        let after = seal_draft(&draft).unwrap();
        let (again, all) = (downloads(&after, Some(&before)), downloads(&after, None));
        let share = again.values().sum::<usize>() as f64 / all.values().sum::<usize>() as f64;
        assert!(share <= 0.05, "{share}: {again:?} of {all:?}");
        before = after;
    }
}
