//! Values across the boundary: plain objects in and out.

use js_sys::{JSON, Reflect};
use serde::Serialize;
use wasm_bindgen::JsValue;

use crate::error::{RecommenderError, RequestError};
use crate::json::{self, FromJson};
pub(super) use crate::wasm::thrown::{coded, error};

/// Reads a plain JavaScript value. Fields that are `undefined` count as absent.
pub(super) fn read<T: FromJson>(value: &JsValue) -> Result<T, RecommenderError> {
    let malformed = |detail: String| RecommenderError::from(RequestError::Malformed { detail });
    let text = JSON::stringify(value).map_err(|_| malformed("it is not a plain object".into()))?;
    let text = text.as_string().unwrap_or_else(|| String::from("null"));
    json::read(text.as_bytes()).map_err(|error| malformed(error.to_string()))
}

/// Makes a plain JavaScript value.
pub(super) fn write<T: Serialize>(value: &T) -> Result<JsValue, JsValue> {
    value
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .map_err(JsValue::from)
}

/// What a thrown value says.
pub(super) fn message(thrown: &JsValue) -> String {
    let text = Reflect::get(thrown, &JsValue::from_str("message"))
        .ok()
        .and_then(|message| message.as_string());
    text.or_else(|| thrown.as_string())
        .unwrap_or_else(|| String::from("unknown"))
}
