//! What does an operator decide?

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::admission::Site;
use crate::limits::RateLimits;
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
    /// The sites that may send, each with its key. Where there are any, nothing is taken without a key.
    pub sites: Vec<Site>,
    /// How much one device and one address may send; none for as much as they like.
    pub rate_limits: Option<RateLimits>,
    /// How many may be connected at once; those beyond wait until one goes. As many as the system allows, where that is less.
    pub connections: usize,
    /// Whether a proxy stands in front that speaks TLS with the clients and appends their address to `X-Forwarded-For`.
    /// Without one, whoever sends that header could pass for anybody.
    pub behind_proxy: bool,
    /// What an operator sends to see `/metrics` and the details of `/readyz`; none to show them to this machine alone.
    pub admin_token: Option<String>,
    /// How long events are kept after they arrived.
    pub retention: Duration,
}

impl ServerConfig {
    /// The port when nothing else is said.
    pub const DEFAULT_PORT: u16 = 8080;
    /// Connections at once when nothing else is said.
    pub const DEFAULT_CONNECTIONS: usize = 16_384;
    /// Days events are kept when nothing else is said.
    pub const DEFAULT_RETENTION_DAYS: u32 = 180;

    /// Serves this machine alone, on the default port, without a page and without limits to what is sent.
    pub fn new(bundles: impl Into<PathBuf>, store: impl Into<StorePlace>) -> Self {
        Self {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), Self::DEFAULT_PORT),
            bundles: bundles.into(),
            store: store.into(),
            store_limit_bytes: None,
            www: None,
            allowed_origins: Vec::new(),
            sites: Vec::new(),
            rate_limits: None,
            connections: Self::DEFAULT_CONNECTIONS,
            behind_proxy: false,
            admin_token: None,
            retention: Self::days(Self::DEFAULT_RETENTION_DAYS),
        }
    }

    /// A number of days as a duration.
    pub fn days(days: u32) -> Duration {
        Duration::from_secs(u64::from(days) * 24 * 60 * 60)
    }
}
