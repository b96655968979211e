//! What the recommender of a page does behind its back: keeping what happened, sending it, withdrawing.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::sender::{self, FlushReport, Outbox};
use super::state::{State, keep_history, key, number};
use super::storage::{Change, Storage};
use super::{clock, convert, network};
use crate::event::{Body, Event, EventId};
use crate::outbox::{Fresh, LOOKOUT_MS, Pending, Sender};

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
    /// What this page stored in the last seconds, to be sent when it is hidden.
    pub(super) fresh: RefCell<Fresh>,
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
        let mut queued = None;
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
                    let bytes = json.len();
                    queued = Some((device, Pending { id, time_ms, bytes }, json));
                }
                changes
            })
            .await
            .map_err(|thrown| self.not_kept(&thrown))?;
        Ok(queued.map(|(device, pending, json)| {
            self.fresh.borrow_mut().add(device, pending, json);
            id
        }))
    }

    /// What happened counts for this visit and was not kept: the page says so from now on.
    fn not_kept(&self, thrown: &JsValue) -> JsValue {
        let message = format!(
            "this browser could not keep what happened ({}); the disk may be full: it is not sent, and forgotten when the page is closed",
            convert::message(thrown)
        );
        let code = "STORAGE_FAILED";
        self.state.borrow_mut().problem = Some((code.to_owned(), message.clone()));
        convert::coded(code, &message)
    }

    /// Sends the queue, unless a flush is running here or in another page.
    pub(super) async fn flush(&self) -> FlushReport {
        let withdrawn = self.withdraw_pending().await;
        // Without consent nothing is sent, and the sender stays where it is for the day there is one.
        let taken = match self.events.as_deref().filter(|_| self.sends()) {
            Some(url) => self.sender.borrow_mut().take().map(|sender| (url, sender)),
            None => None,
        };
        let mut report = match taken {
            Some((url, mut sender)) => {
                let me = self.state.borrow().session.to_string();
                let outbox = Outbox {
                    url,
                    storage: &self.storage,
                    me: &me,
                };
                let (report, gone) = sender::flush(&mut sender, &outbox).await;
                self.fresh.borrow_mut().remove(&gone);
                *self.sender.borrow_mut() = Some(sender);
                report
            }
            None => {
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

    /// Whether this page may send.
    fn sends(&self) -> bool {
        let state = self.state.borrow();
        state.device.is_some() && state.consent.allows_upload()
    }

    /// The page is hidden and may not return: what it stored last is on its way before this ends. Nothing is deleted but by
    /// the server's answer, where that still finds the page. There is no time to ask whether another page sends: the server
    /// drops what comes twice.
    pub(super) fn leave(inner: &Rc<Self>) {
        let (Some(url), true) = (&inner.events, inner.sends()) else {
            return;
        };
        let (device, taken) = (
            inner.state.borrow().device,
            inner.sender.borrow_mut().take(),
        );
        // Without a sender a request is under way already.
        let (Some(device), Some(mut sender)) = (device, taken) else {
            return;
        };
        let now_ms = clock::now_ms();
        let request = sender::leave(
            &mut sender,
            url,
            device,
            inner.fresh.borrow_mut().now(device, now_ms),
        );
        let Some(request) = request else {
            *inner.sender.borrow_mut() = Some(sender);
            return;
        };
        let inner = Rc::clone(inner);
        spawn_local(async move {
            let reply = request.await;
            let gone = sender.answered(clock::now_ms(), clock::uniform(), &reply);
            inner.fresh.borrow_mut().remove(&gone);
            // How sending fares is the business of whoever has the right to send: this page may not have heard for a while.
            sender::settle(&inner.storage, &gone, None).await;
            *inner.sender.borrow_mut() = Some(sender);
            Self::plan_flush(&inner, 0);
        });
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
            // A page that died may have left something to the others.
            let lookout_ms = (inner.storage.is_shared() && inner.sends()).then_some(LOOKOUT_MS);
            if let Some(wait_ms) = report.retry_in_ms.or(lookout_ms) {
                Self::plan_flush(&inner, wait_ms);
            }
        });
    }
}
