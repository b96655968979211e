//! Requests, with a time limit on each.

use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, ReadableWritablePair, RequestInit, Response};

use super::clock;
use crate::outbox::Reply;

/// A server that asks for more than a day is asked again after a day.
const LIMIT_RETRY_AFTER_S: i64 = 86_400;

/// Begins a request; it ends by itself after the limit.
fn begin(url: &str, init: &RequestInit, limit_ms: i64) -> Result<Promise, JsValue> {
    let controller = AbortController::new()?;
    init.set_signal(Some(&controller.signal()));
    spawn_local(async move {
        clock::limit(limit_ms).await;
        controller.abort();
    });
    let fetch: Function =
        Reflect::get(&js_sys::global(), &JsValue::from_str("fetch"))?.dyn_into()?;
    fetch
        .call2(&JsValue::UNDEFINED, &JsValue::from_str(url), init)?
        .dyn_into()
}

async fn send(url: &str, init: &RequestInit, limit_ms: i64) -> Result<Response, JsValue> {
    JsFuture::from(begin(url, init, limit_ms)?)
        .await?
        .dyn_into()
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

/// Posts JSON. The request begins at once, may outlive its page, and no answer at all is status 0.
pub(super) fn post(url: &str, json: &str, limit_ms: i64) -> impl Future<Output = Reply> + use<> {
    answer(begin_post(url, &JsValue::from_str(json), false, limit_ms))
}

/// Posts JSON as gzip, where it is wished and the browser can; plain otherwise.
pub(super) async fn post_batch(url: &str, json: &str, packed: bool, limit_ms: i64) -> Reply {
    let body = if packed { pack(json).await.ok() } else { None };
    match body {
        Some(body) => answer(begin_post(url, &body, true, limit_ms)).await,
        None => post(url, json, limit_ms).await,
    }
}

async fn pack(json: &str) -> Result<JsValue, JsValue> {
    let maker: Function =
        Reflect::get(&js_sys::global(), &JsValue::from_str("CompressionStream"))?.dyn_into()?;
    let packer = Reflect::construct(&maker, &Array::of1(&JsValue::from_str("gzip")))?;
    let plain = Response::new_with_opt_str(Some(json))?;
    let stream = plain.body().ok_or(JsValue::NULL)?;
    let packed = stream.pipe_through(packer.unchecked_ref::<ReadableWritablePair>());
    let packed = Response::new_with_opt_readable_stream(Some(&packed))?;
    JsFuture::from(packed.array_buffer()?).await
}

fn begin_post(url: &str, body: &JsValue, packed: bool, limit_ms: i64) -> Result<Promise, JsValue> {
    let init = RequestInit::new();
    plain(&init);
    init.set_method("POST");
    init.set_body(body);
    Reflect::set(&init, &JsValue::from_str("keepalive"), &JsValue::TRUE)?;
    let headers = web_sys::Headers::new()?;
    headers.set("content-type", "application/json")?;
    if packed {
        headers.set("content-encoding", "gzip")?;
    }
    init.set_headers(&headers);
    begin(url, &init, limit_ms)
}

async fn answer(request: Result<Promise, JsValue>) -> Reply {
    let nothing = Reply {
        status: 0,
        body: String::new(),
        retry_after_ms: None,
    };
    let Ok(request) = request else { return nothing };
    let response = JsFuture::from(request).await;
    let Ok(response) = response.and_then(JsCast::dyn_into::<Response>) else {
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

/// Whether this browser keeps a request alive whose page is gone, if asked to.
pub(super) fn requests_outlive_pages() -> bool {
    let request = Reflect::get(&js_sys::global(), &JsValue::from_str("Request"));
    request
        .and_then(|request| Reflect::get(&request, &JsValue::from_str("prototype")))
        .and_then(|prototype| Reflect::has(&prototype, &JsValue::from_str("keepalive")))
        .unwrap_or(false)
}

/// Hands JSON to the browser to post some time; whether it took it.
pub(super) fn beacon(url: &str, json: &str) -> Result<bool, JsValue> {
    let global = js_sys::global();
    let maker: Function = Reflect::get(&global, &JsValue::from_str("Blob"))?.dyn_into()?;
    let options = js_sys::Object::new();
    Reflect::set(
        &options,
        &JsValue::from_str("type"),
        &JsValue::from_str("application/json"),
    )?;
    let parts = Array::of1(&JsValue::from_str(json));
    let body = Reflect::construct(&maker, &Array::of2(&parts, &options))?;
    let navigator = Reflect::get(&global, &JsValue::from_str("navigator"))?;
    let send: Function = Reflect::get(&navigator, &JsValue::from_str("sendBeacon"))?.dyn_into()?;
    let taken = send.call2(&navigator, &JsValue::from_str(url), &body)?;
    Ok(taken.is_truthy())
}

/// An address as other pages understand it too; as it was given where nobody knows what it is relative to.
pub(super) fn absolute(url: &str) -> String {
    let global = js_sys::global();
    let of = |object: &JsValue, name: &str| Reflect::get(object, &JsValue::from_str(name));
    let href = of(&global, "location").and_then(|location| of(&location, "href"));
    let made = of(&global, "URL")
        .and_then(JsCast::dyn_into::<Function>)
        .and_then(|maker| {
            let parts = Array::of2(&JsValue::from_str(url), &href.unwrap_or(JsValue::UNDEFINED));
            Reflect::construct(&maker, &parts)
        });
    let text = made.and_then(|made| of(&made, "href"));
    text.ok()
        .and_then(|text| text.as_string())
        .unwrap_or_else(|| url.to_owned())
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
