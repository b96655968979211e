//! What do the simulated visitors really want? The truth that no model sees.
//!
//! **All of this is simulated.** Three families of hidden taste stand for three kinds of truth:
//!
//! - *by tag* ([`ByTag`]): wants certain tags, likes one type a little more, and tells the page part of it. This is what
//!   content models assume.
//! - *by place and time* ([`ByPlace`]): wants what is near when there is time, cheap, and by organisers and series
//!   already trusted. Tags hardly matter and hardly any are declared.
//! - *contrary* ([`Contrary`]): breaks what models assume. Whether culture is wanted flips between weekdays and weekends
//!   (an exclusive or, invisible to any sum of features), company decides about sociable activities, whatever was just
//!   consumed is avoided, and the declared tags are drawn by lot.
//!
//! The tastes were fixed before any model was tuned and change only together with [`TASTE_VERSION`]. Neither the core
//! nor the trainer depends on this crate, so that learning can use nothing but events.

mod by_place;
mod by_tag;
mod contrary;
mod facts;

pub use by_place::ByPlace;
pub use by_tag::ByTag;
pub use contrary::Contrary;
pub use facts::{Facts, Names};

/// The version of the hidden tastes: figures of regret are comparable within one version only.
pub const TASTE_VERSION: TasteVersion = TasteVersion(1);

/// Which set of hidden tastes a demo city was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TasteVersion(pub u32);

/// A family of taste.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// By tag and type; declared interests are partly honest.
    ByTag,
    /// By place, time, price and loyalty.
    ByPlace,
    /// Breaks the models' assumptions; declared interests mislead.
    Contrary,
}

/// One visitor's hidden taste.
#[derive(Debug, Clone, PartialEq)]
pub enum Taste {
    /// By tag and type.
    ByTag(ByTag),
    /// By place, time, price and loyalty.
    ByPlace(ByPlace),
    /// Breaks the models' assumptions.
    Contrary(Contrary),
}

/// Something the visitor went to or saved: what novelty and loyalty look back on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Consumed {
    /// Index of the activity.
    pub activity: usize,
    /// When, Unix ms.
    pub time_ms: i64,
}

impl Taste {
    /// Its family.
    pub fn family(&self) -> Family {
        match self {
            Self::ByTag(_) => Family::ByTag,
            Self::ByPlace(_) => Family::ByPlace,
            Self::Contrary(_) => Family::Contrary,
        }
    }

    /// The probability, in (0, 1), that the visitor wants to go to `activity`, looking at it at `now_ms`.
    pub fn utility(
        &self,
        activity: &Facts,
        past: &[Consumed],
        facts: &[Facts],
        now_ms: i64,
    ) -> f64 {
        match self {
            Self::ByTag(taste) => taste.utility(activity),
            Self::ByPlace(taste) => taste.utility(activity, past, facts, now_ms),
            Self::Contrary(taste) => taste.utility(activity, past, facts, now_ms),
        }
    }
}

/// The logistic function.
fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// How far below 50 % an activity starts that nothing speaks for: most of a programme is not for most people.
const RESERVE: f64 = -2.3;
