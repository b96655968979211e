//! What is missing, wrong, damaged or interrupted: told once, and nothing half-written.

use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::tiny::*;

#[test]
fn a_list_that_was_tampered_with_does_not_replay() {
    let folder = published();
    let folder = folder.path();
    succeeds(
        folder,
        &[
            "recommend",
            "--registry",
            "registry",
            "--at",
            NOW_MS,
            "--trace",
            "trace.json",
        ],
    );
    let path = folder.join("trace.json");
    let mut trace: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let score = trace["slate"]["items"][2]["score"].as_f64().unwrap();
    trace["slate"]["items"][2]["score"] = (score + 0.5).into();
    fs::write(&path, trace.to_string()).unwrap();
    let output = triqueta(
        folder,
        &[
            "replay-slate",
            "trace.json",
            "--registry",
            "registry",
            "--json",
        ],
    );
    assert_eq!(output.status.code(), Some(1));
    let outcome: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&outcome["same"], &outcome["differs_at"]),
        (&false.into(), &2.into())
    );
}

#[test]
fn what_is_missing_or_wrong_is_one_block_with_its_code() {
    let folder = dataset(60);
    let folder = folder.path();
    assert_eq!(
        failure(folder, &["recommend", "--registry", "nowhere"]),
        "BUNDLE_MISSING"
    );
    assert_eq!(
        failure(folder, &["train", "nowhere", "--out", "bundle"]),
        "DATASET_MISSING"
    );
    assert_eq!(
        failure(folder, &["publish", "data", "--registry", "registry"]),
        "BUNDLE_MISSING"
    );
    assert_eq!(
        failure(
            folder,
            &["publish", "--catalogue", "data", "--registry", "registry"]
        ),
        "BUNDLE_MISSING",
        "a catalogue needs a training first"
    );
    assert_eq!(
        failure(
            folder,
            &["train", "data", "--events", "no.sqlite", "--out", "bundle"]
        ),
        "STORE_MISSING"
    );
    assert_eq!(
        failure(folder, &["train", "data", "--out", "data"]),
        "DATASET_OCCUPIED"
    );
    assert_eq!(
        failure(
            folder,
            &["replay-slate", "tiny.toml", "--registry", "registry"]
        ),
        "REQUEST_MALFORMED"
    );
    assert_eq!(
        failure(
            folder,
            &["replay-slate", "no.json", "--registry", "registry"]
        ),
        "FILE_FAILED"
    );
    assert_eq!(
        names(folder),
        ["activities.csv", "data", "events.csv", "tiny.toml"],
        "and nothing was begun"
    );

    let refused = [
        &["publish", "--registry", "registry"][..],
        &[
            "publish",
            "bundle",
            "--counters",
            "data",
            "--registry",
            "registry",
        ],
        &[
            "publish",
            "bundle",
            "--events",
            "store",
            "--registry",
            "registry",
        ],
        &["recommend", "--registry", "registry", "--limit", "0"],
        &["recommend", "--registry", "registry", "--limit", "201"],
        &["recommend", "--registry", "registry", "--users", "all"],
        &["train", "data"],
    ];
    for arguments in refused {
        let output = triqueta(folder, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_damaged_object_is_refused_by_every_verb_that_reads_it() {
    let folder = published();
    let folder = folder.path();
    let channel = fs::read(folder.join("registry/channel.json")).unwrap();
    let objects = folder.join("registry/objects");
    let largest = names(&objects)
        .into_iter()
        .filter(|name| name.ends_with(".safetensors"))
        .max_by_key(|name| fs::metadata(objects.join(name)).unwrap().len())
        .unwrap();
    let mut bytes = fs::read(objects.join(&largest)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(objects.join(&largest), bytes).unwrap();
    for verb in [
        &["recommend"][..],
        &["publish", "--catalogue", "data"],
        &["publish", "--counters", "data"],
    ] {
        let arguments = [verb, &["--registry", "registry"]].concat();
        assert_eq!(failure(folder, &arguments), "BUNDLE_HASH");
        let output = triqueta(folder, &[&arguments[..], &["--json"]].concat());
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!(error["code"], "BUNDLE_HASH");
    }
    assert_eq!(
        fs::read(folder.join("registry/channel.json")).unwrap(),
        channel
    );
}

/// Waits until the program catches interrupts; an earlier one would end it as it ends any program.
fn wait_until_it_listens(id: &str) {
    const INTERRUPT: u64 = 1 << 1;
    let listens = || {
        sleep(Duration::from_millis(5));
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        status
            .lines()
            .find_map(|line| line.strip_prefix("SigCgt:"))
            .map(|mask| u64::from_str_radix(mask.trim(), 16).unwrap())
            .is_some_and(|mask| mask & INTERRUPT != 0)
    };
    assert!(
        (0..2_000).any(|_| listens()),
        "the program never listened for Ctrl-C"
    );
}

#[test]
fn ctrl_c_stops_a_training_and_the_older_bundle_stays() {
    let folder = dataset(30_000);
    let folder = folder.path();
    fs::create_dir(folder.join("bundle")).unwrap();
    fs::write(folder.join("bundle/bundle.json"), "an older one").unwrap();
    let before = names(folder);
    let training = Command::new(env!("CARGO_BIN_EXE_triqueta"))
        .current_dir(folder)
        .args(TRAIN)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let id = training.id().to_string();
    wait_until_it_listens(&id);
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let output = training.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    assert!(output.stdout.is_empty());
    assert!(
        text(&output.stderr).contains("code: CANCELLED"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(names(folder), before);
    assert_eq!(tree(&folder.join("bundle")).len(), 1);
    assert_eq!(
        fs::read_to_string(folder.join("bundle/bundle.json")).unwrap(),
        "an older one"
    );
}

#[test]
fn a_bundle_the_gate_refuses_needs_a_reason_to_be_published() {
    let folder = published();
    let folder = folder.path();
    let channel = fs::read(folder.join("registry/channel.json")).unwrap();
    fs::write(folder.join("events.csv"), "user,activity,time\n").unwrap();
    let import = [
        "import",
        "--mapping",
        "tiny.toml",
        "--from",
        ".",
        "--out",
        "data",
    ];
    succeeds(folder, &import);
    succeeds(folder, &TRAIN);
    for arguments in [&PUBLISH[..], &[&PUBLISH[..], &["--json"]].concat()] {
        let output = triqueta(folder, arguments);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stdout).contains("its log is too small"));
        assert!(text(&output.stderr).contains("GATE_REFUSED"));
    }
    assert_eq!(
        fs::read(folder.join("registry/channel.json")).unwrap(),
        channel
    );

    let force = [&PUBLISH[..], &["--force", "a new season begins"]].concat();
    let publication = json(folder, &force);
    assert_eq!(publication["forced"], "a new season begins");
    assert_eq!(
        publication["gate"]["objections"].as_array().unwrap().len(),
        1
    );
    let id = publication["bundle"].as_str().unwrap();
    let manifest = fs::read(folder.join(format!("registry/manifests/{id}.json"))).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["forced"]["reason"], "a new season begins");
    let empty = [&PUBLISH[..], &["--force", ""]].concat();
    assert_eq!(triqueta(folder, &empty).status.code(), Some(2));
}
