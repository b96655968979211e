//! Columns from rows and rows from columns: the few types the tables use.

use std::sync::Arc;

use arrow_array::builder::{Float32Builder, Int32Builder, ListBuilder};
use arrow_array::types::{ArrowPrimitiveType, Float32Type, Int32Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float32Array, Int32Array, Int64Array, ListArray, PrimitiveArray,
    StringArray,
};
use arrow_schema::{DataType, Field, Schema as Table};

use crate::Result;
use crate::dataset::table::Columns;

/// Names, types and whether they may be absent, in order.
pub(super) fn table(fields: Vec<(String, DataType, bool)>) -> Table {
    let fields = fields.into_iter();
    Table::new(
        fields
            .map(|(name, kind, optional)| Field::new(name, kind, optional))
            .collect::<Vec<Field>>(),
    )
}

/// A column that is always there.
pub(super) fn field(name: &str, kind: DataType) -> (String, DataType, bool) {
    (name.to_owned(), kind, false)
}

/// One column of numbers a name.
pub(super) fn fields<'a>(
    prefix: &'static str,
    names: impl IntoIterator<Item = &'a str> + 'a,
) -> impl Iterator<Item = (String, DataType, bool)> + 'a {
    let name = move |name: &str| (format!("{prefix}_{name}"), DataType::Float32, false);
    names.into_iter().map(name)
}

/// A list of numbers, which are always there.
pub(super) fn list_of(kind: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", kind, true)))
}

pub(super) fn texts<T>(rows: &[T], value: impl Fn(&T) -> Option<String>) -> ArrayRef {
    Arc::new(rows.iter().map(value).collect::<StringArray>())
}

pub(super) fn flags<T>(rows: &[T], value: impl Fn(&T) -> bool) -> ArrayRef {
    Arc::new(BooleanArray::from_iter(
        rows.iter().map(|row| Some(value(row))),
    ))
}

pub(super) fn longs<T>(rows: &[T], value: impl Fn(&T) -> i64) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(rows.iter().map(value)))
}

pub(super) fn integers<T>(rows: &[T], value: impl Fn(&T) -> i32) -> ArrayRef {
    Arc::new(Int32Array::from_iter_values(rows.iter().map(value)))
}

pub(super) fn numbers<T>(rows: &[T], value: impl Fn(&T) -> f32) -> ArrayRef {
    Arc::new(Float32Array::from_iter_values(rows.iter().map(value)))
}

pub(super) fn integer_lists<T>(rows: &[T], value: impl Fn(&T) -> Vec<i32>) -> ArrayRef {
    let mut builder = ListBuilder::new(Int32Builder::new());
    for row in rows {
        builder.values().append_slice(&value(row));
        builder.append(true);
    }
    Arc::new(builder.finish())
}

pub(super) fn number_lists<T>(rows: &[T], value: impl Fn(&T) -> Vec<f32>) -> ArrayRef {
    let mut builder = ListBuilder::new(Float32Builder::new());
    for row in rows {
        builder.values().append_slice(&value(row));
        builder.append(true);
    }
    Arc::new(builder.finish())
}

/// The number columns of a prefix, in order of the names.
pub(super) fn named<'a>(
    columns: Columns<'a>,
    prefix: &str,
    names: impl IntoIterator<Item = &'static str>,
) -> Result<Vec<&'a Float32Array>> {
    names
        .into_iter()
        .map(|name| columns.get::<Float32Array>(&format!("{prefix}_{name}")))
        .collect()
}

/// One row of number columns as an array.
pub(super) fn row_of<const N: usize>(columns: &[&Float32Array], row: usize) -> [f32; N] {
    let mut values = [0.0; N];
    for (value, column) in values.iter_mut().zip(columns) {
        *value = column.value(row);
    }
    values
}

pub(super) fn integers_of(columns: Columns<'_>, list: &ListArray, row: usize) -> Result<Vec<i32>> {
    list_values::<Int32Type>(columns, list, row)
}

pub(super) fn numbers_of(columns: Columns<'_>, list: &ListArray, row: usize) -> Result<Vec<f32>> {
    list_values::<Float32Type>(columns, list, row)
}

fn list_values<P: ArrowPrimitiveType>(
    columns: Columns<'_>,
    list: &ListArray,
    row: usize,
) -> Result<Vec<P::Native>> {
    let values = list.value(row);
    let values = values.as_any().downcast_ref::<PrimitiveArray<P>>();
    let values = values.ok_or_else(|| columns.damaged("a list does not hold numbers"))?;
    Ok(values.values().to_vec())
}
