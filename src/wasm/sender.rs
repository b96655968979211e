//! Performs what [`crate::outbox`] decides: reads the queue, posts a batch, deletes what the server named.

use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

use super::clock;
use super::leader::Leader;
use super::network;
use super::state::{key, number};
use super::storage::{Change, Storage};
use crate::event::{
    ActivityId, Batch, DeviceId, Event, EventId, LIMIT_EVENTS_PER_BATCH, WIRE_VERSION,
};
use crate::outbox::{ASK_AGAIN_MS, Pace, Pending, Reply, Sender, Step, bound};

/// Shorter than a lease lasts.
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

/// The queue as the rules see it, with the events' JSON. No more is read than sending needs: what another version of this
/// module stored, the server judges.
async fn queue(storage: &Storage, limit: u32) -> Result<Vec<(Pending, String)>, JsValue> {
    #[derive(Deserialize)]
    struct Head {
        id: EventId,
        time_ms: i64,
    }
    let stored = storage.values("events", limit).await?;
    let event = |value: JsValue| {
        let json = value.as_string()?;
        let Head { id, time_ms } = serde_json::from_str(&json).ok()?;
        let bytes = json.len();
        Some((Pending { id, time_ms, bytes }, json))
    };
    Ok(stored.into_iter().filter_map(event).collect())
}

/// The keys of waiting events about one activity.
pub(super) async fn about(storage: &Storage, activity: &ActivityId) -> Vec<String> {
    let stored = queue(storage, u32::MAX).await.unwrap_or_default();
    let is_about = |json: &str| {
        let event = serde_json::from_str::<Event>(json);
        event.is_ok_and(|event| event.body.activity() == Some(activity))
    };
    let matching = stored.iter().filter(|(_, json)| is_about(json));
    matching
        .map(|(pending, _)| pending.id.to_string())
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

/// What a flush works on.
pub(super) struct Outbox<'a> {
    /// The address that takes events.
    pub(super) url: &'a str,
    pub(super) storage: &'a Storage,
    /// This page's name among those that share the storage.
    pub(super) me: &'a str,
}

/// Sends batches until the queue is empty or something goes wrong, unless another page is at it. The caller takes the sender
/// out of its cell, so that two flushes of one page never run at once. Gives what was acknowledged along.
pub(super) async fn flush(sender: &mut Sender, outbox: &Outbox<'_>) -> (FlushReport, Vec<EventId>) {
    let storage = outbox.storage;
    let (mut report, mut gone) = (FlushReport::default(), vec![]);
    let wait_ms = match Leader::claim(storage, outbox.me).await {
        Some(leader) => {
            let pace = storage.text(key::PACE).await;
            sender.resume(pace.map_or_else(Pace::default, read_pace));
            // What is too much now can go at the next flush.
            let _ = keep_bounds(storage).await;
            let wait_ms = send_all(sender, outbox, &leader, &mut report, &mut gone).await;
            leader.release(storage).await;
            wait_ms
        }
        None => {
            // Whoever is at it was asked for at the same time, or will be: waiting that began since is not cut short.
            sender.not_at_once();
            Some(ASK_AGAIN_MS)
        }
    };
    let (pending, _, dropped) = counts(storage).await;
    (report.pending, report.dropped) = (pending, dropped);
    report.retry_in_ms = wait_ms.filter(|_| pending > 0);
    (report, gone)
}

/// A pace that cannot be read is from another version: sending starts afresh.
fn read_pace(json: String) -> Pace {
    serde_json::from_str(&json).unwrap_or_default()
}

