//! Keeping what happened: in one transaction with what other pages did, in memory where the disk has no room.

use wasm_bindgen::JsValue;

use super::inner::Inner;
use super::state::{Queued, State, key, put_event};
use super::{clock, convert};
use crate::event::{Body, EventId};
use crate::outbox::Saving;

/// The code of [`State::problem`] while something could not be kept.
pub(super) const NOT_KEPT: &str = "STORAGE_FAILED";

/// Something that is being stored.
pub(super) struct Storing {
    id: EventId,
    time_ms: i64,
    body: Body,
    /// The event, where it had to be sent before it was stored.
    early: Option<Queued>,
}

impl Inner {
    /// Folds an event into the history and, as far as consent goes, into storage and the outbox, in one transaction that
    /// also takes in what another page did meanwhile: a withdrawal there holds here too. Gives the event's id where it will
    /// be sent. What cannot be stored is kept in memory, and [`State::problem`] says so.
    pub(super) async fn record(&self, body: Body) -> Option<EventId> {
        let time_ms = clock::now_ms();
        if !self.state.borrow().consent.allows_storage() {
            self.state.borrow_mut().observe(time_ms, &body);
            return None;
        }
        let id = EventId::new(time_ms, &clock::random_bytes());
        self.storing.borrow_mut().push(Storing {
            id,
            time_ms,
            body: body.clone(),
            early: None,
        });
        let (mut noted, mut saving) = (None, Saving::default());
        let wrote = self
            .storage
            .update(&key::SHARED, &mut |values| {
                let mut state = self.state.borrow_mut();
                state.adopt(&values, false);
                let queued = self.note(&mut state, id, time_ms, &body);
                noted = Some(queued.clone());
                if !state.consent.allows_storage() {
                    return vec![];
                }
                let (mut changes, told) = state.keep_news();
                saving = told;
                changes.extend(queued.map(|queued| put_event(&state.address, id, &queued.json)));
                changes
            })
            .await;
        let mut state = self.state.borrow_mut();
        // A transaction that could not begin has noted nothing.
        let queued = noted.unwrap_or_else(|| self.note(&mut state, id, time_ms, &body));
        self.storing.borrow_mut().retain(|storing| storing.id != id);
        match wrote {
            Ok(()) => state.saved(&saving),
            Err(thrown) => keep_in_memory(&mut state, id, time_ms, body, queued.clone(), &thrown),
        }
        let Queued {
            device,
            pending,
            json,
            ..
        } = queued?;
        state.fresh.add(device, pending, json);
        Some(id)
    }

    /// Takes note of it in the page's state; gives the event that is to be sent.
    fn note(&self, state: &mut State, id: EventId, time_ms: i64, body: &Body) -> Option<Queued> {
        state.observe(time_ms, body);
        let storing = self.storing.borrow();
        let early = storing
            .iter()
            .find(|storing| storing.id == id)
            .and_then(|storing| storing.early.clone());
        let queued = match early {
            // Sent under a name that was given up meanwhile: not again under another.
            Some(early) => state
                .sends()
                .filter(|name| *name == early.device)
                .map(|_| early),
            None => state.event(id, time_ms, body),
        };
        let address = state.address.clone();
        if let (Some(queued), Some(account)) = (&queued, state.accounts.get_mut(&address)) {
            account.sequence = account.sequence.max(queued.sequence);
        }
        state
            .accounts
            .told_only(queued.as_ref().map(|_| address.as_str()));
        queued
    }

    /// The events that are being stored, with the numbers they will have: there is no time left to wait for the disk.
    pub(super) fn early(&self, state: &mut State) -> Vec<Queued> {
        let mut all = vec![];
        let address = state.address.clone();
        for storing in self.storing.borrow_mut().iter_mut() {
            let Some(queued) = storing
                .early
                .take()
                .or_else(|| state.event(storing.id, storing.time_ms, &storing.body))
            else {
                continue;
            };
            if let Some(account) = state.accounts.get_mut(&address) {
                account.sequence = account.sequence.max(queued.sequence);
            }
            storing.early = Some(queued.clone());
            all.push(queued);
        }
        all
    }

    /// Stores what the disk had no room for, where it has some now.
    pub(super) async fn store_unsaved(&self) {
        if !self.state.borrow().unsaved.borrow().has_news() {
            return;
        }
        let mut saving = Saving::default();
        let wrote = self
            .storage
            .update(&key::SHARED, &mut |values| {
                let mut state = self.state.borrow_mut();
                state.adopt(&values, false);
                if !state.consent.allows_storage() {
                    return vec![];
                }
                let (changes, told) = state.keep_news();
                saving = told;
                changes
            })
            .await;
        if wrote.is_ok() {
            self.state.borrow_mut().saved(&saving);
        }
    }
}

/// What happened counts, and waits in memory for room on the disk: the page says so from now on.
fn keep_in_memory(
    state: &mut State,
    id: EventId,
    time_ms: i64,
    body: Body,
    queued: Option<Queued>,
    thrown: &JsValue,
) {
    if !state.consent.allows_storage() {
        return;
    }
    let mut unsaved = state.unsaved.borrow_mut();
    // First the name, under which all the rest is kept.
    if let Some(queued) = queued {
        unsaved.add(queued.device, queued.sequence, queued.pending, queued.json);
    }
    unsaved.happened(id, time_ms, body);
    let message = format!(
        "this browser could not keep what happened ({}); the disk may be full: it waits in memory, is stored once there is room, and is lost if the page is closed before",
        convert::message(thrown)
    );
    state.problem = Some((NOT_KEPT.to_owned(), message));
}
