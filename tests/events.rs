//! Does the wire form of events mean the same to everybody, for ever?
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use serde_json::Value;
use triqueta::event::{Event, LIMIT_TEXT_BYTES};

/// One event of each kind as version 1 writes it. Old browsers will send these for years: they must stay readable.
const GOLDEN: &str = include_str!("golden/events-v1.jsonl");

fn golden() -> Vec<&'static str> {
    GOLDEN.lines().collect()
}

#[test]
fn every_kind_of_version_1_is_read_and_written_back_the_same() {
    assert_eq!(golden().len(), 10);
    for line in golden() {
        let event = Event::from_json(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(serde_json::to_string(&event).unwrap(), line);
    }
}

#[test]
fn unknown_fields_and_kinds_are_refused() {
    for line in golden() {
        for place in ["{\"id\"", "\"body\":{", "\"consent\":{"] {
            let more = line.replacen(place, &place.replacen('{', "{\"surprise\":1,", 1), 1);
            assert_ne!(more, line);
            assert_eq!(
                Event::from_json(&more).unwrap_err().code(),
                "EVENT_MALFORMED",
                "{more}"
            );
        }
    }
    let unknown = golden()[5].replacen("\"kind\":\"feedback\"", "\"kind\":\"telepathy\"", 1);
    assert_eq!(
        Event::from_json(&unknown).unwrap_err().code(),
        "EVENT_MALFORMED"
    );
}

/// A field of another kind is refused, never read and forgotten; and a body may have its kind anywhere.
#[test]
fn each_kind_has_fields_of_its_own_in_any_order() {
    let events: Vec<Value> = golden()
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let fields = events.iter().flat_map(|event| {
        let body = event["body"].as_object().unwrap();
        body.iter().filter(|(name, _)| *name != "kind")
    });
    let fields: Vec<(&String, &Value)> = fields.collect();
    let (mut taken, mut refused) = (0, 0);
    for event in &events {
        // Written in the order of the alphabet: `activity` comes before `kind`, `shown` behind it.
        assert!(Event::from_json(&event.to_string()).is_ok(), "{event}");
        for (name, value) in &fields {
            let mut more = event.clone();
            more["body"][name.as_str()] = (*value).clone();
            match Event::from_json(&more.to_string()) {
                Ok(read) => {
                    assert_eq!(serde_json::to_value(read).unwrap()["body"], more["body"]);
                    taken += 1;
                }
                Err(error) => {
                    assert_eq!(error.code(), "EVENT_MALFORMED");
                    refused += 1;
                }
            }
        }
    }
    assert!(taken > 20 && refused > 100, "{taken} {refused}");
}

#[test]
fn impossible_values_are_refused_by_field() {
    let long = "x".repeat(LIMIT_TEXT_BYTES + 1);
    let cases: [(usize, &str, &str, &str); 9] = [
        (
            0,
            "\"propensity\":1.0",
            "\"propensity\":0.0",
            "shown.propensity",
        ),
        (
            2,
            "\"scroll_depth\":0.5",
            "\"scroll_depth\":1.5",
            "scroll_depth",
        ),
        (
            2,
            "\"dwell_seconds\":12.5",
            "\"dwell_seconds\":-1.0",
            "dwell_seconds",
        ),
        (
            3,
            "\"query\":\"jazz\"",
            &format!("\"query\":\"{long}\""),
            "query",
        ),
        (6, "\"stars\":4", "\"stars\":6", "stars"),
        (7, "\"activity\":\"a-1\"", "\"activity\":\"\"", "activity"),
        (8, "\"stars\":5", "\"stars\":0", "stars"),
        (9, "\"time_ms\":1795359600000", "\"time_ms\":12", "time_ms"),
        (
            9,
            "\"id\":\"01a2044a-1380-7",
            "\"id\":\"01a2044a-1380-4",
            "id",
        ),
    ];
    for (line, from, to, field) in cases {
        let bad = golden()[line].replacen(from, to, 1);
        assert_ne!(bad, golden()[line], "{from}");
        let error = Event::from_json(&bad).unwrap_err();
        assert_eq!(error.code(), "EVENT_OUT_OF_RANGE");
        assert!(error.to_string().contains(&format!("`{field}`")), "{error}");
    }
}

#[test]
fn no_text_makes_reading_panic() {
    let mut random = triqueta::math::Random::new(1);
    for line in golden() {
        for _ in 0..500 {
            let mut bytes = line.as_bytes().to_vec();
            let at = random.below(bytes.len());
            bytes[at] = random.next_u64() as u8;
            let _ = std::str::from_utf8(&bytes).map(Event::from_json);
        }
        (0..line.len())
            .filter(|&cut| line.is_char_boundary(cut))
            .for_each(|cut| {
                assert!(Event::from_json(&line[..cut]).is_err());
            });
    }
    assert!(Event::from_json(&"[".repeat(100_000)).is_err());
}
