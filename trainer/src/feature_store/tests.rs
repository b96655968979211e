#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::*;
use crate::Dataset;
use crate::examples::{Example, ExampleOptions, each_example, leaks};
use crate::negatives::Mixture;
use crate::progress::Silent;
use crate::replay::catalog_of;
use crate::testing;

fn options() -> FeatureOptions {
    FeatureOptions {
        examples: ExampleOptions {
            seed: 3,
            copies: 1,
            negatives: Mixture {
                hard: 0.25,
                ..Mixture::default()
            },
            ..ExampleOptions::default()
        },
        ..FeatureOptions::default()
    }
}

fn write(dataset: &Dataset, folder: &Path) -> FeatureSummary {
    write_features(dataset, &options(), folder, &Silent).unwrap()
}

fn stored(store: &FeatureStore) -> Vec<Example> {
    let mut examples = Vec::new();
    let each = |example| {
        examples.push(example);
        Ok(())
    };
    store.each_example(each).unwrap();
    examples
}

fn made(store: &FeatureStore, dataset: &Dataset) -> Vec<Example> {
    let words = store.schema().words.extended(&dataset.activities).unwrap();
    let catalog = catalog_of(dataset, words).unwrap();
    let mut examples = Vec::new();
    let each = |example| {
        examples.push(example);
        Ok(())
    };
    let options = options().examples;
    each_example(dataset, store.schema(), &catalog, &options, &Silent, each).unwrap();
    examples
}

#[test]
fn what_is_read_back_is_what_was_made() {
    let dataset = testing::dataset(120, 5);
    let folder = tempfile::tempdir().unwrap();
    let summary = write(&dataset, &folder.path().join("store"));
    let store = FeatureStore::open(&folder.path().join("store")).unwrap();
    let examples = stored(&store);
    assert_eq!(examples, made(&store, &dataset));
    assert_eq!(examples.len() as u64, summary.manifest.counts.examples);
    assert_eq!(store.manifest(), &summary.manifest);
    assert_eq!(store.dataset().unwrap(), dataset);
    assert!(summary.looked_at == 16 && summary.by_split.len() == 3);

    // A day of the future written into the tables would be found in what is read back.
    let words = store.schema().words.extended(&dataset.activities).unwrap();
    let catalog = catalog_of(&dataset, words).unwrap();
    let mut told: Vec<Example> = examples.into_iter().skip(40).take(2).collect();
    assert_eq!(
        leaks(&dataset, store.schema(), &catalog, 14.0, &told, &Silent).unwrap(),
        []
    );
    told[0].viewpoint.positives += 1;
    let found = leaks(&dataset, store.schema(), &catalog, 14.0, &told, &Silent).unwrap();
    assert_eq!(found[0].feature, "positives");
}

#[test]
fn the_same_events_and_seed_give_the_same_bytes() {
    let dataset = testing::dataset(80, 5);
    let folder = tempfile::tempdir().unwrap();
    let files = |name: &str| -> BTreeMap<String, Vec<u8>> {
        let folder = folder.path().join(name);
        write(&dataset, &folder);
        let names = [FEATURES_MARK, SCHEMA, ACTIVITIES, VIEWPOINTS, EXAMPLES];
        names
            .map(|name| (name.to_owned(), fs::read(folder.join(name)).unwrap()))
            .into()
    };
    assert!(files("one") == files("two"));
    // Once more in the same place: an older store is replaced.
    assert!(files("one") == files("two"));
}

#[test]
fn damage_is_told_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let code = |folder: &Path| FeatureStore::open(folder).unwrap_err().code();
    let at = folder.path().join("store");
    assert_eq!(code(&at), "FEATURES_MISSING");
    write(&testing::dataset(40, 5), &at);

    let examples = at.join(EXAMPLES);
    let whole = fs::read(&examples).unwrap();
    fs::write(&examples, &whole[..whole.len() / 2]).unwrap();
    let error = FeatureStore::open(&at).unwrap_err();
    assert_eq!(error.code(), "FEATURES_DAMAGED");
    assert!(error.to_string().contains(EXAMPLES), "{error}");
    fs::remove_file(&examples).unwrap();
    assert_eq!(code(&at), "FEATURES_MISSING");
    fs::write(&examples, whole).unwrap();

    let mark = at.join(FEATURES_MARK);
    let text = fs::read_to_string(&mark).unwrap();
    fs::write(&mark, text.replacen("\"format\": 1", "\"format\": 99", 1)).unwrap();
    assert_eq!(code(&at), "FEATURES_FORMAT");
    fs::write(&mark, "{").unwrap();
    assert_eq!(code(&at), "FEATURES_DAMAGED");
}

#[test]
fn nothing_else_is_written_over_and_an_empty_log_gives_empty_tables() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letters"), "mine").unwrap();
    let mut dataset = testing::dataset(20, 5);
    dataset.events.clear();
    let refused = write_features(&dataset, &options(), folder.path(), &Silent);
    assert_eq!(refused.unwrap_err().code(), "DATASET_OCCUPIED");

    let at = folder.path().join("store");
    let summary = write(&dataset, &at);
    assert_eq!(summary.manifest.counts.examples, 0);
    assert!(stored(&FeatureStore::open(&at).unwrap()).is_empty());
}
