//! `triqueta tune`: which settings learn best from this log?

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use triqueta_trainer::Dataset;
use triqueta_trainer::tune::{KNOBS, TuneOptions, Tuning, tune};

use crate::evaluate::share;
use crate::failure::Failure;
use crate::influence::{Influence, OfTheRest, told};
use crate::report::Console;

/// Search for the settings that learn best from a dataset: random trials, judged on later and later parts of its past.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The dataset, as `triqueta import` wrote it.
    dataset: PathBuf,
    /// The folder of the search: journal.jsonl, trials.csv and best.toml. A search found there goes on.
    #[arg(long, value_name = "FOLDER", required_unless_present = "knobs")]
    out: Option<PathBuf>,
    /// How many settings are tried, the defaults among them. Few miss what matters, many take long and flatter the best.
    #[arg(long, default_value_t = 18, value_parser = clap::value_parser!(u16).range(1..))]
    trials: u16,
    /// How many parts of the past are judged, one after the other in time; the better third goes on to the next.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=20))]
    folds: u8,
    /// The share of the signals, the first in time, that is searched on; the rest is left for `evaluate`.
    #[arg(long, default_value_t = 0.8, value_parser = share)]
    split: f64,
    /// Begin nothing after so many minutes; what is measured by then depends on the machine.
    #[arg(long)]
    minutes: Option<f64>,
    /// What is drawn follows from it.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Only tell what is turned, how far, and what happens at each end.
    #[arg(long)]
    knobs: bool,
    #[command(flatten)]
    influence: Influence,
}

const EXAMPLES: &str = "\
Ctrl-C loses at most the measurement under way: start the same search again to go on.

Examples:
  triqueta tune target/meetup --knobs
  triqueta tune target/meetup --out target/meetup-tuning
  triqueta tune target/meetup --out target/meetup-tuning --trials 60 --minutes 90 --json
  triqueta train target/meetup --settings target/meetup-tuning/best.toml --out target/meetup-bundle
  triqueta evaluate target/meetup --settings target/meetup-tuning/best.toml";

/// Runs the verb.
pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Failure> {
    let Some(out) = options.out.as_deref().filter(|_| !options.knobs) else {
        let named: Vec<_> = KNOBS
            .iter()
            .map(|knob| (knob.name, knob.low, knob.high, knob.about))
            .collect();
        console.result(&named, knobs)?;
        return Ok(ExitCode::SUCCESS);
    };
    let mut dataset = Dataset::load(&options.dataset)?;
    let left_out = options.influence.cap(&mut dataset, options.seed);
    let minutes = options.minutes.filter(|minutes| minutes.is_finite());
    let asked = TuneOptions {
        trials: options.trials.into(),
        folds: options.folds.into(),
        split: options.split,
        time: minutes.map(|minutes| Duration::from_secs_f64(60.0 * minutes.clamp(0.0, 1e6))),
        seed: options.seed,
        ..TuneOptions::default()
    };
    let tuning = tune(&dataset, &asked, out, console)?;
    let outcome = OfTheRest {
        found: &tuning,
        left_out,
    };
    console.result(&outcome, || {
        format!(
            "{}{}\nthe best settings are in `{}`",
            Tuning::table(&tuning),
            told(left_out),
            out.join("best.toml").display()
        )
    })?;
    Ok(ExitCode::SUCCESS)
}

fn knobs() -> String {
    let line = |knob: &triqueta_trainer::tune::Knob| {
        let range = format!("{} to {}", knob.low, knob.high);
        format!("{:<26}{range:<18}{}", knob.name, knob.about)
    };
    KNOBS.iter().map(line).collect::<Vec<_>>().join("\n")
}
