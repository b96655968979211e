//! What a device wrote down: its events in order, numbered without gaps.

use triqueta::event::{Body, Event, EventId, SessionId};
use triqueta::math::Random;

use super::visitor::Visitor;

/// The events of one device. A visitor without storage consent leaves it empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Diary {
    pub(super) events: Vec<Event>,
    clock_ms: i64,
}

impl Diary {
    /// Begins a visit at `time_ms`, or when the last one ended.
    pub(super) fn begin(&mut self, time_ms: i64, random: &mut Random) -> SessionId {
        self.clock_ms = self.clock_ms.max(time_ms);
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&random.next_u64().to_le_bytes());
        bytes[8..].copy_from_slice(&random.next_u64().to_le_bytes());
        SessionId::new(bytes)
    }

    /// The device's clock.
    pub(super) fn now_ms(&self) -> i64 {
        self.clock_ms
    }

    /// Lets time pass, at least a millisecond, so that times and ids sort alike.
    pub(super) fn wait(&mut self, seconds: f64) {
        self.clock_ms += ((seconds * 1_000.0) as i64).max(1);
    }

    /// Writes an event down, where consent allows.
    pub(super) fn record(
        &mut self,
        visitor: &Visitor,
        session: SessionId,
        body: Body,
        random: &mut Random,
    ) {
        self.wait(0.05);
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&random.next_u64().to_le_bytes());
        bytes[8..].copy_from_slice(&random.next_u64().to_le_bytes()[..2]);
        if visitor.consent.allows_storage() {
            self.events.push(Event {
                id: EventId::new(self.clock_ms, &bytes),
                device: visitor.device,
                sequence: self.events.len() as u64 + 1,
                time_ms: self.clock_ms,
                session,
                user: visitor.user.clone(),
                consent: visitor.consent.clone(),
                body,
            });
        }
    }
}
