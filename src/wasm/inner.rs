//! What the recommender of a page does behind its back: keeping what happened, sending it, withdrawing.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::sender::{self, FlushReport, Sender};
use super::state::{State, keep_history, key, number};
use super::storage::{Change, Storage};
use super::{clock, network};
use crate::event::{Body, Event, EventId};

/// How long until a withdrawal is tried again that the server did not confirm.
const WITHDRAW_AGAIN_MS: i64 = 60_000;

/// Everything behind one [`super::Recommender`], shared with the tasks it starts.
pub(super) struct Inner {
    pub(super) storage: Storage,
    pub(super) channel: String,
    /// The address that takes events; nothing is ever sent where there is none.
    pub(super) events: Option<String>,
    pub(super) state: RefCell<State>,
    /// Absent while a flush runs.
    pub(super) sender: RefCell<Option<Sender>>,
    /// When the next flush is due, where one is planned.
    pub(super) planned_ms: Cell<Option<i64>>,
    pub(super) closed: Cell<bool>,
}

impl Inner {
    /// Folds an event into the history and, as far as consent goes, into storage and the outbox, in one transaction that
    /// also takes in what another page did meanwhile: a withdrawal there holds here too.
    pub(super) async fn record(&self, body: Body) -> Result<Option<EventId>, JsValue> {
        let time_ms = clock::now_ms();
        if !self.state.borrow().consent.allows_storage() {
            self.state.borrow_mut().observe(time_ms, &body);
            return Ok(None);
        }
        let id = EventId::new(time_ms, &clock::random_bytes());
        let [consent, device, history] = key::SHARED;
        let keys = [consent, device, history, key::SEQUENCE];
        let mut queued = false;
        self.storage
            .update(&keys, &mut |values| {
                let mut state = self.state.borrow_mut();
                state.adopt(&values, false);
                state.observe(time_ms, &body);
                if !state.consent.allows_storage() {
                    return vec![];
                }
                let mut changes = vec![keep_history(&state)];
                let sends = state.consent.allows_upload() && self.events.is_some();
                if let Some(device) = state.device.filter(|_| sends) {
                    let sequence = values.get(3).map_or(0, number) + 1;
                    let event = Event {
                        id,
                        device,
                        sequence,
                        time_ms,
                        session: state.session,
                        user: None,
                        consent: state.consent.clone(),
                        body: body.clone(),
                    };
                    let json = serde_json::to_string(&event).unwrap_or_default();
                    changes.push(Change::state(key::SEQUENCE, sequence.to_string()));
                    changes.push(Change::Put {
                        table: "events",
                        key: id.to_string(),
                        value: JsValue::from_str(&json),
                    });
                    queued = true;
                }
                changes
            })
            .await?;
        Ok(queued.then_some(id))
    }

    /// Sends the queue, unless a flush is running.
    pub(super) async fn flush(&self) -> FlushReport {
        let withdrawn = self.withdraw_pending().await;
        let device = self
            .state
            .borrow()
            .device
            .filter(|_| self.state.borrow().consent.allows_upload());
        // Without a device nothing is sent, and the sender stays where it is for the day there is one.
        let taken = device.and_then(|_| self.sender.borrow_mut().take());
        let mut report = match (device, taken) {
            (Some(device), Some(mut sender)) => {
                let report = sender::flush(&mut sender, &self.storage, device).await;
                *self.sender.borrow_mut() = Some(sender);
                report
            }
            _ => {
                let (pending, _, dropped) = sender::counts(&self.storage).await;
                FlushReport {
                    pending,
                    dropped,
                    ..FlushReport::default()
                }
            }
        };
        if !withdrawn {
            let sooner = report.retry_in_ms.unwrap_or(i64::MAX);
            report.retry_in_ms = Some(sooner.min(WITHDRAW_AGAIN_MS));
        }
        report
    }

    /// Tells the server about withdrawals it has not confirmed yet; `false` where one is left to be told.
    async fn withdraw_pending(&self) -> bool {
        let Some(url) = &self.events else { return true };
        let keys = self.storage.keys("state").await.unwrap_or_default();
        let mut all = true;
        for key in keys {
            let Some(device) = key.strip_prefix(key::WITHDRAWAL) else {
                continue;
            };
            if network::is_online() && sender::withdraw(url, device).await {
                let _ = self.storage.write(vec![Change::forget(&key)]).await;
            } else {
                all = false;
            }
        }
        all
    }

    /// Flushes after a while, and again as long as something waits. The earliest plan holds.
    pub(super) fn plan_flush(inner: &Rc<Self>, delay_ms: i64) {
        let due_ms = clock::now_ms().saturating_add(delay_ms);
        let planned_ms = inner.planned_ms.get();
        if planned_ms.is_some_and(|planned_ms| planned_ms <= due_ms) {
            return;
        }
        inner.planned_ms.set(Some(due_ms));
        let inner = Rc::clone(inner);
        spawn_local(async move {
            clock::sleep(delay_ms).await;
            if inner.closed.get() || inner.planned_ms.get() != Some(due_ms) {
                return;
            }
            inner.planned_ms.set(None);
            let report = inner.flush().await;
            if let Some(wait_ms) = report.retry_in_ms {
                Self::plan_flush(&inner, wait_ms);
            }
        });
    }
}
