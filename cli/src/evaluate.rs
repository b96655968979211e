//! `triqueta evaluate`: how good are the rankings, beside chance and popularity?

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use triqueta_trainer::error::FileError;
use triqueta_trainer::evaluate::{EvaluateOptions, Evaluation, Protocol, evaluate, html};
use triqueta_trainer::train::{OptionalModel, TrainOptions};
use triqueta_trainer::tune::Settings;
use triqueta_trainer::{Dataset, TrainerError};

use crate::failure::Failure;
use crate::influence::{Influence, OfTheRest, told};
use crate::report::Console;
use crate::train::optional_model;

/// Train on the past of a dataset and rank its future: every model on the same questions, over several seeds.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The dataset, as `triqueta import` wrote it.
    dataset: PathBuf,
    /// The questions: p2 ranks each chosen activity among all that were open at its moment, p3 ranks everything chosen
    /// after the split with what was known at it.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "p2,p3")]
    protocol: Vec<Named>,
    /// How many trainings, with seeds 0, 1 and so on; the spread over them is reported.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=100))]
    seeds: u64,
    /// The share of the signals, the first in time, that models are trained on.
    #[arg(long, default_value_t = 0.8, value_parser = share)]
    split: f64,
    /// Exact questions for p2 (CSV, plain or .gz) instead of those of the dataset itself.
    #[arg(long, value_name = "FILE")]
    queries: Option<PathBuf>,
    /// Ranks other recommenders gave the same questions (CSV, plain or .gz), for paired differences.
    #[arg(long, value_name = "FILE", requires = "queries")]
    ranks: Option<PathBuf>,
    /// Also write what is printed, and what it hides, as one HTML page: slices, curves, calibration, lists, worst cases.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Also learn from a quarter, a half and three quarters of the past: three more trainings.
    #[arg(long)]
    learning_curve: bool,
    /// Models the score uses beside the towers, factors, neighbours, blend and trees, as `triqueta train` takes them. The
    /// others are learned too and have their rows, without a say in the score.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = optional_model)]
    models: Vec<OptionalModel>,
    /// Settings as `triqueta tune` wrote them; what they do not name keeps its default.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    #[command(flatten)]
    influence: Influence,
}

const EXAMPLES: &str = "\
Examples:
  triqueta evaluate target/meetup
  triqueta evaluate target/meetup --report report.html
  triqueta evaluate target/meetup --protocol p2 --seeds 5 \\
      --queries ../shared/data/meetup-montana/p2_queries.csv.gz \\
      --ranks ../shared/data/meetup-montana/p2_reference_ranks.csv --json";

/// A protocol by the name it has in docs.
#[derive(Clone, Copy, ValueEnum)]
enum Named {
    P2,
    P3,
}

pub(crate) fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text
        .parse()
        .map_err(|_| format!("`{text}` is not a number"))?;
    if share > 0.0 && share < 1.0 {
        Ok(share)
    } else {
        Err("it must lie between 0 and 1".into())
    }
}

/// Runs the verb.
pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Failure> {
    let mut dataset = Dataset::load(&options.dataset)?;
    let left_out = options.influence.cap(&mut dataset, 0);
    let protocol = |named: &Named| match named {
        Named::P2 => Protocol::Live,
        Named::P3 => Protocol::Full,
    };
    let mut asked = EvaluateOptions {
        protocols: options.protocol.iter().map(protocol).collect(),
        seeds: options.seeds,
        split: options.split,
        queries: options.queries.clone(),
        ranks: options.ranks.clone(),
        learning_curve: options.learning_curve,
        train: TrainOptions {
            models: options.models.clone(),
            ..TrainOptions::default()
        },
        ..EvaluateOptions::default()
    };
    if let Some(path) = &options.settings {
        Settings::read(path)?.apply(&mut asked.train);
    }
    let evaluation = evaluate(&dataset, &asked, console)?;
    // First what took long: a page that cannot be written loses no figures.
    let outcome = OfTheRest {
        found: &evaluation,
        left_out,
    };
    console.result(&outcome, || {
        Evaluation::table(&evaluation) + &told(left_out)
    })?;
    if let Some(path) = &options.report {
        let written = std::fs::write(path, html(&evaluation));
        written.map_err(|cause| TrainerError::from(FileError::at("write", path)(cause)))?;
        console.note(&format!("the report is in `{}`", path.display()));
    }
    Ok(ExitCode::SUCCESS)
}
