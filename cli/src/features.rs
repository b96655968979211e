//! `triqueta features`: a dataset becomes tables that anybody can learn from.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use triqueta_server::store::StorePlace;
use triqueta_trainer::Dataset;
use triqueta_trainer::dataset::FreshFolder;
use triqueta_trainer::examples::{Augmentation, ExampleOptions};
use triqueta_trainer::feature_store::{
    FEATURES_MARK, FeatureOptions, FeatureSummary, write_features,
};
use triqueta_trainer::influence::LeftOut;
use triqueta_trainer::negatives::Mixture;

use crate::failure::Failure;
use crate::influence::{Influence, told};
use crate::report::Console;
use crate::store_events::with_store_events;

/// Write the examples and features of a dataset as Parquet, for pandas, Polars, Spark or a training elsewhere.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The dataset, as `triqueta import` wrote it.
    dataset: PathBuf,
    /// Where to write the feature store; an older one there is replaced at the end.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Also use the events visitors sent, in the store of `triqueta serve` (a file or a PostgreSQL URL)
    /// or a folder of `triqueta export`.
    #[arg(long, value_name = "STORE")]
    events: Option<StorePlace>,
    /// Every draw follows from it: the same data and seed give the same bytes.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many activities that were not chosen stand beside each that was.
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=1_000))]
    negatives: u16,
    /// Share of them drawn by how popular they were at that moment; the rest evenly.
    #[arg(long, default_value_t = 0.5, value_name = "SHARE", value_parser = share)]
    popular: f64,
    /// Share of them drawn among those most like what the visitor chose before.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = share)]
    hard: f64,
    /// Share of the signals, before the test part, that hyper-parameters are chosen on.
    #[arg(long, default_value_t = 0.1, value_name = "SHARE", value_parser = share)]
    validation: f64,
    /// Share of the signals, the last in time, that nothing is chosen on.
    #[arg(long, default_value_t = 0.2, value_name = "SHARE", value_parser = share)]
    test: f64,
    /// Days after which a signal of the history counts half.
    #[arg(long, default_value_t = 180.0, value_name = "DAYS", value_parser = days)]
    half_life: f32,
    /// Copies of each training example of whose visitor part is hidden.
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=100))]
    copies: u32,
    /// In copies, the probability that a remembered activity is forgotten.
    #[arg(long, default_value_t = 0.2, value_name = "SHARE", value_parser = share)]
    forget: f64,
    /// In copies, the probability that only the latest few are kept.
    #[arg(long, default_value_t = 0.3, value_name = "SHARE", value_parser = share)]
    truncate: f64,
    /// In copies, the probability that something declared was not.
    #[arg(long, default_value_t = 0.2, value_name = "SHARE", value_parser = share)]
    undeclare: f64,
    #[command(flatten)]
    influence: Influence,
}

const EXAMPLES: &str = "\
Examples:
  triqueta features target/meetup --out target/meetup-features
  triqueta features target/meetup --out target/meetup-features --negatives 9 --hard 0.25 --seed 7 --json
  triqueta features target/meetup --out target/meetup-features --copies 1 --truncate 1

Then, in Python:
  pandas.read_parquet('target/meetup-features/examples.parquet')

docs/features.md describes the columns and how to train on them elsewhere.";

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("a share is a number from 0 to 1".to_owned()),
    }
}

fn days(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(days) if days > 0.0 && days.is_finite() => Ok(days),
        _ => Err("a half-life is a number of days above 0".to_owned()),
    }
}

impl Options {
    fn features(&self) -> FeatureOptions {
        FeatureOptions {
            examples: ExampleOptions {
                seed: self.seed,
                negatives: Mixture {
                    per_positive: usize::from(self.negatives),
                    popular: self.popular,
                    hard: self.hard,
                    ..Mixture::default()
                },
                validation: self.validation,
                test: self.test,
                copies: self.copies,
                augmentation: Augmentation {
                    forget: self.forget,
                    truncate: self.truncate,
                    undeclare: self.undeclare,
                },
                ..ExampleOptions::default()
            },
            history_half_life_days: self.half_life,
        }
    }
}

#[derive(Serialize)]
struct Outcome<'a> {
    out: &'a Path,
    events_from_store: usize,
    left_out: LeftOut,
    #[serde(flatten)]
    summary: FeatureSummary,
}

/// Runs the verb.
pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Failure> {
    FreshFolder::check(&options.out, FEATURES_MARK)?;
    let mut dataset = Dataset::load(&options.dataset)?;
    let mut events_from_store = 0;
    if let Some(store) = &options.events {
        (dataset, events_from_store) = with_store_events(dataset, store)?;
    }
    let left_out = options.influence.cap(&mut dataset, options.seed);
    let summary = write_features(&dataset, &options.features(), &options.out, console)?;
    let outcome = Outcome {
        out: &options.out,
        events_from_store,
        left_out,
        summary,
    };
    console.result(&outcome, || describe(&outcome))?;
    Ok(ExitCode::SUCCESS)
}

fn describe(outcome: &Outcome<'_>) -> String {
    let (summary, manifest) = (&outcome.summary, &outcome.summary.manifest);
    let counts = &manifest.counts;
    let mut text = format!(
        "{} examples of {} decisions in {} rows, in {}\nfrom {} events ({} from the store)",
        counts.examples,
        counts.decisions,
        counts.rows,
        outcome.out.display(),
        manifest.origin.events,
        outcome.events_from_store,
    );
    text.push_str(&told(outcome.left_out));
    for (split, examples) in &summary.by_split {
        text.push_str(&format!("\n{split:10} {examples}"));
    }
    if counts.unpublished > 0 {
        text.push_str(&format!(
            "\n{} decisions were left out: their activities had not been published before",
            counts.unpublished
        ));
    }
    text.push_str(&format!(
        "\n{} examples were computed again from their past alone: no feature knows the future",
        summary.looked_at
    ));
    text
}
