//! A tiny made-up dataset, and the program run on it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) const MAPPING: &str = r#"
format = 1
name = "tiny"
[city]
name = "Bogotá"
time_zone = "America/Bogota"
[tables]
activities = { file = "activities.csv" }
events = { file = "events.csv" }
[activities]
table = "activities"
id = "id"
title = "title"
tags = { column = "tags", separator = ";" }
start = { column = "start", time = "epoch_s" }
organiser = "organiser"
published_from = "first_event"
[[events]]
table = "events"
user = "user"
activity = "activity"
time = { column = "time", time = "epoch_s" }
[[events.body]]
kind = "favourite"
set = { action = "added" }
"#;

pub(crate) const START_S: u64 = 1_700_000_000;
pub(crate) const DAY_S: u64 = 86_400;
/// In the middle of the made-up log.
pub(crate) const NOW_MS: &str = "1701728000000";

/// A folder with a dataset of 40 activities and `events` saved favourites by people with a favourite organiser.
pub(crate) fn dataset(events: u64) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("tiny.toml", MAPPING);
    let mut text = "id,title,tags,start,organiser\n".to_owned();
    for number in 0..40 {
        let tag = ["música", "teatro", "cine"][number as usize % 3];
        let start = START_S + (number + 10) * DAY_S;
        let organiser = number % 5;
        writeln!(
            text,
            "a{number},Plan {number},{tag},{start},Casa {organiser}"
        )
        .unwrap();
    }
    write("activities.csv", &text);
    let mut text = "user,activity,time\n".to_owned();
    for event in 0..events {
        let (user, day) = (event % 31, event * 40 / events.max(1));
        // Something of one's own organiser that starts within the next ten days.
        let activity = (day + (user + 5 - day % 5) % 5).min(39);
        let time = START_S + day * DAY_S + event % 3_600;
        writeln!(text, "u{user},a{activity},{time}").unwrap();
    }
    write("events.csv", &text);
    let import = [
        "import",
        "--mapping",
        "tiny.toml",
        "--from",
        ".",
        "--out",
        "data",
    ];
    succeeds(folder.path(), &import);
    folder
}

pub(crate) fn triqueta(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_triqueta"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// What a verb prints when all goes well.
pub(crate) fn succeeds(folder: &Path, arguments: &[&str]) -> String {
    let output = triqueta(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    text(&output.stdout).to_owned()
}

pub(crate) fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&succeeds(folder, &[&["--json"], arguments].concat())).unwrap()
}

/// The code of a verb that fails as it should: nothing on standard output, one block with the cure on standard error.
pub(crate) fn failure(folder: &Path, arguments: &[&str]) -> String {
    let output = triqueta(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
    let lines: Vec<&str> = text(&output.stderr).lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines[0].starts_with("error: ") && lines[1].starts_with("  fix: "),
        "{lines:?}"
    );
    lines[2].trim_start_matches(" code: ").to_owned()
}

pub(crate) const TRAIN: [&str; 6] = ["train", "data", "--out", "bundle", "--seed", "1"];
pub(crate) const PUBLISH: [&str; 4] = ["publish", "bundle", "--registry", "registry"];

/// A folder with everything up to a published bundle.
pub(crate) fn published() -> TempDir {
    let folder = dataset(240);
    succeeds(folder.path(), &TRAIN);
    succeeds(folder.path(), &PUBLISH);
    folder
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
                files.insert(
                    path.strip_prefix(folder).unwrap().to_owned(),
                    fs::read(&path).unwrap(),
                );
            }
        }
    }
    files
}

/// The names directly in a folder.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
