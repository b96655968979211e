//! One sign of interest or of the lack of it, and how much it weighs.

use serde::{Deserialize, Serialize};

use crate::event::{Body, FavouriteAction, Opinion};
use crate::json::{FromJson, JsonError, Reader, Word};

/// What the visitor did with an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Opened the detail for this many seconds (whole seconds, at most 600 count).
    Opened(u16),
    /// Followed the link to the organiser.
    FollowedLink,
    /// Said "perhaps".
    Maybe,
    /// Liked.
    Liked,
    /// Said "not for me".
    Disliked,
    /// Saved.
    Saved,
    /// Removed from the saved ones.
    Unsaved,
    /// Went.
    Attended,
    /// Did not go.
    Missed,
    /// Gave 1 to 5 stars.
    Rated(u8),
    /// Read its detail so far, percent of it.
    ReadTo(u8),
}

/// A word, or a number by its name.
impl FromJson for Action {
    fn blank() -> Self {
        Self::FollowedLink
    }

    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        let (word, number) = reader.word_with_number()?;
        *self = match (word.as_ref(), number) {
            (_, None) => Self::of_word(&word)?,
            ("opened", Some(seconds)) => Self::Opened(seconds),
            ("rated", Some(stars)) => Self::Rated(byte(stars)?),
            ("read_to", Some(share)) => Self::ReadTo(byte(share)?),
            _ => return Err(JsonError::new(&format!("`{word}` holds no number"))),
        };
        Ok(())
    }
}

fn byte(number: u16) -> Result<u8, JsonError> {
    let small = u8::try_from(number);
    small.map_err(|_| JsonError::new(&format!("expected u8 instead of {number}")))
}

/// Those without a number.
impl Word for Action {
    const WORDS: &[&str] = &[
        "followed_link",
        "maybe",
        "liked",
        "disliked",
        "saved",
        "unsaved",
        "attended",
        "missed",
    ];
    const ALL: &[Self] = &[
        Self::FollowedLink,
        Self::Maybe,
        Self::Liked,
        Self::Disliked,
        Self::Saved,
        Self::Unsaved,
        Self::Attended,
        Self::Missed,
    ];
}

impl Action {
    /// How much the action says, from −1 (rejection) to 1.5 (went there). A glance of ten seconds counts a tenth, a
    /// minute's reading half; an explicit word counts one.
    pub fn weight(self) -> f32 {
        match self {
            Self::Opened(seconds) => {
                let seconds = f32::from(seconds.min(600));
                0.6 * seconds / (seconds + 20.0)
            }
            Self::FollowedLink => 0.5,
            Self::Maybe => 0.25,
            Self::Liked | Self::Saved => 1.0,
            Self::Disliked => -1.0,
            // How far somebody read says how to take the seconds, nothing by itself.
            Self::Unsaved | Self::Missed | Self::ReadTo(_) => 0.0,
            Self::Attended => 1.5,
            Self::Rated(stars) => (f32::from(stars) - 3.0) / 2.0,
        }
    }

    /// Whether this is a positive label: saved, liked, attended, or four stars and more.
    pub fn is_positive(self) -> bool {
        match self {
            Self::Liked | Self::Saved | Self::Attended => true,
            Self::Rated(stars) => stars >= 4,
            _ => false,
        }
    }

    /// Whether this is an explicit negative label: disliked, two stars and fewer, or did not come.
    pub fn is_negative(self) -> bool {
        match self {
            Self::Disliked | Self::Missed => true,
            Self::Rated(stars) => stars <= 2,
            _ => false,
        }
    }

    /// Which actions replace each other: only the latest of a family counts.
    pub(super) fn family(self) -> u8 {
        match self {
            Self::Opened(_) => 0,
            Self::FollowedLink => 1,
            Self::Maybe | Self::Liked | Self::Disliked => 2,
            Self::Saved | Self::Unsaved => 3,
            Self::Attended | Self::Missed => 4,
            Self::Rated(_) => 5,
            Self::ReadTo(_) => 6,
        }
    }

    /// The actions an event stands for: none for impressions, searches and moves through lists.
    pub fn of(body: &Body) -> Vec<Self> {
        match body {
            Body::DetailView {
                dwell_seconds,
                scroll_depth,
                external_click,
                ..
            } => {
                let mut actions = vec![
                    Self::Opened(dwell_seconds.clamp(0.0, 600.0) as u16),
                    Self::ReadTo(libm::roundf(scroll_depth.clamp(0.0, 1.0) * 100.0) as u8),
                ];
                if *external_click {
                    actions.push(Self::FollowedLink);
                }
                actions
            }
            Body::Feedback { opinion, .. } => vec![match opinion {
                Opinion::Like => Self::Liked,
                Opinion::Dislike => Self::Disliked,
                Opinion::Maybe => Self::Maybe,
            }],
            Body::Favourite { action, .. } => vec![match action {
                FavouriteAction::Added => Self::Saved,
                FavouriteAction::Removed => Self::Unsaved,
            }],
            Body::Attendance {
                attended, stars, ..
            } => {
                let mut actions = vec![if *attended {
                    Self::Attended
                } else {
                    Self::Missed
                }];
                actions.extend(stars.map(Self::Rated));
                actions
            }
            Body::Rating { stars, .. } => vec![Self::Rated(*stars)],
            Body::Impression { .. }
            | Body::Viewed { .. }
            | Body::Search { .. }
            | Body::Navigation { .. } => vec![],
            Body::Session { .. } => vec![],
        }
    }
}

/// An action and when it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// When, Unix ms.
    pub time_ms: i64,
    /// What.
    pub action: Action,
}

crate::json::object! { Signal: strict { time_ms, action } }
