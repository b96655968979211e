//! What was measured so far, on disk before the next measurement begins.
//!
//! One line says which search it is, then one line a measurement. The file is written beside and renamed, so that whoever
//! is killed leaves all of the measurements or all but the last.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::problem::TuneError;
use crate::Result;
use crate::error::FileError;

/// Which search a journal belongs to. Another number of trials is the same search: the first ones are the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Search {
    pub(super) format: u32,
    pub(super) data: String,
    pub(super) seed: u64,
    pub(super) split: String,
    pub(super) folds: usize,
    pub(super) knobs: usize,
}

/// How one trial did on one fold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Measurement {
    pub(super) trial: usize,
    pub(super) fold: usize,
    pub(super) ndcg10: f64,
    pub(super) questions: usize,
    /// What it took. In no table: two runs of a search differ in nothing else.
    pub(super) seconds: f64,
}

/// The journal of a search.
pub(super) struct Journal {
    path: PathBuf,
    lines: Vec<String>,
    measured: BTreeMap<(usize, usize), Measurement>,
}

impl Journal {
    /// Opens or begins a journal.
    pub(super) fn open(path: &Path, search: &Search) -> Result<Self> {
        let mut journal = Self {
            path: path.to_owned(),
            lines: vec![json(search)],
            measured: BTreeMap::new(),
        };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(journal),
            Err(cause) => return Err(FileError::at("read", path)(cause).into()),
        };
        let other = |detail: String| TuneError::OtherSearch {
            path: path.to_owned(),
            detail,
        };
        let mut lines = text.lines();
        let found: Option<Search> = lines
            .next()
            .and_then(|line| serde_json::from_str(line).ok());
        let found = found.ok_or_else(|| other("its first line cannot be read".into()))?;
        if found != *search {
            return Err(other(format!("it is of {found:?}, asked was {search:?}")).into());
        }
        for line in lines {
            let measurement = serde_json::from_str(line);
            let measurement = measurement.map_err(|error| other(format!("{error}: {line}")))?;
            journal.take(measurement);
        }
        Ok(journal)
    }

    pub(super) fn of(&self, trial: usize, fold: usize) -> Option<&Measurement> {
        self.measured.get(&(trial, fold))
    }

    pub(super) fn len(&self) -> usize {
        self.measured.len()
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a measurement; it is on disk when this returns.
    pub(super) fn add(&mut self, measurement: Measurement) -> Result<()> {
        self.take(measurement);
        replace(&self.path, &(self.lines.join("\n") + "\n"))
    }

    fn take(&mut self, measurement: Measurement) {
        self.lines.push(json(&measurement));
        let key = (measurement.trial, measurement.fold);
        self.measured.insert(key, measurement);
    }
}

/// Writes a file beside, syncs and renames it.
pub(super) fn replace(path: &Path, text: &str) -> Result<()> {
    let partial = path.with_extension("partial");
    let written = File::create(&partial).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(FileError::at("write", &partial))?;
    fs::rename(&partial, path).map_err(FileError::at("rename", path))?;
    Ok(())
}

/// Numbers and names are always JSON.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
