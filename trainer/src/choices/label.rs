//! What does a decision say? The one place where labels are stated.
//!
//! | What stands between visitor and activity | Label | Weight |
//! | --- | --- | --- |
//! | saved, liked, attended, four stars or five | 1 | 1 |
//! | "not for me" or "no", two stars or one, did not come | 0 | 1 |
//! | only opened and read | 1 | [`view_weight`], at most 0.6 |
//! | only "perhaps", three stars, saved and removed again | none | |
//! | drawn as a negative of a decision ([`crate::negatives`]) | 0 | the decision's |
//!
//! What stands is the history's to say ([`triqueta::history::Entry::is_positive`],
//! [`triqueta::history::Entry::is_rejected`]): a later word of a kind replaces an earlier one, and a positive signal
//! outweighs a negative one of another kind.

use serde::{Deserialize, Serialize};
use triqueta::history::Action;

/// What a model should say of a pair, and how much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// 1 wanted, 0 not.
    pub value: f32,
    /// Above 0, at most 1.
    pub weight: f32,
}

impl Label {
    /// An explicit yes.
    pub const WANTED: Self = Self {
        value: 1.0,
        weight: 1.0,
    };
    /// An explicit no.
    pub const REJECTED: Self = Self {
        value: 0.0,
        weight: 1.0,
    };

    /// Opened and read, and nothing else; `None` where it was closed at once.
    pub fn viewed(weight: f32) -> Option<Self> {
        (weight > 0.0).then_some(Self {
            value: 1.0,
            weight: weight.min(1.0),
        })
    }

    /// Of what was drawn as a negative beside it.
    pub fn of_drawn(self) -> Self {
        Self {
            value: 0.0,
            weight: self.weight,
        }
    }
}

/// How much reading says: as the history weighs the seconds ([`Action::weight`]: 0.2 after ten, 0.45 after a minute, never
/// 0.6), halved where nothing was scrolled. Whatever was measured, it lies between 0 and 0.6; what is not a number counts 0.
pub fn view_weight(dwell_seconds: f32, scroll_depth: f32) -> f32 {
    if dwell_seconds.is_nan() {
        return 0.0;
    }
    let opened = Action::Opened(dwell_seconds.clamp(0.0, 600.0) as u16).weight();
    let depth = if scroll_depth.is_nan() {
        0.0
    } else {
        scroll_depth.clamp(0.0, 1.0)
    };
    opened * (0.5 + 0.5 * depth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_counts_more_the_longer_and_deeper_and_never_as_much_as_a_word() {
        assert!(view_weight(60.0, 1.0) > view_weight(10.0, 1.0));
        assert!(view_weight(60.0, 1.0) > view_weight(60.0, 0.2));
        assert_eq!(view_weight(0.0, 1.0), 0.0);
        for (seconds, depth) in [
            (f32::MAX, 9.0),
            (f32::INFINITY, 1.0),
            (f32::NAN, 1.0),
            (-5.0, -3.0),
            (86_400.0, f32::NAN),
        ] {
            let weight = view_weight(seconds, depth);
            assert!((0.0..0.6).contains(&weight), "{seconds} {depth}: {weight}");
        }
        assert_eq!(Label::viewed(0.0), None);
    }
}
