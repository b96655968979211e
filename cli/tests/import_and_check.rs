//! `triqueta import` and `triqueta check` as a shell sees them: output, exit code, and what is left on the disk.
#![allow(clippy::unwrap_used)]

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

const MAPPING: &str = r#"
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
start = "start"
[[events]]
table = "events"
user = "user"
activity = "activity"
time = { column = "time", time = "epoch_s" }
[[events.body]]
kind = "favourite"
set = { action = "added" }
"#;

/// A folder with a mapping and `events` saved favourites.
fn source(events: u64) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("tiny.toml", MAPPING);
    write(
        "activities.csv",
        "id,title,tags,start\na1,Concierto,música;jazz,2025-11-22T19:00\na2,Cine,cine,2025-11-23\n",
    );
    let mut text = "user,activity,time\n".to_owned();
    for event in 0..events {
        writeln!(
            text,
            "u{},a{},{}",
            event % 97,
            event % 2 + 1,
            1_700_000_000 + event * 60
        )
        .unwrap();
    }
    write("events.csv", &text);
    folder
}

fn triqueta(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_triqueta"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

const IMPORT: [&str; 7] = [
    "import",
    "--mapping",
    "tiny.toml",
    "--from",
    ".",
    "--out",
    "data",
];

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Nothing but the source lies in the folder.
fn is_untouched(folder: &Path) -> bool {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    names == ["activities.csv", "events.csv", "tiny.toml"]
}

#[test]
fn a_source_becomes_a_dataset_and_the_result_is_on_standard_output() {
    let folder = source(50);
    let output = triqueta(folder.path(), &IMPORT);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(
        text(&output.stdout),
        "imported 2 activities, 50 visitors and 50 events into data\n"
    );
    assert!(output.stderr.is_empty());

    let output = triqueta(folder.path(), &[&IMPORT[..], &["--json"]].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["events"], &report["rows"]["events.csv"]),
        (&Value::from(50), &Value::from(50))
    );
}

#[test]
fn the_check_prints_a_table_or_json_and_its_exit_code_says_how_bad_it_is() {
    let folder = source(50);
    triqueta(folder.path(), &IMPORT);
    let output = triqueta(folder.path(), &["check", "data"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        text(&output.stdout).starts_with("2 activities, 50 visitors, 50 events\n"),
        "{}",
        text(&output.stdout)
    );
    let output = triqueta(folder.path(), &["check", "data", "--strict", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["findings"][0]["severity"], "warning");

    // A clock that was never set right: an error, and the repair removes it.
    let output = triqueta(
        folder.path(),
        &[
            "check",
            "data",
            "--now-ms",
            "1700001000000",
            "--repair",
            "repaired",
        ],
    );
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("EVENT_IN_FUTURE"));
    assert_eq!(
        text(&output.stderr),
        "repaired: 22 of 50 events kept, written to repaired\n"
    );
    let output = triqueta(
        folder.path(),
        &["check", "data", "--now-ms", "1700001000000", "--quiet"],
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn errors_are_one_block_on_standard_error_with_the_cure_and_the_code() {
    let folder = source(5);
    let output = triqueta(
        folder.path(),
        &[
            "import",
            "--mapping",
            "tiny.toml",
            "--from",
            "nowhere",
            "--out",
            "data",
        ],
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let lines: Vec<&str> = text(&output.stderr).lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with("error: ") && lines[1].starts_with("  fix: "));
    assert_eq!(lines[2], " code: IMPORT_SOURCE_MISSING");

    let output = triqueta(folder.path(), &["check", "nowhere", "--json"]);
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["code"], "DATASET_MISSING");

    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(folder.path().join("data/letter"), "mine").unwrap();
    let output = triqueta(folder.path(), &IMPORT);
    assert!(text(&output.stderr).contains("DATASET_OCCUPIED"));
    assert_eq!(
        fs::read_to_string(folder.path().join("data/letter")).unwrap(),
        "mine"
    );
    assert_eq!(triqueta(folder.path(), &["import"]).status.code(), Some(2));
}

#[test]
fn ctrl_c_stops_an_import_and_leaves_nothing_half_written() {
    let folder = source(400_000);
    let import = Command::new(env!("CARGO_BIN_EXE_triqueta"))
        .current_dir(folder.path())
        .args(IMPORT)
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    sleep(Duration::from_millis(700));
    assert!(
        Command::new("kill")
            .args(["-INT", &import.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    let output = import.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    assert!(
        text(&output.stderr).contains("code: CANCELLED"),
        "{}",
        text(&output.stderr)
    );
    assert!(is_untouched(folder.path()));
}

#[test]
fn a_disk_without_room_is_told_and_leaves_nothing_half_written() {
    let folder = source(2_000);
    // Files may grow to 16 KiB, as on a disk that is almost full; the signal for it is ignored so that the write fails.
    let script = format!(
        "trap '' XFSZ; ulimit -f 16; exec {} {}",
        env!("CARGO_BIN_EXE_triqueta"),
        IMPORT.join(" ")
    );
    let output = Command::new("bash")
        .current_dir(folder.path())
        .args(["-c", &script])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    assert!(
        text(&output.stderr).contains("code: FILE_DISK_FULL"),
        "{}",
        text(&output.stderr)
    );
    assert!(is_untouched(folder.path()));
}
