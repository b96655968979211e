//! Learning: from interaction events to a published bundle.
//!
//! Sources come in through [`ingest`], lie as a [`dataset`], and are judged by [`mod@check`] before anything is learned.

pub mod batch;
pub mod check;
pub mod choices;
pub mod dataset;
mod digest;
pub mod error;
pub mod evaluate;
pub mod examples;
pub mod feature_store;
pub mod fit;
pub mod gate;
pub mod influence;
pub mod ingest;
pub mod interactions;
pub mod leave_one_out;
pub mod negatives;
pub mod progress;
pub mod publish;
pub mod replay;
#[cfg(test)]
mod testing;
mod threads;
pub mod train;
pub mod tune;

pub use dataset::{Dataset, Lineage, VisitorRecord};
pub use error::{Result, TrainerError};
pub use threads::use_threads;
