//! What happens to an event for which the disk has no room? It waits in memory, is sent when sending is allowed, and is
//! stored as soon as there is room again. Bounded: a page that stays open on a full disk must not grow without end. What is
//! here is lost when the page is closed before.

use super::queue::Pending;
use crate::event::{ActivityId, Body, DeviceId, EventId};
use crate::math::sort;

/// The most events kept in memory.
pub const LIMIT_UNSAVED: usize = 1_000;
/// The most bytes of them.
pub const LIMIT_UNSAVED_BYTES: usize = 1024 * 1024;

/// A page's events that are not on the disk, oldest first, and what the disk has not been told.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Unsaved {
    /// The name under which they happened.
    device: Option<DeviceId>,
    events: Vec<(Pending, String)>,
    /// What the stored history does not know of, sent or not.
    happened: Vec<(EventId, i64, Body)>,
    /// The number of the last event.
    sequence: u64,
    /// Dropped for want of room here, not yet counted on the disk.
    dropped: u64,
    /// Named by the server, and still on the disk because nothing could be written; in order.
    named: Vec<EventId>,
}

/// What a transaction tells the disk; see [`Unsaved::saved`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Saving {
    device: Option<DeviceId>,
    events: Vec<EventId>,
    happened: Vec<EventId>,
    /// In order.
    named: Vec<EventId>,
    dropped: u64,
}

impl Saving {
    /// What the server has named of this name's events: to be deleted, and counted as acknowledged.
    pub fn named(&self, device: DeviceId) -> &[EventId] {
        if self.device == Some(device) {
            &self.named
        } else {
            &[]
        }
    }

    /// How many of this name's events are to be counted as dropped.
    pub fn dropped(&self, device: DeviceId) -> u64 {
        if self.device == Some(device) {
            self.dropped
        } else {
            0
        }
    }
}

impl Unsaved {
    /// Something happened that the stored history does not know of.
    pub fn happened(&mut self, id: EventId, time_ms: i64, body: Body) {
        self.happened.push((id, time_ms, body));
        let surplus = self.happened.len().saturating_sub(LIMIT_UNSAVED);
        self.happened.drain(..surplus);
    }

    /// Keeps an event that could not be stored, in place of the oldest where there are too many.
    pub fn add(&mut self, device: DeviceId, sequence: u64, pending: Pending, json: String) {
        if self.device.replace(device) != Some(device) {
            self.events.clear();
            self.named.clear();
            (self.sequence, self.dropped) = (0, 0);
        }
        self.sequence = self.sequence.max(sequence);
        let at = self.events.partition_point(|(one, _)| one.id < pending.id);
        self.events.insert(at, (pending, json));
        while self.events.len() > LIMIT_UNSAVED || self.bytes() > LIMIT_UNSAVED_BYTES {
            self.events.remove(0);
            self.dropped += 1;
        }
    }

    fn bytes(&self) -> usize {
        self.events.iter().map(|(pending, _)| pending.bytes).sum()
    }

    /// What waits here under this name, in order of id.
    pub fn events(&self, device: DeviceId) -> &[(Pending, String)] {
        if self.device == Some(device) {
            &self.events
        } else {
            &[]
        }
    }

    /// What the stored history does not know of.
    pub fn history(&self) -> impl Iterator<Item = (i64, &Body)> {
        self.happened
            .iter()
            .map(|(_, time_ms, body)| (*time_ms, body))
    }

    /// How many events wait here.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether none does.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The number of the last event under this name that is not on the disk; 0 where there is none.
    pub fn sequence(&self, device: DeviceId) -> u64 {
        if self.device == Some(device) {
            self.sequence
        } else {
            0
        }
    }

    /// The server has named these, and the disk could not be told.
    pub fn not_deleted(&mut self, device: DeviceId, ids: &[EventId]) {
        if self.device.get_or_insert(device) == &device {
            self.named.extend(ids);
            sort(&mut self.named, |a, b| a < b);
            self.named.dedup();
        }
    }

    /// Whether the server has named an event that still lies on the disk.
    pub fn is_named(&self, id: EventId) -> bool {
        self.named.binary_search(&id).is_ok()
    }

    /// The server has named these: they need not be kept here.
    pub fn remove(&mut self, ids: &[EventId]) {
        self.events
            .retain(|(pending, _)| !ids.contains(&pending.id));
    }

    /// Whether there is anything the disk does not know.
    pub fn has_news(&self) -> bool {
        *self != Self::default()
    }

    /// Everything the disk does not know, for one transaction.
    pub fn saving(&self) -> Saving {
        Saving {
            device: self.device,
            events: self.events.iter().map(|(pending, _)| pending.id).collect(),
            happened: self.happened.iter().map(|(id, ..)| *id).collect(),
            named: self.named.clone(),
            dropped: self.dropped,
        }
    }

