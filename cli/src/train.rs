//! `triqueta train`: a dataset becomes a bundle.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use triqueta::bundle::{Composition, Metric};
use triqueta_server::store::StorePlace;
use triqueta_trainer::Dataset;
use triqueta_trainer::dataset::FreshFolder;
use triqueta_trainer::influence::LeftOut;
use triqueta_trainer::progress::Progress;
use triqueta_trainer::publish::{BUNDLE_MARK, save_bundle, seal_training};
use triqueta_trainer::train::{OptionalModel, TrainOptions, TrainingCounts, train};
use triqueta_trainer::tune::Settings;

use crate::failure::Failure;
use crate::influence::{Influence, told};
use crate::report::Console;
use crate::store_events::with_store_events;

/// Learn from a dataset and write a bundle, ready to be published.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The dataset, as `triqueta import` wrote it.
    dataset: PathBuf,
    /// Where to write the trained bundle; an older one there is replaced at the end.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Also learn from the events visitors sent, in the store of `triqueta serve` (a file or a PostgreSQL URL)
    /// or a folder of `triqueta export`.
    #[arg(long, value_name = "STORE")]
    events: Option<StorePlace>,
    #[command(flatten)]
    influence: Influence,
    /// Everything random follows from it: the same data and seed give the same bytes.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Models beside the towers, factors, neighbours, blend and trees: `factorization_machine`,
    /// `neural_collaborative_filtering`, `wide_deep`. None by default: `triqueta evaluate` says what each is worth on a
    /// dataset.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = optional_model)]
    models: Vec<OptionalModel>,
    /// Settings as `triqueta tune` wrote them; what they do not name keeps its default.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

/// The optional models named on the command line.
pub(crate) fn optional_model(text: &str) -> Result<OptionalModel, String> {
    let names = OptionalModel::ALL.map(OptionalModel::name);
    let found = OptionalModel::ALL
        .into_iter()
        .find(|model| model.name() == text);
    found.ok_or_else(|| {
        format!(
            "there is no optional model `{text}`; there are: {}",
            names.join(", ")
        )
    })
}

const EXAMPLES: &str = "\
Examples:
  triqueta train target/meetup --out target/meetup-bundle
  triqueta train target/meetup --events target/events.sqlite --out target/meetup-bundle --seed 7 --json
  triqueta train target/meetup --models factorization_machine --out target/meetup-bundle";

#[derive(Serialize)]
struct Outcome<'a> {
    bundle: String,
    out: &'a Path,
    learned_from: TrainingCounts,
    events_from_store: usize,
    /// What single devices said beyond the cap on their influence.
    left_out: LeftOut,
    metrics: Vec<Metric>,
    compositions: Vec<Composition>,
}

/// Runs the verb.
pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Failure> {
    FreshFolder::check(&options.out, BUNDLE_MARK)?;
    let settings = options
        .settings
        .as_deref()
        .map(Settings::read)
        .transpose()?;
    let mut dataset = Dataset::load(&options.dataset)?;
    let mut events_from_store = 0;
    if let Some(store) = &options.events {
        (dataset, events_from_store) = with_store_events(dataset, store)?;
    }
    let left_out = options.influence.cap(&mut dataset, options.seed);
    let mut train_options = TrainOptions {
        seed: options.seed,
        models: options.models.clone(),
        ..TrainOptions::default()
    };
    if let Some(settings) = settings {
        settings.apply(&mut train_options);
    }
    let trained = train(&dataset, &train_options, console)?;
    let learned_from = trained.counts.clone();
    console.begin("writing", None);
    let sealed = seal_training(&dataset, trained, options.seed)?;
    save_bundle(&options.out, &sealed.id, &sealed.files)?;
    let metrics = sealed.metrics;
    let outcome = Outcome {
        bundle: sealed.id,
        out: &options.out,
        learned_from,
        events_from_store,
        left_out,
        metrics,
        compositions: sealed.compositions,
    };
    console.result(&outcome, || describe(&outcome))?;
    Ok(ExitCode::SUCCESS)
}

fn describe(outcome: &Outcome<'_>) -> String {
    let counts = &outcome.learned_from;
    let mut text = format!(
        "bundle {} in {}\nlearned from {} positives among {} events ({} from the store) about {} activities, {} choices",
        outcome.bundle,
        outcome.out.display(),
        counts.positives,
        counts.events,
        outcome.events_from_store,
        counts.activities,
        counts.choices,
    );
    text.push_str(&told(outcome.left_out));
    for metric in &outcome.metrics {
        text.push_str(&format!(
            "\n{:8} {:.4}   random {:.4}   popularity {:.4}   ({}; n {})",
            metric.metric, metric.value, metric.random, metric.popularity, metric.case, metric.n
        ));
    }
    for composition in &outcome.compositions {
        let Composition {
            parts,
            loss,
            above_best,
            standard_error,
            ranking,
            chosen,
        } = composition;
        text.push_str(&format!(
            "\nloss {loss:.4}, {above_best:.4} above the best (standard error {standard_error:.4})"
        ));
        if let Some(ranking) = ranking {
            text.push_str(&format!(
                "   NDCG@10 {:.4}, {:.4} below it ({:.4})",
                ranking.ndcg_at_10, ranking.below_best, ranking.standard_error
            ));
        }
        text.push_str(&format!("   {}", parts.join(" + ")));
        if *chosen {
            text.push_str("   ships: the fewest parts that the best beats in one of both at most");
        }
    }
    text
}
