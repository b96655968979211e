//! Activities, visitors and events as columns, and back.
//!
//! Activities and visitors are plain columns. An event's body travels as its wire JSON, the one form every part of the
//! system agrees on; the columns beside it (`kind`, `activity`, `position`, …) repeat what people ask tables for and are
//! not read back.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{
    Array, ArrayRef, Float32Array, Float64Array, Int64Array, ListArray, StringArray,
};
use arrow_schema::{DataType, Field, Schema};
use triqueta::catalog::{Activity, Place, Status};
use triqueta::event::{ActivityId, DeviceId, Event, EventId, SessionId};
use triqueta::history::Profile;

use super::VisitorRecord;
use super::table::Columns;
use crate::Result;

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

pub(super) fn activity_schema() -> Schema {
    use DataType::{Float32, Float64, Int64, Utf8};
    schema(&[
        ("id", &Utf8, false),
        ("title", &Utf8, false),
        ("description", &Utf8, false),
        ("type", &Utf8, true),
        ("tags", &list_type(), false),
        ("locality", &Utf8, true),
        ("level", &Utf8, true),
        ("lat", &Float64, true),
        ("lon", &Float64, true),
        ("address", &Utf8, false),
        ("start_ms", &Int64, false),
        ("end_ms", &Int64, true),
        ("price", &Float32, true),
        ("organiser", &Utf8, true),
        ("series", &Utf8, true),
        ("published_ms", &Int64, true),
        ("status", &Utf8, false),
        ("transit_m", &Float32, true),
        ("link", &Utf8, true),
        ("image", &Utf8, true),
        ("contact", &Utf8, true),
        ("seed_favourites", &Float32, true),
        ("seed_views", &Float32, true),
    ])
}

pub(super) fn activity_columns(rows: &[Activity]) -> Vec<ArrayRef> {
    vec![
        text(rows, |row| Some(&row.id.0)),
        text(rows, |row| Some(&row.title)),
        text(rows, |row| Some(&row.description)),
        text(rows, |row| row.kind.as_deref()),
        list(rows, |row| &row.tags),
        text(rows, |row| row.locality.as_deref()),
        text(rows, |row| row.level.as_deref()),
        double(rows, |row| row.place.map(|place| place.lat)),
        double(rows, |row| row.place.map(|place| place.lon)),
        text(rows, |row| Some(&row.address)),
        integer(rows, |row| Some(row.start_ms)),
        integer(rows, |row| row.end_ms),
        single(rows, |row| row.price),
        text(rows, |row| row.organiser.as_deref()),
        text(rows, |row| row.series.as_deref()),
        integer(rows, |row| row.published_ms),
        text(rows, |row| Some(status_name(row.status))),
        single(rows, |row| row.transit_m),
        text(rows, |row| row.link.as_deref()),
        text(rows, |row| row.image.as_deref()),
        text(rows, |row| row.contact.as_deref()),
        single(rows, |row| row.seed_counts.map(|counts| counts.0)),
        single(rows, |row| row.seed_counts.map(|counts| counts.1)),
    ]
}

pub(super) fn read_activities(columns: Columns<'_>, into: &mut Vec<Activity>) -> Result<()> {
    let texts = |name| columns.get::<StringArray>(name);
    let integers = |name| columns.get::<Int64Array>(name);
    let singles = |name| columns.get::<Float32Array>(name);
    let doubles = |name| columns.get::<Float64Array>(name);
    let (id, title, description, kind) = (
        texts("id")?,
        texts("title")?,
        texts("description")?,
        texts("type")?,
    );
    let (tags, locality, level) = (
        columns.get::<ListArray>("tags")?,
        texts("locality")?,
        texts("level")?,
    );
    let (lat, lon, address) = (doubles("lat")?, doubles("lon")?, texts("address")?);
    let (start, end, price) = (
        integers("start_ms")?,
        integers("end_ms")?,
        singles("price")?,
    );
    let (organiser, series, published) = (
        texts("organiser")?,
        texts("series")?,
        integers("published_ms")?,
    );
    let (status, transit, link) = (texts("status")?, singles("transit_m")?, texts("link")?);
    let (image, contact) = (texts("image")?, texts("contact")?);
    let (favourites, views) = (singles("seed_favourites")?, singles("seed_views")?);
    for row in 0..columns.rows() {
        into.push(Activity {
            id: ActivityId(owned(id, row)),
            title: owned(title, row),
            description: owned(description, row),
            kind: optional(kind, row),
            tags: words(columns, tags, row)?,
            locality: optional(locality, row),
            level: optional(level, row),
            place: (!lat.is_null(row) && !lon.is_null(row)).then(|| Place {
                lat: lat.value(row),
                lon: lon.value(row),
            }),
            address: owned(address, row),
            start_ms: start.value(row),
            end_ms: (!end.is_null(row)).then(|| end.value(row)),
            price: (!price.is_null(row)).then(|| price.value(row)),
            organiser: optional(organiser, row),
            series: optional(series, row),
            published_ms: (!published.is_null(row)).then(|| published.value(row)),
            status: status_of(status.value(row)).ok_or_else(|| {
                columns.damaged(format!("the status `{}` is unknown", status.value(row)))
            })?,
            transit_m: (!transit.is_null(row)).then(|| transit.value(row)),
            link: optional(link, row),
            image: optional(image, row),
            contact: optional(contact, row),
            seed_counts: (!favourites.is_null(row) && !views.is_null(row))
                .then(|| (favourites.value(row), views.value(row))),
        });
    }
    Ok(())
}

pub(super) fn visitor_schema() -> Schema {
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

pub(super) fn visitor_columns(rows: &[VisitorRecord]) -> Vec<ArrayRef> {
    vec![
        text(rows, |row| Some(&row.user)),
        list(rows, |row| &row.profile.tags),
        text(rows, |row| row.profile.locality.as_deref()),
        list(rows, |row| &row.profile.availability),
        text(rows, |row| row.profile.level.as_deref()),
        integer(rows, |row| row.profile.since_ms),
    ]
}

pub(super) fn read_visitors(columns: Columns<'_>, into: &mut Vec<VisitorRecord>) -> Result<()> {
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

pub(super) fn event_schema() -> Schema {
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

pub(super) fn event_columns(rows: &[Event]) -> serde_json::Result<Vec<ArrayRef>> {
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

pub(super) fn read_events(columns: Columns<'_>, into: &mut Vec<Event>) -> Result<()> {
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

fn status_name(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Pending => "pending",
        Status::Rejected => "rejected",
        Status::Inactive => "inactive",
    }
}

fn status_of(name: &str) -> Option<Status> {
    [
        Status::Active,
        Status::Pending,
        Status::Rejected,
        Status::Inactive,
    ]
    .into_iter()
    .find(|&status| status_name(status) == name)
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
