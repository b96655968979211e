//! What one open page holds, and how it is kept between visits.

use wasm_bindgen::JsValue;

use super::clock;
use super::consent::asks_not_to_be_tracked;
use super::storage::{Change, Storage};
use crate::engine::{Engine, Recollection};
use crate::event::{Body, Consent, DeviceId, SessionId};
use crate::history::{History, Profile, Visitor};

/// Keys of the state table.
pub(super) mod key {
    pub(in crate::wasm) const CONSENT: &str = "consent";
    pub(in crate::wasm) const PROFILE: &str = "profile";
    pub(in crate::wasm) const HISTORY: &str = "history";
    pub(in crate::wasm) const DEVICE: &str = "device";
    pub(in crate::wasm) const SEQUENCE: &str = "sequence";
    pub(in crate::wasm) const CHANNEL: &str = "channel";
    pub(in crate::wasm) const ACKNOWLEDGED: &str = "acknowledged";
    pub(in crate::wasm) const DROPPED: &str = "dropped";
    /// How sending fares, for all pages.
    pub(in crate::wasm) const PACE: &str = "pace";
    /// Which page may send, where the browser has no locks.
    pub(in crate::wasm) const LEASE: &str = "lease";
    /// Begins the keys of devices whose withdrawal the server has not confirmed yet.
    pub(in crate::wasm) const WITHDRAWAL: &str = "withdrawal:";
    /// A stored history this engine could not read, kept for the visitor's export.
    pub(in crate::wasm) const UNREADABLE: &str = "history-unreadable";
    /// What pages share: read in every transaction that changes any of it.
    pub(in crate::wasm) const SHARED: [&str; 3] = [CONSENT, DEVICE, HISTORY];
    /// Set when the device's whole history has been uploaded from its first event on.
    pub(in crate::wasm) const REPLAYABLE: &str = "replayable";
}

/// Interactions older than this are forgotten: 180 days.
const RETENTION_MS: i64 = 180 * 86_400_000;

/// Everything a page's recommender holds.
pub(super) struct State {
    pub(super) engine: Engine,
    pub(super) visitor: Visitor,
    /// What was made of the visitor's past for the last list.
    pub(super) recollection: Recollection,
    /// A stored history that another page wrote and this one cannot read.
    pub(super) unreadable_history: Option<String>,
    pub(super) consent: Consent,
    pub(super) device: Option<DeviceId>,
    pub(super) session: SessionId,
    /// Decides exploration for this visit, so that the list does not flicker between two looks.
    pub(super) seed: u64,
    pub(super) replayable: bool,
    pub(super) source: &'static str,
    pub(super) variant: String,
    pub(super) problem: Option<(String, String)>,
}

/// What was kept of the visitor.
pub(super) struct Kept {
    pub(super) visitor: Visitor,
    pub(super) consent: Consent,
    pub(super) device: Option<DeviceId>,
    pub(super) replayable: bool,
    /// A stored history that could not be read.
    pub(super) problem: Option<(String, String)>,
}

/// Reads what was kept. Whatever cannot be read starts empty; nothing stops the page.
pub(super) async fn load(storage: &Storage) -> Kept {
    let consent = storage.text(key::CONSENT).await;
    let consent: Consent = consent
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let consent = consent.under_signal(asks_not_to_be_tracked());
    let mut kept = Kept {
        visitor: Visitor::default(),
        consent,
        device: None,
        replayable: false,
        problem: None,
    };
    if !kept.consent.allows_storage() {
        return kept;
    }
    if let Some(profile) = storage.text(key::PROFILE).await {
        kept.visitor.profile = serde_json::from_str(&profile).unwrap_or_default();
    }
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
    let device = storage.text(key::DEVICE).await;
    kept.device = device.and_then(|id| serde_json::from_value(serde_json::Value::String(id)).ok());
    kept.replayable = storage.text(key::REPLAYABLE).await.is_some();
    kept
}

impl State {
    /// Folds an event into the visitor's history.
    pub(super) fn observe(&mut self, time_ms: i64, body: &Body) {
        self.engine.observe(&mut self.visitor, time_ms, body);
    }

    /// Takes in what other pages decided and did meanwhile, from the stored values of [`key::SHARED`]. A page that keeps
    /// nothing stays on its own unless it is `joining` the others.
    pub(super) fn adopt(&mut self, values: &[JsValue], joining: bool) {
        let text = |index: usize| values.get(index).and_then(JsValue::as_string);
        let consent = text(0)
            .and_then(|text| serde_json::from_str::<Consent>(&text).ok())
            .map(|consent| consent.under_signal(asks_not_to_be_tracked()));
        match consent.filter(Consent::allows_storage) {
            Some(consent) if self.consent.allows_storage() || joining => {
                self.consent = consent;
                let device = text(1).map(serde_json::Value::String);
                self.device = device.and_then(|id| serde_json::from_value(id).ok());
                self.unreadable_history = None;
                match text(2).map(|snapshot| (History::restore(&snapshot), snapshot)) {
                    Some((Ok(history), _)) => self.visitor.history = history,
                    Some((Err(_), snapshot)) => self.unreadable_history = Some(snapshot),
                    None => self.visitor.history = History::default(),
                }
                self.visitor
                    .history
                    .forget_before(clock::now_ms() - RETENTION_MS);
            }
            None if self.consent.allows_storage() => {
                // Withdrawn on another page.
                self.consent = Consent::default();
                (self.device, self.replayable) = (None, false);
                self.visitor = Visitor::default();
            }
            _ => {}
        }
    }
}

/// The change that keeps the profile. The visitor's location is never written.
pub(super) fn keep_profile(visitor: &Visitor) -> Change {
    let profile = Profile {
        location: None,
        ..visitor.profile.clone()
    };
    Change::state(
        key::PROFILE,
        serde_json::to_string(&profile).unwrap_or_default(),
    )
}

/// The change that keeps the history. What another page wrote and this one cannot read stays as it is.
pub(super) fn keep_history(state: &State) -> Change {
    let unreadable = state.unreadable_history.clone();
    let snapshot = unreadable.unwrap_or_else(|| state.visitor.history.snapshot());
    Change::state(key::HISTORY, snapshot)
}

/// A number kept as text; 0 where there is none.
pub(super) fn number(value: &JsValue) -> u64 {
    value
        .as_string()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}
