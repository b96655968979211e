//! The raw content of an activity, in words: what history remembers.
//!
//! Events expire and every training moves the vector space, so a history of vectors or codes would be worthless after
//! the next training. Words survive: any bundle can embed them anew.

use serde::{Deserialize, Serialize};

use super::text_terms::activity_terms;
use super::{Activity, City, Place};

/// What an activity was, independent of any bundle.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Title, for the visitor's own view of what this device knows.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Type.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Words its text is known by: of a catalogue's row those the catalogue knows, the rarest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<String>,
    /// Administrative area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// Effort level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Organiser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organiser: Option<String>,
    /// Series.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// Where it took place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Price in the city's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<f32>,
    /// Distance to public transport, metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transit_m: Option<f32>,
    /// How many other activities took place around, as far as was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub density: Option<f32>,
    /// Start, Unix ms.
    pub start_ms: i64,
    /// End, Unix ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_ms: Option<i64>,
    /// Local weekday of the start, Monday = 0.
    pub weekday: u8,
    /// Local hour of the start.
    pub hour: u8,
}

crate::json::object! {
    Content: strict
    { start_ms, weekday, hour }
    {
        title, kind = "type", tags, text, locality, level, organiser, series, place, price,
        transit_m, density, end_ms,
    }
}

impl Content {
    /// The content of an activity of this city.
    pub fn of(activity: &Activity, city: &City) -> Self {
        let local = city.local_time(activity.start_ms);
        Self {
            title: activity.title.clone(),
            kind: activity.kind.clone(),
            tags: activity.tags.clone(),
            text: activity_terms(activity),
            locality: activity.locality.clone(),
            level: activity.level.clone(),
            organiser: activity.organiser.clone(),
            series: activity.series.clone(),
            place: activity.place,
            price: activity.price,
            transit_m: activity.transit_m,
            density: None,
            start_ms: activity.start_ms,
            end_ms: activity.end_ms,
            weekday: local.weekday,
            hour: local.hour,
        }
    }
}
