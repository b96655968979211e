//! SHA-256 by the browser itself: many times faster than a module can, and not on the page's own thread.

use js_sys::{Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::bundle::sha256_hex;

/// SHA-256 as 64 hexadecimal digits, by the module where the browser does not offer it, as outside of secure contexts.
pub(super) async fn sha256(bytes: &Uint8Array) -> String {
    match by_browser(bytes).await {
        Some(digest) => digest,
        None => sha256_hex(&bytes.to_vec()),
    }
}

async fn by_browser(bytes: &Uint8Array) -> Option<String> {
    let digest = JsFuture::from(begin(bytes).ok()?).await.ok()?;
    let bytes = Uint8Array::new(&digest).to_vec();
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn begin(bytes: &Uint8Array) -> Result<Promise, JsValue> {
    let part = |of: &Object, name: &str| -> Result<Object, JsValue> {
        Reflect::get(of, &JsValue::from_str(name))?.dyn_into()
    };
    let subtle = part(&part(&js_sys::global(), "crypto")?, "subtle")?;
    let digest: Function = part(&subtle, "digest")?.dyn_into()?;
    let promise = digest.call2(&subtle, &JsValue::from_str("SHA-256"), bytes)?;
    promise.dyn_into()
}
