//! What the visitor reads of an activity: apart from the columns, because ranking does not need it.

use serde::{Deserialize, Serialize};

use super::Activity;

/// The texts of one row.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Text {
    /// Title.
    pub title: String,
    /// Description.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Street address.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// Link to the organiser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Link to a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Telephone or mail of the organiser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

crate::json::object! { Text: lenient { title } { description, address, link, image, contact } }

impl Text {
    /// The texts of an activity.
    pub fn of(activity: &Activity) -> Self {
        // What is empty is not there: texts travel without this difference.
        let given = |part: &Option<String>| part.clone().filter(|part| !part.is_empty());
        Self {
            title: activity.title.clone(),
            description: activity.description.clone(),
            address: activity.address.clone(),
            link: given(&activity.link),
            image: given(&activity.image),
            contact: given(&activity.contact),
        }
    }
}
