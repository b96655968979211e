#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ListOrObject, read};
use crate::math::Random;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Everything {
    text: String,
    single: f32,
    double: f64,
    small: u8,
    large: u64,
    negative: i64,
    is_so: bool,
    #[serde(default)]
    perhaps: Option<Box<Everything>>,
    pair: (i8, u16),
    list: Vec<Word>,
    map: BTreeMap<String, f32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    First,
    LastOne,
    Holds(u16),
    Two(u8, bool),
    Named { number: f32 },
}

fn everything() -> Everything {
    Everything {
        text: "añb \"c\" \\ / \u{8}\u{c}\n\r\t\u{1}😀".into(),
        single: 0.1,
        double: -1.0e-7,
        small: 255,
        large: u64::MAX,
        negative: i64::MIN,
        is_so: true,
        perhaps: None,
        pair: (-128, 65_535),
        list: vec![
            Word::First,
            Word::LastOne,
            Word::Holds(3),
            Word::Two(4, false),
            Word::Named { number: 0.3 },
        ],
        map: [("é\n".into(), 1.5), (String::new(), 0.0)].into(),
    }
}

#[test]
fn what_is_written_is_read_the_same() {
    let inner = everything();
    let outer = Everything {
        perhaps: Some(Box::new(inner)),
        ..everything()
    };
    for json in [
        serde_json::to_vec(&outer).unwrap(),
        serde_json::to_vec_pretty(&outer).unwrap(),
    ] {
        assert_eq!(read::<Everything>(&json).unwrap(), outer);
    }
}

/// The other reader is the judge of what is JSON, and of every bit of a number.
#[test]
fn it_agrees_with_another_reader_about_damaged_texts() {
    let seed = serde_json::to_vec(&everything()).unwrap();
    let pieces = [
        "0",
        "-",
        "-0",
        "01",
        "1.",
        ".5",
        "1e5",
        "1E+05",
        "1e",
        "1e999",
        "1e-999",
        "0.1",
        "255.0",
        "4294967296",
        "18446744073709551616",
        "null",
        "nul",
        "true",
        "\"\"",
        "{}",
        "[]",
        "[[[[",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        "\"\\ude00\"",
        "\"\\u+123\"",
        "\"\\x\"",
        ",",
        "{,",
        "\t",
        "\u{b}",
        "é",
        "\"",
        "\\",
    ];
    let mut random = Random::new(7);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..200_000 {
        let mut json = seed.clone();
        for _ in 0..=random.below(2) {
            let from = random.below(json.len());
            let until = (from + random.below(12)).min(json.len());
            let piece = pieces[random.below(pieces.len())].bytes();
            json.splice(from..until, piece);
        }
        let (ours, other) = (
            read::<Everything>(&json),
            serde_json::from_slice::<Everything>(&json),
        );
        // A whole number may be written `-0`.
        let is_alike = ours.as_ref().ok() == other.as_ref().ok()
            || json.windows(2).any(|two| two == b"-0") && other.is_err();
        assert!(
            is_alike,
            "{}: {ours:?} {other:?}",
            String::from_utf8_lossy(&json)
        );
        *(if ours.is_ok() {
            &mut accepted
        } else {
            &mut refused
        }) += 1;
    }
    assert!(accepted > 2_000 && refused > 2_000, "{accepted} {refused}");
}

#[test]
fn numbers_are_read_to_the_last_bit() {
    let mut random = Random::new(3);
    for _ in 0..200_000 {
        let (single, double) = (
            f32::from_bits(random.next_u64() as u32),
            f64::from_bits(random.next_u64()),
        );
        if single.is_finite() {
            let again: f32 = read(serde_json::to_string(&single).unwrap().as_bytes()).unwrap();
            assert_eq!(again.to_bits(), single.to_bits());
        }
        if double.is_finite() {
            let again: f64 = read(serde_json::to_string(&double).unwrap().as_bytes()).unwrap();
            assert_eq!(again.to_bits(), double.to_bits());
        }
    }
}

#[test]
fn what_nobody_asked_for_is_read_past_and_checked() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Version {
        v: u32,
    }
    let version = |rest: &str| read::<Version>(format!("{{{rest}, \"v\" : 3 }}").as_bytes());
    for whole in [
        r#""a":[1,{"b":[null,true,false,-1.5e3,"\n"]},[]]"#,
        r#""a":{"b":{},"":"","v":2}"#,
    ] {
        assert_eq!(version(whole), Ok(Version { v: 3 }), "{whole}");
    }
    for damaged in [
        r#""a":[1,]"#,
        r#""a":{"b"}"#,
        r#""a":{"b":1,}"#,
        r#""a":nule"#,
        r#""a":[1}"#,
        r#""a":"\q""#,
        r#""a":01"#,
        r#""a":"#,
    ] {
        assert!(version(damaged).is_err(), "{damaged}");
    }
}

#[test]
fn an_object_is_never_a_list_and_a_list_has_so_many_elements() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Point {
        x: f32,
        y: f32,
    }
    assert!(read::<Point>(br#"{"x":1,"y":2}"#).is_ok());
    assert!(read::<Point>(b"[1,2]").is_err());
    assert_eq!(read::<(u8, u8)>(b"[1,2]"), Ok((1, 2)));
    assert!(read::<(u8, u8)>(b"[1,2,3]").is_err());
    assert!(read::<(u8, u8)>(b"[1]").is_err());
}

#[test]
fn a_list_is_told_from_an_object() {
    let form = |json: &str| read::<ListOrObject<u8, BTreeMap<String, f32>>>(json.as_bytes());
    assert!(matches!(form(" [1,2]"), Ok(ListOrObject::List(list)) if list == [1, 2]));
    assert!(matches!(form("{\"a\":0.5}"), Ok(ListOrObject::Object(map)) if map["a"] == 0.5));
    for neither in ["1", "null", "\"a\"", "true", "[256]", "{\"a\":\"b\"}"] {
        assert!(form(neither).is_err(), "{neither}");
    }
}

#[test]
fn errors_say_what_and_where() {
    let error = read::<BTreeMap<String, u8>>(b"{\n  \"a\": 1,\n  \"b\": 300\n}").unwrap_err();
    let said = error.to_string();
    assert!(said.contains("300"), "{said}");
    assert!(said.ends_with("at line 3 column 10"), "{said}");
    for json in [
        "\"holds\"",
        "{\"first\":null}",
        "{\"holds\":1,\"a\":2}",
        "{}",
    ] {
        assert!(read::<Word>(json.as_bytes()).is_err(), "{json}");
    }
    let error = read::<Word>(b"\"second\"").unwrap_err();
    assert!(error.to_string().contains("`second`"), "{error}");
    assert!(read::<String>(b"\"\xff\"").is_err());
}

#[test]
fn no_depth_exhausts_the_stack() {
    for bracket in ["[", "{\"a\":"] {
        let error = read::<serde::de::IgnoredAny>(bracket.repeat(100_000).as_bytes());
        assert!(error.unwrap_err().to_string().contains("too deep"));
    }
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    assert!(read::<serde::de::IgnoredAny>(deep.as_bytes()).is_ok());
    assert!(serde_json::from_str::<Value>(&deep).is_ok());
}
