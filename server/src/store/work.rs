//! What is there to write, whatever the database?

use sha2::{Digest, Sha256};
use triqueta::event::{DeviceId, Event, EventId};

use super::{Delivery, Outcome, Statistics, StoreError, StoredEvent, Watermark};

/// Counts a device claims are kept up to here, so that sums over devices stay exact.
const CLAIM_LIMIT: u64 = 1 << 40;

/// Events that one piece of work deletes at most: deliveries wait for one piece, not for all of them.
pub(super) const DELETED_AT_ONCE: i64 = 1_000;

/// One event, ready to be written.
#[derive(Debug)]
pub(super) struct EventRow {
    pub(super) id: EventId,
    pub(super) sequence: i64,
    pub(super) payload: String,
}

/// One delivery, ready to be written.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) device: DeviceId,
    pub(super) sent_at_ms: i64,
    pub(super) received_ms: i64,
    pub(super) dropped: i64,
    pub(super) events: Vec<EventRow>,
}

impl Rows {
    pub(super) fn of(delivery: &Delivery) -> Result<Self, StoreError> {
        Ok(Self {
            device: delivery.device,
            sent_at_ms: delivery.sent_at_ms,
            received_ms: delivery.received_ms,
            dropped: claim(delivery.dropped),
            events: delivery
                .events
                .iter()
                .map(event_row)
                .collect::<Result<_, _>>()?,
        })
    }
}

fn event_row(event: &Event) -> Result<EventRow, StoreError> {
    let payload = serde_json::to_string(event).map_err(|error| StoreError::Io {
        detail: error.to_string(),
    })?;
    Ok(EventRow {
        id: event.id,
        sequence: claim(event.sequence),
        payload,
    })
}

fn claim(count: u64) -> i64 {
    i64::try_from(count.min(CLAIM_LIMIT)).unwrap_or(i64::MAX)
}

/// One thing to write.
#[derive(Debug)]
pub(super) enum Work {
    Append(Rows),
    /// Refuses the device from now on and deletes a piece of what it sent.
    Withdraw {
        device: DeviceId,
        now_ms: i64,
    },
    /// Deletes a piece of what arrived before a time.
    Expire {
        before_ms: i64,
    },
    Probe {
        now_ms: i64,
    },
    Close,
}

impl Work {
    /// Whether it takes events away.
    pub(super) fn deletes(&self) -> bool {
        matches!(self, Self::Withdraw { .. } | Self::Expire { .. })
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) outcomes: Vec<Outcome>,
    pub(super) deleted: u64,
}

/// A row as it was read: watermark, when sent, when received, payload.
pub(super) type ReadRow = (i64, i64, i64, String);

/// The events that rows hold.
pub(super) fn stored_events(rows: Vec<ReadRow>) -> Result<Vec<StoredEvent>, StoreError> {
    rows.into_iter()
        .map(|(watermark, sent_at_ms, received_ms, payload)| {
            let event = Event::from_json(&payload).map_err(|error| StoreError::Damaged {
                detail: format!("event {watermark}: {error}"),
            })?;
            Ok(StoredEvent {
                watermark: Watermark(watermark),
                sent_at_ms,
                received_ms,
                event,
            })
        })
        .collect()
}

/// What was counted; of the devices their number, what is missing of them and what they dropped.
pub(super) fn statistics_of(
    events: i64,
    bytes: u64,
    (devices, missing, dropped): (i64, i64, i64),
) -> Statistics {
    Statistics {
        events: events.unsigned_abs(),
        bytes,
        devices: devices.unsigned_abs(),
        missing: missing.unsigned_abs(),
        dropped: dropped.unsigned_abs(),
    }
}

/// What stays of a withdrawn device: enough to recognise it, nothing that names it.
pub(super) fn digest(device: DeviceId) -> Vec<u8> {
    Sha256::digest(device.0.as_bytes()).to_vec()
}
