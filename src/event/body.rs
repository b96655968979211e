//! The kinds of events and what each carries.

use litemap::LiteMap;
use serde::{Deserialize, Serialize};

use super::fields::Fields;
use super::{ActivityId, Shown};
use crate::error::{EventError, quoted};
use crate::json::{self, FromJson, JsonError, Reader};

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", try_from = "Fields")]
pub enum Body {
    /// An activity was rendered in a slate.
    Impression {
        /// How it was shown.
        shown: Shown,
    },
    /// At least half of it was visible for at least a second: the denominator of training.
    Viewed {
        /// How it was shown.
        shown: Shown,
    },
    /// Its detail was opened and closed again.
    DetailView {
        /// The activity.
        activity: ActivityId,
        /// Seconds it was visible, at least 0 and at most a day.
        dwell_seconds: f32,
        /// How far down it was read, 0 to 1.
        scroll_depth: f32,
        /// Whether the link to the organiser was followed.
        external_click: bool,
        /// Where the visitor came from.
        source: Source,
        /// The slate position it was opened from, if any.
        #[serde(skip_serializing_if = "Option::is_none")]
        shown: Option<Shown>,
    },
    /// A text search.
    Search {
        /// What was typed, at most [`super::LIMIT_TEXT_BYTES`] bytes.
        query: String,
        /// Filters that were set, name to value.
        #[serde(with = "json::map")]
        filters: LiteMap<String, String>,
        /// How many results there were.
        result_count: u32,
        /// Which of them were opened.
        clicked: Vec<ActivityId>,
    },
    /// A move through lists and filters.
    Navigation {
        /// Which move.
        action: NavigationAction,
        /// Its parameters, name to value.
        #[serde(with = "json::map")]
        parameters: LiteMap<String, String>,
        /// The activity it concerns, if any.
        #[serde(skip_serializing_if = "Option::is_none")]
        activity: Option<ActivityId>,
    },
    /// An explicit opinion.
    Feedback {
        /// The activity.
        activity: ActivityId,
        /// The opinion.
        opinion: Opinion,
        /// The slate position it was given at, if any.
        #[serde(skip_serializing_if = "Option::is_none")]
        shown: Option<Shown>,
    },
    /// One to five stars.
    Rating {
        /// The activity.
        activity: ActivityId,
        /// 1 to 5.
        stars: u8,
        /// Free text, at most [`super::LIMIT_TEXT_BYTES`] bytes.
        #[serde(skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// Saved, or removed from the saved ones.
    Favourite {
        /// The activity.
        activity: ActivityId,
        /// Added or removed.
        action: FavouriteAction,
        /// The slate position it was done at, if any.
        #[serde(skip_serializing_if = "Option::is_none")]
        shown: Option<Shown>,
    },
    /// Whether the visitor went.
    Attendance {
        /// The activity.
        activity: ActivityId,
        /// True if they did.
        attended: bool,
        /// 1 to 5, if rated afterwards.
        #[serde(skip_serializing_if = "Option::is_none")]
        stars: Option<u8>,
        /// Free text, at most [`super::LIMIT_TEXT_BYTES`] bytes.
        #[serde(skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// A visit began.
    Session {
        /// Class of device.
        device_type: DeviceType,
        /// Browser family and major version.
        browser: String,
        /// Language of the page, such as `es`.
        locale: String,
    },
}

impl FromJson for Body {
    fn blank() -> Self {
        Self::Viewed {
            shown: Shown::blank(),
        }
    }

    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        let mut fields = Fields::blank();
        fields.fill(reader)?;
        *self = fields
            .try_into()
            .map_err(|error: String| JsonError::new(&error))?;
        Ok(())
    }
}

/// Where a detail view came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The recommended list.
    Recommendation,
    /// Search results.
    Search,
    /// The saved ones.
    Favourites,
    /// A plain list.
    List,
    /// "Similar activities".
    Similar,
}

crate::json::words! {
    Source {
        Recommendation = "recommendation", Search = "search", Favourites = "favourites", List = "list",
        Similar = "similar",
    }
}

/// A move through lists and filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NavigationAction {
    /// A list was opened.
    ViewList,
    /// A filter was set or cleared.
    ApplyFilter,
    /// The order was changed.
    SortBy,
}

crate::json::words! {
    NavigationAction {
        ViewList = "view_list", ApplyFilter = "apply_filter", SortBy = "sort_by",
    }
}

/// An explicit opinion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opinion {
    /// "I like this."
    Like,
    /// "Not for me."
    Dislike,
    /// "Perhaps."
    Maybe,
}

crate::json::words! { Opinion { Like = "like", Dislike = "dislike", Maybe = "maybe" } }

/// Saved or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FavouriteAction {
    /// Saved.
    Added,
    /// Removed from the saved ones.
    Removed,
}

crate::json::words! { FavouriteAction { Added = "added", Removed = "removed" } }

/// Class of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceType {
    /// A phone.
    Mobile,
    /// A tablet.
    Tablet,
    /// A computer.
    Desktop,
    /// Anything else.
    Other,
}

crate::json::words! {
    DeviceType {
        Mobile = "mobile", Tablet = "tablet", Desktop = "desktop", Other = "other",
    }
}

const LIMIT_PAIRS: usize = 32;
const LIMIT_CLICKED: usize = 100;
const DAY_SECONDS: f32 = 86_400.0;

