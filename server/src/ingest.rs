//! How do events come in? Read whole, judged one by one, and answered only when what the answer calls stored is durable.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::{Extension, Json};
use triqueta::event::{BatchReply, Event, Verdict, VerdictKind};

use crate::admission::Sender;
use crate::api_error::ApiError;
use crate::body::{LIMIT_BODY_BYTES, read_json};
use crate::judge::{read_batch, rejected};
use crate::metrics::Fate;
use crate::routes::Shared;
use crate::serve::now_ms;
use crate::store::{Delivery, Outcome, StoreError};

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
    let batch = read_batch(&json)?;
    let standing = match &shared.door.device_events {
        Some(limiter) => limiter
            .spend(batch.device.0.as_bytes(), batch.events.len())?
            .headers(),
        None => HeaderMap::new(),
    };
    shared.door.spend_events(sender, batch.events.len())?;
    let valid: Vec<Event> = batch
        .events
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
    let mut verdicts = Vec::with_capacity(batch.events.len());
    for judged in batch.events {
        let (fate, verdict) = match judged {
            Ok(event) => verdict_of(&event, outcomes.next().ok_or(StoreError::Closed)?),
            Err(verdict) => (Fate::Rejected, verdict),
        };
        shared.metrics.count_event(fate);
        verdicts.push(verdict);
    }
    Ok((standing, Json(BatchReply { verdicts })))
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
