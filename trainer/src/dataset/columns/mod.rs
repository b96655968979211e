//! Activities, visitors and events as columns, and back.
//!
//! Activities and visitors are plain columns. An event's body travels as its wire JSON, the one form every part of the
//! system agrees on; the columns beside it (`kind`, `activity`, `position`, …) repeat what people ask tables for and are
//! not read back.

mod activities;
mod events;
mod visitors;

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{
    Array, ArrayRef, Float32Array, Float64Array, Int64Array, ListArray, StringArray,
};
use arrow_schema::{DataType, Field, Schema};

use super::table::Columns;
use crate::Result;

pub(super) use activities::{activity_columns, activity_schema, read_activities};
pub(super) use events::{event_columns, event_schema, read_events};
pub(super) use visitors::{read_visitors, visitor_columns, visitor_schema};

/// Names, types and whether they may be absent.
fn schema(fields: &[(&str, &DataType, bool)]) -> Schema {
    Schema::new(
        fields
            .iter()
            .map(|&(name, kind, optional)| Field::new(name, kind.clone(), optional))
            .collect::<Vec<_>>(),
    )
}

fn list_type() -> DataType {
    DataType::List(Arc::new(Field::new("item", DataType::Utf8, true)))
}

fn text<'a, T>(rows: &'a [T], value: impl Fn(&'a T) -> Option<&'a str>) -> ArrayRef {
    Arc::new(rows.iter().map(value).collect::<StringArray>())
}

fn integer<T>(rows: &[T], value: impl Fn(&T) -> Option<i64>) -> ArrayRef {
    Arc::new(rows.iter().map(value).collect::<Int64Array>())
}

fn single<T>(rows: &[T], value: impl Fn(&T) -> Option<f32>) -> ArrayRef {
    Arc::new(rows.iter().map(value).collect::<Float32Array>())
}

fn double<T>(rows: &[T], value: impl Fn(&T) -> Option<f64>) -> ArrayRef {
    Arc::new(rows.iter().map(value).collect::<Float64Array>())
}

fn list<T>(rows: &[T], value: impl Fn(&T) -> &Vec<String>) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for row in rows {
        for word in value(row) {
            builder.values().append_value(word);
        }
        builder.append(true);
    }
    Arc::new(builder.finish())
}

fn owned(column: &StringArray, row: usize) -> String {
    column.value(row).to_owned()
}

fn optional(column: &StringArray, row: usize) -> Option<String> {
    (!column.is_null(row)).then(|| owned(column, row))
}

fn words(columns: Columns<'_>, column: &ListArray, row: usize) -> Result<Vec<String>> {
    let values = column.value(row);
    let Some(values) = values.as_any().downcast_ref::<StringArray>() else {
        return Err(columns.damaged("a list does not hold texts"));
    };
    Ok(values.iter().flatten().map(str::to_owned).collect())
}
