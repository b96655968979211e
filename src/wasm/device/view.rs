//! What a page gets to see of slates and status, and how its requests are completed.

use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};

use super::state::State;
use super::storage::Storage;
use super::{clock, convert};
use crate::engine::ActivityCard;
use crate::error::RecommenderError;
use crate::rank::{Request, Slate, SlateItem};

#[derive(Serialize)]
struct Problem<'a> {
    code: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct Status<'a> {
    source: &'a str,
    bundle: &'a str,
    variant: &'a str,
    storage: &'a str,
    unsaved: usize,
    problem: Option<Problem<'a>>,
}

/// A slate's item with what the page shows of the activity.
#[derive(Serialize)]
struct ItemView<'a> {
    #[serde(flatten)]
    item: &'a SlateItem,
    card: Option<ActivityCard>,
}

/// A request with what the page left open filled in: now, this visit's seed, the main list.
pub(super) fn read_request(request: &JsValue, state: &State) -> Result<Request, RecommenderError> {
    let mut request: Request = if request.is_undefined() || request.is_null() {
        Request::default()
    } else {
        convert::read(request)?
    };
    if request.now_ms == 0 {
        request.now_ms = clock::now_ms();
    }
    if request.seed == 0 {
        request.seed = state.seed;
    }
    if request.placement.is_empty() {
        request.placement = "list".into();
    }
    Ok(request)
}

/// A slate with the cards of its activities.
pub(super) fn slate_view(state: &State, mut slate: Slate) -> Result<JsValue, JsValue> {
    // What is never sent cannot be replayed: profile and position must have decided nothing.
    let profile = &state.visitor.profile;
    let told_nothing = !profile.is_complete() && profile.availability.is_empty();
    let is_whole = state.account().is_some_and(|account| account.replayable);
    let replayable =
        is_whole && state.consent.allows_upload() && told_nothing && profile.location.is_none();
    for item in &mut slate.items {
        item.shown.replayable = replayable;
        if !replayable {
            // Nobody could recompute it, and whoever tries profiles until the digest fits would learn what is never sent.
            item.shown.features.clear();
        }
    }
    let items: Vec<ItemView<'_>> = slate
        .items
        .iter()
        .map(|item| ItemView {
            item,
            card: state.engine.card(&item.activity),
        })
        .collect();
    let view = convert::write(&slate)?;
    let views = js_sys::Array::from(&convert::write(&items)?);
    for item in views.iter() {
        let card = js_sys::Reflect::get(&item, &JsValue::from_str("card"))?;
        js_sys::Reflect::set(&item, &JsValue::from_str("activity"), &card)?;
        js_sys::Reflect::delete_property(
            item.unchecked_ref::<js_sys::Object>(),
            &JsValue::from_str("card"),
        )?;
    }
    js_sys::Reflect::set(&view, &JsValue::from_str("items"), &views)?;
    Ok(view)
}

/// What is running, and on what.
pub(super) fn status_view(state: &State, storage: &Storage) -> Result<JsValue, JsValue> {
    let problem = state
        .problem
        .as_ref()
        .map(|(code, message)| Problem { code, message });
    convert::write(&Status {
        source: state.source,
        bundle: &state.engine.bundle().id,
        variant: &state.variant,
        storage: storage.kind(),
        unsaved: state.unsaved.borrow().len() + storage.in_memory("events"),
        problem,
    })
}
