//! Text files: CSV and JSON lines, plain or gzipped.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::{ByteRecord, ReaderBuilder};
use flate2::read::MultiGzDecoder;

use super::super::cell::{Cell, Flaw, Kind, Record};
use super::{Table, damaged};
use crate::Result;
use crate::digest::sha256_file;
use crate::error::{FileError, ImportError};

/// Counts the bytes that pass, so that a bar can be drawn for a compressed file too.
struct Counted {
    file: File,
    bytes: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// The progress made since it was last asked.
struct Meter {
    bytes: Arc<AtomicU64>,
    told: u64,
}

impl Meter {
    fn units(&mut self) -> u64 {
        let now = self.bytes.load(Ordering::Relaxed);
        let units = now - self.told;
        self.told = now;
        units
    }
}

fn reader(path: &Path) -> Result<(Box<dyn Read>, Meter)> {
    let file = File::open(path).map_err(FileError::at("read", path))?;
    let bytes = Arc::new(AtomicU64::new(0));
    let counted = Counted {
        file,
        bytes: Arc::clone(&bytes),
    };
    let is_gzip = path.extension().is_some_and(|ending| ending == "gz");
    let inner: Box<dyn Read> = if is_gzip {
        Box::new(MultiGzDecoder::new(counted))
    } else {
        Box::new(counted)
    };
    Ok((inner, Meter { bytes, told: 0 }))
}

/// Opens a CSV file whose first line names the columns.
pub(super) fn open_csv(path: &Path, name: String, delimiter: char) -> Result<Table> {
    let (sha256, total) = sha256_file(path)?;
    let (inner, mut meter) = reader(path)?;
    // A tab-separated file says so by its name.
    let is_tsv = name.contains(".tsv") && delimiter == ',';
    let delimiter = if is_tsv {
        b'\t'
    } else {
        u8::try_from(delimiter).unwrap_or(b',')
    };
    let mut rows = ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .from_reader(inner);
    let mut header = ByteRecord::new();
    rows.read_byte_record(&mut header)
        .map_err(|error| damaged(&name, error))?;
    let mut columns = Vec::with_capacity(header.len());
    for field in &header {
        let field =
            std::str::from_utf8(field).map_err(|_| damaged(&name, "its header is not UTF-8"))?;
        columns.push(field.trim_start_matches('\u{feff}').trim().to_owned());
    }
    check_columns(&name, &columns)?;
    let width = columns.len();
    let title = name.clone();
    let mut ended = false;
    let records = std::iter::from_fn(move || {
        if ended {
            return None;
        }
        let mut row = ByteRecord::new();
        match rows.read_byte_record(&mut row) {
            Ok(true) => {
                let line = row.position().map_or(0, csv::Position::line);
                Some(Ok(Record {
                    line,
                    cells: decode(&row, width),
                    units: meter.units(),
                }))
            }
            Ok(false) => None,
            Err(error) => {
                ended = true;
                Some(Err(damaged(&title, error)))
            }
        }
    });
    Ok(Table {
        name,
        columns,
        sha256,
        total: Some(total),
        records: Box::new(records),
    })
}

fn decode(row: &ByteRecord, width: usize) -> std::result::Result<Vec<Cell>, Flaw> {
    if row.len() != width {
        return Err(Flaw::new(
            Kind::RowColumns,
            format!("{} columns instead of {width}", row.len()),
        ));
    }
    row.iter()
        .map(|field| match std::str::from_utf8(field) {
            Ok(text) => Ok(Cell::Text(text.to_owned())),
            Err(_) => Err(Flaw::new(
                Kind::RowEncoding,
                String::from_utf8_lossy(field)
                    .chars()
                    .take(60)
                    .collect::<String>(),
            )),
        })
        .collect()
}

/// Opens a file of JSON objects, one a line. Its columns are all keys that occur.
pub(super) fn open_json(path: &Path, name: String) -> Result<Table> {
    let (sha256, total) = sha256_file(path)?;
    let mut columns = BTreeSet::new();
    for object in lines(path, &name)? {
        if let Ok(object) = object?.1 {
            columns.extend(object.keys().cloned());
        }
    }
    let columns: Vec<String> = columns.into_iter().collect();
    check_columns(&name, &columns)?;
    let names = columns.clone();
    let records = lines(path, &name)?.map(move |object| {
        let (line, object, units) = object?;
        let cells = object.map(|mut object| {
            names
                .iter()
                .map(|column| object.remove(column).map_or(Cell::Null, Cell::from_json))
                .collect()
        });
        Ok(Record { line, cells, units })
    });
    Ok(Table {
        name,
        columns,
        sha256,
        total: Some(total),
        records: Box::new(records),
    })
}

type Object = serde_json::Map<String, serde_json::Value>;
type Line = (u64, std::result::Result<Object, Flaw>, u64);

fn lines(path: &Path, name: &str) -> Result<impl Iterator<Item = Result<Line>> + 'static> {
    let (inner, mut meter) = reader(path)?;
    let mut inner = BufReader::new(inner);
    let (name, mut number, mut ended) = (name.to_owned(), 0, false);
    Ok(std::iter::from_fn(move || {
        while !ended {
            let mut line = Vec::new();
            number += 1;
            match inner.read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Ok(_) if line.iter().all(u8::is_ascii_whitespace) => {}
                Ok(_) => {
                    let object = serde_json::from_slice(&line).map_err(|error| {
                        let kind = if std::str::from_utf8(&line).is_err() {
                            Kind::RowEncoding
                        } else {
                            Kind::RowJson
                        };
                        Flaw::new(kind, error.to_string())
                    });
                    return Some(Ok((number, object, meter.units())));
                }
                Err(error) => {
                    ended = true;
                    return Some(Err(damaged(&name, error)));
                }
            }
        }
        None
    }))
}

/// Refuses a source without columns or with a column named twice.
fn check_columns(name: &str, columns: &[String]) -> Result<()> {
    if columns.iter().all(String::is_empty) {
        return Err(damaged(name, "it is empty, not even a header"));
    }
    let mut seen = BTreeSet::new();
    match columns.iter().find(|column| !seen.insert(column.as_str())) {
        Some(column) => Err(ImportError::SourceDamaged {
            source_name: name.to_owned(),
            detail: format!("the column `{column}` occurs twice"),
        }
        .into()),
        None => Ok(()),
    }
}
