//! A dataset as a folder: write it whole, read it strictly.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use triqueta::catalog::City;

use super::table::{self, Columns, ROWS_PER_BATCH, TableWriter};
use super::{Dataset, FreshFolder, Lineage, columns};
use crate::Result;
use crate::digest::sha256_file;
use crate::error::{DatasetError, FileError};

/// The format this build writes, and the newest it reads.
pub const FORMAT: u32 = 1;
/// The file that makes a folder a dataset.
pub const MANIFEST: &str = "dataset.json";

const ACTIVITIES: &str = "activities.parquet";
const VISITORS: &str = "visitors.parquet";
const EVENTS: &str = "events.parquet";

/// `dataset.json`.
#[derive(Serialize, Deserialize)]
struct Manifest {
    format: u32,
    /// Counted for people; the tables decide.
    counts: BTreeMap<String, u64>,
    /// Time of the latest event, Unix ms.
    until_ms: Option<i64>,
    lineage: Lineage,
    city: City,
    /// File name to digest.
    files: BTreeMap<String, FileDigest>,
}

/// What a file was when it was written.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct FileDigest {
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl Dataset {
    /// Writes the dataset to `folder`, replacing an older dataset there. The folder appears whole or not at all.
    ///
    /// # Errors
    /// [`DatasetError::Occupied`] if `folder` holds something else, [`FileError`] if the system refuses.
    pub fn save(&self, folder: &Path) -> Result<()> {
        let fresh = FreshFolder::beside(folder, MANIFEST)?;
        self.write_tables(fresh.path())?;
        let mut files = BTreeMap::new();
        for name in [ACTIVITIES, VISITORS, EVENTS] {
            let (sha256, bytes) = sha256_file(&fresh.path().join(name))?;
            files.insert(name.to_owned(), FileDigest { bytes, sha256 });
        }
        let count = |length: usize| length as u64;
        let manifest = Manifest {
            format: FORMAT,
            counts: BTreeMap::from([
                ("activities".to_owned(), count(self.activities.len())),
                ("events".to_owned(), count(self.events.len())),
                ("visitors".to_owned(), count(self.visitors.len())),
            ]),
            until_ms: self.until_ms(),
            lineage: self.lineage.clone(),
            city: self.city.clone(),
            files,
        };
        let path = fresh.path().join(MANIFEST);
        let json = serde_json::to_vec_pretty(&manifest)
            .map_err(|error| FileError::at("write", &path)(std::io::Error::other(error)))?;
        fs::File::create(&path)
            .and_then(|mut file| {
                file.write_all(&json)
                    .and_then(|()| file.write_all(b"\n"))
                    .and_then(|()| file.sync_all())
            })
            .map_err(FileError::at("write", &path))?;
        fresh.commit()
    }

    fn write_tables(&self, folder: &Path) -> Result<()> {
        let mut writer = TableWriter::create(&folder.join(ACTIVITIES), columns::activity_schema())?;
        for rows in self.activities.chunks(ROWS_PER_BATCH) {
            writer.write(columns::activity_columns(rows))?;
        }
        writer.finish()?;
        let mut writer = TableWriter::create(&folder.join(VISITORS), columns::visitor_schema())?;
        for rows in self.visitors.chunks(ROWS_PER_BATCH) {
            writer.write(columns::visitor_columns(rows))?;
        }
        writer.finish()?;
        let path = folder.join(EVENTS);
        let mut writer = TableWriter::create(&path, columns::event_schema())?;
        for rows in self.events.chunks(ROWS_PER_BATCH) {
            let columns = columns::event_columns(rows)
                .map_err(|error| FileError::at("write", &path)(std::io::Error::other(error)))?;
            writer.write(columns)?;
        }
        writer.finish()
    }

    /// Reads a dataset, verifying the length and SHA-256 of every file and the contract of every row.
    ///
    /// # Errors
    /// [`DatasetError::Missing`], [`DatasetError::Damaged`] or [`DatasetError::Format`]; the code of the contract
    /// broken, if a row was written by something else than [`Dataset::save`].
    pub fn load(folder: &Path) -> Result<Self> {
        let path = folder.join(MANIFEST);
        let damaged = |path: &Path, detail: String| DatasetError::Damaged {
            path: path.to_owned(),
            detail,
        };
        let json = match fs::read(&path) {
            Ok(json) => json,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
                return Err(DatasetError::Missing { path }.into());
            }
            Err(cause) => return Err(FileError::at("read", &path)(cause).into()),
        };
        let value: serde_json::Value =
            serde_json::from_slice(&json).map_err(|error| damaged(&path, error.to_string()))?;
        let found = value
            .get("format")
            .and_then(serde_json::Value::as_u64)
            .unwrap_or(0);
        if found > u64::from(FORMAT) {
            let found = u32::try_from(found).unwrap_or(u32::MAX);
            return Err(DatasetError::Format {
                path: folder.to_owned(),
                found,
                supported: FORMAT,
            }
            .into());
        }
        let manifest: Manifest =
            serde_json::from_value(value).map_err(|error| damaged(&path, error.to_string()))?;
        for name in [ACTIVITIES, VISITORS, EVENTS] {
            let path = folder.join(name);
            if !path.is_file() {
                return Err(DatasetError::Missing { path }.into());
            }
            let Some(expected) = manifest.files.get(name) else {
                return Err(
                    damaged(&folder.join(MANIFEST), format!("it does not name `{name}`")).into(),
                );
            };
            let (sha256, bytes) = sha256_file(&path)?;
            if (bytes, &sha256) != (expected.bytes, &expected.sha256) {
                let detail = format!(
                    "{bytes} bytes with SHA-256 {sha256}, {} bytes with {} were written",
                    expected.bytes, expected.sha256
                );
                return Err(damaged(&path, detail).into());
            }
        }
        let (mut activities, mut visitors, mut events) = (Vec::new(), Vec::new(), Vec::new());
        read_into(
            folder,
            ACTIVITIES,
            &mut activities,
            columns::read_activities,
        )?;
        read_into(folder, VISITORS, &mut visitors, columns::read_visitors)?;
        read_into(folder, EVENTS, &mut events, columns::read_events)?;
        Self::new(
            manifest.city,
            activities,
            visitors,
            events,
            manifest.lineage,
        )
    }
}

fn read_into<T>(
    folder: &Path,
    name: &str,
    rows: &mut Vec<T>,
    decode: impl Fn(Columns<'_>, &mut Vec<T>) -> Result<()>,
) -> Result<()> {
    table::read(&folder.join(name), |columns| decode(columns, rows))
}
