//! `triqueta replay-slate`: a slate somebody saw, computed again, to the bit.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use triqueta::engine::Engine;
use triqueta::rank::Trace;
use triqueta_trainer::publish::Registry;

use crate::failure::Failure;
use crate::recommend::{malformed, unusable};
use crate::report::Console;

/// Compute an exported slate again and say whether it is the same to the last bit.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The trace, as the page or `triqueta recommend --trace` exports it.
    trace: PathBuf,
    /// The registry folder that has the slate's bundle, current or not.
    #[arg(long, value_name = "FOLDER")]
    registry: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  triqueta replay-slate target/slate.json --registry target/registry
  triqueta replay-slate target/slate.json --registry target/registry --json

The exit code is 0 where the slates agree and 1 where they do not.";

#[derive(Serialize)]
struct Outcome {
    same: bool,
    bundle: String,
    slate: String,
    exported_digest: String,
    replayed_digest: String,
    /// The first position that differs, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    differs_at: Option<usize>,
}

/// Runs the verb.
pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Failure> {
    let bytes = std::fs::read(&options.trace).map_err(|error| unusable(&options.trace, &error))?;
    let trace: Trace =
        serde_json::from_slice(&bytes).map_err(|error| malformed(&options.trace, &error))?;
    let id = trace.slate.bundle.clone();
    let files = Registry::at(&options.registry).files(&id)?;
    let engine = Engine::open(&id, files)?.with_variant(&trace.slate.variant);
    let replayed = engine.replay(&trace)?;
    let differs_at = (0..trace.slate.items.len().max(replayed.items.len()))
        .find(|&position| trace.slate.items.get(position) != replayed.items.get(position));
    let outcome = Outcome {
        same: differs_at.is_none() && trace.slate.digest() == replayed.digest(),
        bundle: id,
        slate: trace.slate.id.clone(),
        exported_digest: trace.slate.digest(),
        replayed_digest: replayed.digest(),
        differs_at,
    };
    console.result(&outcome, || describe(&outcome))?;
    Ok(if outcome.same {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn describe(outcome: &Outcome) -> String {
    let Outcome {
        bundle,
        slate,
        exported_digest,
        replayed_digest,
        ..
    } = outcome;
    if outcome.same {
        return format!(
            "slate {slate} of bundle {bundle} comes out the same, bit for bit ({replayed_digest})"
        );
    }
    let position = outcome
        .differs_at
        .map_or_else(String::new, |at| format!(" from position {at} on"));
    format!(
        "slate {slate} of bundle {bundle} comes out otherwise{position}: {exported_digest} exported, {replayed_digest} now"
    )
}
