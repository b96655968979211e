//! Is a slate the same to the last bit natively, in Node and in a browser?
//!
//! Generated bundles, visitors and requests are ranked by each; two digests a block of cases are written down in
//! `golden/slates.txt`, and each of the three must arrive at all of them. The first is of what was ranked and how, the second
//! of the slates' ids, which are others too where a bundle only travels in another form. Where that or ranking is changed on
//! purpose, the failing native run prints the lines to write.

#![allow(clippy::expect_used)]

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[path = "golden/mod.rs"]
mod golden;
mod support;

use triqueta::engine::Engine;
use triqueta::math::{Digest, Random};

const BLOCKS: u64 = 16;
/// From this block on, bundles have trees.
const WITH_TREES: u64 = 12;
/// From this block on, they have every model there is.
const WITH_EVERY_MODEL: u64 = 14;
const CASES_PER_BLOCK: usize = 640;

fn block(number: u64) -> String {
    let rows = [0, 1, 3, 40, 150, 400][if number < WITH_TREES {
        number as usize % 6
    } else {
        4
    }];
    let mut draft = support::draft(number, rows);
    if number >= WITH_EVERY_MODEL {
        draft = support::with_every_model(draft, number);
    } else if number >= WITH_TREES {
        draft.boosted_trees = Some(support::boosted_trees(&mut Random::new(number)));
    }
    let engine = support::engine_of(&draft);
    let mut random = Random::new(1_000 + number);
    let (mut ranked, mut ids) = (Digest::default(), Digest::default());
    for case in 0..CASES_PER_BLOCK {
        let visitor = support::visitor(&mut random, &engine, if case % 4 == 0 { 0 } else { 40 });
        let request = support::request(&mut random);
        let slate = engine
            .recommend(&visitor, &request)
            .expect("a generated request is valid");
        ranked.text(&slate.digest());
        ids.text(&slate.id);
        for item in &slate.items {
            let sum = item
                .contributions
                .iter()
                .fold(0.0_f32, |sum, part| sum + part.value);
            assert_eq!(
                sum.to_bits(),
                item.score.to_bits(),
                "contributions add up to the score"
            );
        }
    }
    let (ranked, ids) = (ranked.hexadecimal(), ids.hexadecimal());
    format!("{number:>2} rows {rows:>3} {ranked} {ids}")
}

#[test]
fn slates_are_the_same_everywhere() {
    let found: Vec<String> = (0..BLOCKS).map(block).collect();
    let golden: Vec<&str> = include_str!("golden/slates.txt").lines().collect();
    assert_eq!(
        found,
        golden,
        "as golden/slates.txt should read:\n{}\n",
        found.join("\n")
    );
}

/// Each carries a self-test of sixteen cases.
#[test]
fn bundles_of_older_engines_still_open_and_rank_as_then() {
    for container in golden::BUNDLES {
        let (id, files) = golden::files(container);
        let engine = Engine::open(&id, files).expect("it opens and passes its self-test");
        let cases = engine.bundle().self_test().expect("it has one");
        assert_eq!(cases.len(), 16);
    }
}
