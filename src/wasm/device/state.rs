//! What one open page holds, and how it is kept between visits.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsValue;

use super::clock;
use super::consent::asks_not_to_be_tracked;
use super::record::NOT_KEPT;
use super::storage::{Change, Storage};
use crate::engine::{Engine, Recollection};
use crate::event::{Body, Consent, DeviceId, Event, EventId, SessionId};
use crate::history::{History, Profile, Visitor};
use crate::json;
use crate::outbox::{Account, Accounts, Fresh, Pending, Saving, Unsaved, queue_key};

/// Keys of the state table.
pub(super) mod key {
    pub(in crate::wasm) const CONSENT: &str = "consent";
    pub(in crate::wasm) const PROFILE: &str = "profile";
    pub(in crate::wasm) const HISTORY: &str = "history";
    /// Under which name the device sends to each address, and how that fares.
    pub(in crate::wasm) const DEVICES: &str = "devices";
    pub(in crate::wasm) const CHANNEL: &str = "channel";
    /// Who signed the channel, as its `.sig` file had it.
    pub(in crate::wasm) const SIGNATURES: &str = "channel-signatures";
    /// Which bundle was verified last, and by which version of the module.
    pub(in crate::wasm) const VERIFIED: &str = "verified";
    /// Which page may send, where the browser has no locks.
    pub(in crate::wasm) const LEASE: &str = "lease";
    /// Begins the keys of devices whose withdrawal a server has not confirmed yet; the value is its address.
    pub(in crate::wasm) const WITHDRAWAL: &str = "withdrawal:";
    /// A stored history this engine could not read, kept for the visitor's export.
    pub(in crate::wasm) const UNREADABLE: &str = "history-unreadable";
    /// What pages share: read in every transaction that changes any of it.
    pub(in crate::wasm) const SHARED: [&str; 4] = [CONSENT, DEVICES, HISTORY, PROFILE];
}

/// Interactions older than this are forgotten: 180 days.
const RETENTION_MS: i64 = 180 * 86_400_000;

/// Everything a page's recommender holds.
pub(super) struct State {
    pub(super) engine: Rc<Engine>,
    pub(super) visitor: Visitor,
    /// What was made of the visitor's past for the last list.
    pub(super) recollection: Recollection,
    /// A stored history that another page wrote and this one cannot read.
    pub(super) unreadable_history: Option<String>,
    /// What holds on this page: sending only where the visitor let its address have what happens.
    pub(super) consent: Consent,
    /// The whole address that takes this page's events; nothing is ever sent where it is empty.
    pub(super) address: String,
    pub(super) accounts: Accounts,
    /// What this page stored in the last seconds, to be sent when it is hidden.
    pub(super) fresh: Fresh,
    /// What it could not store.
    pub(super) unsaved: Rc<RefCell<Unsaved>>,
    pub(super) session: SessionId,
    /// Decides exploration for this visit, so that the list does not flicker between two looks.
    pub(super) seed: u64,
    pub(super) source: &'static str,
    pub(super) variant: String,
    pub(super) problem: Option<(String, String)>,
}

/// What was kept of the visitor.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) visitor: Visitor,
    pub(super) consent: Consent,
    pub(super) accounts: Accounts,
    /// A stored history that could not be read.
    pub(super) problem: Option<(String, String)>,
}

