//! Parquet files, whoever wrote them.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use parquet::record::reader::RowIter;

use super::super::cell::{Cell, Record};
use super::{Table, damaged};
use crate::Result;
use crate::digest::sha256_file;
use crate::error::FileError;

const DAY_MS: i64 = 86_400_000;

/// Opens a Parquet file. Nested columns other than lists of scalars arrive as text.
pub(super) fn open(path: &Path, name: String) -> Result<Table> {
    let (sha256, _) = sha256_file(path)?;
    let file = File::open(path).map_err(FileError::at("read", path))?;
    let reader = guarded(&name, || SerializedFileReader::new(file))?
        .map_err(|error| damaged(&name, error))?;
    let metadata = reader.metadata().file_metadata();
    let total = u64::try_from(metadata.num_rows()).unwrap_or(0);
    let columns: Vec<String> = metadata
        .schema()
        .get_fields()
        .iter()
        .map(|field| field.name().to_owned())
        .collect();
    let mut rows = guarded(&name, || RowIter::from_file_into(Box::new(reader)))?;
    let (title, mut line, mut ended) = (name.clone(), 0, false);
    let records = std::iter::from_fn(move || {
        if ended {
            return None;
        }
        line += 1;
        let row = match guarded(&title, || rows.next()) {
            Ok(None) => return None,
            Ok(Some(Ok(row))) => row,
            Ok(Some(Err(error))) => {
                ended = true;
                return Some(Err(damaged(&title, error)));
            }
            Err(error) => {
                ended = true;
                return Some(Err(error));
            }
        };
        let cells = row
            .get_column_iter()
            .map(|(_, field)| cell(field))
            .collect();
        Some(Ok(Record {
            line,
            cells: Ok(cells),
            units: 1,
        }))
    });
    Ok(Table {
        name,
        columns,
        sha256,
        total: Some(total),
        records: Box::new(records),
    })
}

/// The reader's assertions fail on some damaged files: that is a damaged source, not the end of the program.
fn guarded<T>(name: &str, work: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|_| damaged(name, "its pages contradict its footer"))
}

fn cell(field: &Field) -> Cell {
    match field {
        Field::Null => Cell::Null,
        Field::Bool(value) => Cell::Boolean(*value),
        Field::Byte(value) => Cell::Integer(i64::from(*value)),
        Field::Short(value) => Cell::Integer(i64::from(*value)),
        Field::Int(value) => Cell::Integer(i64::from(*value)),
        Field::Long(value) => Cell::Integer(*value),
        Field::UByte(value) => Cell::Integer(i64::from(*value)),
        Field::UShort(value) => Cell::Integer(i64::from(*value)),
        Field::UInt(value) => Cell::Integer(i64::from(*value)),
        Field::ULong(value) => {
            i64::try_from(*value).map_or(Cell::Number(*value as f64), Cell::Integer)
        }
        Field::Float(value) => Cell::Number(f64::from(*value)),
        Field::Double(value) => Cell::Number(*value),
        Field::TimestampMillis(value) => Cell::Time(*value),
        Field::TimestampMicros(value) => Cell::Time(value.div_euclid(1_000)),
        // A date is local: its text lets the mapping's zone decide which midnight it is.
        Field::Date(days) => match jiff::Timestamp::from_millisecond(i64::from(*days) * DAY_MS) {
            Ok(midnight) => Cell::Text(
                midnight
                    .to_zoned(jiff::tz::TimeZone::UTC)
                    .date()
                    .to_string(),
            ),
            Err(_) => Cell::Null,
        },
        Field::Str(text) => Cell::Text(text.clone()),
        Field::Bytes(bytes) => {
            std::str::from_utf8(bytes.data()).map_or(Cell::Null, |text| Cell::Text(text.to_owned()))
        }
        Field::ListInternal(list) => Cell::List(
            list.elements()
                .iter()
                .filter_map(|item| cell(item).text())
                .collect(),
        ),
        other => Cell::Text(other.to_string()),
    }
}
