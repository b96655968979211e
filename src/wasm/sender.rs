//! Performs what [`crate::outbox`] decides: reads the queue, posts a batch, deletes what the server named.

use serde::Serialize;
use wasm_bindgen::JsValue;

use super::clock;
use super::network;
use super::state::{key, number};
use super::storage::{Change, Storage};
use crate::event::{
    ActivityId, Batch, DeviceId, Event, EventId, LIMIT_EVENTS_PER_BATCH, WIRE_VERSION,
};
use crate::math::Random;
use crate::outbox::{Outcome, Pending, backoff_ms, bound, next_batch, outcome};

const POST_LIMIT_MS: i64 = 20_000;

/// What a flush did, as the package reports it.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlushReport {
    pub(super) sent: u64,
    pub(super) acknowledged: u64,
    pub(super) pending: u64,
    pub(super) dropped: u64,
    pub(super) retry_in_ms: Option<i64>,
}

/// Where events go, and how sending has fared.
pub(super) struct Sender {
    /// The address that takes events; nothing is ever sent where there is none.
    pub(super) url: Option<String>,
    failures: u32,
    not_before_ms: i64,
    at_most: usize,
    stopped: bool,
}

impl Sender {
    pub(super) fn new(url: Option<String>) -> Self {
        Self {
            url,
            failures: 0,
            not_before_ms: 0,
            at_most: LIMIT_EVENTS_PER_BATCH,
            stopped: false,
        }
    }

    /// Whether trying now keeps to the waiting time after a failure.
    pub(super) fn is_due(&self, now_ms: i64) -> bool {
        !self.stopped && now_ms >= self.not_before_ms
    }

    /// A network that came back is a reason to try at once.
    pub(super) fn reset(&mut self) {
        (self.failures, self.not_before_ms, self.stopped) = (0, 0, false);
    }

    /// Takes note of an outcome; gives what to delete.
    fn learn(&mut self, outcome: Outcome, now_ms: i64) -> Vec<EventId> {
        match outcome {
            Outcome::Acknowledged { delete } => {
                (self.failures, self.not_before_ms) = (0, 0);
                self.at_most = (self.at_most * 2).min(LIMIT_EVENTS_PER_BATCH);
                delete
            }
            Outcome::Split => {
                self.at_most = (self.at_most / 2).max(1);
                vec![]
            }
            Outcome::Retry { retry_after_ms } => {
                self.failures += 1;
                let uniform = Random::new(u64::from_le_bytes(clock::random_bytes())).uniform();
                self.not_before_ms =
                    now_ms.saturating_add(backoff_ms(self.failures, retry_after_ms, uniform));
                vec![]
            }
            Outcome::Stop => {
                self.stopped = true;
                vec![]
            }
        }
    }
}

/// The queue as the rules see it, with the events themselves; what cannot be read is left out.
async fn queue(storage: &Storage, limit: u32) -> Result<Vec<(Pending, Event, String)>, JsValue> {
    let stored = storage.values("events", limit).await?;
    let event = |value: JsValue| {
        let json = value.as_string()?;
        let event: Event = serde_json::from_str(&json).ok()?;
        let (id, time_ms, bytes) = (event.id, event.time_ms, json.len());
        Some((Pending { id, time_ms, bytes }, event, json))
    };
    Ok(stored.into_iter().filter_map(event).collect())
}

/// The keys of waiting events about one activity.
pub(super) async fn about(storage: &Storage, activity: &ActivityId) -> Vec<String> {
    let stored = queue(storage, u32::MAX).await.unwrap_or_default();
    let matching = stored
        .iter()
        .filter(|(_, event, _)| event.body.activity() == Some(activity));
    matching
        .map(|(pending, ..)| pending.id.to_string())
        .collect()
}

/// Drops what is too old or too much, and counts it. Where storage cannot be read nothing is dropped.
async fn keep_bounds(storage: &Storage) -> Result<(), JsValue> {
    let stored = queue(storage, u32::MAX).await?;
    let pending: Vec<Pending> = stored.iter().map(|(pending, ..)| *pending).collect();
    let gone = bound(&pending, clock::now_ms()).drop;
    if gone.is_empty() {
        return Ok(());
    }
    let mut count = |values: Vec<JsValue>| {
        let dropped = values.first().map_or(0, number) + gone.len() as u64;
        let mut changes: Vec<Change> = gone.iter().map(delete_event).collect();
        changes.push(Change::state(key::DROPPED, dropped.to_string()));
        changes
    };
    storage.update(&[key::DROPPED], &mut count).await
}

