//! What one open page holds, and how it is kept between visits.

use wasm_bindgen::JsValue;

use super::clock;
use super::storage::{Change, Storage};
use crate::engine::Engine;
use crate::event::{Consent, DeviceId, SessionId};
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
    /// A device whose withdrawal the server has not confirmed yet.
    pub(in crate::wasm) const WITHDRAWAL: &str = "withdrawal";
    /// Set when the device's whole history has been uploaded from its first event on.
    pub(in crate::wasm) const REPLAYABLE: &str = "replayable";
}

/// Interactions older than this are forgotten: 180 days.
const RETENTION_MS: i64 = 180 * 86_400_000;

/// Everything a page's recommender holds.
pub(super) struct State {
    pub(super) engine: Engine,
    pub(super) visitor: Visitor,
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
    let parse =
        |text: Option<String>| text.and_then(|text| serde_json::from_str::<Consent>(&text).ok());
    let consent = parse(storage.text(key::CONSENT).await).unwrap_or_default();
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
            Err(error) => kept.problem = Some((error.code().into(), error.to_string())),
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

/// The changes that keep profile and history. The visitor's location is never written.
pub(super) fn keep(visitor: &Visitor) -> Vec<Change> {
    let profile = Profile {
        location: None,
        ..visitor.profile.clone()
    };
    let profile = serde_json::to_string(&profile).unwrap_or_default();
    vec![
        Change::state(key::PROFILE, profile),
        Change::state(key::HISTORY, visitor.history.snapshot()),
    ]
}

/// A number kept as text; 0 where there is none.
pub(super) fn number(value: &JsValue) -> u64 {
    value
        .as_string()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}
