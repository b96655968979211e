//! Wide & Deep: 30 sparse features an example, ten crosses, layers of 128, 64, 32 and 16, batches of 2,048.

use std::path::Path;
use std::time::Instant;

use triqueta::math::{Random, sigmoid};
use triqueta::model::WideDeepInput;
use triqueta_trainer::fit::{WideDeepExamples, WideDeepOptions, fit_wide_deep};
use triqueta_trainer::progress::Silent;

use super::{Accuracy, Measured, files};

const EXAMPLES: usize = 200_000;
const HELD_OUT: usize = 4_000;
const TAGS: usize = 400;
/// Codes of each single-code field: the visitor's, then the activity's.
const VISITOR_CODES: [usize; 4] = [30, 5, 4, 7];
const ACTIVITY_CODES: [usize; 8] = [40, 30, 5, 4_000, 500, 4, 7, 6];
const LOCALITIES: u32 = 30 * 30;
const KINDS: u32 = 40 * 5;
const CROSSES: u32 = LOCALITIES + KINDS + (TAGS * TAGS) as u32;
/// How many codes each bag has, in a row of the file: the visitor's, then the activity's, then the crosses and the label.
const VISITOR_BAGS: [usize; 6] = [8, 1, 1, 3, 1, 1];
const ACTIVITY_BAGS: [usize; 9] = [1, 7, 1, 1, 1, 1, 1, 1, 1];
const CROSSES_AT: usize = 30;
const LABEL_AT: usize = 40;
const COLUMNS: usize = 41;

fn tags(group: usize, count: usize, random: &mut Random) -> Vec<u32> {
    let draw = |random: &mut Random| {
        if random.uniform() < 0.8 {
            (group * 10 + random.below(12)) % TAGS
        } else {
            random.below(TAGS)
        }
    };
    (0..count).map(|_| draw(random) as u32).collect()
}

fn example(random: &mut Random) -> Vec<u32> {
    let (taste, kind) = (random.below(40), random.below(40));
    let mut one = |codes: usize| random.below(codes) as u32;
    let [locality, level, season, weekday] = VISITOR_CODES.map(&mut one);
    let [
        _,
        place,
        grade,
        organiser,
        series,
        other_season,
        other_day,
        slot,
    ] = ACTIVITY_CODES.map(&mut one);
    let windows: Vec<u32> = (0..3).map(|_| random.below(8) as u32).collect();
    let (named, carried) = (tags(taste, 8, random), tags(kind, 7, random));
    let mut row = named.clone();
    row.extend([locality, level]);
    row.extend(windows);
    row.extend([season, weekday, kind as u32]);
    row.extend(&carried);
    row.extend([
        place,
        grade,
        organiser,
        series,
        other_season,
        other_day,
        slot,
    ]);
    row.extend([locality * 30 + place, LOCALITIES + kind as u32 * 5 + grade]);
    let of_tags = named.iter().map(|tag| tag * TAGS as u32 + carried[0]);
    row.extend(of_tags.map(|cross| LOCALITIES + KINDS + cross));
    let apart = taste.abs_diff(kind).min(40 - taste.abs_diff(kind)) as f32;
    let logit = 2.0 - 0.5 * apart + f32::from(u8::from(locality == place));
    row.push(u32::from(random.uniform() < f64::from(sigmoid(logit))));
    row
}

pub(super) fn make_data(folder: &Path) {
    let mut random = Random::new(7);
    let rows: Vec<u32> = (0..EXAMPLES).flat_map(|_| example(&mut random)).collect();
    files::write(folder, "wide_deep.u32", rows);
}

fn bags(mut codes: &[u32], sizes: &[usize]) -> WideDeepInput {
    let mut bags = Vec::with_capacity(sizes.len());
    for &size in sizes {
        let (bag, rest) = codes.split_at(size);
        bags.push(bag.to_vec());
        codes = rest;
    }
    WideDeepInput {
        bags,
        numbers: Vec::new(),
    }
}

/// One epoch.
pub(super) fn measure(folder: &Path) -> Measured {
    let visitor = VISITOR_BAGS.iter().sum();
    let examples = WideDeepExamples::of_single_pairs(
        CROSSES,
        files::rows(folder, "wide_deep.u32").map(|row: [u32; COLUMNS]| {
            (
                bags(&row[..visitor], &VISITOR_BAGS),
                bags(&row[visitor..CROSSES_AT], &ACTIVITY_BAGS),
                row[CROSSES_AT..LABEL_AT].to_vec(),
                row[LABEL_AT] == 1,
            )
        }),
    );
    let options = WideDeepOptions {
        epochs: 1,
        batch: 2_048,
        learning_rate: 5e-3,
        l2: 0.0,
        validation: HELD_OUT as f64 / EXAMPLES as f64,
        ..WideDeepOptions::default()
    };
    let start = Instant::now();
    let fitted = fit_wide_deep(&examples, &options, 0, &Silent).expect("nobody stops it");
    let seconds = start.elapsed().as_secs_f64();
    Measured {
        examples: EXAMPLES - HELD_OUT,
        seconds,
        accuracy: Accuracy::Loss(fitted.expect("there is something to learn").loss),
    }
}
