//! Performs what [`crate::outbox`] decides: reads the queue, posts a batch, deletes what the server named.

use std::cell::RefCell;

use serde::Serialize;
use wasm_bindgen::JsValue;

use super::clock;
use super::leader::Leader;
use super::network;
use super::state::{delete_event, keep_accounts, key, parsed};
use super::storage::{Change, Storage};
use crate::event::{
    ActivityId, Batch, DeviceId, Event, EventId, LIMIT_EVENTS_PER_BATCH, WIRE_VERSION,
};
use crate::json;
use crate::outbox::{
    ASK_AGAIN_MS, Account, Accounts, LOOKOUT_MS, Pace, Pending, Reply, Sender, Step, Unsaved,
    bound, place, queue_prefix,
};

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

/// What lies in the queue of an address and what became of the rest.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    /// Waiting, on the disk and in memory.
    pub(super) pending: u64,
    /// Of these in memory alone: lost if the page is closed before they are sent or stored.
    pub(super) unsaved: u64,
    pub(super) acknowledged: u64,
    pub(super) dropped: u64,
}

/// The queue of an address as the rules see it, with the events' JSON. No more is read than sending needs: what another
/// version of this module stored, the server judges.
async fn queue(
    storage: &Storage,
    prefix: &str,
    limit: u32,
) -> Result<Vec<(Pending, String)>, JsValue> {
    struct Head {
        id: EventId,
        time_ms: i64,
    }
    json::object! { Head: lenient { id, time_ms } }
    let stored = storage.values("events", prefix, limit).await?;
    let event = |value: JsValue| {
        let json = value.as_string()?;
        let Head { id, time_ms } = json::read(json.as_bytes()).ok()?;
        let bytes = json.len();
        Some((Pending { id, time_ms, bytes }, json))
    };
    Ok(stored.into_iter().filter_map(event).collect())
}

/// The keys of waiting events about one activity, whatever their address.
pub(super) async fn about(storage: &Storage, activity: &ActivityId) -> Vec<String> {
    let keys = storage.keys("events", "").await.unwrap_or_default();
    let mut matching = vec![];
    for key in keys {
        let json = storage.get("events", &key).await.ok();
        let event = json
            .and_then(|json| json.as_string())
            .and_then(|json| json::read::<Event>(json.as_bytes()).ok());
        if event.is_some_and(|event| event.body.activity() == Some(activity)) {
            matching.push(key);
        }
    }
    matching
}

/// Drops what is too old or too much in each address's queue, and counts it. Where storage cannot be read nothing is
/// dropped.
async fn keep_bounds(storage: &Storage) -> Result<(), JsValue> {
    let keys = storage.keys("events", "").await?;
    let mut addresses: Vec<&str> = keys
        .iter()
        .filter_map(|key| Some(key.rsplit_once(' ')?.0))
        .collect();
    addresses.dedup();
    for address in addresses {
        let stored = queue(storage, &queue_prefix(address), u32::MAX).await?;
        let pending: Vec<Pending> = stored.iter().map(|(pending, ..)| *pending).collect();
        let gone = bound(&pending, clock::now_ms()).drop;
        if gone.is_empty() {
            continue;
        }
        let mut count = |values: Vec<JsValue>| {
            let mut accounts = accounts(&values);
            let mut changes: Vec<Change> =
                gone.iter().map(|id| delete_event(address, *id)).collect();
            if let Some(account) = accounts.get_mut(address) {
                account.drop_events(gone.len());
                changes.push(keep_accounts(&accounts));
            }
            changes
        };
        storage.update(&[key::DEVICES], &mut count).await?;
    }
    Ok(())
}

fn accounts(values: &[JsValue]) -> Accounts {
    parsed(values.first().and_then(JsValue::as_string))
}

/// Which device's events a server is to delete.
#[derive(Serialize)]
struct Withdrawal<'a> {
    v: u32,
    device: &'a str,
}

/// What a flush works on.
pub(super) struct Outbox<'a> {
    /// The address that takes events.
    pub(super) url: &'a str,
    pub(super) storage: &'a Storage,
    /// What this page could not store.
    pub(super) unsaved: &'a RefCell<Unsaved>,
    /// This page's name among those that share the storage.
    pub(super) me: &'a str,
}

