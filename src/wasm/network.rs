//! Requests, with a time limit on each.

use js_sys::{Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, RequestInit, Response};

use super::clock;
use crate::outbox::Reply;

/// A server that asks for more than a day is asked again after a day.
const LIMIT_RETRY_AFTER_S: i64 = 86_400;

async fn send(url: &str, init: &RequestInit, limit_ms: i64) -> Result<Response, JsValue> {
    let controller = AbortController::new()?;
    init.set_signal(Some(&controller.signal()));
    spawn_local(async move {
        clock::limit(limit_ms).await;
        controller.abort();
    });
    let fetch: Function =
        Reflect::get(&js_sys::global(), &JsValue::from_str("fetch"))?.dyn_into()?;
    let promise: Promise = fetch
        .call2(&JsValue::UNDEFINED, &JsValue::from_str(url), init)?
        .dyn_into()?;
    JsFuture::from(promise).await?.dyn_into()
}

fn plain(init: &RequestInit) {
    init.set_credentials(web_sys::RequestCredentials::SameOrigin);
    init.set_referrer_policy(web_sys::ReferrerPolicy::NoReferrer);
}

/// How far a copy in the browser's cache is trusted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cached {
    /// As far as the server said.
    Trusted,
    /// Only where the server confirms it.
    Confirmed,
    /// Not at all: the server's own bytes replace it.
    Ignored,
}

/// The bytes at an address.
pub(super) async fn get(url: &str, cached: Cached, limit_ms: i64) -> Result<Uint8Array, String> {
    let init = RequestInit::new();
    plain(&init);
    init.set_cache(match cached {
        Cached::Trusted => web_sys::RequestCache::Default,
        Cached::Confirmed => web_sys::RequestCache::NoCache,
        Cached::Ignored => web_sys::RequestCache::Reload,
    });
    let say = |thrown: JsValue| format!("{url}: {}", super::convert::message(&thrown));
    let response = send(url, &init, limit_ms).await.map_err(say)?;
    if !response.ok() {
        return Err(format!("{url}: HTTP {}", response.status()));
    }
    let buffer = JsFuture::from(response.array_buffer().map_err(say)?)
        .await
        .map_err(say)?;
    Ok(Uint8Array::new(&buffer))
}

/// Posts JSON. No answer at all is status 0.
pub(super) async fn post(url: &str, json: &str, limit_ms: i64) -> Reply {
    let init = RequestInit::new();
    plain(&init);
    init.set_method("POST");
    init.set_body(&JsValue::from_str(json));
    let _ = Reflect::set(&init, &JsValue::from_str("keepalive"), &JsValue::TRUE);
    if let Ok(headers) = web_sys::Headers::new()
        && headers.set("content-type", "application/json").is_ok()
    {
        init.set_headers(&headers);
    }
    let nothing = Reply {
        status: 0,
        body: String::new(),
        retry_after_ms: None,
    };
    let Ok(response) = send(url, &init, limit_ms).await else {
        return nothing;
    };
    let retry_after = response.headers().get("retry-after").ok().flatten();
    let retry_after_ms = retry_after
        .and_then(|seconds| seconds.parse::<i64>().ok())
        .map(|seconds| seconds.clamp(0, LIMIT_RETRY_AFTER_S) * 1_000);
    let body = match response.text() {
        Ok(promise) => JsFuture::from(promise)
            .await
            .ok()
            .and_then(|text| text.as_string())
            .unwrap_or_default(),
        Err(_) => String::new(),
    };
    Reply {
        status: response.status(),
        body,
        retry_after_ms,
    }
}

/// Whether the browser believes it has a network; `true` where it does not say.
pub(super) fn is_online() -> bool {
    let navigator = Reflect::get(&js_sys::global(), &JsValue::from_str("navigator"));
    let online =
        navigator.and_then(|navigator| Reflect::get(&navigator, &JsValue::from_str("onLine")));
    online
        .ok()
        .and_then(|online| online.as_bool())
        .unwrap_or(true)
}
