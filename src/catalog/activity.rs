//! One activity as its source describes it.

use serde::{Deserialize, Serialize};

use crate::error::{CatalogError, quoted};
use crate::event::ActivityId;

/// The most tags of an activity.
pub const MOST_TAGS: usize = 64;

/// A point on the earth, in degrees (WGS 84).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Latitude, −90 to 90.
    pub lat: f64,
    /// Longitude, −180 to 180.
    pub lon: f64,
}

crate::json::object! { Place: strict { lat, lon } }

impl Place {
    /// Whether both coordinates are finite and in range.
    pub fn is_valid(&self) -> bool {
        (-90.0..=90.0).contains(&self.lat) && (-180.0..=180.0).contains(&self.lon)
    }
}

/// Whether an activity may be shown. The names are those of the existing application's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Published.
    #[default]
    Active,
    /// Waiting for validation.
    Pending,
    /// Refused by an editor.
    Rejected,
    /// Taken down or cancelled.
    Inactive,
}

impl Status {
    /// The status a column of a catalogue stands for.
    pub(crate) fn of(code: u8) -> Self {
        match code {
            0 => Self::Active,
            1 => Self::Pending,
            2 => Self::Rejected,
            _ => Self::Inactive,
        }
    }
}

/// One activity. Words are kept as the source has them; absent means unknown, never a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activity {
    /// The source's id.
    pub id: ActivityId,
    /// Title as the visitor reads it.
    pub title: String,
    /// Description as the visitor reads it.
    #[serde(default)]
    pub description: String,
    /// Type, such as `cultura`.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// Tags, such as `música`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Administrative area, such as `Chapinero`.
    #[serde(default)]
    pub locality: Option<String>,
    /// Effort level, such as `medio`.
    #[serde(default)]
    pub level: Option<String>,
    /// Where it takes place.
    #[serde(default)]
    pub place: Option<Place>,
    /// Street address.
    #[serde(default)]
    pub address: String,
    /// Start, Unix ms.
    pub start_ms: i64,
    /// End, Unix ms, not before the start.
    #[serde(default)]
    pub end_ms: Option<i64>,
    /// Price in the city's currency; 0 is free, absent is unknown.
    #[serde(default)]
    pub price: Option<f32>,
    /// Who organises it: the strongest signal in event data.
    #[serde(default)]
    pub organiser: Option<String>,
    /// The series it belongs to, if it repeats.
    #[serde(default)]
    pub series: Option<String>,
    /// When it became visible, Unix ms; nothing before it may be learned from it.
    #[serde(default)]
    pub published_ms: Option<i64>,
    /// Whether it may be shown.
    #[serde(default)]
    pub status: Status,
    /// Walking distance to public transport in metres, where known.
    #[serde(default)]
    pub transit_m: Option<f32>,
    /// Link to the organiser.
    #[serde(default)]
    pub link: Option<String>,
    /// Link to a picture.
    #[serde(default)]
    pub image: Option<String>,
    /// Telephone or mail of the organiser.
    #[serde(default)]
    pub contact: Option<String>,
    /// Favourites and views counted by the source before events were collected, if any.
    #[serde(default)]
    pub seed_counts: Option<(f32, f32)>,
}

impl Activity {
    /// Checks ids, coordinates, times, price and sizes.
    ///
    /// # Errors
    /// [`CatalogError::OutOfRange`] names the first impossible field.
    pub fn validate(&self) -> Result<(), CatalogError> {
        let refuse = |field, found: String, allowed| {
            Err(CatalogError::OutOfRange {
                activity: self.id.0.chars().take(64).collect(),
                field,
                found,
                allowed,
            })
        };
        if !self.id.is_valid() {
            return refuse(
                "id",
                quoted(&self.id.0),
                "1 to 64 bytes without control characters",
            );
        }
        if let Some(place) = self.place
            && !place.is_valid()
        {
            return refuse(
                "place",
                format!("{}, {}", place.lat, place.lon),
                "−90..90, −180..180 degrees",
            );
        }
        if let Some(price) = self.price
            && !(price.is_finite() && price >= 0.0)
        {
            return refuse("price", price.to_string(), "0 and above");
        }
        if let Some(transit_m) = self.transit_m
            && !(transit_m.is_finite() && transit_m >= 0.0)
        {
            return refuse("transit_m", transit_m.to_string(), "0 and above");
        }
        if let Some(end_ms) = self.end_ms
            && end_ms < self.start_ms
        {
            return refuse("end_ms", end_ms.to_string(), "the start or later");
        }
        if let Some((favourites, views)) = self.seed_counts
            && !(favourites.is_finite() && views.is_finite() && favourites >= 0.0 && views >= 0.0)
        {
            return refuse(
                "seed_counts",
                format!("{favourites}, {views}"),
                "0 and above",
            );
        }
        if self.tags.len() > MOST_TAGS {
            return refuse("tags", self.tags.len().to_string(), "at most 64 tags");
        }
        Ok(())
    }

    /// Whether it costs nothing; `None` where the price is unknown.
    pub fn is_free(&self) -> Option<bool> {
        self.price.map(|price| price == 0.0)
    }
}
