//! How do others learn from what we compute?
//!
//! A feature store is a folder of Parquet tables that pandas, Polars and Spark open as they are: the raw snapshot it was
//! made from, every example of [`crate::examples`], and the features behind them by the names of the schema. It says which
//! events, code, seed and schema it came from. `docs/features.md` describes the columns and how to train on them.
//!
//! ```text
//! features.json        what it is: format, counts, lineage, columns, digests of all files
//! schema.json          vocabularies and constants of the features
//! raw/                 the data set, as `triqueta import` writes it
//! activities.parquet   one row an activity
//! viewpoints.parquet   one row a decision: visitor, moment and history just before it
//! examples.parquet     one row a decision and activity: label, weight and pair features
//! ```
//!
//! The same data set and options give the same bytes. Rows are written in groups as they are made, so that beside the data
//! set no more than [`ROWS_PER_GROUP`] rows are ever held. The folder appears whole or not at all, and not if a sample of
//! its examples knows the future.

mod activities;
mod cells;
mod examples;
mod manifest;
mod problem;
mod read;
#[cfg(test)]
mod tests;
mod viewpoints;
mod write;

pub use manifest::{Column, FEATURES_FORMAT, FEATURES_MARK, FeaturesManifest, Origin};
pub use problem::FeaturesError;
pub use read::FeatureStore;
pub use write::{FeatureOptions, FeatureSummary, ROWS_PER_GROUP, write_features};

pub(crate) const SCHEMA: &str = "schema.json";
pub(crate) const RAW: &str = "raw";
pub(crate) const ACTIVITIES: &str = "activities.parquet";
pub(crate) const VIEWPOINTS: &str = "viewpoints.parquet";
pub(crate) const EXAMPLES: &str = "examples.parquet";
