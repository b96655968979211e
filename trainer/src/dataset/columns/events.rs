//! Events: the body as wire JSON, and columns that repeat what tables are asked for.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, StringArray};
use arrow_schema::{DataType, Schema};
use triqueta::event::{ActivityId, DeviceId, Event, EventId, SessionId};

use super::{double, integer, optional, schema, text};
use crate::Result;
use crate::dataset::table::Columns;

pub(in crate::dataset) fn event_schema() -> Schema {
    use DataType::{Float64, Int64, Utf8};
    schema(&[
        ("id", &Utf8, false),
        ("device", &Utf8, false),
        ("sequence", &Int64, false),
        ("time_ms", &Int64, false),
        ("session", &Utf8, false),
        ("user", &Utf8, true),
        ("consent", &Utf8, false),
        ("body", &Utf8, false),
        ("kind", &Utf8, false),
        ("activity", &Utf8, true),
        ("bundle", &Utf8, true),
        ("variant", &Utf8, true),
        ("position", &Int64, true),
        ("propensity", &Float64, true),
    ])
}

pub(in crate::dataset) fn event_columns(rows: &[Event]) -> serde_json::Result<Vec<ArrayRef>> {
    let mut bodies = Vec::with_capacity(rows.len());
    let mut kinds = Vec::with_capacity(rows.len());
    let mut consents = Vec::with_capacity(rows.len());
    for row in rows {
        let body = serde_json::to_value(&row.body)?;
        kinds.push(
            body.get("kind")
                .and_then(|kind| kind.as_str())
                .unwrap_or_default()
                .to_owned(),
        );
        bodies.push(serde_json::to_string(&row.body)?);
        consents.push(serde_json::to_string(&row.consent)?);
    }
    Ok(vec![
        Arc::new(StringArray::from_iter_values(
            rows.iter().map(|row| row.id.to_string()),
        )),
        Arc::new(StringArray::from_iter_values(
            rows.iter().map(|row| row.device.to_string()),
        )),
        integer(rows, |row| {
            Some(i64::try_from(row.sequence).unwrap_or(i64::MAX))
        }),
        integer(rows, |row| Some(row.time_ms)),
        Arc::new(StringArray::from_iter_values(
            rows.iter().map(|row| row.session.to_string()),
        )),
        text(rows, |row| row.user.as_deref()),
        Arc::new(StringArray::from_iter_values(consents)),
        Arc::new(StringArray::from_iter_values(bodies)),
        Arc::new(StringArray::from_iter_values(kinds)),
        text(rows, |row| row.body.activity().map(ActivityId::as_str)),
        text(rows, |row| {
            row.body.shown().map(|shown| shown.bundle.as_str())
        }),
        text(rows, |row| {
            row.body.shown().map(|shown| shown.variant.as_str())
        }),
        integer(rows, |row| {
            row.body.shown().map(|shown| i64::from(shown.position))
        }),
        double(rows, |row| row.body.shown().map(|shown| shown.propensity)),
    ])
}

pub(in crate::dataset) fn read_events(columns: Columns<'_>, into: &mut Vec<Event>) -> Result<()> {
    let (id, device) = (
        columns.get::<StringArray>("id")?,
        columns.get::<StringArray>("device")?,
    );
    let (sequence, time) = (
        columns.get::<Int64Array>("sequence")?,
        columns.get::<Int64Array>("time_ms")?,
    );
    let (session, user) = (
        columns.get::<StringArray>("session")?,
        columns.get::<StringArray>("user")?,
    );
    let (consent, body) = (
        columns.get::<StringArray>("consent")?,
        columns.get::<StringArray>("body")?,
    );
    let uuid = |column: &StringArray, row: usize| {
        uuid::Uuid::try_parse(column.value(row))
            .map_err(|error| columns.damaged(format!("row {row}: {error}")))
    };
    for row in 0..columns.rows() {
        let wrong_json = |error: serde_json::Error| columns.damaged(format!("row {row}: {error}"));
        into.push(Event {
            id: EventId(uuid(id, row)?),
            device: DeviceId(uuid(device, row)?),
            sequence: u64::try_from(sequence.value(row)).unwrap_or(0),
            time_ms: time.value(row),
            session: SessionId(uuid(session, row)?),
            user: optional(user, row),
            consent: serde_json::from_str(consent.value(row)).map_err(wrong_json)?,
            body: serde_json::from_str(body.value(row)).map_err(wrong_json)?,
        });
    }
    Ok(())
}
