//! Learning: from interaction events to a published bundle.
//!
//! Sources come in through [`ingest`], lie as a [`dataset`].

pub mod dataset;
mod digest;
pub mod error;
pub mod ingest;
pub mod progress;

pub use dataset::{Dataset, Lineage, VisitorRecord};
pub use error::{Result, TrainerError};
