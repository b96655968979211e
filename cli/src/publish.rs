//! `triqueta publish`: a bundle, a new catalogue or fresh counters become what visitors download.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{ArgGroup, Args};
use serde::Serialize;
use triqueta_trainer::Dataset;
use triqueta_trainer::publish::{
    CatalogueChange, Publication, Registry, load_bundle, seal_draft, with_activities, with_counters,
};

use crate::failure::Failure;
use crate::report::Console;
use crate::store_events::with_store_events;

/// Make a trained bundle, a new catalogue or fresh counters the current ones of a registry folder.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
#[command(group(ArgGroup::new("what").required(true).args(["bundle", "catalogue", "counters"])))]
pub(crate) struct Options {
    /// A trained bundle, as `triqueta train` wrote it.
    bundle: Option<PathBuf>,
    /// A dataset whose activities replace the current ones; new ones are embedded with the current weights.
    #[arg(long, value_name = "DATASET")]
    catalogue: Option<PathBuf>,
    /// A dataset whose events give fresh popularity counts.
    #[arg(long, value_name = "DATASET")]
    counters: Option<PathBuf>,
    /// Also count the events visitors sent, in the store of `triqueta serve`; goes with --counters.
    #[arg(long, value_name = "FILE", requires = "counters", conflicts_with_all = ["bundle", "catalogue"])]
    events: Option<PathBuf>,
    /// The registry folder, which `triqueta serve --bundles` hands out.
    #[arg(long, value_name = "FOLDER")]
    registry: PathBuf,
    /// Which variant of the channel to change.
    #[arg(long, default_value = "default")]
    variant: String,
}

const EXAMPLES: &str = "\
Examples:
  triqueta publish target/meetup-bundle --registry target/registry
  triqueta publish --catalogue target/meetup --registry target/registry
  triqueta publish --counters target/meetup --events target/events.sqlite --registry target/registry --json";

#[derive(Serialize)]
struct Outcome {
    #[serde(flatten)]
    publication: Publication,
    #[serde(skip_serializing_if = "Option::is_none")]
    catalogue: Option<CatalogueChange>,
}

/// Runs the verb.
pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Failure> {
    let registry = Registry::at(&options.registry);
    // What cannot be published leaves no folder behind.
    let trained = options.bundle.as_deref().map(load_bundle).transpose()?;
    let is_there = trained.is_some() || registry.folder().is_dir();
    let _others_wait = is_there.then(|| registry.lock()).transpose()?;
    let current = || {
        registry
            .engine(&options.variant)
            .map(|engine| engine.bundle().clone())
    };
    let now_ms = now_ms();
    let mut catalogue = None;
    let (kind, (id, files)) = if let Some(trained) = trained {
        ("training", trained)
    } else if let Some(folder) = &options.catalogue {
        let dataset = Dataset::load(folder)?;
        let (draft, change) = with_activities(current()?, &dataset.activities)?;
        catalogue = Some(change);
        ("catalogue", seal_draft(&draft)?)
    } else {
        let folder = options
            .counters
            .as_deref()
            .unwrap_or_else(|| std::path::Path::new(""));
        let mut dataset = Dataset::load(folder)?;
        if let Some(store) = &options.events {
            dataset = with_store_events(dataset, store)?.0;
        }
        (
            "counters",
            seal_draft(&with_counters(current()?, &dataset, now_ms))?,
        )
    };
    let publication = registry.publish(&id, &files, &options.variant, kind, now_ms)?;
    let outcome = Outcome {
        publication,
        catalogue,
    };
    console.result(&outcome, || describe(&outcome, &options.registry))?;
    Ok(ExitCode::SUCCESS)
}

fn describe(outcome: &Outcome, registry: &std::path::Path) -> String {
    let Publication {
        sequence,
        variant,
        bundle,
        bytes,
        new_bytes,
        ..
    } = &outcome.publication;
    let mut text = format!(
        "published bundle {bundle} as `{variant}` in {} (channel {sequence})\n{new_bytes} of {bytes} bytes are new to visitors",
        registry.display()
    );
    if let Some(change) = outcome.catalogue {
        let CatalogueChange {
            added,
            changed,
            removed,
            unchanged,
        } = change;
        text.push_str(&format!("\n{added} activities added, {changed} changed, {removed} removed, {unchanged} as before"));
    }
    text
}

/// The clock, Unix ms.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
