//! What the recommender of a page does behind its back: keeping what happened, sending it, withdrawing.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::sender::{self, FlushReport, Sender};
use super::state::{State, key, number};
use super::storage::{Change, Storage};
use super::{clock, network};
use crate::event::{Body, Event, EventId};
use crate::history::History;

/// Everything behind one [`super::Recommender`], shared with the tasks it starts.
pub(super) struct Inner {
    pub(super) storage: Storage,
    pub(super) channel: String,
    pub(super) state: RefCell<State>,
    /// Absent while a flush runs.
    pub(super) sender: RefCell<Option<Sender>>,
    pub(super) flush_planned: Cell<bool>,
    pub(super) closed: Cell<bool>,
}

impl Inner {
    /// Folds an event into the history and, as far as consent goes, into storage and the outbox, in one transaction that
    /// also takes in what another tab did meanwhile.
    pub(super) async fn record(&self, body: Body) -> Result<Option<EventId>, JsValue> {
        let time_ms = clock::now_ms();
        let (stores, sends) = {
            let mut state = self.state.borrow_mut();
            let State {
                engine, visitor, ..
            } = &mut *state;
            engine.observe(visitor, time_ms, &body);
            let sends = state.consent.allows_upload() && state.device.is_some() && self.sends();
            (state.consent.allows_storage(), sends)
        };
        if !stores {
            return Ok(None);
        }
        let id = EventId::new(time_ms, &clock::random_bytes());
        self.storage
            .update(&[key::HISTORY, key::SEQUENCE], &mut |values| {
                let mut state = self.state.borrow_mut();
                let stored = values
                    .first()
                    .and_then(|value| History::restore(&value.as_string()?).ok());
                if let Some(history) = stored {
                    let State {
                        engine, visitor, ..
                    } = &mut *state;
                    visitor.history = history;
                    engine.observe(visitor, time_ms, &body);
                }
                let mut changes = vec![Change::state(
                    key::HISTORY,
                    state.visitor.history.snapshot(),
                )];
                let device = state
                    .device
                    .filter(|_| sends && state.consent.allows_upload());
                if let Some(device) = device {
                    let sequence = values.get(1).map_or(0, number) + 1;
                    let (session, consent) = (state.session, state.consent.clone());
                    let event = Event {
                        id,
                        device,
                        sequence,
                        time_ms,
                        session,
                        user: None,
                        consent,
                        body: body.clone(),
                    };
                    let json = serde_json::to_string(&event).unwrap_or_default();
                    changes.push(Change::state(key::SEQUENCE, sequence.to_string()));
                    changes.push(Change::Put {
                        table: "events",
                        key: id.to_string(),
                        value: JsValue::from_str(&json),
                    });
                }
                changes
            })
            .await?;
        Ok(sends.then_some(id))
    }

    fn sends(&self) -> bool {
        // While a flush holds the sender there certainly is an address.
        self.sender
            .borrow()
            .as_ref()
            .is_none_or(|sender| sender.url.is_some())
    }

    /// Sends the queue, unless a flush is running.
    pub(super) async fn flush(&self) -> FlushReport {
        self.withdraw_pending().await;
        let device = self
            .state
            .borrow()
            .device
            .filter(|_| self.state.borrow().consent.allows_upload());
        // Without a device nothing is sent, and the sender stays where it is for the day there is one.
        let taken = device.and_then(|_| self.sender.borrow_mut().take());
        let (Some(device), Some(mut sender)) = (device, taken) else {
            let (pending, _, dropped) = sender::counts(&self.storage).await;
            return FlushReport {
                pending,
                dropped,
                ..FlushReport::default()
            };
        };
        let report = sender::flush(&mut sender, &self.storage, device).await;
        *self.sender.borrow_mut() = Some(sender);
        report
    }

    /// Tells the server about a withdrawal it has not confirmed yet.
    async fn withdraw_pending(&self) {
        let Some(device) = self.storage.text(key::WITHDRAWAL).await else {
            return;
        };
        let url = self
            .sender
            .borrow()
            .as_ref()
            .and_then(|sender| sender.url.clone());
        let Some(url) = url else { return };
        if network::is_online() && sender::withdraw(&url, &device).await {
            let _ = self
                .storage
                .write(vec![Change::forget(key::WITHDRAWAL)])
                .await;
        }
    }

    /// Flushes after a while, and again as long as something waits.
    pub(super) fn plan_flush(inner: &Rc<Self>, delay_ms: i64) {
        if inner.flush_planned.replace(true) {
            return;
        }
        let inner = Rc::clone(inner);
        spawn_local(async move {
            clock::sleep(delay_ms).await;
            inner.flush_planned.set(false);
            if inner.closed.get() {
                return;
            }
            let report = inner.flush().await;
            if let Some(wait_ms) = report.retry_in_ms {
                Self::plan_flush(&inner, wait_ms);
            }
        });
    }
}
