//! What the visitor told us about themselves, in their own words.

use serde::{Deserialize, Serialize};

use crate::catalog::Place;

/// Explicit preferences. Every field may be empty: then nothing is assumed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct Profile {
    /// Tags of interest.
    pub tags: Vec<String>,
    /// Preferred locality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// Parts of the week, by the names of the city's availability windows.
    pub availability: Vec<String>,
    /// Preferred effort level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// When the visitor was first seen, Unix ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<i64>,
    /// Where the visitor is now. Only with their opt-in; used on the device and never sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Place>,
}

crate::json::object! {
    Profile: strict {} { tags, locality, availability, level, since_ms = "sinceMs", location }
}

impl Profile {
    /// Whether the visitor told enough for the present rule to personalise: tags, a locality or a level.
    pub fn is_complete(&self) -> bool {
        !self.tags.is_empty() || self.locality.is_some() || self.level.is_some()
    }
}
