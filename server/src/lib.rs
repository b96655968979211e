//! Bundles out, events in: the HTTP server around the Triqueta recommender.
//!
//! It hands out the registry folder that `triqueta publish` writes, takes the events that visitors chose to send,
//! stores them before it acknowledges them, and serves the page. Recommendations themselves are made in the browser.
//!
//! [`serve()`] runs it inside any program; the `triqueta serve` command is a thin wrapper. The store of events is
//! usable without HTTP too: see [`store`].

mod address;
mod admin;
mod admission;
mod api_error;
mod body;
mod bundles;
mod config;
mod connections;
mod error;
mod files;
mod headers;
mod health;
mod ingest;
mod judge;
mod limits;
mod metrics;
mod negotiate;
mod pages;
mod places;
mod routes;
mod secret;
mod serve;
pub mod store;
mod withdraw;

pub use admission::Site;
pub use body::LIMIT_BODY_BYTES;
pub use config::ServerConfig;
pub use error::ServerError;
pub use judge::{JudgedBatch, read_delivery};
pub use limits::{Rate, RateLimits};
pub use serve::{RunningServer, serve};
