//! These need `TRIQUETA_DATA`; the module's name is how `./build.sh test` knows.

use super::support;
use triqueta::event::{Body, FavouriteAction, Opinion};
use triqueta_trainer::Dataset;
use triqueta_trainer::check::{check, repair};

/// Some day after the data ends.
const NOW_MS: i64 = 1_500_000_000_000;

#[test]
fn every_row_of_the_real_data_is_imported_and_survives_the_disk() {
    let folder = support::data("meetup-montana");
    let mapping = support::shipped("meetup-montana.toml");
    let (dataset, report) = support::import_folder(&mapping, &folder, false).unwrap();

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
    assert_eq!(
        dataset
            .activities
            .iter()
            .filter(|activity| activity.place.is_some())
            .count(),
        1_347
    );

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
    support::import_folder(&mapping, &folder, false)
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

#[test]
fn the_citys_clock_agrees_with_the_local_times_the_source_states() {
    let folder = support::data("meetup-montana");
    let (dataset, _) =
        support::import_folder(&support::shipped("meetup-montana.toml"), &folder, false).unwrap();
    let mut rows = csv::Reader::from_path(folder.join("events.csv")).unwrap();
    let mut differing = 0;
    for (row, activity) in rows.records().zip(&dataset.activities) {
        let stated: u8 = row.unwrap()[7][11..13].parse().unwrap();
        differing += usize::from(dataset.city.local_time(activity.start_ms).hour != stated);
    }
    // Five activities lie in Idaho's Pacific time.
    assert!(
        differing <= 5,
        "{differing} of {} differ",
        dataset.activities.len()
    );
}

#[test]
fn the_check_finds_what_is_known_to_be_odd_and_repairs_it() {
    let folder = support::data("meetup-montana");
    let (dataset, _) =
        support::import_folder(&support::shipped("meetup-montana.toml"), &folder, false).unwrap();
    let report = check(&dataset, NOW_MS);
    let count = |code: &str| {
        report
            .findings
            .iter()
            .find(|finding| finding.code == code)
            .map_or(0, |found| found.count)
    };
    assert_eq!(count("SKEW_ORGANISER"), 5_710);
    assert_eq!(count("PLACE_FAR"), 1); // a meeting of Missoula placed in Wisconsin
    assert_eq!(count("ACTIVITY_WITHOUT_EVENTS"), 2);

    let repaired = check(&repair(dataset, NOW_MS), NOW_MS);
    assert!(
        repaired
            .findings
            .iter()
            .all(|finding| finding.repair.is_none())
    );
    assert_eq!(repaired.events, 10_416);
}
