//! A visitor's decision, carried out: what it no longer covers is deleted here and, where events were sent, there.

use js_sys::Reflect;
use serde::Serialize;
use wasm_bindgen::JsValue;

use super::clock;
use super::state::{State, keep_accounts, keep_history, keep_profile, key};
use super::storage::Change;
use crate::event::{Consent, DeviceId, Grade};
use crate::json;

/// The version of the text the package shows with its three grades.
pub(super) const TEXT_VERSION: &str = "2026-11";

/// What a page hands over.
pub(super) struct Choice {
    grade: Grade,
    location: bool,
    minor: bool,
}

crate::json::object! { Choice: strict { grade } { location, minor } }

impl Choice {
    /// The choice that leads to the consent in force.
    pub(super) fn of(consent: &Consent) -> Self {
        Self {
            grade: consent.grade,
            location: consent.location,
            minor: consent.minor,
        }
    }
}

/// What a page gets back.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct View<'a> {
    grade: Grade,
    location: bool,
    minor: bool,
    text_version: &'a str,
    time_ms: Option<i64>,
    /// Whether the browser asks not to be tracked.
    signal: bool,
}

impl<'a> View<'a> {
    pub(super) fn of(consent: &'a Consent) -> Self {
        let Consent {
            grade,
            location,
            minor,
            text_version,
            time_ms,
        } = consent;
        let time_ms = (*time_ms != 0).then_some(*time_ms);
        Self {
            grade: *grade,
            location: *location,
            minor: *minor,
            text_version,
            time_ms,
            signal: asks_not_to_be_tracked(),
        }
    }
}

/// Whether this browser tells every page that its visitor does not want to be tracked: Global Privacy Control, or Do Not
/// Track.
pub(super) fn asks_not_to_be_tracked() -> bool {
    let of = |object: &JsValue, name: &str| Reflect::get(object, &JsValue::from_str(name));
    let Ok(navigator) = of(&js_sys::global(), "navigator") else {
        return false;
    };
    let says = |name: &str| of(&navigator, name).unwrap_or(JsValue::UNDEFINED);
    says("globalPrivacyControl").is_truthy() || says("doNotTrack") == JsValue::from_str("1")
}

/// Applies a choice to the page's state; gives the changes to storage, the decision itself among them.
pub(super) fn apply(state: &mut State, choice: &Choice) -> Vec<Change> {
    let before = state.consent.clone();
    let chosen = Consent {
        grade: choice.grade,
        location: choice.location,
        minor: choice.minor,
        text_version: TEXT_VERSION.to_owned(),
        time_ms: clock::now_ms(),
    };
    state.consent = chosen.under_signal(asks_not_to_be_tracked());
    let now = &state.consent;
    let mut changes = vec![Change::state(
        key::CONSENT,
        json::write(now).unwrap_or_default(),
    )];
    if !now.allows_location() {
        state.visitor.profile.location = None;
    }
    // Also where names are left of a time before the browser asked not to be tracked, and those at other addresses.
    if !state.accounts.is_empty() && !now.allows_upload() {
        changes.extend(forget_devices(state));
    }
    if now_allows_less(&before, &state.consent) {
        state.forget_visitor();
        changes.extend([key::HISTORY, key::PROFILE, key::UNREADABLE].map(Change::forget));
    } else if state.consent.allows_storage() {
        changes.extend([keep_profile(&state.visitor), keep_history(state)]);
    }
    if state.consent.allows_upload() && state.account().is_none() {
        // From here on everything is sent; what happened before never is, so only an empty history is complete.
        let replayable = state.visitor.history.is_empty();
        let device = DeviceId::new(clock::random_bytes());
        state.accounts.open(&state.address, device, replayable);
        changes.push(keep_accounts(&state.accounts));
    }
    changes
}

fn now_allows_less(before: &Consent, now: &Consent) -> bool {
    now.minor && !before.minor || before.allows_storage() && !now.allows_storage()
}

/// Empties the queues and gives the device's names up; each address is told as soon as it can be.
pub(super) fn forget_devices(state: &mut State) -> Vec<Change> {
    state.fresh.clear();
    state.unsaved.borrow_mut().clear();
    let mut changes = vec![
        Change::Clear { table: "events" },
        Change::forget(key::DEVICES),
    ];
    let closed = state.accounts.close().into_iter();
    // Nothing was sent where there is no address.
    let told = closed.filter(|account| !account.url.is_empty());
    changes.extend(told.map(|account| {
        let withdrawal = format!("{}{}", key::WITHDRAWAL, account.device);
        Change::state(&withdrawal, account.url)
    }));
    changes
}