    /// The transaction is on the disk.
    pub fn saved(&mut self, saving: &Saving) {
        self.remove(&saving.events);
        self.happened
            .retain(|(id, ..)| !saving.happened.contains(id));
        self.named
            .retain(|id| saving.named.binary_search(id).is_err());
        self.dropped = self.dropped.saturating_sub(saving.dropped);
        if self.events.is_empty() && self.named.is_empty() && self.dropped == 0 {
            (self.device, self.sequence) = (None, 0);
        }
    }

    /// The visitor had one activity forgotten.
    pub fn forget(&mut self, activity: &ActivityId) {
        let about = |body: &Body| body.activity() == Some(activity);
        let (gone, kept) = std::mem::take(&mut self.happened)
            .into_iter()
            .partition::<Vec<_>, _>(|(.., body)| about(body));
        self.happened = kept;
        let gone: Vec<EventId> = gone.into_iter().map(|(id, ..)| id).collect();
        self.remove(&gone);
    }

    /// The visitor had everything forgotten.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time_ms: i64, bytes: usize) -> Pending {
        Pending {
            id: EventId::new(time_ms, &[1; 10]),
            time_ms,
            bytes,
        }
    }

    #[test]
    fn both_bounds_hold_and_what_they_cost_is_counted() {
        let device = DeviceId::new([1; 16]);
        let mut unsaved = Unsaved::default();
        for number in 0..LIMIT_UNSAVED as i64 + 3 {
            unsaved.add(device, number as u64 + 1, at(number, 2), "{}".to_owned());
        }
        assert_eq!(unsaved.len(), LIMIT_UNSAVED);
        assert_eq!(unsaved.saving().dropped(device), 3);
        assert_eq!(unsaved.events(device)[0].0, at(3, 2), "the oldest went");
        assert_eq!(unsaved.sequence(device), LIMIT_UNSAVED as u64 + 3);
        unsaved.add(device, 0, at(9_999, LIMIT_UNSAVED_BYTES), String::new());
        assert_eq!(unsaved.len(), 1);
        assert_eq!(unsaved.saving().dropped(device), LIMIT_UNSAVED as u64 + 3);
    }

    #[test]
    fn under_another_name_nothing_is_left_of_it() {
        let [device, other] = [1, 2].map(|number| DeviceId::new([number; 16]));
        let mut unsaved = Unsaved::default();
        unsaved.add(device, 7, at(1, 2), "{}".to_owned());
        unsaved.not_deleted(device, &[at(5, 2).id]);
        assert!(unsaved.is_named(at(5, 2).id));
        assert!(unsaved.events(other).is_empty());
        assert_eq!(unsaved.sequence(other), 0);
        assert!(unsaved.saving().named(other).is_empty());
        assert_eq!(unsaved.saving().dropped(other), 0);
        unsaved.not_deleted(other, &[at(6, 2).id]);
        assert!(!unsaved.is_named(at(6, 2).id));
        unsaved.add(other, 1, at(2, 2), "{}".to_owned());
        assert_eq!(unsaved.len(), 1);
        assert!(!unsaved.is_named(at(5, 2).id));
    }

    #[test]
    fn what_came_while_a_transaction_ran_is_still_to_be_stored() {
        let device = DeviceId::new([1; 16]);
        let opened = || Body::Attendance {
            activity: "a".into(),
            attended: true,
            stars: None,
            comment: None,
        };
        let mut unsaved = Unsaved::default();
        for number in [2, 1] {
            let one = at(number, 2);
            unsaved.add(device, number as u64, one, "{}".to_owned());
            unsaved.happened(one.id, number, opened());
        }
        assert_eq!(unsaved.events(device)[0].0, at(1, 2), "in order of id");
        unsaved.not_deleted(device, &[at(9, 2).id]);
        let saving = unsaved.saving();
        assert_eq!(saving.named(device), [at(9, 2).id]);
        unsaved.add(device, 3, at(3, 2), "{}".to_owned());
        unsaved.happened(at(3, 2).id, 3, opened());
        unsaved.saved(&saving);
        assert_eq!((unsaved.len(), unsaved.history().count()), (1, 1));
        assert_eq!(unsaved.sequence(device), 3);
        let mut forgetful = unsaved.clone();
        forgetful.forget(&"b".into());
        assert_eq!((forgetful.len(), forgetful.history().count()), (1, 1));
        forgetful.forget(&"a".into());
        assert_eq!((forgetful.len(), forgetful.history().count()), (0, 0));
        unsaved.saved(&unsaved.saving());
        assert!(!unsaved.has_news());
    }
}
