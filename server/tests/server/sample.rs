//! Events and batches as a browser makes them.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use triqueta::event::{
    Batch, Body, Consent, DeviceId, Event, EventId, Grade, Opinion, SessionId, WIRE_VERSION,
};

pub(crate) const NOW_MS: i64 = 1_780_000_000_000;

static COUNTER: AtomicU64 = AtomicU64::new(1);

fn unique() -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[2..10].copy_from_slice(&COUNTER.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    bytes[10..14].copy_from_slice(&std::process::id().to_be_bytes());
    bytes
}

pub(crate) fn device() -> DeviceId {
    DeviceId::new(unique())
}

/// A like of one activity.
pub(crate) fn event(device: DeviceId, sequence: u64) -> Event {
    // All of one number: bytes drawn one by one would repeat where several threads draw.
    let made = unique();
    let random: [u8; 10] = std::array::from_fn(|index| made[index + 4]);
    Event {
        id: EventId::new(NOW_MS, &random),
        device,
        sequence,
        time_ms: NOW_MS,
        session: SessionId::new(unique()),
        user: None,
        consent: Consent {
            grade: Grade::Upload,
            text_version: "1".to_owned(),
            time_ms: NOW_MS,
            ..Consent::default()
        },
        body: Body::Feedback {
            activity: "a1".into(),
            opinion: Opinion::Like,
            shown: None,
        },
    }
}

pub(crate) fn events(device: DeviceId, count: u64) -> Vec<Event> {
    (1..=count)
        .map(|sequence| event(device, sequence))
        .collect()
}

pub(crate) fn batch(device: DeviceId, events: &[Event]) -> Value {
    let batch = Batch {
        v: WIRE_VERSION,
        device,
        sent_at_ms: NOW_MS,
        dropped: 0,
        events: events.to_vec(),
    };
    serde_json::to_value(batch).unwrap()
}

pub(crate) fn withdrawal(device: DeviceId) -> Value {
    json!({"v": WIRE_VERSION, "device": device})
}
