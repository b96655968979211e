//! `triqueta export`: what visitors sent, as Parquet, a part at a time.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use triqueta_cli::event_log::{ExportError, export_events};
use triqueta_server::ServerConfig;
use triqueta_server::store::StorePlace;

use crate::failure::Failure;
use crate::report::Console;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Add the events that a store took since the last time to a folder of Parquet, while the server runs.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The event store of `triqueta serve`: a file or a PostgreSQL URL.
    store: StorePlace,
    /// The folder; what is there already is gone on from.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Events of more than so many days ago are deleted from the folder, as the server deletes them from its store.
    #[arg(long, value_name = "DAYS", default_value_t = ServerConfig::DEFAULT_RETENTION_DAYS,
          value_parser = clap::value_parser!(u32).range(1..))]
    retention_days: u32,
}

const EXAMPLES: &str = "\
Examples:
  triqueta export /srv/events.sqlite --out /srv/events
  triqueta features target/meetup --events /srv/events --out target/meetup-features

Each run adds what is new and deletes what devices withdrew since; run it at least as often as events are kept.";

/// Runs the verb.
pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| {
        let message = format!("threads cannot be started: {error}; free some memory or threads");
        Failure::new("STORE_RUNTIME", message)
    })?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let now_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
    let before_ms = now_ms.saturating_sub(i64::from(options.retention_days) * DAY_MS);
    let exported = runtime.block_on(async {
        let store = options.store.open(false, None).await?;
        export_events(&*store, &options.out, before_ms).await
    })?;
    console.result(&exported, || {
        format!(
            "{} events added to {}, {} deleted from it",
            exported.added,
            options.out.display(),
            exported.deleted
        )
    })?;
    Ok(ExitCode::SUCCESS)
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Store(error) => error.into(),
            ExportError::Folder(error) => error.into(),
        }
    }
}
