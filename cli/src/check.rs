//! `triqueta check`: is a dataset fit to learn from?

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use triqueta_trainer::Dataset;
use triqueta_trainer::check::{Severity, check, repair};
use triqueta_trainer::progress::Progress;

use crate::failure::Failure;
use crate::report::Console;

/// Look for what commonly goes wrong in event data, and say what it does to the learning.
///
/// Ends with exit code 1 when something was found that makes learning impossible or false.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The dataset, a folder made by `triqueta import`.
    #[arg(value_name = "DATASET")]
    dataset: PathBuf,
    /// End with exit code 1 for warnings too.
    #[arg(long)]
    strict: bool,
    /// The present, Unix ms; events after it are from broken clocks. The system's clock where absent.
    #[arg(long, value_name = "MS")]
    now_ms: Option<i64>,
    /// Do what the `--repair` lines of the findings say and write the result to this folder.
    #[arg(long, value_name = "FOLDER")]
    repair: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  triqueta check target/meetup
  triqueta check target/meetup --json --strict
  triqueta check target/meetup --repair target/meetup-repaired";

/// Runs the verb.
pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Failure> {
    console.begin("reading", None);
    let dataset = Dataset::load(&options.dataset)?;
    let now_ms = options.now_ms.unwrap_or_else(now);
    let report = check(&dataset, now_ms);
    console.result(&report, || report.to_string())?;
    let Some(folder) = &options.repair else {
        let limit = if options.strict {
            Severity::Warning
        } else {
            Severity::Error
        };
        let is_bad = report.worst().is_some_and(|worst| worst >= limit);
        return Ok(if is_bad {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        });
    };
    let before = dataset.events.len();
    let repaired = repair(dataset, now_ms);
    repaired.save(folder)?;
    console.note(&format!(
        "repaired: {} of {before} events kept, written to {}",
        repaired.events.len(),
        folder.display()
    ));
    Ok(ExitCode::SUCCESS)
}

fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}
