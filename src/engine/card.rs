//! What a page shows of an activity.

use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, NO_TIME, Row, Text};
use crate::event::ActivityId;

/// An activity for people: texts, time, place and price together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityCard {
    /// Id.
    pub id: ActivityId,
    /// Title.
    pub title: String,
    /// Description.
    pub description: String,
    /// Type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Locality.
    pub locality: Option<String>,
    /// Level.
    pub level: Option<String>,
    /// Street address.
    pub address: String,
    /// Latitude, degrees.
    pub lat: Option<f64>,
    /// Longitude, degrees.
    pub lon: Option<f64>,
    /// Start, Unix ms.
    pub start_ms: i64,
    /// End, Unix ms.
    pub end_ms: Option<i64>,
    /// The city's clock at the start, minutes from UTC: pages show the hour at the door, not the device's.
    pub offset_minutes: i32,
    /// Price in the city's currency.
    pub price: Option<f32>,
    /// Whether it is free, where the price is known.
    pub free: Option<bool>,
    /// Organiser.
    pub organiser: Option<String>,
    /// Series.
    pub series: Option<String>,
    /// Link to the organiser.
    pub link: Option<String>,
    /// Link to a picture.
    pub image: Option<String>,
}

pub(super) fn of(catalog: &Catalog, text: Text, row: Row) -> ActivityCard {
    let content = catalog.content(row);
    let end_ms = catalog.columns().end_ms[row.index()];
    ActivityCard {
        id: catalog.id(row).into(),
        title: text.title,
        description: text.description,
        kind: content.kind,
        tags: content.tags,
        locality: content.locality,
        level: content.level,
        address: text.address,
        lat: content.place.map(|place| place.lat),
        lon: content.place.map(|place| place.lon),
        start_ms: content.start_ms,
        end_ms: (end_ms != NO_TIME).then_some(end_ms),
        offset_minutes: catalog.city().offset_minutes(content.start_ms),
        price: content.price,
        free: content.price.map(|price| price == 0.0),
        organiser: content.organiser,
        series: content.series,
        link: text.link,
        image: text.image,
    }
}