/// Reads what was kept. Whatever cannot be read starts empty; nothing stops the page.
pub(super) async fn load(storage: &Storage, address: &str) -> Kept {
    let consent: Consent = parsed(storage.text(key::CONSENT).await);
    let mut kept = Kept {
        consent: consent.clone().under_signal(asks_not_to_be_tracked()),
        ..Kept::default()
    };
    if kept.consent != consent {
        // So that nobody sends for this page: a service worker cannot ask as much of the browser.
        let json = json::write(&kept.consent).unwrap_or_default();
        let _ = storage.write(vec![Change::state(key::CONSENT, json)]).await;
    }
    if !kept.consent.allows_storage() {
        return kept;
    }
    kept.visitor.profile = parsed(storage.text(key::PROFILE).await);
    if let Some(snapshot) = storage.text(key::HISTORY).await {
        match History::restore(&snapshot) {
            Ok(history) => kept.visitor.history = history,
            Err(error) => {
                kept.problem = Some((error.code().into(), error.to_string()));
                let aside = Change::state(key::UNREADABLE, snapshot);
                // Where this fails the history stays where it was.
                let _ = storage
                    .write(vec![aside, Change::forget(key::HISTORY)])
                    .await;
            }
        }
    }
    kept.visitor
        .history
        .forget_before(clock::now_ms() - RETENTION_MS);
    kept.accounts = parsed(storage.text(key::DEVICES).await);
    kept.consent = here(kept.consent, &kept.accounts, address);
    kept
}

/// What was kept as JSON; empty where there is nothing, or nothing that can be read.
pub(super) fn parsed<Value: json::FromJson + Default>(text: Option<String>) -> Value {
    text.and_then(|text| json::read(text.as_bytes()).ok())
        .unwrap_or_default()
}

/// A stored decision as far as it goes on this page: what another address may have, this one may not because of that.
fn here(consent: Consent, accounts: &Accounts, address: &str) -> Consent {
    consent.under_signal(asks_not_to_be_tracked() || accounts.get(address).is_none())
}

impl State {
    /// Folds an event into the visitor's history.
    pub(super) fn observe(&mut self, time_ms: i64, body: &Body) {
        self.engine.observe(&mut self.visitor, time_ms, body);
    }

    /// The device's account at this page's address.
    pub(super) fn account(&self) -> Option<&Account> {
        self.accounts.get(&self.address)
    }

    /// The device's name there.
    pub(super) fn device(&self) -> Option<DeviceId> {
        self.account().map(|account| account.device)
    }

    /// Under which name this page may send, if it may.
    pub(super) fn sends(&self) -> Option<DeviceId> {
        let may = self.consent.allows_upload() && !self.address.is_empty();
        self.device().filter(|_| may)
    }

    /// Takes in what other pages decided and did meanwhile, from the stored values of [`key::SHARED`]. A page that keeps
    /// nothing stays on its own unless it is `joining` the others.
    pub(super) fn adopt(&mut self, values: &[JsValue], joining: bool) {
        let text = |index: usize| values.get(index).and_then(JsValue::as_string);
        let consent: Consent = parsed(text(0));
        match consent.allows_storage() {
            true if self.consent.allows_storage() || joining => {
                let device = self.device();
                self.accounts = parsed(text(1));
                if device.is_some() && device != self.device() {
                    // Forgotten on another page: what happened before is neither sent under a new name nor stored again.
                    self.fresh.clear();
                    self.unsaved.borrow_mut().clear();
                }
                self.consent = here(consent, &self.accounts, &self.address);
                let location = self.visitor.profile.location.take();
                self.visitor.profile = Profile {
                    location: location.filter(|_| self.consent.allows_location()),
                    ..parsed(text(3))
                };
                self.unreadable_history = None;
                match text(2).map(|snapshot| (History::restore(&snapshot), snapshot)) {
                    Some((Ok(history), _)) => self.restored(history),
                    Some((Err(_), snapshot)) => self.unreadable_history = Some(snapshot),
                    None => self.restored(History::default()),
                }
            }
            false if self.consent.allows_storage() => {
                // Withdrawn on another page.
                self.consent = consent;
                self.accounts = Accounts::default();
                self.forget_visitor();
            }
            _ => {}
        }
    }

    /// The stored history holds, with what the disk had no room for.
    fn restored(&mut self, history: History) {
        self.visitor.history = history;
        self.visitor
            .history
            .forget_before(clock::now_ms() - RETENTION_MS);
        for (time_ms, body) in self.unsaved.borrow().history() {
            self.engine.observe(&mut self.visitor, time_ms, body);
        }
    }

