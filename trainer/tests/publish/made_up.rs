//! The made-up city: what is trained and published in these tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;
use triqueta::bundle::{Bundle, Files};
use triqueta::catalog::{Activity, Status};
use triqueta::engine::Engine;
use triqueta::event::{
    ActivityId, Body, Consent, DeviceId, Event, EventId, FavouriteAction, SessionId,
};
use triqueta::history::Visitor;
use triqueta::math::Random;
use triqueta::rank::{Filters, Request};
use triqueta_trainer::fit::TowerOptions;
use triqueta_trainer::progress::Silent;
use triqueta_trainer::publish::{
    CatalogueChange, Registry, seal_draft, seal_training, with_activities,
};
use triqueta_trainer::train::{TrainOptions, train};
use triqueta_trainer::{Dataset, Lineage};

use crate::support::{self, DAY_MS, NOW_MS};

pub(crate) const ACTIVITIES: usize = 60;
pub(crate) type Sealed = (String, Files);

pub(crate) fn saved(number: u64, user: u64, activity: &ActivityId, time_ms: i64) -> Event {
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&number.to_be_bytes());
    Event {
        id: EventId::new(time_ms, &bytes),
        device: DeviceId::new([1; 16]),
        sequence: number + 1,
        time_ms,
        session: SessionId::new([2; 16]),
        user: Some(format!("u{user}")),
        consent: Consent::default(),
        body: Body::Favourite {
            activity: activity.clone(),
            action: FavouriteAction::Added,
            shown: None,
        },
    }
}

pub(crate) fn activities() -> Vec<Activity> {
    let mut random = Random::new(3);
    let mut active = |number| Activity {
        status: Status::Active,
        ..support::activity(&mut random, number)
    };
    (0..ACTIVITIES).map(&mut active).collect()
}

pub(crate) fn dataset_of(activities: Vec<Activity>) -> Dataset {
    let mut random = Random::new(4);
    let event = |number: u64| {
        let activity = &activities[random.below(activities.len())];
        let time_ms = NOW_MS - 25 * DAY_MS + number as i64 * 3 * 3_600_000;
        saved(number, random.below(12) as u64, &activity.id, time_ms)
    };
    let events = (0..180).map(event).collect();
    Dataset::new(
        support::city(),
        activities,
        vec![],
        events,
        Lineage::default(),
    )
    .unwrap()
}

pub(crate) fn trained(dataset: &Dataset, seed: u64) -> Sealed {
    let options = TrainOptions {
        seed,
        history_half_lives: vec![60.0],
        blend_folds: 2,
        towers: TowerOptions {
            epochs: 3,
            batch: 64,
            ..TowerOptions::default()
        },
        ..TrainOptions::default()
    };
    let trained = train(dataset, &options, &Silent).unwrap();
    let sealed = seal_training(dataset, trained, seed).unwrap();
    (sealed.id, sealed.files)
}

/// The bundle most tests begin with.
pub(crate) fn first() -> Sealed {
    static FIRST: OnceLock<Sealed> = OnceLock::new();
    FIRST
        .get_or_init(|| trained(&dataset_of(activities()), 1))
        .clone()
}

/// Another bundle of the same city.
pub(crate) fn other() -> Sealed {
    static OTHER: OnceLock<Sealed> = OnceLock::new();
    OTHER
        .get_or_init(|| trained(&dataset_of(activities()), 2))
        .clone()
}

pub(crate) fn published() -> (TempDir, Registry) {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::at(folder.path().join("registry"));
    publish(&registry, &first(), "training");
    (folder, registry)
}

pub(crate) fn publish(registry: &Registry, (id, files): &Sealed, kind: &str) {
    registry
        .publish(id, files, "default", kind, NOW_MS)
        .unwrap();
}

pub(crate) fn current(registry: &Registry) -> Bundle {
    registry.engine("default").unwrap().bundle().clone()
}

pub(crate) fn publish_catalogue(registry: &Registry, activities: &[Activity]) -> CatalogueChange {
    let (draft, change) = with_activities(current(registry), activities).unwrap();
    publish(registry, &seal_draft(&draft).unwrap(), "catalogue");
    change
}

/// A new activity to come.
pub(crate) fn fresh(id: &str, organiser: &str) -> Activity {
    Activity {
        id: ActivityId(id.into()),
        organiser: Some(organiser.into()),
        start_ms: NOW_MS + 3 * DAY_MS,
        end_ms: None,
        status: Status::Active,
        ..support::activity(&mut Random::new(9), 0)
    }
}

/// What a stranger is offered, whatever its date.
pub(crate) fn offered(engine: &Engine) -> BTreeSet<String> {
    let request = Request {
        limit: 200,
        now_ms: NOW_MS,
        filters: Filters {
            include_past: true,
            ..Filters::default()
        },
        ..Request::default()
    };
    let slate = engine.recommend(&Visitor::default(), &request).unwrap();
    slate
        .items
        .into_iter()
        .map(|item| item.activity.0)
        .collect()
}

/// Every file below a folder with its bytes.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    files
}
