//! What the visitor did with one activity.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::signal::{Action, Signal};
use crate::catalog::Content;
use crate::math::exp2;

const LIMIT_SIGNALS: usize = 16;
const DAY_MS: f32 = 86_400_000.0;

/// All signals about one activity, with what the activity was.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What the activity was, in words; shared with what is made of it.
    pub content: Arc<Content>,
    /// The signals, in order of time, distinct, 16 at most: the latest of each family, and the latest of the others.
    #[serde(default)]
    pub(super) signals: Vec<Signal>,
    /// How often it was rendered.
    #[serde(default)]
    pub impressions: u32,
    /// When it was last rendered, Unix ms.
    #[serde(default)]
    pub last_impression_ms: Option<i64>,
    /// How often it was looked at: visible for a while, not only rendered.
    #[serde(default, skip_serializing_if = "is_never")]
    pub views: u32,
    /// When it was last looked at, Unix ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_view_ms: Option<i64>,
}

crate::json::object! {
    Entry: strict
    { content }
    { signals, impressions, last_impression_ms, views, last_view_ms }
}

fn is_never(count: &u32) -> bool {
    *count == 0
}

impl Entry {
    /// For how long its detail was last read, whole seconds; `None` where it was never opened.
    pub fn read_seconds(&self) -> Option<u16> {
        self.signals
            .iter()
            .rev()
            .find_map(|signal| match signal.action {
                Action::Opened(seconds) => Some(seconds),
                _ => None,
            })
    }

    /// How far its detail was last read, percent; `None` where it was never opened, or before this was kept.
    pub fn read_percent(&self) -> Option<u8> {
        self.signals
            .iter()
            .rev()
            .find_map(|signal| match signal.action {
                Action::ReadTo(percent) => Some(percent),
                _ => None,
            })
    }

    pub(super) fn insert(&mut self, signal: Signal) {
        if let Err(position) = self.signals.binary_search(&signal) {
            self.signals.insert(position, signal);
            if self.signals.len() > LIMIT_SIGNALS {
                // There are fewer families than that: something was replaced. However often it is opened again, what was
                // saved stays saved.
                let replaced = (0..self.signals.len()).find(|&index| self.is_replaced(index));
                self.signals.remove(replaced.unwrap_or(0));
            }
        }
    }

    /// The signals, in order of time.
    pub fn signals(&self) -> &[Signal] {
        &self.signals
    }

    /// When the visitor last acted on it; `None` if it was only shown.
    pub fn last_ms(&self) -> Option<i64> {
        self.signals.last().map(|signal| signal.time_ms)
    }

    /// Whether a later signal of the same family took its place.
    fn is_replaced(&self, index: usize) -> bool {
        let family = self.signals[index].action.family();
        let mut later = self.signals[index + 1..].iter();
        later.any(|signal| signal.action.family() == family)
    }

    /// The latest signal of each family: later words replace earlier ones.
    fn standing(&self) -> impl Iterator<Item = &Signal> {
        let signals = self.signals.iter().enumerate();
        signals.filter_map(|(index, signal)| (!self.is_replaced(index)).then_some(signal))
    }

    fn stands(&self, action: Action) -> bool {
        self.standing().any(|signal| signal.action == action)
    }

    /// Whether it is among the saved ones.
    pub fn is_favourite(&self) -> bool {
        self.stands(Action::Saved)
    }

    /// Whether the visitor's last word was "like".
    pub fn is_liked(&self) -> bool {
        self.stands(Action::Liked)
    }

    /// Whether the visitor's last word was "not for me".
    pub fn is_disliked(&self) -> bool {
        self.stands(Action::Disliked)
    }

    /// Whether the visitor went.
    pub fn is_attended(&self) -> bool {
        self.stands(Action::Attended)
    }

    /// Whether any standing signal is a positive label.
    pub fn is_positive(&self) -> bool {
        self.standing().any(|signal| signal.action.is_positive())
    }

    /// Whether a standing signal is a negative label and none is a positive one.
    pub fn is_rejected(&self) -> bool {
        !self.is_positive() && self.standing().any(|signal| signal.action.is_negative())
    }

    /// How much it counts at `now_ms`: the standing signals' weights, each halved every `half_life_days`. A short
    /// half-life follows the last click, a long one the whole past. Signals after `now_ms` count in full.
    pub fn weight(&self, now_ms: i64, half_life_days: f32) -> f32 {
        let mut sum = 0.0;
        for signal in self.standing() {
            let days = now_ms.saturating_sub(signal.time_ms).max(0) as f32 / DAY_MS;
            sum += signal.action.weight() * exp2(-days / half_life_days.max(1e-3));
        }
        sum
    }
}
