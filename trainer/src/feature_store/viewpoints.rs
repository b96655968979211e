//! `viewpoints.parquet`: who decided, when, and what was known of them just before.

use arrow_array::{
    ArrayRef, BooleanArray, Float32Array, Int32Array, Int64Array, ListArray, StringArray,
};
use arrow_schema::{DataType, Schema as Table};
use triqueta::event::DeviceId;
use triqueta::feature::{CONTEXT_NUMBERS, ContextRow, USER_NUMBERS, UserRow};

use super::cells::{
    field, fields, flags, integer_lists, integers, integers_of, list_of, longs, named,
    number_lists, numbers, numbers_of, row_of, table, texts,
};
use crate::Result;
use crate::choices::{Label, Viewpoint};
use crate::dataset::table::Columns;
use crate::examples::{Example, Split};
use crate::replay::VisitorKey;

pub(super) fn viewpoint_table() -> Table {
    use DataType::{Boolean, Float32, Int32, Int64, Utf8};
    let mut columns = vec![
        field("decision", Int64),
        field("copy", Int32),
        field("visitor", Utf8),
        field("signed_in", Boolean),
        field("time_ms", Int64),
        field("known_ms", Int64),
        field("split", Utf8),
        field("cold_visitor", Boolean),
        field("cold_activity", Boolean),
        field("positives", Int32),
        field("maturity", Float32),
        field("user_tags", list_of(Int32)),
        field("user_locality", Int32),
        field("user_level", Int32),
        field("user_availability", Int32),
    ];
    columns.extend(fields("user", USER_NUMBERS));
    columns.push(field("context_season", Int32));
    columns.push(field("context_weekday", Int32));
    columns.extend(fields("context", CONTEXT_NUMBERS));
    columns.push(field("history_activity", list_of(Int32)));
    columns.push(field("history_weight", list_of(Float32)));
    table(columns)
}

pub(super) fn viewpoint_columns(rows: &[Example]) -> Vec<ArrayRef> {
    let user = |row: &Example| row.viewpoint.user.clone();
    let visitor = |row: &Example| match &row.key {
        VisitorKey::User(user) => user.clone(),
        VisitorKey::Device(device) => device.to_string(),
    };
    let mut columns = vec![
        longs(rows, |row| row.number as i64),
        integers(rows, |row| row.copy as i32),
        texts(rows, |row| Some(visitor(row))),
        flags(rows, |row| matches!(row.key, VisitorKey::User(_))),
        longs(rows, |row| row.time_ms),
        longs(rows, |row| row.known_ms),
        texts(rows, |row| Some(row.split.name().to_owned())),
        flags(rows, |row| row.viewpoint.positives == 0),
        flags(rows, |row| row.cold_activity),
        integers(rows, |row| row.viewpoint.positives as i32),
        numbers(rows, |row| row.viewpoint.maturity),
        integer_lists(rows, |row| {
            user(row).tags.into_iter().map(i32::from).collect()
        }),
        integers(rows, |row| i32::from(row.viewpoint.user.locality)),
        integers(rows, |row| i32::from(row.viewpoint.user.level)),
        integers(rows, |row| i32::from(row.viewpoint.user.availability)),
    ];
    for column in 0..USER_NUMBERS.len() {
        columns.push(numbers(rows, |row| row.viewpoint.user.numbers[column]));
    }
    let context = |row: &Example| row.viewpoint.user.context;
    columns.push(integers(rows, |row| i32::from(context(row).season)));
    columns.push(integers(rows, |row| i32::from(context(row).weekday)));
    for column in 0..CONTEXT_NUMBERS.len() {
        columns.push(numbers(rows, |row| context(row).numbers[column]));
    }
    columns.push(integer_lists(rows, |row| {
        let history = row.viewpoint.history.iter();
        history.map(|&(item, _)| item as i32).collect()
    }));
    columns.push(number_lists(rows, |row| {
        let history = row.viewpoint.history.iter();
        history.map(|&(_, weight)| weight).collect()
    }));
    columns
}

/// The rows of a batch as examples that have no activities yet.
pub(super) fn read_viewpoints(columns: Columns<'_>) -> Result<Vec<Example>> {
    let longs = |name| columns.get::<Int64Array>(name);
    let integers = |name| columns.get::<Int32Array>(name);
    let texts = |name| columns.get::<StringArray>(name);
    let flags = |name| columns.get::<BooleanArray>(name);
    let lists = |name| columns.get::<ListArray>(name);
    let (decision, copy) = (longs("decision")?, integers("copy")?);
    let (visitor, signed_in) = (texts("visitor")?, flags("signed_in")?);
    let (time, known, split) = (longs("time_ms")?, longs("known_ms")?, texts("split")?);
    let (cold, positives) = (flags("cold_activity")?, integers("positives")?);
    let maturity = columns.get::<Float32Array>("maturity")?;
    let (tags, locality) = (lists("user_tags")?, integers("user_locality")?);
    let (level, availability) = (integers("user_level")?, integers("user_availability")?);
    let user_numbers = named(columns, "user", USER_NUMBERS)?;
    let (season, weekday) = (integers("context_season")?, integers("context_weekday")?);
    let context_numbers = named(columns, "context", CONTEXT_NUMBERS)?;
    let (items, weights) = (lists("history_activity")?, lists("history_weight")?);
    let code = |column: &Int32Array, row: usize| -> Result<u16> {
        u16::try_from(column.value(row)).map_err(|_| columns.damaged(format!("row {row}: no code")))
    };
    let mut rows = Vec::with_capacity(columns.rows());
    for row in 0..columns.rows() {
        let refuse = |what: &str| columns.damaged(format!("row {row}: {what}"));
        let key = if signed_in.value(row) {
            VisitorKey::User(visitor.value(row).to_owned())
        } else {
            let device = uuid::Uuid::try_parse(visitor.value(row));
            VisitorKey::Device(DeviceId(
                device.map_err(|error| refuse(&error.to_string()))?,
            ))
        };
        let items = integers_of(columns, items, row)?;
        let weights = numbers_of(columns, weights, row)?;
        let tags = integers_of(columns, tags, row)?.into_iter();
        rows.push(Example {
            number: decision.value(row) as u64,
            copy: copy.value(row) as u32,
            key,
            time_ms: time.value(row),
            known_ms: known.value(row),
            split: Split::named(split.value(row)).ok_or_else(|| refuse("an unknown split"))?,
            label: Label::WANTED,
            viewpoint: Viewpoint {
                user: UserRow {
                    tags: tags
                        .map(|tag| u16::try_from(tag).map_err(|_| refuse("no tag")))
                        .collect::<Result<Vec<u16>>>()?,
                    locality: code(locality, row)?,
                    level: code(level, row)?,
                    availability: code(availability, row)?,
                    numbers: row_of(&user_numbers, row),
                    context: ContextRow {
                        season: code(season, row)? as u8,
                        weekday: code(weekday, row)? as u8,
                        numbers: row_of(&context_numbers, row),
                    },
                    history: Vec::new(),
                },
                history: items
                    .into_iter()
                    .map(|item| item as u32)
                    .zip(weights)
                    .collect(),
                maturity: maturity.value(row),
                positives: positives.value(row) as usize,
            },
            rows: Vec::new(),
            pairs: Vec::new(),
            cold_activity: cold.value(row),
        });
    }
    Ok(rows)
}
