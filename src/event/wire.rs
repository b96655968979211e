//! How events travel: versioned JSON, one verdict an event.

use serde::{Deserialize, Serialize};

use super::{Body, Consent, DeviceId, EventId, SessionId};
use crate::error::EventError;
use crate::json;

/// The wire version this code writes, and the newest it reads.
pub const WIRE_VERSION: u32 = 1;
/// The most events one batch may carry.
pub const LIMIT_EVENTS_PER_BATCH: usize = 100;
/// The longest free text in an event, in bytes.
pub const LIMIT_TEXT_BYTES: usize = 1_000;

/// Times outside 2000-01-01 to 2100-01-01 are broken clocks.
const TIME_RANGE_MS: std::ops::Range<i64> = 946_684_800_000..4_102_444_800_000;

/// One thing that happened, with who, when and under which consent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Made on the device; the same event sent twice has the same id.
    pub id: EventId,
    /// The pseudonymous device.
    pub device: DeviceId,
    /// Counts the device's events from 1 without gaps, so that the receiver can estimate loss.
    pub sequence: u64,
    /// When it happened on the device's clock, Unix ms.
    pub time_ms: i64,
    /// The visit.
    pub session: SessionId,
    /// The signed-in user, if there is one and they consented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The consent under which it was recorded.
    pub consent: Consent,
    /// What happened.
    pub body: Body,
}

crate::json::object! {
    Event: strict
    { id, device, sequence, time_ms, session, consent, body }
    { user }
}

impl Event {
    /// Reads one event and checks every field.
    ///
    /// # Errors
    /// [`EventError::Malformed`] for anything but an event of this wire version, [`EventError::OutOfRange`] for
    /// impossible values.
    pub fn from_json(json: &str) -> Result<Self, EventError> {
        let event: Self = json::read(json.as_bytes()).map_err(|error| EventError::Malformed {
            detail: error.to_string(),
        })?;
        event.validate()?;
        Ok(event)
    }

    /// Checks every field's range.
    ///
    /// # Errors
    /// [`EventError::OutOfRange`] names the first field that is impossible.
    pub fn validate(&self) -> Result<(), EventError> {
        if self.id.0.get_version_num() != 7 {
            return Err(EventError::OutOfRange {
                field: "id",
                found: self.id.to_string(),
                allowed: "UUID version 7",
            });
        }
        if !TIME_RANGE_MS.contains(&self.time_ms) {
            return Err(EventError::OutOfRange {
                field: "time_ms",
                found: self.time_ms.to_string(),
                allowed: "the years 2000 to 2099",
            });
        }
        for (field, text) in [
            ("user", self.user.as_deref().unwrap_or("")),
            ("consent.text_version", &self.consent.text_version),
        ] {
            if text.len() > 128 {
                return Err(EventError::OutOfRange {
                    field,
                    found: format!("{} bytes", text.len()),
                    allowed: "at most 128 bytes",
                });
            }
        }
        self.body.validate()
    }
}

/// What a device sends at once. Generic over the event so that a receiver can judge each one on its own
/// (`Batch<serde_json::Value>`) and one bad event does not cost the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch<E = Event> {
    /// The wire version, [`WIRE_VERSION`].
    pub v: u32,
    /// The device that sends.
    pub device: DeviceId,
    /// When it was sent on the device's clock, Unix ms: with the receiver's clock this gives the skew.
    pub sent_at_ms: i64,
    /// How many events this device dropped so far because its queue was full or too old.
    #[serde(default)]
    pub dropped: u64,
    /// At most [`LIMIT_EVENTS_PER_BATCH`].
    pub events: Vec<E>,
}

/// The receiver's answer: one verdict an event, in the batch's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchReply {
    /// One verdict an event.
    pub verdicts: Vec<Verdict>,
}

crate::json::object! { BatchReply: lenient { verdicts } }

/// What became of one event. The device deletes it from its queue on any verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The event's id as it was sent.
    pub id: String,
    /// What became of it.
    pub verdict: VerdictKind,
    /// The stable error code, when rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why, when rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

crate::json::object! { Verdict: lenient { id, verdict } { code, message } }

/// What became of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// Durable from now on.
    Stored,
    /// It was stored before; the first copy is kept.
    Duplicate,
    /// It breaks the contract and will never be accepted.
    Rejected,
}

crate::json::words! {
    VerdictKind {
        Stored = "stored", Duplicate = "duplicate", Rejected = "rejected",
    }
}
