//! Visitors: what they said. Where they are is never stored.

use arrow_array::{Array, ArrayRef, Int64Array, ListArray, StringArray};
use arrow_schema::{DataType, Schema};
use triqueta::history::Profile;

use super::{integer, list, list_type, optional, owned, schema, text, words};
use crate::Result;
use crate::dataset::VisitorRecord;
use crate::dataset::table::Columns;

pub(in crate::dataset) fn visitor_schema() -> Schema {
    use DataType::{Int64, Utf8};
    schema(&[
        ("user", &Utf8, false),
        ("tags", &list_type(), false),
        ("locality", &Utf8, true),
        ("availability", &list_type(), false),
        ("level", &Utf8, true),
        ("since_ms", &Int64, true),
    ])
}

pub(in crate::dataset) fn visitor_columns(rows: &[VisitorRecord]) -> Vec<ArrayRef> {
    vec![
        text(rows, |row| Some(&row.user)),
        list(rows, |row| &row.profile.tags),
        text(rows, |row| row.profile.locality.as_deref()),
        list(rows, |row| &row.profile.availability),
        text(rows, |row| row.profile.level.as_deref()),
        integer(rows, |row| row.profile.since_ms),
    ]
}

pub(in crate::dataset) fn read_visitors(
    columns: Columns<'_>,
    into: &mut Vec<VisitorRecord>,
) -> Result<()> {
    let (user, locality) = (
        columns.get::<StringArray>("user")?,
        columns.get::<StringArray>("locality")?,
    );
    let (tags, availability) = (
        columns.get::<ListArray>("tags")?,
        columns.get::<ListArray>("availability")?,
    );
    let (level, since) = (
        columns.get::<StringArray>("level")?,
        columns.get::<Int64Array>("since_ms")?,
    );
    for row in 0..columns.rows() {
        into.push(VisitorRecord {
            user: owned(user, row),
            profile: Profile {
                tags: words(columns, tags, row)?,
                locality: optional(locality, row),
                availability: words(columns, availability, row)?,
                level: optional(level, row),
                since_ms: (!since.is_null(row)).then(|| since.value(row)),
                location: None,
            },
        });
    }
    Ok(())
}
