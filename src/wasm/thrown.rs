//! Errors across the boundary, with their code.

use js_sys::{Error, Reflect};
use wasm_bindgen::JsValue;

use crate::error::RecommenderError;

/// An error as JavaScript sees it: an `Error` with a `code`.
pub(super) fn error(error: &RecommenderError) -> JsValue {
    coded(error.code(), &error.to_string())
}

/// An `Error` with a `code`.
pub(super) fn coded(code: &str, message: &str) -> JsValue {
    let error = Error::new(message);
    let _ = Reflect::set(&error, &JsValue::from_str("code"), &JsValue::from_str(code));
    error.into()
}
