//! What is sent when a page is hidden and may not return? Then there is no time to read the queue: a page remembers what it
//! stored in the last few seconds. Nothing older: of that, another page may have heard meanwhile that it must not be sent.

use super::queue::Pending;
use crate::event::EventId;

/// How long an event counts as fresh.
const FRESH_MS: i64 = 10_000;

/// The page's own newest events, with their JSON, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Fresh(Vec<(Pending, String)>);

impl Fresh {
    /// Remembers an event that was stored.
    pub fn add(&mut self, pending: Pending, json: String) {
        self.keep(pending.time_ms);
        self.0.push((pending, json));
    }

    /// Forgets what the server has named.
    pub fn remove(&mut self, ids: &[EventId]) {
        self.0.retain(|(pending, _)| !ids.contains(&pending.id));
    }

    /// Forgets everything: the visitor said so.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What there is to send now.
    pub fn now(&mut self, now_ms: i64) -> &[(Pending, String)] {
        self.keep(now_ms);
        &self.0
    }

    fn keep(&mut self, now_ms: i64) {
        let is_fresh = |time_ms: i64| (0..FRESH_MS).contains(&now_ms.saturating_sub(time_ms));
        self.0.retain(|(pending, _)| is_fresh(pending.time_ms));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_seconds_are_remembered_and_only_until_the_server_named_them() {
        let mut fresh = Fresh::default();
        let ids: Vec<EventId> = [0, 4_000, 8_000]
            .map(|time_ms| {
                let id = EventId::new(time_ms, &[1; 10]);
                let pending = Pending {
                    id,
                    time_ms,
                    bytes: 2,
                };
                fresh.add(pending, "{}".to_owned());
                id
            })
            .into();
        assert_eq!(fresh.now(8_000).len(), 3);
        fresh.remove(&ids[1..2]);
        let left: Vec<EventId> = fresh
            .now(10_000)
            .iter()
            .map(|(pending, _)| pending.id)
            .collect();
        assert_eq!(left, [ids[2]]);
        assert!(fresh.now(7_000).is_empty(), "the clock was set back");
    }
}
