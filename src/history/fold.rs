//! The fold: events in, bounded state out.

use std::fmt::Write;
use std::sync::Arc;

use litemap::LiteMap;
use serde::Serialize;

use super::entry::Entry;
use super::signal::{Action, Signal};
use crate::catalog::Content;
use crate::error::HistoryError;
use crate::event::{ActivityId, Body};
use crate::json;
use crate::math::{Digest, select};

/// The version of snapshots this code writes.
pub const SNAPSHOT_VERSION: u32 = 1;
/// The most activities a history remembers. Beyond it, those only shown go first, then those untouched the longest.
pub const LIMIT_ENTRIES: usize = 500;

/// What the visitor did, an activity.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    entries: LiteMap<ActivityId, Entry>,
}

#[derive(Serialize)]
struct Snapshot {
    v: u32,
    #[serde(with = "json::map")]
    entries: LiteMap<ActivityId, Entry>,
}

crate::json::object! { Snapshot: strict { v, entries } }

impl History {
    /// Folds one event in. `content` describes the activity where the catalogue still knows it; an activity that was
    /// seen before keeps the content it had. The same action twice changes nothing; impressions and looks are counted each
    /// time, so whoever replays a log drops repeated event ids first.
    pub fn observe(&mut self, time_ms: i64, body: &Body, content: Option<&Content>) {
        let Some(activity) = body.activity() else {
            return;
        };
        let impression = matches!(body, Body::Impression { .. });
        let view = matches!(body, Body::Viewed { .. });
        let actions = Action::of(body);
        if !impression && !view && actions.is_empty() {
            return;
        }
        let entry = self.entries.entry(activity.clone()).or_default();
        if *entry.content == Content::default()
            && let Some(content) = content
        {
            entry.content = Arc::new(content.clone());
        }
        if impression {
            entry.impressions = entry.impressions.saturating_add(1);
            entry.last_impression_ms = entry.last_impression_ms.max(Some(time_ms));
        }
        if view {
            entry.views = entry.views.saturating_add(1);
            entry.last_view_ms = entry.last_view_ms.max(Some(time_ms));
        }
        for action in actions {
            entry.insert(Signal { time_ms, action });
        }
        self.bound();
    }

    fn bound(&mut self) {
        let surplus = self.entries.len().saturating_sub(LIMIT_ENTRIES);
        if surplus == 0 {
            return;
        }
        let mut ages: Vec<_> = self.entries.iter().map(age).collect();
        select(&mut ages, surplus - 1, |a, b| a < b);
        let (last_ms, impression_ms, id) = ages[surplus - 1];
        let id = id.clone();
        self.entries
            .retain(|own, entry| age((own, entry)) > (last_ms, impression_ms, &id));
    }

    /// Forgets one activity, as if it had never been met.
    pub fn forget(&mut self, activity: &ActivityId) -> bool {
        self.entries.remove(activity).is_some()
    }

    /// Forgets everything older than `limit_ms` (the retention rule: 180 days).
    pub fn forget_before(&mut self, limit_ms: i64) {
        self.entries.retain(|_, entry| {
            entry
                .last_ms()
                .max(entry.last_impression_ms)
                .is_some_and(|last| last >= limit_ms)
        });
    }

    /// What is known of one activity.
    pub fn entry(&self, activity: &str) -> Option<&Entry> {
        self.entries.get(activity)
    }

    /// Everything known, by activity id.
    pub fn entries(&self) -> impl Iterator<Item = (&ActivityId, &Entry)> {
        self.entries.iter()
    }

    /// How many activities are remembered.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many activities have a positive signal that still stands.
    pub fn positives(&self) -> usize {
        self.entries
            .values()
            .filter(|entry| entry.is_positive())
            .count()
    }

    /// The history as JSON: for storage between visits and for the visitor's own export.
    pub fn snapshot(&self) -> String {
        let snapshot = Snapshot {
            v: SNAPSHOT_VERSION,
            entries: self.entries.clone(),
        };
        json::write(&snapshot).unwrap_or_else(|_| String::from("{\"v\":1,\"entries\":{}}"))
    }

    /// Reads a snapshot back.
    ///
    /// # Errors
    /// [`HistoryError::Version`] for a newer snapshot, [`HistoryError::Malformed`] for anything else that is not one.
    pub fn restore(json: &str) -> Result<Self, HistoryError> {
        struct Version {
            v: u32,
        }
        json::object! { Version: lenient { v } }
        let malformed = |error: json::JsonError| HistoryError::Malformed {
            detail: error.to_string(),
        };
        let version: Version = json::read(json.as_bytes()).map_err(malformed)?;
        if version.v != SNAPSHOT_VERSION {
            return Err(HistoryError::Version {
                found: version.v,
                supported: SNAPSHOT_VERSION,
            });
        }
        let snapshot: Snapshot = json::read(json.as_bytes()).map_err(malformed)?;
        let mut history = Self::default();
        for (id, stored) in snapshot.entries {
            let Entry {
                content,
                signals,
                impressions,
                last_impression_ms,
                views,
                last_view_ms,
            } = stored;
            let mut entry = Entry {
                content,
                signals: vec![],
                impressions,
                last_impression_ms,
                views,
                last_view_ms,
            };
            signals.into_iter().for_each(|signal| entry.insert(signal));
            history.entries.insert(id, entry);
        }
        history.bound();
        Ok(history)
    }

    /// The fingerprint of this history: equal histories have equal ones.
    pub fn digest(&self) -> Digest {
        let mut digest = Digest::default();
        let mut action = String::new();
        for (id, entry) in &self.entries {
            digest
                .text(id.as_str())
                .integer(u64::from(entry.impressions));
            digest
                .integer(entry.last_impression_ms.unwrap_or(0) as u64)
                .integer(entry.signals().len() as u64);
            if entry.views > 0 {
                digest
                    .integer(u64::from(entry.views))
                    .integer(entry.last_view_ms.unwrap_or(0) as u64);
            }
            for signal in entry.signals() {
                action.clear();
                // A text takes whatever is written to it.
                let _ = write!(action, "{:?}", signal.action);
                digest.integer(signal.time_ms as u64).text(&action);
            }
        }
        digest
    }
}

/// What says which activity was untouched the longest.
fn age<'a>((id, entry): (&'a ActivityId, &Entry)) -> (Option<i64>, Option<i64>, &'a ActivityId) {
    (entry.last_ms(), entry.last_impression_ms, id)
}
