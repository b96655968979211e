//! `triqueta publish`: a bundle, a new catalogue or fresh counters become what visitors download.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{ArgGroup, Args};
use serde::Serialize;
use triqueta::bundle::BundleDraft;
use triqueta_server::store::StorePlace;
use triqueta_trainer::Dataset;
use triqueta_trainer::gate::Verdict;
use triqueta_trainer::influence::LeftOut;
use triqueta_trainer::publish::{
    CatalogueChange, Gated, Publication, Registry, Signer, load_bundle, publish_training,
    seal_draft, with_activities, with_counters,
};

use crate::failure::Failure;
use crate::influence::{Influence, told};
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
    /// Also count the events visitors sent, in the store of `triqueta serve` (a file or a PostgreSQL URL); goes with --counters.
    #[arg(long, value_name = "STORE", requires = "counters", conflicts_with_all = ["bundle", "catalogue"])]
    events: Option<StorePlace>,
    #[command(flatten)]
    influence: Influence,
    /// The registry folder, which `triqueta serve --bundles` hands out.
    #[arg(long, value_name = "FOLDER")]
    registry: PathBuf,
    /// Which variant of the channel to change.
    #[arg(long, default_value = "default")]
    variant: String,
    /// Sign the channel with this key (`triqueta key --new` makes one), so that pages can refuse what others publish; once a
    /// channel is signed every publication has to be. Repeat it while you change keys.
    #[arg(long, value_name = "KEYFILE")]
    sign: Vec<PathBuf>,
    /// Publish a bundle the gate refuses, and say why: the reason stands in its manifest from then on.
    #[arg(long, value_name = "REASON", conflicts_with_all = ["catalogue", "counters"],
          value_parser = clap::builder::NonEmptyStringValueParser::new())]
    force: Option<String>,
}

const EXAMPLES: &str = "\
A trained bundle is compared with the current one, popularity and the present rule, on choices that no model had seen.
It is refused (GATE_REFUSED, exit code 1) where it is shown to be worse, where a slice is no better than chance, or
where its stored weights rank otherwise than the trained ones. A catalogue or counters pass without a question.

Examples:
  triqueta publish target/meetup-bundle --registry target/registry
  triqueta publish target/meetup-bundle --registry target/registry --force \"the old one knows no music school\"
  triqueta publish --catalogue target/meetup --registry target/registry --sign /etc/triqueta/channel.pem
  triqueta publish --counters target/meetup --events target/events.sqlite --registry target/registry --json";

#[derive(Default, Serialize)]
struct Outcome {
    /// Absent where the gate refused.
    #[serde(flatten)]
    publication: Option<Publication>,
    #[serde(skip_serializing_if = "Option::is_none")]
    catalogue: Option<CatalogueChange>,
    /// What the gate says of a training.
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<Verdict>,
    /// What counts of single devices leave out.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<LeftOut>,
}

/// Runs the verb.
pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Failure> {
    let registry = Registry::at(&options.registry).signed_by(signers(&options.sign)?);
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
    let publish = |kind: &str, draft: &BundleDraft| {
        let (id, files) = seal_draft(draft)?;
        registry.publish(&id, &files, &options.variant, kind, now_ms)
    };
    let outcome = if let Some((id, files)) = trained {
        let (force, trained) = (options.force.as_deref(), (id.as_str(), &files));
        let gated = publish_training(&registry, trained, &options.variant, force, now_ms)?;
        let Gated {
            verdict,
            publication,
        } = gated;
        Outcome {
            publication,
            gate: Some(verdict),
            ..Outcome::default()
        }
    } else if let Some(folder) = &options.catalogue {
        let dataset = Dataset::load(folder)?;
        let (draft, change) = with_activities(current()?, &dataset.activities)?;
        Outcome {
            publication: Some(publish("catalogue", &draft)?),
            catalogue: Some(change),
            ..Outcome::default()
        }
    } else {
        let folder = options
            .counters
            .as_deref()
            .unwrap_or_else(|| std::path::Path::new(""));
        let mut dataset = Dataset::load(folder)?;
        if let Some(store) = &options.events {
            dataset = with_store_events(dataset, store)?.0;
        }
        let left_out = options.influence.cap(&mut dataset, 0);
        let draft = with_counters(current()?, &dataset, now_ms);
        Outcome {
            publication: Some(publish("counters", &draft)?),
            left_out: Some(left_out),
            ..Outcome::default()
        }
    };
    console.result(&outcome, || describe(&outcome, &options.registry))?;
    match outcome.publication {
        Some(_) => Ok(ExitCode::SUCCESS),
        None => Err(refused(outcome.gate.as_ref())),
    }
}

/// The keys in these files.
pub(crate) fn signers(files: &[PathBuf]) -> Result<Vec<Signer>, Failure> {
    let read = files.iter().map(|file| Signer::read(file));
    Ok(read.collect::<Result<_, _>>()?)
}

fn refused(verdict: Option<&Verdict>) -> Failure {
    let reasons = verdict.map_or_else(Vec::new, Verdict::reasons);
    let message = format!(
        "the gate refuses this bundle and the current one stays: {}; train with more events or other settings, or \
         publish it all the same with --force REASON",
        reasons.join(", ").replace("; ", ", ")
    );
    Failure::new("GATE_REFUSED", message)
}

fn describe(outcome: &Outcome, registry: &std::path::Path) -> String {
    let mut text = outcome
        .gate
        .as_ref()
        .map_or_else(String::new, |verdict| format!("{}\n", verdict.table()));
    let Some(publication) = &outcome.publication else {
        return text + "nothing was published";
    };
    let Publication {
        sequence,
        variant,
        bundle,
        bytes,
        new_bytes,
        ..
    } = publication;
    text.push_str(&format!(
        "published bundle {bundle} as `{variant}` in {} (channel {sequence})\n{new_bytes} of {bytes} bytes are new to visitors",
        registry.display()
    ));
    if let Some(reason) = &publication.forced {
        text.push_str(&format!("\nalthough the gate refused it: {reason}"));
    }
    if let Some(change) = outcome.catalogue {
        let CatalogueChange {
            added,
            changed,
            removed,
            unchanged,
        } = change;
        text.push_str(&format!("\n{added} activities added, {changed} changed, {removed} removed, {unchanged} as before"));
    }
    text + &outcome.left_out.map_or_else(String::new, told)
}

/// The clock, Unix ms.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
