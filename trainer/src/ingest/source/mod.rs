//! Where rows come from: CSV, JSON lines and Parquet files, plain or gzipped, and PostgreSQL.
//!
//! Every source ends as the same thing: named columns and an iterator of records. A row that cannot be decoded is a
//! record with a flaw and does not end the reading; a source that cannot be read at all is an error.

mod files;
mod parquet;
mod postgres;

use std::path::{Path, PathBuf};

use super::cell::Record;
use super::mapping::{Mapping, TableSpec};
use crate::Result;
use crate::error::ImportError;
use crate::progress::Progress;

/// Where the tables of a mapping lie.
#[derive(Debug, Clone, Copy, Default)]
pub struct Origin<'a> {
    /// The folder of the files, or the file itself where the mapping reads only one.
    pub folder: Option<&'a Path>,
    /// The database's URL, `postgres://user:password@host:port/name`.
    pub postgres: Option<&'a str>,
}

/// An opened table.
pub(super) struct Table {
    /// File name, or the table's name in the mapping.
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    pub(super) sha256: String,
    /// Units of progress in all, where known.
    pub(super) total: Option<u64>,
    pub(super) records: Box<dyn Iterator<Item = Result<Record>>>,
}

/// Opens one table of the mapping.
pub(super) fn open(
    mapping: &Mapping,
    name: &str,
    origin: Origin<'_>,
    progress: &dyn Progress,
) -> Result<Table> {
    let Some(spec) = mapping.tables.get(name) else {
        return Err(mapping.impossible("[tables]", &format!("there is no [tables.{name}]")));
    };
    match &spec.file {
        Some(file) => {
            let folder = origin.folder.ok_or(ImportError::NoSource {
                needed: "files",
                option: "--from FOLDER",
            })?;
            open_file(&path_of(mapping, folder, file), spec)
        }
        None => {
            let url = origin.postgres.ok_or(ImportError::NoSource {
                needed: "a database",
                option: "--postgres URL",
            })?;
            postgres::open(name, spec, url, progress)
        }
    }
}

/// The file below the folder; or what was given itself, if it is a file and the mapping reads only one.
fn path_of(mapping: &Mapping, given: &Path, file: &str) -> PathBuf {
    let files = mapping
        .tables
        .values()
        .filter(|spec| spec.file.is_some())
        .count();
    if files == 1 && given.is_file() {
        given.to_owned()
    } else {
        given.join(file)
    }
}

fn open_file(path: &Path, spec: &TableSpec) -> Result<Table> {
    if !path.is_file() {
        return Err(ImportError::SourceMissing {
            path: path.to_owned(),
        }
        .into());
    }
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let plain = name.strip_suffix(".gz").unwrap_or(&name);
    match plain.rsplit('.').next() {
        Some("parquet") if plain == name => parquet::open(path, name),
        Some("jsonl" | "ndjson") => files::open_json(path, name.clone()),
        Some("csv" | "tsv" | "txt") => files::open_csv(path, name.clone(), spec.delimiter),
        _ => Err(ImportError::SourceDamaged {
            source_name: name.clone(),
            detail: "its ending is none of .csv, .tsv, .jsonl (each also .gz) and .parquet"
                .to_owned(),
        }
        .into()),
    }
}

/// The error for a source that cannot be read on.
fn damaged(name: &str, detail: impl ToString) -> crate::TrainerError {
    ImportError::SourceDamaged {
        source_name: name.to_owned(),
        detail: detail.to_string(),
    }
    .into()
}
