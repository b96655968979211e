//! Is a channel from whoever the page trusts? The package asks the browser's own cryptography; what it says decides.

use js_sys::{Function, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::swap::Problem;

/// Whom a page trusts: everybody, or whoever signed with one of its keys.
pub(super) struct Trust {
    /// Takes a channel's bytes and its signatures, and promises why they are not to be trusted: nothing where they are.
    doubt: Option<Function>,
}

impl Trust {
    pub(super) fn new(doubt: Option<Function>) -> Self {
        Self { doubt }
    }

    /// Whether channels need a signature here.
    pub(super) fn is_asked_for(&self) -> bool {
        self.doubt.is_some()
    }

    /// Asks whether one of the signatures is for these bytes, by one of the keys.
    pub(super) async fn confirm(&self, channel: &[u8], signatures: &str) -> Result<(), Problem> {
        let Some(doubt) = &self.doubt else {
            return Ok(());
        };
        let bytes = Uint8Array::from(channel);
        let asked = doubt
            .call2(&JsValue::UNDEFINED, &bytes, &JsValue::from_str(signatures))
            .and_then(JsCast::dyn_into::<Promise>);
        let answer = match asked {
            Ok(promise) => JsFuture::from(promise).await,
            Err(thrown) => Err(thrown),
        };
        match answer {
            Ok(nothing) if nothing.is_null() || nothing.is_undefined() => Ok(()),
            Ok(reason) => Err(distrusted(&reason.as_string().unwrap_or_default())),
            Err(thrown) => Err(distrusted(&super::convert::message(&thrown))),
        }
    }
}

/// A channel that nobody this page trusts has signed.
pub(super) fn distrusted(detail: &str) -> Problem {
    let advice = "the bundle of the last visit goes on, if there is one; publish with `--sign` and the key whose public half the page names";
    (
        "BUNDLE_SIGNATURE".to_owned(),
        format!("the channel is not trusted: {detail}; {advice}"),
    )
}
