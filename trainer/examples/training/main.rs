//! How fast does learning go?
//!
//! `cargo run --release -p triqueta-trainer --example training -- CASE FOLDER THREADS` trains one model on made-up data and
//! prints one JSON row a figure; the data also lie in FOLDER, so that a peer can be measured on the same. `./build.sh
//! bench training` runs both sides in turn. A further case is a function in [`CASES`].

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used
)]

mod two_tower;

use std::path::Path;

use serde::Serialize;

/// One figure of one run.
#[derive(Serialize)]
struct Row {
    suite: &'static str,
    case: &'static str,
    peer: &'static str,
    threads: usize,
    metric: &'static str,
    value: f64,
    unit: &'static str,
}

/// What a case measured.
struct Measured {
    examples: usize,
    seconds: f64,
    /// A loss both sides compute alike on examples neither has learned from; lower is better.
    held_out_loss: f64,
}

type Case = fn(&Path) -> Measured;

const CASES: [(&str, Case); 1] = [("two_tower", two_tower::measure)];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, folder, threads] = &arguments[..] else {
        let known: Vec<&str> = CASES.iter().map(|(name, _)| *name).collect();
        println!("usage: training CASE FOLDER THREADS; the cases are {known:?}");
        std::process::exit(2);
    };
    let (case, measure) = CASES
        .iter()
        .find(|(known, _)| known == name)
        .expect("no such case");
    let threads: usize = threads.parse().expect("THREADS is a number");
    triqueta_trainer::use_threads(threads);
    std::fs::create_dir_all(folder).expect("FOLDER can be written");
    let measured = measure(Path::new(folder));
    let figures = [
        (
            "examples_per_second",
            measured.examples as f64 / measured.seconds,
            "1/s",
        ),
        ("held_out_loss", measured.held_out_loss, "nats"),
        ("peak_memory", peak_mebibytes(), "MiB"),
    ];
    for (metric, value, unit) in figures {
        let row = Row {
            suite: "training",
            case,
            peer: "triqueta",
            threads,
            metric,
            value,
            unit,
        };
        println!("{}", serde_json::to_string(&row).expect("a row is JSON"));
    }
}

/// The most memory this process has held; 0 where the system does not say.
fn peak_mebibytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kibibytes.unwrap_or(0.0) / 1024.0
}