/// Sends batches until the queue is empty or something goes wrong, unless another page is at it or this one may not. The
/// caller takes the sender out of its cell, so that two flushes of one page never run at once. Gives what was acknowledged
/// along.
pub(super) async fn flush(
    sender: &mut Sender,
    outbox: &Outbox<'_>,
    may_send: bool,
) -> (FlushReport, Vec<EventId>) {
    let storage = outbox.storage;
    let (mut report, mut gone) = (FlushReport::default(), vec![]);
    if !may_send
        && storage
            .keys("events", "")
            .await
            .is_ok_and(|keys| keys.is_empty())
    {
        return (outbox.report().await, gone);
    }
    let wait_ms = match Leader::claim(storage, outbox.me).await {
        Some(leader) => {
            // What is too much now can go at the next flush.
            let _ = keep_bounds(storage).await;
            let wait_ms = match outbox.account().await.filter(|_| may_send) {
                Some(account) => {
                    sender.resume(account.pace);
                    outbox
                        .send_all(sender, &leader, &mut report, &mut gone)
                        .await
                }
                None => None,
            };
            leader.release(storage).await;
            wait_ms
        }
        None => {
            // Whoever is at it was asked for at the same time, or will be: waiting that began since is not cut short.
            sender.not_at_once();
            Some(ASK_AGAIN_MS)
        }
    };
    let now = outbox.report().await;
    (report.pending, report.dropped) = (now.pending, now.dropped);
    report.retry_in_ms = wait_ms.filter(|_| may_send && now.pending > 0);
    (report, gone)
}

impl Outbox<'_> {
    /// The account as it is stored: another page may have withdrawn it, or begun anew under another name.
    async fn account(&self) -> Option<Account> {
        let accounts: Accounts = parsed(self.storage.text(key::DEVICES).await);
        accounts.get(self.url).cloned()
    }

    /// What lies in the queue and what became of the rest.
    pub(super) async fn counts(&self) -> Counts {
        let keys = self.storage.keys("events", &queue_prefix(self.url)).await;
        let stored = keys.map_or(0, |keys| keys.len());
        let account = self.account().await;
        let unsaved = self.unsaved.borrow();
        let in_memory = unsaved.len() + self.storage.in_memory("events");
        let saving = unsaved.saving();
        let (mut named, mut acknowledged, mut dropped) = (0, 0, 0);
        if let Some(account) = account {
            named = saving.named(account.device).len();
            acknowledged = account.acknowledged + named as u64;
            dropped = account.dropped + saving.dropped(account.device);
        }
        Counts {
            pending: (stored + unsaved.len()).saturating_sub(named) as u64,
            unsaved: in_memory as u64,
            acknowledged,
            dropped,
        }
    }

    /// A report of a flush that sent nothing.
    pub(super) async fn report(&self) -> FlushReport {
        let Counts {
            pending, dropped, ..
        } = self.counts().await;
        FlushReport {
            pending,
            dropped,
            ..FlushReport::default()
        }
    }

    /// What is to be sent next: stored, or in memory for want of room; without what the server has named already.
    async fn next(&self, device: DeviceId) -> Vec<(Pending, String)> {
        let named = self.unsaved.borrow().saving().named(device).len();
        let limit = (LIMIT_EVENTS_PER_BATCH + named) as u32;
        let stored = queue(self.storage, &queue_prefix(self.url), limit).await;
        let mut events = stored.unwrap_or_default();
        let unsaved = self.unsaved.borrow();
        events.retain(|(pending, _)| !unsaved.is_named(pending.id));
        events.extend_from_slice(unsaved.events(device));
        events.sort_by_key(|(pending, _)| pending.id);
        events.dedup_by_key(|(pending, _)| pending.id);
        events
    }

    /// Sends until there is nothing to do; gives how long to wait.
    async fn send_all(
        &self,
        sender: &mut Sender,
        leader: &Leader,
        report: &mut FlushReport,
        gone: &mut Vec<EventId>,
    ) -> Option<i64> {
        loop {
            let Account {
                device, dropped, ..
            } = self.account().await?;
            if !leader.renew(self.storage).await {
                return Some(ASK_AGAIN_MS);
            }
            let events = self.next(device).await;
            let pending: Vec<Pending> = events.iter().map(|(pending, ..)| *pending).collect();
            let now_ms = clock::now_ms();
            let (count, packed) = match sender.next(now_ms, network::is_online(), &pending) {
                Step::Post { count, packed } => (count, packed),
                Step::Rest { wait_ms } => return wait_ms,
            };
            let dropped = dropped + self.unsaved.borrow().saving().dropped(device);
            let texts = events.iter().take(count).map(|(.., json)| json.as_str());
            let batch = batch_json(device, now_ms, dropped, texts);
            report.sent += count as u64;
            let reply = network::post_batch(self.url, &batch, packed, POST_LIMIT_MS).await;
            let delete = sender.answered(clock::now_ms(), clock::uniform(), &reply);
            report.acknowledged += delete.len() as u64;
            let is_noted = self.settle(device, &delete, Some(&sender.pace)).await;
            sender.noted(is_noted);
            gone.extend(delete);
            if !is_noted {
                // On a full disk: not at full speed, who knows what else cannot be written.
                return Some(
                    sender
                        .pace
                        .wait_ms(now_ms)
                        .unwrap_or(LOOKOUT_MS)
                        .max(ASK_AGAIN_MS),
                );
            }
        }
    }

    /// Deletes what the server named and keeps how sending fared, where that is said, for whichever page sends next;
    /// nothing where the visitor withdrew meanwhile. Gives whether that is on the disk.
    pub(super) async fn settle(
        &self,
        device: DeviceId,
        delete: &[EventId],
        pace: Option<&Pace>,
    ) -> bool {
        let sequence = self.unsaved.borrow().sequence(device);
        self.unsaved.borrow_mut().remove(delete);
        let mut change = |values: Vec<JsValue>| {
            let mut accounts = accounts(&values);
            let account = accounts.get_mut(self.url);
            let Some(account) = account.filter(|account| account.device == device) else {
                return vec![];
            };
            account.acknowledged += delete.len() as u64;
            account.sequence = account.sequence.max(sequence);
            if let Some(pace) = pace {
                account.pace = pace.clone();
            }
            let mut changes: Vec<Change> = delete
                .iter()
                .map(|id| delete_event(self.url, *id))
                .collect();
            changes.push(keep_accounts(&accounts));
            changes
        };
        let written = self.storage.update(&[key::DEVICES], &mut change).await;
        if written.is_err() {
            self.unsaved.borrow_mut().not_deleted(device, delete);
        }
        written.is_ok()
    }
}