    /// Nothing of the visitor is left in this page.
    pub(super) fn forget_visitor(&mut self) {
        self.visitor = Visitor::default();
        self.recollection = Recollection::default();
        self.unreadable_history = None;
        self.fresh.clear();
        self.unsaved.borrow_mut().clear();
    }

    /// The event that is to be sent for something that happened, with its number; `None` where this page may not send.
    pub(super) fn event(&self, id: EventId, time_ms: i64, body: &Body) -> Option<Queued> {
        let device = self.sends()?;
        let stored = self.account().map_or(0, |account| account.sequence);
        let sequence = stored.max(self.unsaved.borrow().sequence(device)) + 1;
        let event = Event {
            id,
            device,
            sequence,
            time_ms,
            session: self.session,
            user: None,
            consent: self.consent.clone(),
            body: body.clone(),
        };
        let json = json::write(&event).unwrap_or_default();
        let bytes = json.len();
        Some(Queued {
            device,
            sequence,
            pending: Pending { id, time_ms, bytes },
            json,
        })
    }

    /// The changes that bring the disk up to what this page knows, and what they tell it.
    pub(super) fn keep_news(&mut self) -> (Vec<Change>, Saving) {
        let unsaved = Rc::clone(&self.unsaved);
        let unsaved = unsaved.borrow();
        let saving = unsaved.saving();
        let mut changes = vec![keep_history(self)];
        if let Some(device) = self.sends() {
            let news = unsaved.events(device).iter();
            changes.extend(news.map(|(pending, json)| put_event(&self.address, pending.id, json)));
            let named = saving.named(device).iter();
            changes.extend(named.map(|id| delete_event(&self.address, *id)));
            if let Some(account) = self.accounts.get_mut(&self.address) {
                account.url.clone_from(&self.address);
                account.sequence = account.sequence.max(unsaved.sequence(device));
                account.acknowledged += saving.named(device).len() as u64;
                account.drop_events(saving.dropped(device) as usize);
            }
        }
        changes.push(keep_accounts(&self.accounts));
        (changes, saving)
    }

    /// What a transaction told is on the disk.
    pub(super) fn saved(&mut self, saving: &Saving) {
        self.unsaved.borrow_mut().saved(saving);
        let is_full = |(code, _): &mut (String, String)| code == NOT_KEPT;
        if *saving != Saving::default() {
            // There was no room, and there is.
            self.problem.take_if(is_full);
        }
    }
}

/// The change that takes an event out of the queue of an address.
pub(super) fn delete_event(address: &str, id: EventId) -> Change {
    Change::Delete {
        table: "events",
        key: queue_key(address, id),
    }
}

/// An event on its way into the queue.
#[derive(Clone)]
pub(super) struct Queued {
    pub(super) device: DeviceId,
    pub(super) sequence: u64,
    pub(super) pending: Pending,
    pub(super) json: String,
}

/// The change that puts an event into the queue of an address.
pub(super) fn put_event(address: &str, id: EventId, json: &str) -> Change {
    Change::Put {
        table: "events",
        key: queue_key(address, id),
        value: JsValue::from_str(json),
    }
}

/// The change that keeps the accounts.
pub(super) fn keep_accounts(accounts: &Accounts) -> Change {
    Change::state(key::DEVICES, json::write(accounts).unwrap_or_default())
}

/// The change that keeps the profile. The visitor's location is never written.
pub(super) fn keep_profile(visitor: &Visitor) -> Change {
    let profile = Profile {
        location: None,
        ..visitor.profile.clone()
    };
    Change::state(key::PROFILE, json::write(&profile).unwrap_or_default())
}

/// The change that keeps the history. What another page wrote and this one cannot read stays as it is.
pub(super) fn keep_history(state: &State) -> Change {
    let unreadable = state.unreadable_history.clone();
    let snapshot = unreadable.unwrap_or_else(|| state.visitor.history.snapshot());
    Change::state(key::HISTORY, snapshot)
}
