//! The folder visitors download from: what a publication leaves there, and what a failed one does not.

use std::fs;

use triqueta::bundle::Manifest;
use triqueta::catalog::Activity;
use triqueta_trainer::publish::{Registry, load_bundle, save_bundle};

use crate::made_up::*;
use crate::support::{DAY_MS, NOW_MS};

fn channel(registry: &Registry) -> Vec<u8> {
    fs::read(registry.folder().join("channel.json")).unwrap()
}

fn refusal(registry: &Registry, (id, files): &Sealed) -> &'static str {
    let refused = registry.publish(id, files, "default", "training", NOW_MS);
    refused.unwrap_err().code()
}

#[test]
fn the_sequence_grows_and_a_rollback_is_a_new_channel() {
    let (_folder, registry) = published();
    publish(&registry, &other(), "training");
    publish(&registry, &first(), "training");
    let channel = registry.channel().unwrap().unwrap();
    assert_eq!(channel.sequence, 3);
    assert_eq!(channel.bundle("default").unwrap(), first().0);
    let log = registry.publications().unwrap();
    let sequences: Vec<u64> = log.iter().map(|publication| publication.sequence).collect();
    assert_eq!(sequences, [1, 2, 3]);
    assert_eq!(log[2].new_bytes, 0, "going back costs nothing");
}

#[test]
fn publications_wait_for_each_other() {
    let (_folder, registry) = published();
    let held = registry.lock().unwrap();
    let waiting = {
        let registry = registry.clone();
        std::thread::spawn(move || {
            let _held = registry.lock().unwrap();
            registry.channel().unwrap().unwrap().sequence
        })
    };
    publish(&registry, &other(), "training");
    drop(held);
    assert_eq!(
        waiting.join().unwrap(),
        2,
        "it sees what was published while it waited"
    );
}

#[test]
fn a_damaged_bundle_is_not_published() {
    let (_folder, registry) = published();
    let before = channel(&registry);
    let (id, mut files) = other();
    let manifest = Manifest::from_json(&id, files.get(&Manifest::path(&id)).unwrap()).unwrap();
    let towers = manifest.files.iter().find(|file| file.name == "towers");
    let path = &towers.unwrap().path;
    let mut bytes = files.get(path).unwrap().to_vec();
    bytes[200] ^= 1;
    files.insert(path.clone(), bytes);
    assert_eq!(refusal(&registry, &(id, files)), "BUNDLE_HASH");
    assert_eq!(channel(&registry), before);
    publish(&registry, &other(), "training");
    assert_eq!(
        registry.channel().unwrap().unwrap().sequence,
        2,
        "the whole one is"
    );
}

#[test]
fn a_folder_that_cannot_be_written_keeps_its_channel() {
    let (folder, registry) = published();
    let before = channel(&registry);
    let plain_list = registry.folder().join("fallback.json");
    fs::remove_file(&plain_list).unwrap();
    fs::create_dir(&plain_list).unwrap();
    assert!(refusal(&registry, &other()).starts_with("FILE_"));
    assert_eq!(channel(&registry), before);
    fs::remove_dir(&plain_list).unwrap();
    publish(&registry, &other(), "training");

    let blocked = folder.path().join("a-file");
    fs::write(&blocked, "here").unwrap();
    let nowhere = Registry::at(blocked.join("registry"));
    assert!(refusal(&nowhere, &other()).starts_with("FILE_"));
}

#[test]
fn damage_on_the_disk_is_found_and_a_publication_of_the_whole_bundle_heals_it() {
    let (_folder, registry) = published();
    let before = channel(&registry);
    let code = || registry.engine("default").unwrap_err().code();
    for entry in current(&registry).manifest.files {
        let path = registry.folder().join(&entry.path);
        let whole = fs::read(&path).unwrap();
        let mut damaged = whole.clone();
        damaged[whole.len() / 2] ^= 1;
        fs::write(&path, damaged).unwrap();
        assert_eq!(code(), "BUNDLE_HASH", "{}", entry.name);
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert_eq!(code(), "BUNDLE_LENGTH", "{}", entry.name);
        fs::remove_file(&path).unwrap();
        assert_eq!(code(), "BUNDLE_MISSING", "{}", entry.name);
        assert_eq!(channel(&registry), before);
        fs::write(&path, whole).unwrap();
    }
    for entry in current(&registry).manifest.files {
        fs::write(registry.folder().join(entry.path), "damaged").unwrap();
    }
    publish(&registry, &first(), "training");
    assert_eq!(current(&registry).id, first().0);
    assert_eq!(registry.channel().unwrap().unwrap().sequence, 2);
}

#[test]
fn the_same_data_and_seed_give_the_same_bytes_everywhere() {
    assert_eq!(trained(&dataset_of(activities()), 1), first());
    assert_ne!(other().0, first().0);

    let trees = [published(), published()].map(|(_folder, registry)| {
        let mut now = activities();
        now.push(fresh("new", "Nadie"));
        publish_catalogue(&registry, &now);
        tree(registry.folder())
    });
    assert!(trees[0] == trees[1]);
    let is_packed = |path: &std::path::PathBuf| path.extension().is_some_and(|kind| kind == "br");
    assert!(trees[0].keys().any(is_packed));
    let is_partial = |path: &std::path::PathBuf| path.to_string_lossy().contains("partial");
    assert!(!trees[0].keys().any(is_partial), "nothing half-written");
}

#[test]
fn a_trained_bundle_survives_its_folder_and_damage_there_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("bundle");
    let (id, files) = first();
    save_bundle(&out, &id, &files).unwrap();
    assert_eq!(load_bundle(&out).unwrap(), (id, files));
    let beside = fs::read_dir(folder.path()).unwrap();
    assert_eq!(beside.count(), 1, "nothing half-written");
    fs::write(out.join("bundle.json"), "{").unwrap();
    assert_eq!(load_bundle(&out).unwrap_err().code(), "BUNDLE_MALFORMED");
}

#[test]
fn the_plain_list_is_never_empty_while_there_are_activities() {
    let over = activities().into_iter().map(|activity| Activity {
        start_ms: activity.start_ms - 400 * DAY_MS,
        end_ms: activity.end_ms.map(|end_ms| end_ms - 400 * DAY_MS),
        published_ms: activity.published_ms.map(|time_ms| time_ms - 400 * DAY_MS),
        ..activity
    });
    for activities in [activities(), over.collect()] {
        let folder = tempfile::tempdir().unwrap();
        let registry = Registry::at(folder.path());
        publish(&registry, &trained(&dataset_of(activities), 1), "training");
        let text = fs::read_to_string(folder.path().join("fallback.json")).unwrap();
        let list: serde_json::Value = serde_json::from_str(&text).unwrap();
        let listed = list["activities"].as_array().unwrap();
        assert!(listed.len() >= 10, "{}", listed.len());
        let has_title = |card: &serde_json::Value| !card["title"].as_str().unwrap().is_empty();
        assert!(listed.iter().all(has_title));
    }
}
