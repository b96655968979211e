//! What a feature store is and where it came from.

use std::collections::BTreeMap;

use arrow_schema::Schema as Table;
use serde::{Deserialize, Serialize};

use crate::Lineage;
use crate::examples::{Bounds, ExampleCounts, ExampleOptions};

/// The format this build writes, and the newest it reads.
pub const FEATURES_FORMAT: u64 = 1;
/// The file that makes a folder a feature store.
pub const FEATURES_MARK: &str = "features.json";

/// `features.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeaturesManifest {
    /// [`FEATURES_FORMAT`].
    pub format: u64,
    /// Where it came from.
    pub origin: Origin,
    /// How the examples were made.
    pub options: ExampleOptions,
    /// The moments between training, validation and test.
    pub bounds: Bounds,
    /// How much there is.
    pub counts: ExampleCounts,
    /// The columns of each table, in order.
    pub columns: BTreeMap<String, Vec<Column>>,
    /// Each file with its length and SHA-256.
    pub files: BTreeMap<String, FileDigest>,
}

/// Which events, code and schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Where the data set came from.
    pub dataset: Lineage,
    /// How many events it had.
    pub events: u64,
    /// SHA-256 of the events in their wire form, one a line, by time and id.
    pub events_sha256: String,
    /// The time of the latest event, Unix ms: nothing later is in here.
    pub until_ms: Option<i64>,
    /// The version of the program that wrote it.
    pub version: String,
    /// What the features mean ([`triqueta::feature::SCHEMA_VERSION`]).
    pub schema_version: u32,
    /// The hash of `schema.json`: a model trained under another cannot be served with it.
    pub schema_sha256: String,
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, as Arrow calls it.
    pub kind: String,
    /// Whether it may be absent.
    pub optional: bool,
}

/// Length and SHA-256 of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDigest {
    /// Bytes.
    pub bytes: u64,
    /// Lower-case hexadecimal digits.
    pub sha256: String,
}

impl Origin {
    /// What every table carries in its own metadata, so that a file alone still says what it is.
    pub(super) fn metadata(&self, seed: u64) -> Vec<(String, String)> {
        let pairs = [
            ("triqueta.format", FEATURES_FORMAT.to_string()),
            ("triqueta.version", self.version.clone()),
            ("triqueta.dataset", self.dataset.name.clone()),
            ("triqueta.events_sha256", self.events_sha256.clone()),
            ("triqueta.schema_sha256", self.schema_sha256.clone()),
            ("triqueta.seed", seed.to_string()),
        ];
        pairs.map(|(key, value)| (key.to_owned(), value)).to_vec()
    }
}

/// The columns of a table.
pub(super) fn columns_of(table: &Table) -> Vec<Column> {
    table
        .fields()
        .iter()
        .map(|field| Column {
            name: field.name().clone(),
            kind: field.data_type().to_string(),
            optional: field.is_nullable(),
        })
        .collect()
}
