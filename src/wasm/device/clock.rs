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
        let mut random =
            crate::math::Random::new(Date::now().to_bits() ^ js_sys::Math::random().to_bits());
        bytes
            .iter_mut()
            .for_each(|byte| *byte = random.next_u64() as u8);
    }
    bytes
}

/// A number in [0, 1).
pub(super) fn uniform() -> f64 {
    crate::math::Random::new(u64::from_le_bytes(random_bytes())).uniform()
}

/// Waits.
pub(super) async fn sleep(milliseconds: i64) {
    wait(milliseconds, true).await;
}

/// Waits as a limit does: a program that has nothing else to do (Node) ends without it.
pub(super) async fn limit(milliseconds: i64) {
    wait(milliseconds, false).await;
}

async fn wait(milliseconds: i64, keeps_running: bool) {
    let promise = Promise::new(&mut |resolve, _| {
        let method = |of: &JsValue, name: &str| {
            Reflect::get(of, &JsValue::from_str(name))?.dyn_into::<Function>()
        };
        let Ok(set_timeout) = method(&js_sys::global(), "setTimeout") else {
            return;
        };
        let delay = JsValue::from_f64(milliseconds.clamp(0, 2_000_000_000) as f64);
        let timer = set_timeout.call2(&JsValue::UNDEFINED, &resolve, &delay);
        if let Ok(timer) = timer.as_ref()
            && !keeps_running
            && let Ok(unref) = method(timer, "unref")
        {
            let _ = unref.call0(timer);
        }
    });
    let _ = JsFuture::from(promise).await;
}
