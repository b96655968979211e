//! What is in a batch? Judged event by event, so that a bad one does not cost the others.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use triqueta::error::EventError;
use triqueta::event::{
    Batch, DeviceId, Event, LIMIT_EVENTS_PER_BATCH, Verdict, VerdictKind, WIRE_VERSION,
};

use crate::api_error::ApiError;
use crate::body::{LIMIT_BODY_BYTES, unpacked};

const DEVICE_MISMATCH: &str = "DEVICE_MISMATCH";

#[derive(Deserialize)]
struct Version {
    #[serde(default)]
    v: Option<u32>,
}

/// Looked at before anything else: a newer version may have another shape.
pub(crate) fn check_version(json: &[u8]) -> Result<(), ApiError> {
    let Version { v } = parse(json)?;
    match v {
        Some(WIRE_VERSION) => Ok(()),
        Some(found) => Err(EventError::Version {
            found,
            supported: WIRE_VERSION,
        }
        .into()),
        None => Err(EventError::Malformed {
            detail: "the field `v` is missing".to_owned(),
        }
        .into()),
    }
}

pub(crate) fn parse<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, ApiError> {
    serde_json::from_slice(json).map_err(|error| {
        EventError::Malformed {
            detail: error.to_string(),
        }
        .into()
    })
}

/// A batch that was read: whose it is, and each of its events or the verdict that refuses it.
#[derive(Debug)]
pub struct JudgedBatch {
    /// The device that sends.
    pub device: DeviceId,
    /// When it was sent on the device's clock, Unix ms.
    pub sent_at_ms: i64,
    /// How many events the device says it dropped so far.
    pub dropped: u64,
    /// Each event, in the batch's order.
    pub events: Vec<Result<Event, Verdict>>,
}

/// What the server makes of the body of a delivery, before anything is stored: the whole way from bytes to events.
///
/// # Errors
/// The status and the code of the answer that refuses it.
pub fn read_delivery(sent: &[u8], is_gzip: bool) -> Result<JudgedBatch, (u16, &'static str)> {
    unpacked(sent.to_vec(), is_gzip, LIMIT_BODY_BYTES)
        .and_then(|json| read_batch(&json))
        .map_err(|error| error.status_and_code())
}

/// A batch from its JSON.
pub(crate) fn read_batch(json: &[u8]) -> Result<JudgedBatch, ApiError> {
    check_version(json)?;
    let batch: Batch<&RawValue> = parse(json)?;
    Ok(JudgedBatch {
        events: judge(&batch)?,
        device: batch.device,
        sent_at_ms: batch.sent_at_ms,
        dropped: batch.dropped,
    })
}

/// Each event, or the verdict that refuses it.
fn judge(batch: &Batch<&RawValue>) -> Result<Vec<Result<Event, Verdict>>, ApiError> {
    if batch.events.len() > LIMIT_EVENTS_PER_BATCH {
        return Err(ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "TOO_MANY_EVENTS",
            format!(
                "the batch has {} events and {LIMIT_EVENTS_PER_BATCH} are allowed; send it in parts",
                batch.events.len()
            ),
        ));
    }
    let judged: Vec<_> = batch
        .events
        .iter()
        .map(|raw| judge_event(batch.device, raw.get()))
        .collect();
    let is_foreign = |judged: &Result<Event, Verdict>| {
        judged
            .as_ref()
            .is_err_and(|verdict| verdict.code.as_deref() == Some(DEVICE_MISMATCH))
    };
    // A stray event costs itself only; a batch of nothing else carries the wrong name.
    if !judged.is_empty() && judged.iter().all(is_foreign) {
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            DEVICE_MISMATCH,
            "every event names another device than its batch; a device sends its own events only",
        ));
    }
    Ok(judged)
}

fn judge_event(device: DeviceId, json: &str) -> Result<Event, Verdict> {
    let event = Event::from_json(json)
        .map_err(|error| rejected(sent_id(json), error.code(), error.to_string()))?;
    if event.device != device {
        let message =
            "the event names another device than its batch; a device sends its own events only";
        return Err(rejected(
            event.id.to_string(),
            DEVICE_MISMATCH,
            message.to_owned(),
        ));
    }
    if !event.consent.allows_upload() {
        let message = "the event was recorded under a consent that does not allow sending it; it stays on its device";
        return Err(rejected(
            event.id.to_string(),
            "CONSENT_MISSING",
            message.to_owned(),
        ));
    }
    Ok(event)
}

/// The id of an event that cannot be read otherwise, so that its sender can find it in its queue.
fn sent_id(json: &str) -> String {
    #[derive(Deserialize)]
    struct Identified {
        id: String,
    }
    serde_json::from_str(json)
        .map(|Identified { id }| id)
        .unwrap_or_default()
}

pub(crate) fn rejected(id: String, code: &str, message: String) -> Verdict {
    Verdict {
        id,
        verdict: VerdictKind::Rejected,
        code: Some(code.to_owned()),
        message: Some(message),
    }
}
