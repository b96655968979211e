//! `triqueta serve`: bundles and the page go out, events come in.

use std::io::IsTerminal;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use tracing_subscriber::EnvFilter;
use triqueta_server::store::StorePlace;
use triqueta_server::{Rate, RateLimits, ServerConfig, ServerError, Site, serve};

use crate::failure::Failure;
use crate::report::Console;

const LEAST_KEY_BYTES: usize = 8;
const LEAST_TOKEN_BYTES: usize = 32;

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
    /// A site that may send and the key its page appends (`/v1/events?key=KEY`); may be given several times. Once there is
    /// one, nothing is taken without a key.
    #[arg(long, value_name = "ORIGIN=KEY", value_parser = site)]
    site: Vec<Site>,
    /// How many events a device may send in an hour, beyond a full queue of 10,000 at once.
    #[arg(long, value_name = "EVENTS", default_value_t = RateLimits::DEFAULT.device_events.per_hour)]
    device_rate: NonZeroU32,
    /// How many times an address may send in an hour, beyond 2,000 times at once.
    #[arg(long, value_name = "REQUESTS", default_value_t = RateLimits::DEFAULT.address_requests.per_hour)]
    address_rate: NonZeroU32,
    /// How many events an address may send in an hour, whatever devices they name, beyond 100,000 at once.
    #[arg(long, value_name = "EVENTS", default_value_t = RateLimits::DEFAULT.address_events.per_hour)]
    address_event_rate: NonZeroU32,
    /// How many may be connected at once.
    #[arg(long, value_name = "CONNECTIONS", default_value_t = ServerConfig::DEFAULT_CONNECTIONS)]
    connections: usize,
    /// A proxy stands in front: it speaks TLS, and appends the client's address to X-Forwarded-For.
    #[arg(long)]
    behind_proxy: bool,
    /// A file with the token that /metrics asks for (`Authorization: Bearer`); without it only this machine sees them.
    #[arg(long, value_name = "FILE")]
    admin_token_file: Option<PathBuf>,
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
        let server = serve(options.config()?, asked_to_stop()).await?;
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
    fn config(&self) -> Result<ServerConfig, Failure> {
        let limits = RateLimits::DEFAULT;
        let rate_limits = RateLimits {
            device_events: Rate {
                per_hour: self.device_rate,
                ..limits.device_events
            },
            address_requests: Rate {
                per_hour: self.address_rate,
                ..limits.address_requests
            },
            address_events: Rate {
                per_hour: self.address_event_rate,
                ..limits.address_events
            },
        };
        Ok(ServerConfig {
            address: SocketAddr::new(self.host, self.port),
            www: self.www.clone(),
            store_limit_bytes: self.store_limit.map(|limit| u64::from(limit) << 20),
            allowed_origins: self.allow_origin.clone(),
            retention: ServerConfig::days(self.retention_days),
            sites: self.site.clone(),
            rate_limits: Some(rate_limits),
            connections: self.connections,
            behind_proxy: self.behind_proxy,
            admin_token: self.admin_token_file.as_deref().map(token).transpose()?,
            ..ServerConfig::new(&self.bundles, self.store.clone())
        })
    }
}

/// An origin and its key, told apart by the first `=`, which no origin has.
fn site(text: &str) -> Result<Site, String> {
    match text.split_once('=') {
        Some((origin, key)) if key.len() >= LEAST_KEY_BYTES => Ok(Site {
            origin: origin.to_owned(),
            write_key: key.to_owned(),
        }),
        _ => Err(format!(
            "write origin and key, such as https://example.org=KEY, the key at least {LEAST_KEY_BYTES} characters"
        )),
    }
}

/// In a file, because a command line is seen by everybody on the machine.
fn token(file: &Path) -> Result<String, Failure> {
    let wrong = |what: &str| {
        let message = format!(
            "the admin token in `{}` {what}; write at least {LEAST_TOKEN_BYTES} characters into it, such as `openssl rand -hex 32` prints",
            file.display()
        );
        Failure::new("SERVER_ADMIN_TOKEN", message)
    };
    let text = std::fs::read_to_string(file)
        .map_err(|error| wrong(&format!("cannot be read ({error})")))?;
    let token = text.trim();
    if token.len() < LEAST_TOKEN_BYTES {
        return Err(wrong("is too short to be a secret"));
    }
    Ok(token.to_owned())
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

/// Ctrl-C, or what a service manager sends, from this call on: one that comes before anybody waits for it is not lost.
#[cfg(unix)]
fn asked_to_stop() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let [interrupts, terminations] =
        [SignalKind::interrupt(), SignalKind::terminate()].map(|kind| {
            let signals = signal(kind);
            async {
                match signals {
                    Ok(mut signals) => drop(signals.recv().await),
                    Err(_) => std::future::pending().await,
                }
            }
        });
    async {
        tokio::select! {
            () = interrupts => {}
            () = terminations => {}
        }
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
async fn asked_to_stop() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
