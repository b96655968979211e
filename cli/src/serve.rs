//! `triqueta serve`: bundles and the page go out, events come in.

use std::io::IsTerminal;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use tracing_subscriber::EnvFilter;
use triqueta_server::store::StorePlace;
use triqueta_server::{ServerConfig, ServerError, serve};

use crate::failure::Failure;
use crate::report::Console;

/// Serve a registry folder, the page and the event store over HTTP until Ctrl-C.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The registry folder that `triqueta publish` writes, served at /bundles/.
    #[arg(long, value_name = "FOLDER")]
    bundles: PathBuf,
    /// The event store: an SQLite file, or `postgres://user@host:port/database` (its password in PGPASSWORD or ~/.pgpass);
    /// made where it is missing.
    #[arg(long, value_name = "STORE")]
    store: StorePlace,
    /// The page's folder, served at /; without it only bundles and events are served.
    #[arg(long, value_name = "FOLDER")]
    www: Option<PathBuf>,
    /// Which of this machine's addresses to listen on; 0.0.0.0 for all of them.
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Where to listen; 0 takes any free port.
    #[arg(long, default_value_t = ServerConfig::DEFAULT_PORT)]
    port: u16,
    /// An origin whose pages may use this server, such as `https://example.org`; may be given several times.
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,
    /// How long events are kept after they arrived.
    #[arg(long, value_name = "DAYS", default_value_t = ServerConfig::DEFAULT_RETENTION_DAYS,
          value_parser = clap::value_parser!(u32).range(1..))]
    retention_days: u32,
    /// The largest an SQLite store may become; without it, what the disk holds.
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..))]
    store_limit: Option<u32>,
}

const EXAMPLES: &str = "\
Examples:
  triqueta serve --bundles target/registry --store target/events.sqlite --www www/dist
  triqueta serve --bundles /srv/bundles --store /srv/events.sqlite --host 0.0.0.0 --allow-origin https://agenda.example
  triqueta serve --bundles /srv/bundles --store postgres://triqueta@db.internal/triqueta?sslmode=verify-full

The log goes to standard error; TRIQUETA_LOG=debug shows every request, TRIQUETA_LOG=warn only trouble.";

#[derive(Serialize)]
struct Serving<'a> {
    url: String,
    bundles: &'a PathBuf,
    store: String,
    www: Option<&'a PathBuf>,
}

/// Runs the verb.
pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Failure> {
    log_to_stderr();
    let runtime = tokio::runtime::Runtime::new().map_err(|error| {
        let message =
            format!("the server's threads cannot be started: {error}; free some memory or threads");
        Failure::new("SERVER_RUNTIME", message)
    })?;
    runtime.block_on(async {
        let server = serve(options.config(), asked_to_stop()).await?;
        let serving = Serving {
            url: server.url(),
            bundles: &options.bundles,
            store: options.store.to_string(),
            www: options.www.as_ref(),
        };
        console.result(&serving, || {
            format!("serving {}  (Ctrl-C stops)", serving.url)
        })?;
        if !options.bundles.join("channel.json").is_file() {
            console.note(
                "nothing is published there yet: until then the page shows no recommendations",
            );
        }
        server.stopped().await?;
        Ok(ExitCode::SUCCESS)
    })
}

impl Options {
    fn config(&self) -> ServerConfig {
        ServerConfig {
            address: SocketAddr::new(self.host, self.port),
            www: self.www.clone(),
            store_limit_bytes: self.store_limit.map(|limit| u64::from(limit) << 20),
            allowed_origins: self.allow_origin.clone(),
            retention: ServerConfig::days(self.retention_days),
            ..ServerConfig::new(&self.bundles, self.store.clone())
        }
    }
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("TRIQUETA_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // A log that is set already, by a program around this one, stays.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
}

/// Ctrl-C, or what a service manager sends.
async fn asked_to_stop() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut terminate) => drop(terminate.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
