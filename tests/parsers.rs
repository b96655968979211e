//! Does anything that reads bytes from elsewhere panic, hang or accept what it cannot hold?
//!
//! A bounded number of damaged examples; `TRIQUETA_TIMES=…` tries so many times as many, `./build.sh fuzz` looks for new ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
// The core reads no environment; how long its tests are to run, this one does.
#![allow(clippy::disallowed_methods)]

#[path = "fuzz/parsers.rs"]
mod parsers;
mod support;

use parsers::PARSERS;
use triqueta::math::Random;

const DAMAGED: usize = 600;

/// What numbers, texts and lists are replaced by.
const HOSTILE: [&str; 16] = [
    "0",
    "-1",
    "1e999",
    "-9223372036854775808",
    "18446744073709551616",
    "0.0000000001",
    "null",
    "true",
    "\"\"",
    "{}",
    "[]",
    "[[[[[[[[",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "NaN",
    "\"../../etc/passwd\"",
];

fn damaged(seed: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(4) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len());
        match random.below(7) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.next_u64() as u8,
            2 => bytes.truncate(at),
            3 => drop(bytes.remove(at)),
            4 => {
                let until = (at + random.below(40)).min(bytes.len());
                let copied = bytes[at..until].to_vec();
                let to = random.below(bytes.len());
                bytes.splice(to..to, copied);
            }
            5 => {
                // A whole token of JSON, as far as can be seen from one place.
                let ends = |byte: &u8| matches!(byte, b',' | b':' | b'}' | b']' | b'{' | b'[');
                let from = bytes[..at]
                    .iter()
                    .rposition(ends)
                    .map_or(0, |before| before + 1);
                let until = bytes[at..]
                    .iter()
                    .position(ends)
                    .map_or(bytes.len(), |to| at + to);
                let hostile = HOSTILE[random.below(HOSTILE.len())].bytes();
                if from <= until {
                    bytes.splice(from..until, hostile);
                }
            }
            _ => {
                let until = (at + 8).min(bytes.len());
                bytes[at..until].fill(if random.below(2) == 0 { 0 } else { 0xff });
            }
        }
    }
    bytes
}

/// Damage that everything survives, or nothing, would say little of a reader.
#[test]
fn damaged_examples_are_refused_or_sound() {
    let times = std::env::var("TRIQUETA_TIMES").map_or(1, |times| times.parse().unwrap());
    for (number, parser) in PARSERS.iter().enumerate() {
        let mut random = Random::new(number as u64);
        let seeds = (parser.seeds)();
        let accepted = (0..DAMAGED * times)
            .filter(|_| (parser.parse)(&damaged(&seeds[random.below(seeds.len())], &mut random)))
            .count();
        let some = 1..DAMAGED * times;
        assert!(
            some.contains(&accepted),
            "{}: {accepted} accepted",
            parser.name
        );
    }
}

#[test]
fn readers_accept_what_is_whole() {
    for parser in &PARSERS {
        for seed in (parser.seeds)() {
            assert!((parser.parse)(&seed), "{}", parser.name);
        }
    }
}
