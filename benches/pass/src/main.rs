//! The pass natively, on the bundles and visitors of the browser's bench.
//!
//! `triqueta-pass BUNDLES SIZE…` times what each visitor's pass takes, with the tables made, and prints the rows of a bench.
//! `./build.sh bench engine` runs it.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};
use triqueta::bundle::Files;
use triqueta_pass::LinearPass;

/// As many visitors and rounds as in a page (benches/engine).
const VISITORS: usize = 10;
const ROUNDS: usize = 41;
/// So many rows are passed over between two looks at the clock.
const ROWS: u32 = 100_000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let bundles = arguments.next().unwrap();
    let rows: Vec<Value> = arguments
        .flat_map(|size| measured(&Path::new(&bundles).join(&size), &size))
        .collect();
    println!("{}", json!({ "rows": rows }));
}

/// What a pass over every row takes, and one over what may be shown.
fn measured(folder: &Path, size: &str) -> Vec<Value> {
    let about = fs::read(folder.join("bench.json")).unwrap();
    let about: Value = serde_json::from_slice(&about).unwrap();
    let mut files = Files::default();
    for path in about["paths"].as_array().unwrap() {
        let path = path.as_str().unwrap();
        files.insert_trusted(path, fs::read(folder.join(path)).unwrap());
    }
    let now_ms = about["now"].as_i64().unwrap();
    let mut pass = LinearPass::open(about["id"].as_str().unwrap(), files, now_ms);
    let visitors = &about["visitors"].as_array().unwrap()[..VISITORS];
    let activities: u32 = size.parse().unwrap();
    let repeats = (ROWS / activities).max(1);
    let (mut every, mut shown) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (mut of_every, mut of_shown) = (0.0, 0.0);
        for visitor in visitors {
            let part = |name: &str| visitor[name].as_str().unwrap();
            pass.weigh(part("profile"), part("history"));
            of_every += timed(repeats, || {
                black_box(pass.of_every_row());
            });
            of_shown += timed(repeats, || {
                black_box(pass.of_what_may_be_shown());
            });
        }
        every.push(of_every / VISITORS as f64);
        shown.push(of_shown / VISITORS as f64);
    }
    let figures = |(rows, mut times): (&str, Vec<f64>)| {
        times.sort_by(f64::total_cmp);
        [("p10", ROUNDS / 10), ("median", ROUNDS / 2)].map(|(metric, at)| {
            json!({
                "suite": "pass", "case": format!("{size} activities, {rows}"), "activities": activities,
                "contender": rows, "metric": metric, "value": times[at], "unit": "us", "n": ROUNDS,
            })
        })
    };
    let both = [
        ("pass over every row", every),
        ("pass over what may be shown", shown),
    ];
    both.into_iter().flat_map(figures).collect()
}

/// What one of so many repetitions takes, in µs.
fn timed(repeats: u32, mut work: impl FnMut()) -> f64 {
    let started = Instant::now();
    for _ in 0..repeats {
        work();
    }
    started.elapsed().as_secs_f64() * 1e6 / f64::from(repeats)
}