impl Body {
    /// The activity this is about, where it is about one.
    pub fn activity(&self) -> Option<&ActivityId> {
        match self {
            Self::Impression { shown } | Self::Viewed { shown } => Some(&shown.activity),
            Self::DetailView { activity, .. }
            | Self::Feedback { activity, .. }
            | Self::Rating { activity, .. }
            | Self::Favourite { activity, .. }
            | Self::Attendance { activity, .. } => Some(activity),
            Self::Navigation { activity, .. } => activity.as_ref(),
            Self::Search { .. } | Self::Session { .. } => None,
        }
    }

    /// The circumstances in which it was shown, where they are known.
    pub fn shown(&self) -> Option<&Shown> {
        match self {
            Self::Impression { shown } | Self::Viewed { shown } => Some(shown),
            Self::DetailView { shown, .. }
            | Self::Feedback { shown, .. }
            | Self::Favourite { shown, .. } => shown.as_ref(),
            _ => None,
        }
    }

    /// Checks every field's range.
    ///
    /// # Errors
    /// [`EventError::OutOfRange`] names the first field that is impossible.
    pub fn validate(&self) -> Result<(), EventError> {
        if let Some(activity) = self.activity() {
            check_activity(activity)?;
        }
        if let Some(shown) = self.shown() {
            check_shown(shown)?;
        }
        match self {
            Self::DetailView {
                dwell_seconds,
                scroll_depth,
                ..
            } => {
                check_number(
                    "dwell_seconds",
                    *dwell_seconds,
                    0.0,
                    DAY_SECONDS,
                    "0 to 86400",
                )?;
                check_number("scroll_depth", *scroll_depth, 0.0, 1.0, "0 to 1")
            }
            Self::Search {
                query,
                filters,
                clicked,
                ..
            } => {
                check_text("query", query)?;
                check_pairs("filters", filters)?;
                check_count(
                    "clicked",
                    clicked.len(),
                    LIMIT_CLICKED,
                    "at most 100 activities",
                )?;
                clicked.iter().try_for_each(check_activity)
            }
            Self::Navigation { parameters, .. } => check_pairs("parameters", parameters),
            Self::Rating { stars, comment, .. } => {
                check_stars(*stars)?;
                comment
                    .as_deref()
                    .map_or(Ok(()), |text| check_text("comment", text))
            }
            Self::Attendance { stars, comment, .. } => {
                stars.map_or(Ok(()), check_stars)?;
                comment
                    .as_deref()
                    .map_or(Ok(()), |text| check_text("comment", text))
            }
            Self::Session {
                browser, locale, ..
            } => {
                check_text("browser", browser)?;
                check_text("locale", locale)
            }
            Self::Impression { .. }
            | Self::Viewed { .. }
            | Self::Feedback { .. }
            | Self::Favourite { .. } => Ok(()),
        }
    }
}

fn out_of_range(field: &'static str, found: impl ToString, allowed: &'static str) -> EventError {
    let mut found = found.to_string();
    if found.len() > 80 {
        found = found.chars().take(60).collect::<String>() + "…";
    }
    EventError::OutOfRange {
        field,
        found,
        allowed,
    }
}

fn check_activity(activity: &ActivityId) -> Result<(), EventError> {
    if activity.is_valid() {
        Ok(())
    } else {
        Err(out_of_range(
            "activity",
            quoted(&activity.0),
            "1 to 64 bytes without control characters",
        ))
    }
}

fn check_shown(shown: &Shown) -> Result<(), EventError> {
    check_activity(&shown.activity)?;
    if !(shown.propensity > 0.0 && shown.propensity <= 1.0) {
        return Err(out_of_range(
            "shown.propensity",
            json::text_of(shown.propensity),
            "above 0 up to 1",
        ));
    }
    for (field, text) in [
        ("shown.slate", &shown.slate),
        ("shown.bundle", &shown.bundle),
        ("shown.variant", &shown.variant),
        ("shown.placement", &shown.placement),
        ("shown.pool", &shown.pool),
        ("shown.features", &shown.features),
        ("shown.history", &shown.history),
    ] {
        if text.len() > 128 || text.chars().any(char::is_control) {
            return Err(out_of_range(
                field,
                quoted(text),
                "at most 128 bytes without control characters",
            ));
        }
    }
    Ok(())
}

fn check_number(
    field: &'static str,
    value: f32,
    low: f32,
    high: f32,
    allowed: &'static str,
) -> Result<(), EventError> {
    if value >= low && value <= high {
        Ok(())
    } else {
        Err(out_of_range(field, json::text_of(value), allowed))
    }
}

fn check_stars(stars: u8) -> Result<(), EventError> {
    if (1..=5).contains(&stars) {
        Ok(())
    } else {
        Err(out_of_range("stars", stars, "1 to 5"))
    }
}

fn check_count(
    field: &'static str,
    found: usize,
    limit: usize,
    allowed: &'static str,
) -> Result<(), EventError> {
    if found <= limit {
        Ok(())
    } else {
        Err(out_of_range(field, found, allowed))
    }
}

fn check_text(field: &'static str, text: &str) -> Result<(), EventError> {
    check_count(
        field,
        text.len(),
        super::LIMIT_TEXT_BYTES,
        "at most 1000 bytes",
    )
}

fn check_pairs(field: &'static str, pairs: &LiteMap<String, String>) -> Result<(), EventError> {
    check_count(field, pairs.len(), LIMIT_PAIRS, "at most 32 entries")?;
    pairs.iter().try_for_each(|(name, value)| {
        check_text(field, name).and_then(|()| check_text(field, value))
    })
}
