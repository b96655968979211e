//! Does docs/privacy.md name everything that is kept and sent, in both languages?
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use triqueta::history::LIMIT_ENTRIES;
use triqueta::outbox::{
    LIMIT_AGE_MS, LIMIT_QUEUED, LIMIT_QUEUED_BYTES, LIMIT_UNSAVED, LIMIT_UNSAVED_BYTES,
};

const DAY_MS: i64 = 86_400_000;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The Spanish half and the English one.
fn halves() -> [String; 2] {
    let text = read("docs/privacy.md");
    let (spanish, english) = text.split_once("\n## English\n").unwrap();
    [spanish, english].map(str::to_owned)
}

/// What stands between the first pair of quotation marks.
fn quoted(line: &str) -> Option<&str> {
    line.split('"').nth(1)
}

#[test]
fn everything_kept_on_the_device_is_in_the_data_map() {
    let state = read("src/wasm/device/state.rs");
    let keys = state.lines().filter(|line| line.contains(": &str = \""));
    let mut kept: Vec<&str> = keys.filter_map(quoted).collect();
    assert!(kept.contains(&"history") && kept.len() >= 8, "{kept:?}");
    let account = read("src/outbox/account.rs");
    let (_, account) = account.split_once("pub struct Account {").unwrap();
    let (fields, _) = account.split_once("\n}").unwrap();
    let fields = fields
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub "));
    kept.extend(fields.filter_map(|field| Some(field.split_once(':')?.0)));
    assert!(kept.contains(&"device") && kept.len() >= 15, "{kept:?}");
    let storage = read("src/wasm/device/storage.rs");
    let tables = storage.lines().find(|line| line.contains("const TABLES"));
    let tables: Vec<&str> = tables.unwrap().split('"').skip(1).step_by(2).collect();
    assert_eq!(tables[0], "state", "whose names are looked at above");
    kept.extend(&tables[1..]);
    for half in halves() {
        for name in &kept {
            assert!(half.contains(&format!("`{name}`")), "{name} is missing");
        }
    }
}

#[test]
fn everything_sent_is_in_the_data_map() {
    let mut sent = BTreeSet::new();
    for line in read("tests/golden/events-v1.jsonl").lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        sent.extend(event.as_object().unwrap().keys().cloned());
        sent.extend(event["consent"].as_object().unwrap().keys().cloned());
        sent.insert(event["body"]["kind"].as_str().unwrap().to_owned());
    }
    assert!(
        sent.contains("consent") && sent.contains("rating"),
        "{sent:?}"
    );
    for half in halves() {
        for name in &sent {
            assert!(half.contains(&format!("`{name}`")), "{name} is missing");
        }
    }
}

#[test]
fn the_limits_are_those_of_the_code() {
    let [spanish, english] = halves();
    let entries = LIMIT_ENTRIES.to_string();
    let queue_days = LIMIT_AGE_MS / DAY_MS;
    assert_eq!(LIMIT_QUEUED, 10_000);
    assert!(spanish.contains("10.000") && english.contains("10,000"));
    assert_eq!((LIMIT_UNSAVED, LIMIT_UNSAVED_BYTES), (1_000, 1 << 20));
    assert_eq!(LIMIT_QUEUED_BYTES, 16 << 20);
    for bytes in ["16 MiB", " 1 MiB"] {
        assert!(spanish.contains(bytes) && english.contains(bytes));
    }
    assert!(spanish.contains("1.000 eventos") && english.contains("1,000 events"));
    assert!(spanish.contains(&format!("; {queue_days} días;")));
    assert!(english.contains(&format!("; {queue_days} days;")));
    assert!(spanish.contains(&format!("hasta {entries})")));
    assert!(english.contains(&format!("up to {entries})")));
    let (state, server) = (
        read("src/wasm/device/state.rs"),
        read("server/src/config.rs"),
    );
    assert!(state.contains("RETENTION_MS: i64 = 180 *"));
    assert!(server.contains("DEFAULT_RETENTION_DAYS: u32 = 180;"));
    assert!(spanish.contains("180 días") && english.contains("180 days"));
}