fn delete_event(id: &EventId) -> Change {
    Change::Delete {
        table: "events",
        key: id.to_string(),
    }
}

/// What lies in the queue and what became of the rest: pending, acknowledged, dropped.
pub(super) async fn counts(storage: &Storage) -> (u64, u64, u64) {
    let pending = storage
        .keys("events")
        .await
        .map_or(0, |keys| keys.len() as u64);
    let count = |text: Option<String>| text.and_then(|text| text.parse().ok()).unwrap_or(0);
    (
        pending,
        count(storage.text(key::ACKNOWLEDGED).await),
        count(storage.text(key::DROPPED).await),
    )
}

/// Sends batches until the queue is empty or something goes wrong. The caller takes the sender out of its cell, so that
/// two flushes of one page never run at once. Two pages may: then the server drops what comes twice.
pub(super) async fn flush(sender: &mut Sender, storage: &Storage, device: DeviceId) -> FlushReport {
    let mut report = FlushReport::default();
    // What is too much now can go at the next flush.
    let _ = keep_bounds(storage).await;
    while let Some(url) = sender.url.clone() {
        let now_ms = clock::now_ms();
        let stored = queue(storage, LIMIT_EVENTS_PER_BATCH as u32)
            .await
            .unwrap_or_default();
        if stored.is_empty() || !sender.is_due(now_ms) || !network::is_online() {
            break;
        }
        let pending: Vec<Pending> = stored.iter().map(|(pending, ..)| *pending).collect();
        let count = next_batch(&pending, sender.at_most);
        let ids: Vec<EventId> = pending[..count].iter().map(|pending| pending.id).collect();
        let dropped = counts(storage).await.2;
        let batch = batch_json(
            device,
            now_ms,
            dropped,
            stored.into_iter().take(count).map(|(.., json)| json),
        );
        report.sent += count as u64;
        let reply = network::post(&url, &batch, POST_LIMIT_MS).await;
        let delete = sender.learn(outcome(&ids, &reply), clock::now_ms());
        report.acknowledged += delete.len() as u64;
        acknowledge(storage, &delete).await;
    }
    let (pending, _, dropped) = counts(storage).await;
    (report.pending, report.dropped) = (pending, dropped);
    let wait_ms = sender.not_before_ms - clock::now_ms();
    report.retry_in_ms = (pending > 0 && wait_ms > 0).then_some(wait_ms);
    report
}

/// The batch as JSON, the stored events spliced in as they are.
fn batch_json(
    device: DeviceId,
    sent_at_ms: i64,
    dropped: u64,
    events: impl Iterator<Item = String>,
) -> String {
    let events: Vec<String> = events.collect();
    let empty: Batch<Event> = Batch {
        v: WIRE_VERSION,
        device,
        sent_at_ms,
        dropped,
        events: vec![],
    };
    let envelope = serde_json::to_string(&empty).unwrap_or_default();
    envelope.replacen(
        "\"events\":[]",
        &format!("\"events\":[{}]", events.join(",")),
        1,
    )
}

async fn acknowledge(storage: &Storage, delete: &[EventId]) {
    if delete.is_empty() {
        return;
    }
    let mut count = |values: Vec<JsValue>| {
        let total = values.first().map_or(0, number) + delete.len() as u64;
        let mut changes: Vec<Change> = delete.iter().map(delete_event).collect();
        changes.push(Change::state(key::ACKNOWLEDGED, total.to_string()));
        changes
    };
    // Where this fails the events are sent once more, and the server drops the repeats.
    let _ = storage.update(&[key::ACKNOWLEDGED], &mut count).await;
}

/// Tells the server to delete a device's events; `true` once it confirmed.
pub(super) async fn withdraw(url: &str, device: &str) -> bool {
    let address = url.rsplit_once('/').map_or_else(
        || "withdraw".to_owned(),
        |(base, _)| format!("{base}/withdraw"),
    );
    let body = serde_json::json!({"v": WIRE_VERSION, "device": device}).to_string();
    (200..300).contains(&network::post(&address, &body, POST_LIMIT_MS).await.status)
}
