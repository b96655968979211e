//! What does an operator decide?

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::store::StorePlace;

/// What a server serves, from where and to whom.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Where to listen; port 0 takes any free one.
    pub address: SocketAddr,
    /// The registry folder that `triqueta publish` writes, served at `/bundles/`.
    pub bundles: PathBuf,
    /// The event store, an SQLite file or a PostgreSQL database; its tables are made where they are missing.
    pub store: StorePlace,
    /// The largest an SQLite store's file may become; none for what the disk holds.
    pub store_limit_bytes: Option<u64>,
    /// The page's folder, served at `/`; none for a server of bundles and events alone.
    pub www: Option<PathBuf>,
    /// Other origins whose pages may use this server, such as `https://example.org`. This server's own always may.
    pub allowed_origins: Vec<String>,
    /// How long events are kept after they arrived.
    pub retention: Duration,
}

impl ServerConfig {
    /// The port when nothing else is said.
    pub const DEFAULT_PORT: u16 = 8080;
    /// Days events are kept when nothing else is said.
    pub const DEFAULT_RETENTION_DAYS: u32 = 180;

    /// Serves this machine alone, on the default port, without a page.
    pub fn new(bundles: impl Into<PathBuf>, store: impl Into<StorePlace>) -> Self {
        Self {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), Self::DEFAULT_PORT),
            bundles: bundles.into(),
            store: store.into(),
            store_limit_bytes: None,
            www: None,
            allowed_origins: Vec::new(),
            retention: Self::days(Self::DEFAULT_RETENTION_DAYS),
        }
    }

    /// A number of days as a duration.
    pub fn days(days: u32) -> Duration {
        Duration::from_secs(u64::from(days) * 24 * 60 * 60)
    }
}
