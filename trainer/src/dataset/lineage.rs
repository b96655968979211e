//! Where a dataset came from, so that a bundle's ancestry can be told years later.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The origin of a dataset. All times are times of the data: importing twice gives the same lineage.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lineage {
    /// What the data is called, such as `meetup-montana`.
    pub name: String,
    /// SHA-256 of the mapping file, or empty where there was none.
    #[serde(default)]
    pub mapping_sha256: String,
    /// The tables that were read.
    #[serde(default)]
    pub sources: Vec<SourceTable>,
    /// Rows left out on request, by kind of problem.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skipped: BTreeMap<String, u64>,
    /// Whether people or a simulation made it.
    #[serde(default)]
    pub simulated: bool,
}

/// One table of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceTable {
    /// File name, or the table's name in the mapping for a database.
    pub name: String,
    /// Rows read.
    pub rows: u64,
    /// SHA-256 of the file, or of the rows as they arrived.
    pub sha256: String,
}