/// Sends what this page happened upon last, because it may not return: the request begins before this gives anything back. What
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
    let envelope = json::write(&empty).unwrap_or_default();
    envelope.replacen(
        "\"events\":[]",
        &format!("\"events\":[{}]", events.join(",")),
        1,
    )
}

/// Tells each address about withdrawals it has not confirmed yet; `false` where `own` is left to be told.
pub(super) async fn withdraw_all(storage: &Storage, own: &str) -> bool {
    let keys = storage.keys("state", key::WITHDRAWAL).await;
    let mut all = true;
    for key in keys.unwrap_or_default() {
        let Some(url) = storage.text(&key).await else {
            continue;
        };
        let device = &key[key::WITHDRAWAL.len()..];
        if network::is_online() && withdraw(&url, device).await {
            let _ = storage.write(vec![Change::forget(&key)]).await;
        } else {
            all &= place(&url) != place(own);
        }
    }
    all
}

/// Tells the server to delete a device's events; `true` once it confirmed. What follows the path goes along, such as the site's
/// key of then: the server asks for none here, what stands before it may.
async fn withdraw(url: &str, device: &str) -> bool {
    let path = place(url);
    let rest = url[path.len()..].split('#').next().unwrap_or_default();
    let folder = &path[..path.rfind('/').map_or(0, |slash| slash + 1)];
    let address = format!("{folder}withdraw{rest}");
    let withdrawal = Withdrawal {
        v: WIRE_VERSION,
        device,
    };
    let body = json::write(&withdrawal).unwrap_or_default();
    (200..300).contains(&network::post(&address, &body, POST_LIMIT_MS).await.status)
}
