//! What is sent when a page is hidden and may not return? Then there is no time to read the queue: a page remembers what it
//! stored in the last few seconds. Nothing older: of that, another page may have heard meanwhile that it must not be sent.

use super::queue::Pending;
use crate::event::{DeviceId, EventId};

/// How long an event counts as fresh.
const FRESH_MS: i64 = 10_000;

/// The page's own newest events, with their JSON, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Fresh {
    /// The name under which they were stored.
    device: Option<DeviceId>,
    events: Vec<(Pending, String)>,
}

impl Fresh {
    /// Remembers an event that was stored under a device's name.
    pub fn add(&mut self, device: DeviceId, pending: Pending, json: String) {
        self.keep(device, pending.time_ms);
        self.events.push((pending, json));
    }

    /// Forgets what the server has named.
    pub fn remove(&mut self, ids: &[EventId]) {
        self.events
            .retain(|(pending, _)| !ids.contains(&pending.id));
    }

    /// Forgets everything: the visitor said so.
    pub fn clear(&mut self) {
        self.events.clear();
    }

    /// What there is to send now under this name: under another the visitor has had everything forgotten since.
    pub fn now(&mut self, device: DeviceId, now_ms: i64) -> &[(Pending, String)] {
        self.keep(device, now_ms);
        &self.events
    }

    fn keep(&mut self, device: DeviceId, now_ms: i64) {
        if self.device.replace(device) != Some(device) {
            self.events.clear();
        }
        let is_fresh = |time_ms: i64| (0..FRESH_MS).contains(&now_ms.saturating_sub(time_ms));
        self.events.retain(|(pending, _)| is_fresh(pending.time_ms));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time_ms: i64) -> Pending {
        Pending {
            id: EventId::new(time_ms, &[1; 10]),
            time_ms,
            bytes: 2,
        }
    }

    #[test]
    fn only_the_last_seconds_are_remembered_and_only_until_the_server_named_them() {
        let mut fresh = Fresh::default();
        let [device, other] = [1, 2].map(|number| DeviceId::new([number; 16]));
        let ids: Vec<EventId> = [0, 4_000, 8_000]
            .map(|time_ms| {
                fresh.add(device, at(time_ms), "{}".to_owned());
                at(time_ms).id
            })
            .into();
        assert_eq!(fresh.now(device, 8_000).len(), 3);
        fresh.remove(&ids[1..2]);
        let left: Vec<EventId> = fresh
            .now(device, 10_000)
            .iter()
            .map(|(pending, _)| pending.id)
            .collect();
        assert_eq!(left, [ids[2]]);
        assert!(fresh.now(other, 10_000).is_empty(), "all was forgotten");
        assert!(fresh.now(device, 10_000).is_empty(), "and stays so");
        fresh.add(device, at(9_000), "{}".to_owned());
        assert!(
            fresh.now(device, 7_000).is_empty(),
            "the clock was set back"
        );
    }
}
