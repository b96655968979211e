//! SHA-256 by the browser itself: many times faster than a module can, and not on the page's own thread.

use js_sys::{Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::bundle::Files;

/// Puts bytes among the files, with their hash where the browser works it out. Nobody else holds the array: what is hashed
/// is what is copied.
pub(super) async fn hold(files: &mut Files, path: &str, bytes: &Uint8Array) {
    let sha256 = sha256(bytes).await;
    match sha256 {
        Some(sha256) => files.insert_hashed(path, bytes.to_vec(), sha256),
        None => files.insert(path, bytes.to_vec()),
    }
}

/// SHA-256 as 64 hexadecimal digits; nothing where the browser does not offer it, as outside of secure contexts.
async fn sha256(bytes: &Uint8Array) -> Option<String> {
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