/// Sends until there is nothing to do; gives how long to wait.
async fn send_all(
    sender: &mut Sender,
    outbox: &Outbox<'_>,
    leader: &Leader,
    report: &mut FlushReport,
    gone: &mut Vec<EventId>,
) -> Option<i64> {
    let storage = outbox.storage;
    loop {
        // The name as it is stored: another page may have withdrawn it, or begun anew under another one.
        let device = device(storage).await?;
        if !leader.renew(storage).await {
            return Some(ASK_AGAIN_MS);
        }
        let stored = queue(storage, LIMIT_EVENTS_PER_BATCH as u32)
            .await
            .unwrap_or_default();
        let pending: Vec<Pending> = stored.iter().map(|(pending, ..)| *pending).collect();
        let now_ms = clock::now_ms();
        let (count, packed) = match sender.next(now_ms, network::is_online(), &pending) {
            Step::Post { count, packed } => (count, packed),
            Step::Rest { wait_ms } => return wait_ms,
        };
        let dropped = counts(storage).await.2;
        let events = stored.iter().take(count).map(|(.., json)| json.as_str());
        let batch = batch_json(device, now_ms, dropped, events);
        report.sent += count as u64;
        let reply = network::post_batch(outbox.url, &batch, packed, POST_LIMIT_MS).await;
        let delete = sender.answered(clock::now_ms(), clock::uniform(), &reply);
        report.acknowledged += delete.len() as u64;
        settle(storage, &delete, Some(&sender.pace)).await;
        gone.extend(delete);
    }
}

/// Sends what this page has just stored, because it may not return: the request begins before this gives anything back. What
/// the server names in its answer is gone; without an answer everything stays and is sent once more.
pub(super) fn leave(
    sender: &mut Sender,
    url: &str,
    device: DeviceId,
    fresh: &[(Pending, String)],
) -> Option<impl Future<Output = Reply> + use<>> {
    let pending: Vec<Pending> = fresh.iter().map(|(pending, _)| *pending).collect();
    let now_ms = clock::now_ms();
    let Step::Post { count, .. } = sender.next(now_ms, network::is_online(), &pending) else {
        return None;
    };
    let events = fresh.iter().take(count).map(|(_, json)| json.as_str());
    // What was dropped so far is told by the next batch: nothing is read here.
    let batch = batch_json(device, now_ms, 0, events);
    if !network::requests_outlive_pages() {
        // A beacon has no answer. Refused or not, the events stay.
        let _ = network::beacon(url, &batch);
        sender.unanswered();
        return None;
    }
    Some(network::post(url, &batch, POST_LIMIT_MS))
}

async fn device(storage: &Storage) -> Option<DeviceId> {
    let name = storage.text(key::DEVICE).await?;
    serde_json::from_value(serde_json::Value::String(name)).ok()
}

/// The batch as JSON, the stored events spliced in as they are.
fn batch_json<'a>(
    device: DeviceId,
    sent_at_ms: i64,
    dropped: u64,
    events: impl Iterator<Item = &'a str>,
) -> String {
    let events: Vec<&str> = events.collect();
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

/// Deletes what the server named and keeps how sending fared, where that is said, for whichever page sends next; nothing
/// where the visitor withdrew meanwhile.
pub(super) async fn settle(storage: &Storage, delete: &[EventId], pace: Option<&Pace>) {
    let mut change = |values: Vec<JsValue>| {
        if !values.get(1).is_some_and(JsValue::is_string) {
            return vec![];
        }
        let total = values.first().map_or(0, number) + delete.len() as u64;
        let mut changes: Vec<Change> = delete.iter().map(delete_event).collect();
        changes.push(Change::state(key::ACKNOWLEDGED, total.to_string()));
        let json = pace.and_then(|pace| serde_json::to_string(pace).ok());
        changes.extend(json.map(|json| Change::state(key::PACE, json)));
        changes
    };
    // Where this fails the events are sent once more, and the server drops the repeats.
    let _ = storage
        .update(&[key::ACKNOWLEDGED, key::DEVICE], &mut change)
        .await;
}

/// Tells the server to delete a device's events; `true` once it confirmed.
pub(super) async fn withdraw(url: &str, device: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let address = path.rsplit_once('/').map_or_else(
        || "withdraw".to_owned(),
        |(base, _)| format!("{base}/withdraw"),
    );
    let body = serde_json::json!({"v": WIRE_VERSION, "device": device}).to_string();
    (200..300).contains(&network::post(&address, &body, POST_LIMIT_MS).await.status)
}
