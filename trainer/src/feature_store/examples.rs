//! `examples.parquet`: what was decided on and what was drawn beside it.

use arrow_array::{ArrayRef, Float32Array, Int32Array, Int64Array};
use arrow_schema::{DataType, Schema as Table};
use triqueta::catalog::{Catalog, Row};
use triqueta::feature::{PAIR_FEATURES, PairRow};

use super::cells::{field, fields, flags, integers, longs, named, numbers, row_of, table, texts};
use crate::Result;
use crate::choices::Label;
use crate::dataset::table::Columns;
use crate::examples::{Example, Split};

/// One row of the table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    pub(super) number: u64,
    pub(super) copy: u32,
    pub(super) row: Row,
    pub(super) label: Label,
    pub(super) drawn: bool,
    pub(super) split: Split,
    pub(super) pair: PairRow,
}

impl Candidate {
    /// The rows of an example: what was decided on first.
    pub(super) fn of(example: &Example) -> impl Iterator<Item = Self> + '_ {
        let pairs = example.rows.iter().zip(&example.pairs).enumerate();
        pairs.map(|(place, (&row, &pair))| Self {
            number: example.number,
            copy: example.copy,
            row,
            label: if place == 0 {
                example.label
            } else {
                example.label.of_drawn()
            },
            drawn: place > 0,
            split: example.split,
            pair,
        })
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    PAIR_FEATURES.iter().map(|feature| feature.name)
}

pub(super) fn example_table() -> Table {
    use DataType::{Boolean, Float32, Int32, Int64, Utf8};
    let mut columns = vec![
        field("decision", Int64),
        field("copy", Int32),
        field("activity", Int32),
        field("activity_id", Utf8),
        field("label", Float32),
        field("weight", Float32),
        field("drawn", Boolean),
        field("split", Utf8),
    ];
    columns.extend(fields("pair", names()));
    table(columns)
}

pub(super) fn example_columns(rows: &[Candidate], catalog: &Catalog) -> Vec<ArrayRef> {
    let mut columns = vec![
        longs(rows, |row| row.number as i64),
        integers(rows, |row| row.copy as i32),
        integers(rows, |row| row.row.0 as i32),
        texts(rows, |row| Some(catalog.id(row.row).to_owned())),
        numbers(rows, |row| row.label.value),
        numbers(rows, |row| row.label.weight),
        flags(rows, |row| row.drawn),
        texts(rows, |row| Some(row.split.name().to_owned())),
    ];
    for column in 0..PAIR_FEATURES.len() {
        columns.push(numbers(rows, |row| row.pair[column]));
    }
    columns
}

pub(super) fn read_candidates(columns: Columns<'_>) -> Result<Vec<Candidate>> {
    let integers = |name| columns.get::<Int32Array>(name);
    let singles = |name| columns.get::<Float32Array>(name);
    let decision = columns.get::<Int64Array>("decision")?;
    let (copy, activity) = (integers("copy")?, integers("activity")?);
    let (label, weight) = (singles("label")?, singles("weight")?);
    let drawn = columns.get::<arrow_array::BooleanArray>("drawn")?;
    let split = columns.get::<arrow_array::StringArray>("split")?;
    let pairs = named(columns, "pair", names())?;
    let mut rows = Vec::with_capacity(columns.rows());
    for row in 0..columns.rows() {
        rows.push(Candidate {
            number: decision.value(row) as u64,
            copy: copy.value(row) as u32,
            row: Row(activity.value(row) as u32),
            label: Label {
                value: label.value(row),
                weight: weight.value(row),
            },
            drawn: drawn.value(row),
            split: Split::named(split.value(row))
                .ok_or_else(|| columns.damaged(format!("row {row}: an unknown split")))?,
            pair: row_of(&pairs, row),
        });
    }
    Ok(rows)
}
