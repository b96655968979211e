#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use litemap::LiteMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{FromJson, JsonError, ListOrObject, Reader, object, read, text_of, words, write};
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
    perhaps: Option<Arc<Everything>>,
    pair: (i32, u16),
    list: Vec<Word>,
    #[serde(with = "super::map")]
    map: LiteMap<String, f32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    First,
    LastOne,
}

object! {
    Everything: strict
    { text, single, double, small, large, negative, is_so, pair, list, map }
    { perhaps }
}

words! { Word { First = "first", LastOne = "last_one" } }

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
        list: vec![Word::First, Word::LastOne],
        map: LiteMap::from_iter([("é\n".into(), 1.5), (String::new(), 0.0)]),
    }
}

#[test]
fn what_is_written_is_read_the_same() {
    let inner = everything();
    let outer = Everything {
        perhaps: Some(Arc::new(inner)),
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

/// Numbers as the standard library reads them, infinite ones refused.
fn assert_read_alike(text: &str) {
    let single = text.parse::<f32>().ok().filter(|number| number.is_finite());
    let double = text.parse::<f64>().ok().filter(|number| number.is_finite());
    let singly = read::<f32>(text.as_bytes()).ok();
    let doubly = read::<f64>(text.as_bytes()).ok();
    assert_eq!(singly.map(f32::to_bits), single.map(f32::to_bits), "{text}");
    assert_eq!(doubly.map(f64::to_bits), double.map(f64::to_bits), "{text}");
}

#[test]
fn numbers_are_written_and_read_to_the_last_bit() {
    let mut random = Random::new(3);
    let mut doubles = vec![
        0.0,
        -0.0,
        f64::MAX,
        f64::MIN_POSITIVE,
        f64::EPSILON,
        5e-324,
        1e22,
        1e23,
    ];
    doubles.extend((0..100_000).map(|_| f64::from_bits(random.next_u64())));
    // What somebody writes by hand, or counts.
    doubles.extend(
        (0..100_000).map(|_| random.below(1 << 30) as f64 / [1.0, 10.0, 1e3, 1e7][random.below(4)]),
    );
    for double in doubles.into_iter().filter(|double| double.is_finite()) {
        let single = double as f32;
        let texts = (
            serde_json::to_string(&single).unwrap(),
            serde_json::to_string(&double).unwrap(),
        );
        assert_eq!((write(&single).unwrap(), write(&double).unwrap()), texts);
        assert_read_alike(&texts.0);
        assert_read_alike(&texts.1);
        assert_read_alike(&format!("{double:e}"));
        assert_read_alike(&format!("{single:.3}"));
    }
    let mut singles = vec![f32::MAX, f32::MIN_POSITIVE, 1e-45, 16_777_216.0];
    singles.extend((0..100_000).map(|_| f32::from_bits(random.next_u64() as u32)));
    for single in singles.into_iter().filter(|single| single.is_finite()) {
        let text = serde_json::to_string(&single).unwrap();
        assert_eq!(write(&single).unwrap(), text);
        assert_read_alike(&text);
    }
    assert_eq!([f32::NAN, f32::INFINITY].map(text_of), ["NaN", "inf"]);
    assert_eq!(write(&f64::NAN).unwrap(), "null");
}

/// The number exactly between two that are not negative, with all its digits.
fn middle(low: f64, high: f64) -> String {
    let digits = |number: f64| format!("{number:01400.1080}").into_bytes();
    let (mut middle, high) = (digits(low), digits(high));
    let mut carried = 0;
    for (digit, other) in middle
        .iter_mut()
        .zip(high)
        .rev()
        .filter(|digit| *digit.0 != b'.')
    {
        let sum = *digit - b'0' + other - b'0' + carried;
        (carried, *digit) = (sum / 10, b'0' + sum % 10);
    }
    let mut rest = 0;
    for digit in middle.iter_mut().filter(|digit| **digit != b'.') {
        let twice = rest * 10 + *digit - b'0';
        (rest, *digit) = (twice % 2, b'0' + twice / 2);
    }
    let text = String::from_utf8(middle).unwrap();
    let text = text.trim_matches('0');
    format!("{}{text}0", if text.starts_with('.') { "0" } else { "" })
}

/// All digits of what lies between two numbers decide which of them it is, and any further one.
#[test]
fn numbers_between_two_others_are_read_to_the_last_bit() {
    assert_eq!(middle(0.5, 1.0), "0.750");
    let mut random = Random::new(5);
    for round in 0..2_000 {
        let bits = random.next_u64();
        // Subnormal ones too.
        let (single, double) = match round % 4 {
            0 => (
                f32::from_bits(bits as u32 >> 12),
                f64::from_bits(bits >> 12),
            ),
            _ => (f32::from_bits(bits as u32 >> 1), f64::from_bits(bits >> 1)),
        };
        let singles = [single, single.next_up()].map(f64::from);
        for [low, high] in [singles, [double, double.next_up()]] {
            if !high.is_finite() {
                continue;
            }
            let middle = middle(low, high);
            let digits = middle.trim_end_matches(['0', '.']);
            let (others, last) = digits.split_at(digits.len() - 1);
            let last: u32 = last.parse().unwrap();
            assert_read_alike(&middle);
            assert_read_alike(&format!("{middle}{}1", "0".repeat(900)));
            if middle.contains(others) && digits.contains('.') {
                assert_read_alike(&format!("{others}{}99", last - 1));
            }
        }
    }
}

#[test]
fn numbers_are_read_however_they_are_written() {
    let zeros = "0".repeat(2_000);
    for text in [
        "0",
        "-0",
        "-0.0",
        "0e9999999999999999999",
        "1e400",
        "-1e400",
        "1e-400",
        "1e99999999999999999999",
        "1E+5",
        "1e-99999999999999999999",
        "340282356779733661637539395458142568447",
        "340282356779733661637539395458142568448",
        "179769313486231580793e289",
        "9007199254740993",
        "9007199254740993.0000000000000000000000000000000000001",
        "16777217",
        "16777217.0000000001",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "7.006492321624085e-46",
        "7.006492321624086e-46",
        &format!("1{zeros}e-2000"),
        &format!("0.{zeros}1e2001"),
        &format!("123{zeros}.5"),
        &format!("0.{zeros}5"),
        &format!("1{zeros}1e-2001"),
    ] {
        assert_read_alike(text);
    }
}

#[test]
fn what_nobody_asked_for_is_read_past_and_checked() {
    #[derive(Debug, PartialEq)]
    struct Version {
        v: u32,
    }
    object! { Version: lenient { v } }
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
    struct Point {
        x: f32,
        y: f32,
    }
    object! { Point: strict { x, y } }
    assert!(read::<Point>(br#"{"x":1,"y":2}"#).is_ok());
    assert!(read::<Point>(b"[1,2]").is_err());
    assert_eq!(read::<(u8, u8)>(b"[1,2]"), Ok((1, 2)));
    assert!(read::<(u8, u8)>(b"[1,2,3]").is_err());
    assert!(read::<(u8, u8)>(b"[1]").is_err());
}

#[test]
fn a_list_is_told_from_an_object() {
    let form = |json: &str| read::<ListOrObject<u8, LiteMap<String, f32>>>(json.as_bytes());
    assert!(matches!(form(" [1,2]"), Ok(ListOrObject::List(list)) if list == [1, 2]));
    assert!(
        matches!(form("{\"a\":0.5}"), Ok(ListOrObject::Object(map)) if map.get("a") == Some(&0.5))
    );
    for neither in ["1", "null", "\"a\"", "true", "[256]", "{\"a\":\"b\"}"] {
        assert!(form(neither).is_err(), "{neither}");
    }
}

#[test]
fn errors_say_what_and_where() {
    let error = read::<LiteMap<String, u8>>(b"{\n  \"a\": 1,\n  \"b\": 300\n}").unwrap_err();
    let said = error.to_string();
    assert!(said.contains("300"), "{said}");
    assert!(said.ends_with("at line 3 column 10"), "{said}");
    for json in ["\"First\"", "{\"first\":null}", "{}", "0"] {
        assert!(read::<Word>(json.as_bytes()).is_err(), "{json}");
    }
    let error = read::<Word>(b"\"second\"").unwrap_err();
    assert!(error.to_string().contains("`second`"), "{error}");
    assert!(read::<String>(b"\"\xff\"").is_err());
}

/// Anything, however deep.
struct Nested(Vec<Nested>);

impl FromJson for Nested {
    fn blank() -> Self {
        Self(Vec::new())
    }

    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        self.0.fill(reader)
    }
}

#[test]
fn no_depth_exhausts_the_stack() {
    object! { Version: lenient {} {} or Version };
    struct Version;
    for json in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
        let error = read::<Version>(format!("{{\"a\":{json}").as_bytes()).err();
        assert!(error.is_some_and(|error| error.to_string().contains("too deep")));
    }
    let error = read::<Nested>("[".repeat(100_000).as_bytes()).err();
    assert!(error.is_some_and(|error| error.to_string().contains("too deep")));
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    assert!(read::<Nested>(deep.as_bytes()).is_ok());
    assert!(serde_json::from_str::<Value>(&deep).is_ok());
}
