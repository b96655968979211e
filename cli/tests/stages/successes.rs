//! What the verbs do and say when all goes well.

use std::fs;

use crate::tiny::*;

#[test]
fn a_dataset_becomes_a_bundle_a_registry_and_a_list_that_replays() {
    let folder = dataset(240);
    let folder = folder.path();
    let trained = json(folder, &TRAIN);
    assert_eq!(trained["events_from_store"], 0);
    assert_eq!(trained["learned_from"]["events"], 240);
    assert_eq!(trained["left_out"]["events"], 0, "nobody says too much");
    assert_eq!(trained["learned_from"]["activities"], 40);
    let metric = &trained["metrics"][0];
    assert_eq!(metric["metric"], "ndcg@10");
    assert!(
        metric["value"].as_f64().unwrap() > metric["random"].as_f64().unwrap(),
        "{metric}"
    );

    let publication = json(folder, &PUBLISH);
    assert_eq!(publication["bundle"], trained["bundle"]);
    assert_eq!(
        (&publication["sequence"], &publication["kind"]),
        (&1.into(), &"training".into())
    );
    assert_eq!(publication["bytes"], publication["new_bytes"]);

    let list = [
        "recommend",
        "--registry",
        "registry",
        "--at",
        NOW_MS,
        "--tags",
        "teatro",
        "--limit",
        "5",
    ];
    let slate = json(folder, &[&list[..], &["--trace", "trace.json"]].concat());
    assert_eq!(slate["bundle"], trained["bundle"]);
    assert_eq!(slate["items"].as_array().unwrap().len(), 5);
    for item in slate["items"].as_array().unwrap() {
        assert!(item["reason"]["text"].as_str().unwrap().len() > 5);
    }
    let printed = succeeds(folder, &list);
    assert_eq!(printed.lines().count(), 6, "{printed}");

    let replay = ["replay-slate", "trace.json", "--registry", "registry"];
    let replayed = json(folder, &replay);
    assert_eq!(replayed["same"], true);
    assert_eq!(replayed["exported_digest"], replayed["replayed_digest"]);
    assert!(succeeds(folder, &replay).contains("bit for bit"));

    let everybody = [
        "--users",
        "all",
        "--dataset",
        "data",
        "--out",
        "lists.parquet",
    ];
    let report = json(
        folder,
        &[
            &["recommend", "--registry", "registry", "--at", NOW_MS],
            &everybody[..],
        ]
        .concat(),
    );
    assert_eq!(
        (&report["visitors"], &report["rows"]),
        (&31.into(), &310.into())
    );
    assert!(
        fs::read(folder.join("lists.parquet"))
            .unwrap()
            .starts_with(b"PAR1")
    );
}

#[test]
fn the_same_dataset_and_seed_give_the_same_bytes() {
    let folder = dataset(240);
    let folder = folder.path();
    succeeds(folder, &TRAIN);
    let first = tree(&folder.join("bundle"));
    succeeds(folder, &TRAIN);
    assert!(tree(&folder.join("bundle")) == first);
    let other = json(folder, &["train", "data", "--out", "other", "--seed", "2"]);
    assert!(
        !first
            .keys()
            .any(|path| path.ends_with(format!("{}.json", other["bundle"].as_str().unwrap())))
    );
    assert_eq!(
        names(folder),
        [
            "activities.csv",
            "bundle",
            "data",
            "events.csv",
            "other",
            "tiny.toml"
        ]
    );
}

#[test]
fn a_catalogue_and_counters_follow_a_training() {
    let folder = published();
    let folder = folder.path();
    let rows = fs::read_to_string(folder.join("activities.csv")).unwrap();
    let added = format!(
        "{rows}new,Plan nuevo,cine,{},Casa 9\n",
        START_S + 60 * DAY_S
    );
    fs::write(folder.join("activities.csv"), added).unwrap();
    succeeds(
        folder,
        &[
            "import",
            "--mapping",
            "tiny.toml",
            "--from",
            ".",
            "--out",
            "data",
        ],
    );
    let publication = json(
        folder,
        &["publish", "--catalogue", "data", "--registry", "registry"],
    );
    assert_eq!(publication["sequence"], 2);
    let change = &publication["catalogue"];
    assert_eq!(
        (&change["added"], &change["changed"], &change["unchanged"]),
        (&1.into(), &0.into(), &40.into())
    );
    let list = json(
        folder,
        &[
            "recommend",
            "--registry",
            "registry",
            "--at",
            NOW_MS,
            "--limit",
            "200",
        ],
    );
    let items = list["items"].as_array().unwrap();
    assert!(items.iter().any(|item| item["activity"] == "new"));

    let publication = json(
        folder,
        &["publish", "--counters", "data", "--registry", "registry"],
    );
    assert_eq!(
        (&publication["sequence"], &publication["kind"]),
        (&3.into(), &"counters".into())
    );
    assert!(
        publication["new_bytes"].as_u64().unwrap() < publication["bytes"].as_u64().unwrap() / 2
    );
    assert!(publication.get("catalogue").is_none());
}

#[test]
fn settings_are_searched_within_the_budget_and_a_training_takes_them() {
    let folder = dataset(240);
    let folder = folder.path();
    let search = [
        "tune", "data", "--out", "search", "--trials", "2", "--folds", "1",
    ];
    let tuning = json(folder, &search);
    assert_eq!(tuning["trials"].as_array().unwrap().len(), 2);
    assert_eq!(tuning["finished"], true);
    // Out of time at once, yet everything is known already.
    let again = json(folder, &[&search[..], &["--minutes", "0"]].concat());
    assert_eq!(again, tuning);
    let rows = fs::read_to_string(folder.join("search/trials.csv")).unwrap();
    assert_eq!(rows.lines().count(), 3);
    fs::write(folder.join("fast.toml"), "tree_rate = 0.3\n").unwrap();
    let with = [&TRAIN[..], &["--settings", "fast.toml"]].concat();
    let trained = json(folder, &with);
    assert!(!trained["compositions"].as_array().unwrap().is_empty());
    fs::write(folder.join("fast.toml"), "tree_rate = 7.0\n").unwrap();
    assert_eq!(failure(folder, &with), "TUNE_SETTINGS");
    assert!(succeeds(folder, &["tune", "data", "--knobs"]).contains("tower_temperature"));
}
