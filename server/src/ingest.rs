//! How do events come in? Judged one by one, so that a bad one does not cost the others, and answered only when what
//! the answer calls stored is durable.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::value::RawValue;
use triqueta::error::EventError;
use triqueta::event::{
    Batch, BatchReply, DeviceId, Event, LIMIT_EVENTS_PER_BATCH, Verdict, VerdictKind, WIRE_VERSION,
};

use crate::admission::Sender;
use crate::api_error::ApiError;
use crate::body::read_json;
use crate::metrics::Fate;
use crate::routes::Shared;
use crate::serve::now_ms;
use crate::store::{Delivery, Outcome, StoreError};

/// The largest body of a request, packed and unpacked.
pub const LIMIT_BODY_BYTES: usize = 256 * 1024;

const DEVICE_MISMATCH: &str = "DEVICE_MISMATCH";

/// `POST /v1/events`
pub(crate) async fn receive(
    State(shared): State<Shared>,
    Extension(sender): Extension<Sender>,
    headers: HeaderMap,
    body: Body,
) -> Result<(HeaderMap, Json<BatchReply>), ApiError> {
    let received_ms = now_ms();
    let places = &shared.door.places;
    let json = read_json(&headers, body, LIMIT_BODY_BYTES, places).await?;
    let _place = places.take()?;
    check_version(&json)?;
    let batch: Batch<&RawValue> = parse(&json)?;
    let judged = judge(&batch)?;
    let standing = match &shared.door.device_events {
        Some(limiter) => limiter
            .spend(batch.device.0.as_bytes(), batch.events.len())?
            .headers(),
        None => HeaderMap::new(),
    };
    shared.door.spend_events(sender, batch.events.len())?;
    let valid: Vec<Event> = judged
        .iter()
        .filter_map(|judged| judged.as_ref().ok())
        .cloned()
        .collect();
    let outcomes = if valid.is_empty() {
        Vec::new()
    } else {
        let delivery = Delivery {
            device: batch.device,
            sent_at_ms: batch.sent_at_ms,
            received_ms,
            dropped: batch.dropped,
            events: valid,
        };
        shared.store.append(delivery).await?
    };
    let mut outcomes = outcomes.into_iter();
    let mut verdicts = Vec::with_capacity(judged.len());
    for judged in judged {
        let (fate, verdict) = match judged {
            Ok(event) => verdict_of(&event, outcomes.next().ok_or(StoreError::Closed)?),
            Err(verdict) => (Fate::Rejected, verdict),
        };
        shared.metrics.count_event(fate);
        verdicts.push(verdict);
    }
    Ok((standing, Json(BatchReply { verdicts })))
}

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

fn rejected(id: String, code: &str, message: String) -> Verdict {
    Verdict {
        id,
        verdict: VerdictKind::Rejected,
        code: Some(code.to_owned()),
        message: Some(message),
    }
}

fn verdict_of(event: &Event, outcome: Outcome) -> (Fate, Verdict) {
    let id = event.id.to_string();
    let accepted = |verdict| Verdict {
        id: id.clone(),
        verdict,
        code: None,
        message: None,
    };
    match outcome {
        Outcome::Stored => (Fate::Stored, accepted(VerdictKind::Stored)),
        Outcome::Duplicate => (Fate::Duplicate, accepted(VerdictKind::Duplicate)),
        Outcome::Conflicting => {
            // Which one is not said: an id leads to a device, and whoever sends decides how many lines this makes.
            tracing::debug!("an event came again with other content; the first is kept");
            (Fate::Conflicting, accepted(VerdictKind::Duplicate))
        }
        Outcome::Withdrawn => (
            Fate::Rejected,
            rejected(
                id,
                "DEVICE_WITHDRAWN",
                "this device withdrew its consent; a new consent starts with a new device id"
                    .to_owned(),
            ),
        ),
    }
}
