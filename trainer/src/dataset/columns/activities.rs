//! Activities: one plain column a field.

use arrow_array::{
    Array, ArrayRef, Float32Array, Float64Array, Int64Array, ListArray, StringArray,
};
use arrow_schema::{DataType, Schema};
use triqueta::catalog::{Activity, Place, Status};
use triqueta::event::ActivityId;

use super::{double, integer, list, list_type, optional, owned, schema, single, text, words};
use crate::Result;
use crate::dataset::table::Columns;

pub(in crate::dataset) fn activity_schema() -> Schema {
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

pub(in crate::dataset) fn activity_columns(rows: &[Activity]) -> Vec<ArrayRef> {
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

pub(in crate::dataset) fn read_activities(
    columns: Columns<'_>,
    into: &mut Vec<Activity>,
) -> Result<()> {
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
