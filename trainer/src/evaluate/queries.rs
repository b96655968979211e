//! Queries and other recommenders' ranks from files, so that everybody is asked exactly the same.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use csv::StringRecord;
use triqueta::catalog::{Catalog, Row};
use triqueta::event::ActivityId;

use super::live::Query;
use super::metrics::Rank;
use super::problem::EvaluateError;
use crate::Result;
use crate::error::FileError;
use crate::replay::VisitorKey;

/// A file of queries: `query_id, split, t_ms, user_id, positive, candidates` (`;` between them, the positive first).
/// Queries of the split `train` are left out. They are returned in order of time.
///
/// # Errors
/// [`EvaluateError`] with the line that cannot be used, [`FileError`] where the file cannot be read.
pub fn read_queries(path: &Path, catalog: &Catalog) -> Result<Vec<Query>> {
    let table = Table::open(path)?;
    let columns = [
        "query_id",
        "split",
        "t_ms",
        "user_id",
        "positive",
        "candidates",
    ];
    let columns = columns.map(|name| table.column(name));
    let [id, split, time, user, positive, candidates] = columns;
    let (id, split, time, user) = (id?, split?, time?, user?);
    let (positive, candidates) = (positive?, candidates?);
    let mut queries = Vec::new();
    for (line, record) in table.records() {
        let record = record?;
        if &record[split] == "train" {
            continue;
        }
        let rows = record[candidates].split(';').map(|text| {
            catalog
                .row(&ActivityId::from(text))
                .ok_or_else(|| EvaluateError::UnknownActivity {
                    path: path.to_owned(),
                    line,
                    activity: text.chars().take(64).collect(),
                })
        });
        let rows: Vec<Row> = rows.collect::<std::result::Result<_, _>>()?;
        let mut distinct = rows.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() != rows.len() || rows.len() < 2 {
            return Err(table
                .malformed(line, "candidates must be two or more, each once")
                .into());
        }
        if record[candidates].split(';').next() != Some(&record[positive]) {
            return Err(table
                .malformed(line, "the first candidate is not the positive")
                .into());
        }
        queries.push(Query {
            id: table.number(line, &record[id], "query_id")?,
            time_ms: table.number(line, &record[time], "t_ms")?,
            key: VisitorKey::User(record[user].to_owned()),
            candidates: rows,
        });
    }
    queries.sort_by_key(|query| (query.time_ms, query.id));
    Ok(queries)
}

/// The ranks other recommenders gave the positives of the same queries: by name, then by query.
pub type OtherRanks = BTreeMap<String, BTreeMap<u64, Rank>>;

/// A file of ranks: `query_id, candidates` (how many), and `rank_<name>` (0 is best) for each recommender.
///
/// # Errors
/// [`EvaluateError`] with the line that cannot be used, [`FileError`] where the file cannot be read.
pub fn read_ranks(path: &Path) -> Result<OtherRanks> {
    let table = Table::open(path)?;
    let (id, candidates) = (table.column("query_id")?, table.column("candidates")?);
    let named = table.header.iter().enumerate();
    let names: Vec<(usize, String)> = named
        .filter_map(|(column, name)| Some((column, name.strip_prefix("rank_")?.to_owned())))
        .collect();
    let mut ranks = OtherRanks::new();
    for (line, record) in table.records() {
        let record = record?;
        let query: u64 = table.number(line, &record[id], "query_id")?;
        let others = table
            .number::<usize>(line, &record[candidates], "candidates")?
            .saturating_sub(1);
        for (column, name) in &names {
            let above: usize = table.number(line, &record[*column], name)?;
            if above > others {
                return Err(table
                    .malformed(
                        line,
                        &format!("rank {above} among {} candidates", others + 1),
                    )
                    .into());
            }
            ranks.entry(name.clone()).or_default().insert(
                query,
                Rank {
                    above,
                    tied: 0,
                    others,
                },
            );
        }
    }
    Ok(ranks)
}

struct Table<'a> {
    path: &'a Path,
    header: StringRecord,
    records: Vec<(u64, std::result::Result<StringRecord, EvaluateError>)>,
}

impl<'a> Table<'a> {
    fn open(path: &'a Path) -> Result<Self> {
        let file = File::open(path).map_err(FileError::at("read", path))?;
        let packed = path.extension().is_some_and(|extension| extension == "gz");
        let bytes: Box<dyn Read> = if packed {
            Box::new(flate2::read::GzDecoder::new(BufReader::new(file)))
        } else {
            Box::new(file)
        };
        let mut reader = csv::Reader::from_reader(bytes);
        let malformed = |error: csv::Error, fallback: u64| EvaluateError::Malformed {
            path: path.to_owned(),
            line: error.position().map_or(fallback, csv::Position::line),
            detail: error.to_string(),
        };
        let header = reader
            .headers()
            .map_err(|error| malformed(error, 1))?
            .clone();
        let mut records = Vec::new();
        for (number, record) in reader.into_records().enumerate() {
            let line = number as u64 + 2;
            records.push((line, record.map_err(|error| malformed(error, line))));
        }
        Ok(Self {
            path,
            header,
            records,
        })
    }

    fn records(
        &self,
    ) -> impl Iterator<Item = (u64, std::result::Result<&StringRecord, EvaluateError>)> {
        self.records.iter().map(|(line, record)| {
            let copied = record
                .as_ref()
                .map_err(|error| self.malformed(*line, &error.to_string()));
            (*line, copied)
        })
    }

    fn column(&self, name: &str) -> std::result::Result<usize, EvaluateError> {
        let found = self.header.iter().position(|column| column == name);
        found.ok_or_else(|| self.malformed(1, &format!("there is no column `{name}`")))
    }

    fn number<T: std::str::FromStr>(
        &self,
        line: u64,
        text: &str,
        name: &str,
    ) -> std::result::Result<T, EvaluateError> {
        text.parse()
            .map_err(|_| self.malformed(line, &format!("`{text}` is no number for `{name}`")))
    }

    fn malformed(&self, line: u64, detail: &str) -> EvaluateError {
        EvaluateError::Malformed {
            path: self.path.to_owned(),
            line,
            detail: detail.to_owned(),
        }
    }
}
