//! `activities.parquet`: what each activity is to a model.

use arrow_array::ArrayRef;
use arrow_schema::{DataType, Schema as Table};
use triqueta::catalog::{Catalog, Row};
use triqueta::feature::{ACTIVITY_NUMBERS, ActivityRow};

use super::cells::{field, fields, integer_lists, integers, list_of, numbers, table, texts};
use crate::choices::Lens;

/// The codes an activity has beside its tags.
type Code = (&'static str, fn(&ActivityRow) -> u16);

const CODES: [Code; 8] = [
    ("activity_kind", |activity| activity.kind),
    ("activity_locality", |activity| activity.locality),
    ("activity_level", |activity| activity.level),
    ("activity_organiser", |activity| activity.organiser),
    ("activity_series", |activity| activity.series),
    ("activity_season", |activity| u16::from(activity.season)),
    ("activity_weekday", |activity| u16::from(activity.weekday)),
    ("activity_slot", |activity| u16::from(activity.slot)),
];

pub(super) fn activity_table() -> Table {
    let mut columns = vec![
        field("activity", DataType::Int32),
        ("activity_id".to_owned(), DataType::Utf8, true),
    ];
    columns.extend(CODES.map(|(name, _)| field(name, DataType::Int32)));
    columns.push(field("activity_tags", list_of(DataType::Int32)));
    columns.extend(fields("activity", ACTIVITY_NUMBERS));
    table(columns)
}

/// One row an activity of the catalogue, then one without an id for those it does not know.
pub(super) fn activity_columns(catalog: &Catalog) -> Vec<ArrayRef> {
    let rows: Vec<(i32, ActivityRow)> = (0..).zip(Lens::items(catalog)).collect();
    let known = catalog.len() as i32;
    let mut columns = vec![
        integers(&rows, |(number, _)| *number),
        texts(&rows, |(number, _)| {
            (*number < known).then(|| catalog.id(Row(*number as u32)).to_owned())
        }),
    ];
    for (_, code) in CODES {
        columns.push(integers(&rows, |(_, activity)| i32::from(code(activity))));
    }
    columns.push(integer_lists(&rows, |(_, activity)| {
        activity.tags.iter().map(|&tag| i32::from(tag)).collect()
    }));
    for column in 0..ACTIVITY_NUMBERS.len() {
        columns.push(numbers(&rows, |(_, activity)| activity.numbers[column]));
    }
    columns
}
