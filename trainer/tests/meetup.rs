//! The real data comes in whole: every row of meetup-montana, counted.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use triqueta::event::{Body, FavouriteAction, Opinion};
use triqueta_trainer::Dataset;
use triqueta_trainer::ingest::{Mapping, Origin, import};
use triqueta_trainer::progress::Silent;

/// The folder of a real data set, or `None` with the line that counts the skipped test.
fn data(test: &str, name: &str) -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let root = std::env::var_os("TRIQUETA_DATA")
        .map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let folder = workspace.join(root).join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED {test}: TRIQUETA_DATA is absent");
    None
}

#[test]
fn every_row_of_the_real_data_is_imported_and_survives_the_disk() {
    let test = "every_row_of_the_real_data_is_imported_and_survives_the_disk";
    let Some(folder) = data(test, "meetup-montana") else {
        return;
    };
    let mapping = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/meetup-montana.toml");
    let mapping = Mapping::load(&mapping).unwrap();
    let origin = Origin {
        folder: Some(&folder),
        postgres: None,
    };
    let (dataset, report) = import(&mapping, origin, false, &Silent).unwrap();

    assert_eq!(
        (report.activities, report.visitors, report.events),
        (1_391, 1_757, 10_416)
    );
    assert!(report.problems.is_empty());
    let yes = |body: &Body| {
        matches!(
            body,
            Body::Favourite {
                action: FavouriteAction::Added,
                ..
            }
        )
    };
    let no = |body: &Body| {
        matches!(
            body,
            Body::Feedback {
                opinion: Opinion::Dislike,
                ..
            }
        )
    };
    assert_eq!(
        dataset
            .events
            .iter()
            .filter(|event| yes(&event.body))
            .count(),
        7_616
    );
    assert_eq!(
        dataset
            .events
            .iter()
            .filter(|event| no(&event.body))
            .count(),
        2_800
    );
    assert_eq!(
        (report.from_ms, report.until_ms),
        (Some(1_227_733_556_000), dataset.until_ms())
    );
    assert_eq!(
        dataset
            .activities
            .iter()
            .filter(|activity| activity.published_ms.is_none())
            .count(),
        2
    );
    let with_place = dataset
        .activities
        .iter()
        .filter(|activity| activity.place.is_some())
        .count();
    assert!((1_346..=1_347).contains(&with_place), "{with_place}");

    // 2008-12-10T19:00 local, as the source says in `start_local`.
    let local = dataset.city.local_time(dataset.activities[0].start_ms);
    assert_eq!((local.month, local.weekday, local.hour), (12, 2, 19));

    let target = tempfile::tempdir().unwrap();
    let target = target.path().join("meetup");
    dataset.save(&target).unwrap();
    assert_eq!(Dataset::load(&target).unwrap(), dataset);

    // The same source gives the same bytes.
    let again = tempfile::tempdir().unwrap();
    let again = again.path().join("meetup");
    import(&mapping, origin, false, &Silent)
        .unwrap()
        .0
        .save(&again)
        .unwrap();
    for file in [
        "dataset.json",
        "activities.parquet",
        "visitors.parquet",
        "events.parquet",
    ] {
        assert_eq!(
            std::fs::read(target.join(file)).unwrap(),
            std::fs::read(again.join(file)).unwrap(),
            "{file}"
        );
    }
}
