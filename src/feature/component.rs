//! The named parts of a score: what explanations show, and what weights are learned for.

use serde::{Deserialize, Serialize};

/// One part of the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Component {
    /// The learned closeness of visitor and activity.
    TwoTower,
    /// Tags, type, level and price.
    Content,
    /// What others do.
    Popularity,
    /// Who organises it, and the series it belongs to.
    Organiser,
    /// Where it is.
    Place,
    /// When it is.
    Schedule,
    /// What visitors with a similar past chose, learned from who chose what.
    Factorization,
    /// What a second look at the best changes.
    Adjustment,
}

/// All components, in the order their sums are taken and shown.
pub const COMPONENTS: [Component; 8] = [
    Component::TwoTower,
    Component::Content,
    Component::Popularity,
    Component::Organiser,
    Component::Place,
    Component::Schedule,
    Component::Factorization,
    Component::Adjustment,
];

impl Component {
    /// Its place in [`COMPONENTS`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// Its name, as JSON has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::TwoTower => "two_tower",
            Self::Content => "content",
            Self::Popularity => "popularity",
            Self::Organiser => "organiser",
            Self::Place => "place",
            Self::Schedule => "schedule",
            Self::Factorization => "factorization",
            Self::Adjustment => "adjustment",
        }
    }
}
