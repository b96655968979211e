//! A dataset on disk is whole, verified and refused with its name when it is not.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;

use triqueta_trainer::Dataset;

#[test]
fn what_was_saved_is_loaded_and_replaces_the_older_one() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("deep/data");
    let mut dataset = support::dataset();
    dataset.save(&folder).unwrap();
    assert_eq!(Dataset::load(&folder).unwrap(), dataset);
    dataset.events.pop();
    dataset.save(&folder).unwrap();
    assert_eq!(Dataset::load(&folder).unwrap(), dataset);
    let left: Vec<_> = fs::read_dir(parent.path().join("deep")).unwrap().collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn the_visitors_location_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("data");
    let mut dataset = support::dataset();
    dataset.visitors[0].profile.location = Some(triqueta::catalog::Place {
        lat: 4.6,
        lon: -74.1,
    });
    dataset.save(&folder).unwrap();
    assert_eq!(
        Dataset::load(&folder).unwrap().visitors[0].profile.location,
        None
    );
}

#[test]
fn missing_cut_changed_and_newer_folders_are_refused() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    let code = || Dataset::load(&folder).unwrap_err().code();
    assert_eq!(code(), "DATASET_MISSING");
    for file in ["activities.parquet", "visitors.parquet", "events.parquet"] {
        support::dataset().save(&folder).unwrap();
        let path = folder.join(file);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert_eq!(code(), "DATASET_DAMAGED", "{file} cut");
        let mut changed = bytes.clone();
        changed[bytes.len() / 2] ^= 1;
        fs::write(&path, changed).unwrap();
        assert_eq!(code(), "DATASET_DAMAGED", "{file} changed");
        fs::remove_file(&path).unwrap();
        assert_eq!(code(), "DATASET_MISSING", "{file} removed");
    }
    support::dataset().save(&folder).unwrap();
    let manifest = folder.join("dataset.json");
    let json = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, json.replace("\"format\": 1", "\"format\": 2")).unwrap();
    assert_eq!(code(), "DATASET_FORMAT");
    fs::write(&manifest, &json[..json.len() / 2]).unwrap();
    assert_eq!(code(), "DATASET_DAMAGED");
}

#[test]
fn contracts_are_kept_however_a_dataset_is_made() {
    let good = support::dataset();
    let rebuild = |good: Dataset| {
        Dataset::new(
            good.city,
            good.activities,
            good.visitors,
            good.events,
            good.lineage,
        )
    };
    assert_eq!(rebuild(good.clone()).unwrap(), good);

    let mut twice = good.clone();
    twice.activities.push(good.activities[0].clone());
    assert_eq!(rebuild(twice).unwrap_err().code(), "CATALOG_DUPLICATE_ID");
    let mut twice = good.clone();
    twice.visitors.push(good.visitors[0].clone());
    assert_eq!(
        rebuild(twice).unwrap_err().code(),
        "DATASET_DUPLICATE_VISITOR"
    );
    let mut late = good.clone();
    late.events[0].time_ms = i64::MAX;
    assert_eq!(rebuild(late).unwrap_err().code(), "EVENT_OUT_OF_RANGE");
    let mut shuffled = good.clone();
    shuffled.events.reverse();
    assert_eq!(rebuild(shuffled).unwrap(), good);
}
