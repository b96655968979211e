//! Time and chance, from the browser.

use js_sys::{Date, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// The device's clock, Unix ms.
pub(super) fn now_ms() -> i64 {
    Date::now() as i64
}

/// Random bytes fit for identifiers; where the browser offers none, bytes from the clock, so that the page goes on.
pub(super) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if getrandom::fill(&mut bytes).is_err() {
        let mut random = crate::math::Random::new(Date::now().to_bits() ^ js_sys::Math::random().to_bits());
        bytes.iter_mut().for_each(|byte| *byte = random.next_u64() as u8);
    }
    bytes
}

/// Waits.
pub(super) async fn sleep(milliseconds: i64) {
    let promise = Promise::new(&mut |resolve, _| {
        let timer = Reflect::get(&js_sys::global(), &JsValue::from_str("setTimeout"));
        if let Some(timer) = timer.ok().and_then(|timer| timer.dyn_into::<Function>().ok()) {
            let delay = JsValue::from_f64(milliseconds.clamp(0, 2_000_000_000) as f64);
            let _ = timer.call2(&JsValue::UNDEFINED, &resolve, &delay);
        }
    });
    let _ = JsFuture::from(promise).await;
}
