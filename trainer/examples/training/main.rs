//! How fast does learning go?
//!
//! `training data FOLDER` makes up the data; `training CASE FOLDER THREADS` trains one model on them and prints one JSON
//! row a figure. A peer reads the same files: see benches/training. `./build.sh bench training` runs both sides in turn. A
//! further case is a line in [`CASES`].

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used
)]

mod choices;
mod factorization_machine;
mod files;
mod matrix_factorization;
mod neumf;
mod two_tower;
mod wide_deep;

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
    accuracy: Accuracy,
}

/// What both sides compute alike on examples that neither has learned from.
enum Accuracy {
    /// Mean loss: lower is better.
    Loss(f64),
    /// Share of the held-out choices that stand among the first ten of a hundred: higher is better.
    HitsAtTen(f64),
}

const CASES: [(&str, fn(&Path) -> Measured); 6] = [
    ("two_tower", two_tower::measure),
    ("wide_deep", wide_deep::measure),
    ("neumf", neumf::measure),
    ("factorization_machine", factorization_machine::measure),
    ("ials", matrix_factorization::measure_ials),
    ("bpr", matrix_factorization::measure_bpr),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["data", folder] => make_data(Path::new(folder)),
        [case, folder, threads] => measure(case, Path::new(folder), threads),
        _ => {
            let known = CASES.map(|(name, _)| name);
            println!(
                "usage: training data FOLDER, then training CASE FOLDER THREADS; the cases are {known:?}"
            );
            std::process::exit(2);
        }
    }
}

fn make_data(folder: &Path) {
    std::fs::create_dir_all(folder).expect("FOLDER can be written");
    two_tower::make_data(folder);
    wide_deep::make_data(folder);
    factorization_machine::make_data(folder);
    choices::make_data(folder);
}

fn measure(name: &str, folder: &Path, threads: &str) {
    let (case, measure) = CASES
        .iter()
        .find(|(known, _)| *known == name)
        .expect("no such case");
    let threads: usize = threads.parse().expect("THREADS is a number");
    triqueta_trainer::use_threads(threads);
    let measured = measure(folder);
    let accuracy = match measured.accuracy {
        Accuracy::Loss(loss) => ("held_out_loss", loss, "nats"),
        Accuracy::HitsAtTen(share) => ("hr@10", share, ""),
    };
    let speed = measured.examples as f64 / measured.seconds;
    let figures = [
        ("examples_per_second", speed, "1/s"),
        accuracy,
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
