//! What the recommender of a page does behind its back: sending, withdrawing, hearing of other pages.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::clock;
use super::record::Storing;
use super::sender::{self, FlushReport, Outbox};
use super::state::{State, key};
use super::storage::Storage;
use super::swap::{self, Opened, Problem};
use super::trust::Trust;
use crate::outbox::{LOOKOUT_MS, Pending, Sender};

/// How long until a withdrawal is tried again that the server did not confirm.
const WITHDRAW_AGAIN_MS: i64 = 60_000;

/// Everything behind one [`super::Recommender`], shared with the tasks it starts.
pub(super) struct Inner {
    pub(super) storage: Rc<Storage>,
    pub(super) channel: String,
    /// Whose channel is taken.
    pub(super) trust: Rc<Trust>,
    pub(super) state: RefCell<State>,
    /// Absent while a flush runs.
    pub(super) sender: RefCell<Option<Sender>>,
    /// What is being stored now.
    pub(super) storing: RefCell<Vec<Storing>>,
    /// When the next flush is due, where one is planned.
    pub(super) planned_ms: Cell<Option<i64>>,
    pub(super) closed: Cell<bool>,
    /// Whom to tell that a bundle came which nobody asked for any more.
    pub(super) on_renewed: RefCell<Option<Function>>,
}

impl Inner {
    /// Takes in what other pages decided and did.
    pub(super) async fn refresh(&self) -> Result<(), JsValue> {
        if !self.storage.is_shared() {
            return Ok(());
        }
        let values = self.storage.read(&key::SHARED).await?;
        let mut state = self.state.borrow_mut();
        state.adopt(&values, false);
        // Something of it may have been forgotten there. It is stored, or was.
        state.fresh.clear();
        Ok(())
    }

    /// Asks the server for a newer bundle and takes it where it is good; whether there was one.
    pub(super) async fn renew(&self) -> bool {
        let (unit, current) = {
            let state = self.state.borrow();
            let device = state.device();
            let unit =
                device.map_or_else(|| state.session.to_string(), |device| device.to_string());
            (unit, Rc::clone(&state.engine))
        };
        let known = current.bundle().id.clone();
        let opened = swap::open(
            &self.storage,
            &self.channel,
            &self.trust,
            &unit,
            Some(current),
        );
        self.adopt(opened.await, &known)
    }

    /// Takes what was opened instead of the bundle `known`; whether it is another.
    pub(super) fn adopt(&self, opened: Result<Opened, Problem>, known: &str) -> bool {
        if self.closed.get() {
            return false;
        }
        let mut state = self.state.borrow_mut();
        // Trouble with what the visitor keeps stays to be read.
        let other = state.problem.take();
        let other =
            other.filter(|(code, _)| !code.starts_with("BUNDLE_") && code != "STORAGE_FULL");
        match opened {
            Ok(opened) => {
                (state.engine, state.variant) = (opened.engine, opened.variant);
                state.source = opened.source;
                state.problem = opened.problem.or(other);
                state.engine.bundle().id != known
            }
            Err(problem) => {
                state.problem = Some(problem);
                false
            }
        }
    }

    /// Waits for an opening that the first list did not wait for.
    pub(super) async fn catch_up(&self, opening: swap::Opening) {
        let known = self.state.borrow().engine.bundle().id.clone();
        let opened = opening.await;
        if self.adopt(opened, &known) {
            let told = self.on_renewed.borrow().clone();
            if let Some(told) = told {
                // What a listener throws is its own.
                let _ = told.call0(&JsValue::UNDEFINED);
            }
        }
    }

    /// Sends the queue, unless a flush is running here or in another page. Whether or not this page may send, the queue is
    /// kept within its bounds.
    pub(super) async fn flush(&self) -> FlushReport {
        self.store_unsaved().await;
        let withdrawn = self.withdraw_pending().await;
        let taken = self.sender.borrow_mut().take();
        let (address, device, me, unsaved) = {
            let state = self.state.borrow();
            let me = state.session.to_string();
            (
                state.address.clone(),
                state.sends(),
                me,
                Rc::clone(&state.unsaved),
            )
        };
        let outbox = Outbox {
            url: &address,
            storage: &self.storage,
            unsaved: &unsaved,
            me: &me,
        };
        let mut report = match taken {
            Some(mut sender) => {
                let (report, gone) = sender::flush(&mut sender, &outbox, device.is_some()).await;
                self.state.borrow_mut().fresh.remove(&gone);
                *self.sender.borrow_mut() = Some(sender);
                report
            }
            None => outbox.report().await,
        };
        if !withdrawn {
            let sooner = report.retry_in_ms.unwrap_or(i64::MAX);
            report.retry_in_ms = Some(sooner.min(WITHDRAW_AGAIN_MS));
        }
        report
    }

    /// The page is hidden and may not return: what it stored last is on its way before this ends, with what it could not
    /// store and what is still being stored. Nothing is deleted but by the server's answer, where that still finds the page.
    /// There is no time to ask whether another page sends: the server drops what comes twice.
    pub(super) fn leave(inner: &Rc<Self>) {
        let mut state = inner.state.borrow_mut();
        let Some(device) = state.sends() else { return };
        // Without a sender a request is under way already.
        let Some(mut sender) = inner.sender.borrow_mut().take() else {
            return;
        };
        let mut events: Vec<(Pending, String)> = state.unsaved.borrow().events(device).to_vec();
        events.extend_from_slice(state.fresh.now(device, clock::now_ms()));
        let early = inner.early(&mut state).into_iter();
        events.extend(early.map(|queued| (queued.pending, queued.json)));
        events.sort_by_key(|(pending, _)| pending.id);
        events.dedup_by_key(|(pending, _)| pending.id);
        let address = state.address.clone();
        drop(state);
        let Some(request) = sender::leave(&mut sender, &address, device, &events) else {
            *inner.sender.borrow_mut() = Some(sender);
            return;
        };
        let inner = Rc::clone(inner);
        spawn_local(async move {
            let reply = request.await;
            let gone = sender.answered(clock::now_ms(), clock::uniform(), &reply);
            let unsaved = Rc::clone(&inner.state.borrow().unsaved);
            inner.state.borrow_mut().fresh.remove(&gone);
            // How sending fares is the business of whoever has the right to send: this page may not have heard for a while.
            let outbox = Outbox {
                url: &address,
                storage: &inner.storage,
                unsaved: &unsaved,
                me: "",
            };
            outbox.settle(device, &gone, None).await;
            *inner.sender.borrow_mut() = Some(sender);
            Self::plan_flush(&inner, 0);
        });
    }

    /// Tells each address about withdrawals it has not confirmed yet; `false` where this page's own is left to be told. A
    /// page that sends nowhere tells nobody.
    async fn withdraw_pending(&self) -> bool {
        let address = self.state.borrow().address.clone();
        if address.is_empty() {
            return true;
        }
        sender::withdraw_all(&self.storage, &address).await
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
            let looks_out = inner.storage.is_shared() && inner.state.borrow().sends().is_some();
            let lookout_ms = looks_out.then_some(LOOKOUT_MS);
            if let Some(wait_ms) = report.retry_in_ms.or(lookout_ms) {
                Self::plan_flush(&inner, wait_ms);
            }
        });
    }
}
