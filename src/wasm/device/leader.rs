//! One page of a device sends at a time: by a lock of the browser's, which ends with its page, and where there are no such
//! locks by a lease beside the queue.

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::clock;
use super::state::key;
use super::storage::{Change, Storage};
use crate::json;
use crate::outbox::{Lease, claim};

const NAME: &str = "triqueta-sender";

/// The right to send, until it is dropped or handed back.
pub(super) enum Leader {
    /// Nobody else can see this queue.
    Alone,
    /// The browser's lock, and what ends it.
    Lock(Function),
    /// A lease under this name.
    Lease(String),
}

impl Drop for Leader {
    fn drop(&mut self) {
        if let Self::Lock(end) = self {
            let _ = end.call0(&JsValue::UNDEFINED);
        }
    }
}

impl Leader {
    /// The right to send, where no other page has it. `me` is this page's name.
    pub(super) async fn claim(storage: &Storage, me: &str) -> Option<Self> {
        if !storage.is_shared() {
            return Some(Self::Alone);
        }
        match locks() {
            Some(locks) => match lock(&locks).await {
                Ok(end) => end.map(Self::Lock),
                // A page that may not use them, such as one in a sandbox, has no other page beside it.
                Err(_) => lease(storage, me).await,
            },
            None => lease(storage, me).await,
        }
    }

    /// Before each request: whether the right still holds.
    pub(super) async fn renew(&self, storage: &Storage) -> bool {
        match self {
            Self::Alone | Self::Lock(_) => true,
            Self::Lease(me) => lease(storage, me).await.is_some(),
        }
    }

    /// Hands the right back.
    pub(super) async fn release(self, storage: &Storage) {
        let Self::Lease(me) = &self else { return };
        // Where it ran out meanwhile it may be another page's.
        let mut decide = |values: Vec<JsValue>| {
            let mine = read(&values).filter(|lease| lease.holder == *me);
            mine.map(|_| Change::forget(key::LEASE))
                .into_iter()
                .collect()
        };
        // Where this fails it runs out by itself.
        let _ = storage.update(&[key::LEASE], &mut decide).await;
    }
}

fn read(values: &[JsValue]) -> Option<Lease> {
    let text = values.first().and_then(JsValue::as_string);
    text.and_then(|text| json::read(text.as_bytes()).ok())
}

fn locks() -> Option<JsValue> {
    let navigator = Reflect::get(&js_sys::global(), &JsValue::from_str("navigator")).ok()?;
    let locks = Reflect::get(&navigator, &JsValue::from_str("locks")).ok()?;
    locks.is_object().then_some(locks)
}

/// Asks for the lock without waiting for it; gives what ends it, or nothing where another page has it.
async fn lock(locks: &JsValue) -> Result<Option<Function>, JsValue> {
    let request: Function = Reflect::get(locks, &JsValue::from_str("request"))?.dyn_into()?;
    let options = Object::new();
    Reflect::set(&options, &JsValue::from_str("ifAvailable"), &JsValue::TRUE)?;
    let (held, end) = settled_later();
    let (granted, grant) = settled_later();
    // The browser keeps the lock until the promise that is given back is settled.
    let callback = Closure::once_into_js(move |lock: JsValue| {
        let is_mine = lock.is_object();
        let _ = grant.call1(&JsValue::UNDEFINED, &JsValue::from_bool(is_mine));
        if is_mine {
            held.into()
        } else {
            JsValue::UNDEFINED
        }
    });
    let asked: Promise = request
        .call3(locks, &JsValue::from_str(NAME), &options, &callback)?
        .dyn_into()?;
    let is_mine = JsFuture::from(Promise::race(&Array::of2(&granted, &asked))).await?;
    Ok(is_mine.is_truthy().then_some(end))
}

/// A promise, and what settles it.
fn settled_later() -> (Promise, Function) {
    // Not `Function::default()`: that is a function made of text, which a content policy refuses.
    let mut settle = JsValue::UNDEFINED;
    let promise = Promise::new(&mut |resolve, _| settle = resolve.into());
    (promise, settle.unchecked_into())
}

async fn lease(storage: &Storage, me: &str) -> Option<Leader> {
    let mut is_mine = false;
    let mut decide = |values: Vec<JsValue>| {
        let claimed = claim(read(&values).as_ref(), me, clock::now_ms());
        is_mine = claimed.is_some();
        let json = claimed.and_then(|lease| json::write(&lease).ok());
        json.map(|json| Change::state(key::LEASE, json))
            .into_iter()
            .collect()
    };
    let written = storage.update(&[key::LEASE], &mut decide).await.is_ok();
    (is_mine && written).then(|| Leader::Lease(me.to_owned()))
}
