//! A feature store read back: the same examples, bit for bit.

use std::fs;
use std::path::{Path, PathBuf};

use triqueta::feature::Schema;
use triqueta::json;

use super::examples::{Candidate, read_candidates};
use super::viewpoints::read_viewpoints;
use super::{EXAMPLES, FEATURES_FORMAT, FEATURES_MARK, RAW, SCHEMA, VIEWPOINTS};
use super::{FeaturesError, FeaturesManifest};
use crate::dataset::table::{self, Columns};
use crate::digest::{sha256, sha256_file};
use crate::error::FileError;
use crate::examples::Example;
use crate::{Dataset, Result};

/// An open feature store.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureStore {
    folder: PathBuf,
    manifest: FeaturesManifest,
    schema: Schema,
}

impl FeatureStore {
    /// Opens a store and verifies the length and SHA-256 of every file.
    ///
    /// # Errors
    /// [`FeaturesError::Missing`], [`FeaturesError::Damaged`] or [`FeaturesError::Format`].
    pub fn open(folder: &Path) -> Result<Self> {
        let read = |name: &str| -> Result<Vec<u8>> {
            let path = folder.join(name);
            match fs::read(&path) {
                Ok(bytes) => Ok(bytes),
                Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
                    Err(FeaturesError::Missing { path }.into())
                }
                Err(cause) => Err(FileError::at("read", &path)(cause).into()),
            }
        };
        let damaged = |name: &str, detail: String| FeaturesError::Damaged {
            path: folder.join(name),
            detail,
        };
        let value: serde_json::Value = serde_json::from_slice(&read(FEATURES_MARK)?)
            .map_err(|error| damaged(FEATURES_MARK, error.to_string()))?;
        let found = value["format"].as_u64().unwrap_or(0);
        if found > FEATURES_FORMAT {
            return Err(FeaturesError::Format {
                path: folder.to_owned(),
                found,
                supported: FEATURES_FORMAT,
            }
            .into());
        }
        let manifest: FeaturesManifest = serde_json::from_value(value)
            .map_err(|error| damaged(FEATURES_MARK, error.to_string()))?;
        for (name, expected) in &manifest.files {
            let path = folder.join(name);
            if !path.is_file() {
                return Err(FeaturesError::Missing { path }.into());
            }
            let (sha256, bytes) = sha256_file(&path)?;
            if (bytes, &sha256) != (expected.bytes, &expected.sha256) {
                let detail = format!("{bytes} bytes, {} were written", expected.bytes);
                return Err(damaged(name, detail).into());
            }
        }
        let stored = read(SCHEMA)?;
        let schema: Schema =
            json::read(&stored).map_err(|error| damaged(SCHEMA, error.to_string()))?;
        if sha256(&stored) != manifest.origin.schema_sha256 {
            return Err(damaged(SCHEMA, "it is another schema's".to_owned()).into());
        }
        Ok(Self {
            folder: folder.to_owned(),
            manifest,
            schema,
        })
    }

    /// What it is and where it came from.
    pub fn manifest(&self) -> &FeaturesManifest {
        &self.manifest
    }

    /// Vocabularies and constants of the features.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The data set it was made from.
    ///
    /// # Errors
    /// As [`Dataset::load`].
    pub fn dataset(&self) -> Result<Dataset> {
        Dataset::load(&self.folder.join(RAW))
    }

    /// Hands on the examples in the order they were made, a group of rows in memory at a time.
    ///
    /// # Errors
    /// [`FeaturesError::Damaged`] where the tables do not fit each other; what `each` refuses.
    pub fn each_example(&self, mut each: impl FnMut(Example) -> Result<()>) -> Result<()> {
        let mut candidates = rows(self.folder.join(EXAMPLES), read_candidates)?.peekable();
        for example in rows(self.folder.join(VIEWPOINTS), read_viewpoints)? {
            let mut example = example?;
            let of_example = |candidate: &Result<Candidate>| match candidate {
                Ok(candidate) => {
                    (candidate.number, candidate.copy) == (example.number, example.copy)
                }
                Err(_) => true,
            };
            let mut found = Vec::new();
            while let Some(candidate) = candidates.next_if(of_example) {
                found.push(candidate?);
            }
            let Some(first) = found.first().filter(|first| !first.drawn) else {
                let detail = format!("decision {} has no activity", example.number);
                return Err(self.damaged(EXAMPLES, detail));
            };
            example.label = first.label;
            example.rows = found.iter().map(|candidate| candidate.row).collect();
            example.pairs = found.iter().map(|candidate| candidate.pair).collect();
            each(example)?;
        }
        if candidates.next().is_some() {
            return Err(self.damaged(EXAMPLES, "it has rows of no decision".to_owned()));
        }
        Ok(())
    }

    fn damaged(&self, name: &str, detail: String) -> crate::TrainerError {
        FeaturesError::Damaged {
            path: self.folder.join(name),
            detail,
        }
        .into()
    }
}

/// The rows of a table, one at a time; a batch of them is decoded at once.
fn rows<T>(
    path: PathBuf,
    decode: fn(Columns<'_>) -> Result<Vec<T>>,
) -> Result<impl Iterator<Item = Result<T>>> {
    let decoded = table::batches(&path)?.map(move |batch| {
        let batch = batch?;
        decode(Columns::of(&batch, &path))
    });
    Ok(decoded.flat_map(|rows| match rows {
        Ok(rows) => rows.into_iter().map(Ok).collect::<Vec<_>>(),
        Err(error) => vec![Err(error)],
    }))
}
