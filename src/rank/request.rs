//! What is asked for.

use serde::{Deserialize, Serialize};

use crate::error::RequestError;
use crate::event::ActivityId;
use crate::json;

/// Which model ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ranking {
    /// The bundle's learned blend.
    #[default]
    Learned,
    /// The present Triqueta rule.
    Rule,
    /// Popularity alone.
    Popularity,
    /// Content alone.
    Content,
}

crate::json::words! { Ranking { Learned = "learned", Rule = "rule", Popularity = "popularity", Content = "content" } }

/// A circle on the map.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Within {
    /// Latitude of the centre, degrees.
    pub lat: f64,
    /// Longitude of the centre, degrees.
    pub lon: f64,
    /// Radius in kilometres, above 0.
    pub km: f64,
}

crate::json::object! { Within: strict { lat, lon, km } }

/// Hard conditions. An empty or absent condition excludes nothing; `*` in a list means "any", as the existing page sends.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct Filters {
    /// Only these types.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// Only these localities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub localities: Vec<String>,
    /// Only with at least one of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Only free ones. Those of unknown price are left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub free: bool,
    /// Only up to this price. Those of unknown price are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_price: Option<f32>,
    /// Only starting at or after this moment, Unix ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<i64>,
    /// Only starting before this moment, Unix ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_ms: Option<i64>,
    /// Only within a circle. Those of unknown place are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
    /// Only with these words in title, tags, organiser or locality, whatever case and accents.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub query: String,
    /// Also activities that have ended.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub include_past: bool,
    /// Also activities waiting for validation, refused or taken down.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub include_unpublished: bool,
    /// Without the saved ones.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub exclude_favourites: bool,
    /// Only the saved ones.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub only_favourites: bool,
    /// Also those the visitor said are not for them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub include_disliked: bool,
    /// Without these activities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<ActivityId>,
}

crate::json::object! {
    Filters: strict {}
    {
        types, localities, tags, free, max_price = "maxPrice", from_ms = "fromMs", to_ms = "toMs", within, query,
        include_past = "includePast", include_unpublished = "includeUnpublished",
        exclude_favourites = "excludeFavourites", only_favourites = "onlyFavourites",
        include_disliked = "includeDisliked", exclude,
    }
}

/// One request for a slate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct Request {
    /// How many activities, 1 to 200.
    pub limit: u16,
    /// Hard conditions.
    pub filters: Filters,
    /// The moment of the request, Unix ms.
    pub now_ms: i64,
    /// Decides exploration; the same seed gives the same slate. At most 2⁵³.
    pub seed: u64,
    /// Which model ranks.
    pub ranking: Ranking,
    /// How much diversity counts against the score, 0 to 1; absent for the bundle's. At 0 the list is in order of score,
    /// at 1 each activity is the least like those above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diversity: Option<f32>,
    /// How many exploration slots, at most 5; absent for the bundle's. 0 shows the model's list alone and learns nothing
    /// new; each slot more gives an unsure activity a chance and costs a sure one its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exploration_slots: Option<u8>,
    /// Where on the page the slate is shown; copied to events.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub placement: String,
}

crate::json::object! {
    Request: strict {}
    {
        limit, filters, now_ms = "nowMs", seed, ranking, diversity, exploration_slots = "explorationSlots", placement,
    }
    or Self::default()
}

impl Default for Request {
    fn default() -> Self {
        Self {
            limit: 10,
            filters: Filters::default(),
            now_ms: 0,
            seed: 0,
            ranking: Ranking::Learned,
            diversity: None,
            exploration_slots: None,
            placement: String::new(),
        }
    }
}

impl Request {
    /// Checks every parameter's range.
    ///
    /// # Errors
    /// [`RequestError::OutOfRange`] names the first that is impossible.
    pub fn validate(&self) -> Result<(), RequestError> {
        let refuse = |parameter, found: String, allowed| {
            Err(RequestError::OutOfRange {
                parameter,
                found,
                allowed,
            })
        };
        if !(1..=200).contains(&self.limit) {
            return refuse("limit", self.limit.to_string(), "1 to 200");
        }
        if let Some(diversity) = self.diversity
            && !(0.0..=1.0).contains(&diversity)
        {
            return refuse("diversity", json::text_of(diversity), "0 to 1");
        }
        if let Some(slots) = self.exploration_slots
            && slots > 5
        {
            return refuse("explorationSlots", slots.to_string(), "0 to 5");
        }
        if self.seed > 1 << 53 {
            return refuse("seed", self.seed.to_string(), "0 to 2^53");
        }
        if self.placement.len() > 128 {
            return refuse(
                "placement",
                format!("{} bytes", self.placement.len()),
                "at most 128 bytes",
            );
        }
        let filters = &self.filters;
        if let Some(price) = filters.max_price
            && (price.is_nan() || price < 0.0)
        {
            return refuse("filters.maxPrice", json::text_of(price), "0 and above");
        }
        if let Some(within) = filters.within {
            let place = crate::catalog::Place {
                lat: within.lat,
                lon: within.lon,
            };
            let radius_is_valid = within.km > 0.0 && within.km.is_finite();
            if !place.is_valid() || !radius_is_valid {
                let [lat, lon, km] = [within.lat, within.lon, within.km].map(json::text_of);
                return refuse(
                    "filters.within",
                    format!("{km} km around {lat}, {lon}"),
                    "a valid point and a radius above 0",
                );
            }
        }
        if filters.query.len() > 1_000 {
            return refuse(
                "filters.query",
                format!("{} bytes", filters.query.len()),
                "at most 1000 bytes",
            );
        }
        Ok(())
    }
}
