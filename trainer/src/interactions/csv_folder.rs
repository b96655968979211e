//! A leave-one-out problem as a folder of CSV files.
//!
//! `train.csv(.gz)`: `user_id,item_id`; `test.csv`: `user_id,item_id,…`; `test_negatives.csv(.gz)`: `user_id` and then item
//! numbers, one row a test row, in the same order. `users.csv` and `items.csv` are optional: each further column is a
//! categorical feature, `|` separates several values; `title` and `movie_id` name an item and are no features.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use super::{Interactions, LeaveOneOut, SideFeatures};
use crate::Result;
use crate::error::FileError;

/// Columns that name an entity instead of describing it.
const NAMES: [&str; 3] = ["title", "movie_id", "name"];

/// Why a folder of interactions cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InteractionsError {
    /// A file is not what it should be.
    #[error("{path}, line {line}: {detail}; see the layout in `triqueta help leave-one-out`")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        detail: String,
    },
    /// There is nothing to judge.
    #[error(
        "{path}: nobody has a held-out choice, so there is nothing to rank; put at least one row into test.csv"
    )]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

impl InteractionsError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "INTERACTIONS_MALFORMED",
            Self::Empty { .. } => "INTERACTIONS_EMPTY",
        }
    }
}

/// Reads a folder.
///
/// # Errors
/// [`FileError`] where a file cannot be read, [`InteractionsError`] with the line that cannot be used.
pub fn read_leave_one_out(folder: &Path) -> Result<LeaveOneOut> {
    let (pairs, held_out) = (
        pairs(&file(folder, "train"))?,
        pairs(&file(folder, "test"))?,
    );
    if held_out.is_empty() {
        return Err(InteractionsError::Empty {
            path: folder.to_owned(),
        }
        .into());
    }
    let negatives = negatives(&file(folder, "test_negatives"), &held_out)?;
    let users = entities(&file(folder, "users"))?;
    let items = entities(&file(folder, "items"))?;
    let all = || pairs.iter().chain(&held_out);
    let bound = |largest: Option<u32>, described: usize| {
        largest
            .map_or(0, |largest| largest as usize + 1)
            .max(described)
    };
    let largest_item = all()
        .map(|pair| pair.1)
        .chain(negatives.iter().flatten().copied())
        .max();
    let users_in_all = bound(all().map(|pair| pair.0).max(), users.len());
    let items_in_all = bound(largest_item, items.len());
    Ok(LeaveOneOut {
        train: Interactions::new(users_in_all, items_in_all, pairs),
        held_out,
        negatives,
        user_features: SideFeatures::learn(&users),
        item_features: SideFeatures::learn(&items),
    })
}

/// The file of a table, packed or not.
fn file(folder: &Path, name: &str) -> PathBuf {
    let packed = folder.join(format!("{name}.csv.gz"));
    if packed.exists() {
        packed
    } else {
        folder.join(format!("{name}.csv"))
    }
}

fn reader(path: &Path) -> Result<csv::Reader<Box<dyn Read>>> {
    let file = BufReader::new(File::open(path).map_err(FileError::at("read", path))?);
    let bytes: Box<dyn Read> = if path.extension().is_some_and(|extension| extension == "gz") {
        Box::new(flate2::read::GzDecoder::new(file))
    } else {
        Box::new(file)
    };
    Ok(csv::Reader::from_reader(bytes))
}

fn malformed(path: &Path, line: u64, detail: impl Into<String>) -> InteractionsError {
    InteractionsError::Malformed {
        path: path.to_owned(),
        line,
        detail: detail.into(),
    }
}

/// The rows of a file with their line numbers, and its header.
fn rows(path: &Path) -> Result<(csv::StringRecord, Vec<(u64, csv::StringRecord)>)> {
    let mut reader = reader(path)?;
    let broken = |error: csv::Error, line: u64| {
        malformed(
            path,
            error.position().map_or(line, csv::Position::line),
            error.to_string(),
        )
    };
    let header = reader.headers().map_err(|error| broken(error, 1))?.clone();
    let mut rows = Vec::new();
    for (row, line) in reader.into_records().zip(2..) {
        rows.push((line, row.map_err(|error| broken(error, line))?));
    }
    Ok((header, rows))
}

fn column(path: &Path, header: &csv::StringRecord, name: &str) -> Result<usize> {
    let found = header.iter().position(|column| column == name);
    Ok(found.ok_or_else(|| malformed(path, 1, format!("there is no column `{name}`")))?)
}

fn number(path: &Path, line: u64, text: &str) -> Result<u32> {
    // Numbers are positions in arrays: one far beyond what was counted would allocate without end.
    let number = text
        .parse()
        .ok()
        .filter(|&number: &u32| number < 100_000_000);
    Ok(number.ok_or_else(|| {
        malformed(
            path,
            line,
            format!("`{text}` is no number of a user or item"),
        )
    })?)
}

fn pairs(path: &Path) -> Result<Vec<(u32, u32)>> {
    let (header, rows) = rows(path)?;
    let (user, item) = (
        column(path, &header, "user_id")?,
        column(path, &header, "item_id")?,
    );
    rows.iter()
        .map(|(line, row)| {
            Ok((
                number(path, *line, &row[user])?,
                number(path, *line, &row[item])?,
            ))
        })
        .collect()
}

fn negatives(path: &Path, held_out: &[(u32, u32)]) -> Result<Vec<Vec<u32>>> {
    let (header, rows) = rows(path)?;
    let user = column(path, &header, "user_id")?;
    if rows.len() != held_out.len() {
        let detail = format!("{} rows for {} test rows", rows.len(), held_out.len());
        return Err(malformed(path, 1, detail).into());
    }
    let mut negatives = Vec::with_capacity(rows.len());
    for ((line, row), &(wanted, positive)) in rows.iter().zip(held_out) {
        if number(path, *line, &row[user])? != wanted {
            return Err(malformed(path, *line, format!("test.csv has user {wanted} here")).into());
        }
        let numbers = row.iter().enumerate().filter(|(index, _)| *index != user);
        let numbers = numbers.map(|(_, text)| number(path, *line, text));
        let mut drawn = numbers.collect::<Result<Vec<u32>>>()?;
        // Some published rows contain the positive itself.
        drawn.retain(|&item| item != positive);
        negatives.push(drawn);
    }
    Ok(negatives)
}

/// The values of each entity by number; an absent file describes nobody.
fn entities(path: &Path) -> Result<Vec<Vec<String>>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let (header, rows) = rows(path)?;
    let mut described = BTreeMap::new();
    for (line, row) in &rows {
        let entity = number(path, *line, row.get(0).unwrap_or_default())?;
        let columns = header
            .iter()
            .zip(row)
            .skip(1)
            .filter(|(name, _)| !NAMES.contains(name));
        let values = columns.flat_map(|(name, cell)| {
            let values = cell.split('|').filter(|value| !value.is_empty());
            values.map(move |value| format!("{name}={value}"))
        });
        described.insert(entity, values.collect::<Vec<String>>());
    }
    let count = described
        .keys()
        .next_back()
        .map_or(0, |&last| last as usize + 1);
    let mut entities = vec![Vec::new(); count];
    for (entity, values) in described {
        entities[entity as usize] = values;
    }
    Ok(entities)
}
