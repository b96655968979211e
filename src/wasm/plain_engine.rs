//! The engine alone: a bundle's bytes in, slates out. No storage, no network, no clock.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;

use super::convert;
use crate::bundle::Files;
use crate::engine::Engine;
use crate::error::{RecommenderError, RequestError};
use crate::history::{History, Profile, Visitor};
use crate::rank::Request;

/// An opened bundle, for Node, workers and tests.
#[wasm_bindgen]
pub struct PlainEngine {
    engine: Engine,
}

#[wasm_bindgen]
impl PlainEngine {
    /// Opens the bundle `id` from an array of `[path, Uint8Array]` pairs, the manifest among them. The self-test runs.
    pub fn open(id: &str, files: Array) -> Result<PlainEngine, JsValue> {
        let mut bundle = Files::default();
        for pair in files.iter() {
            let pair = Array::from(&pair);
            let path = pair.get(0).as_string().unwrap_or_default();
            bundle.insert(path, Uint8Array::new(&pair.get(1)).to_vec());
        }
        let engine = Engine::open(id, &bundle).map_err(|error| convert::error(&error))?;
        Ok(Self { engine })
    }

    /// The slate for a profile, a history snapshot (or an empty text) and a request, all JSON; the slate as JSON.
    pub fn recommend(
        &self,
        profile: &str,
        history: &str,
        request: &str,
    ) -> Result<String, JsValue> {
        self.slate(profile, history, request)
            .map_err(|error| convert::error(&error))
    }
}

impl PlainEngine {
    fn slate(
        &self,
        profile: &str,
        history: &str,
        request: &str,
    ) -> Result<String, RecommenderError> {
        let malformed = |error: serde_json::Error| RequestError::Malformed {
            detail: error.to_string(),
        };
        let profile: Profile = serde_json::from_str(profile).map_err(malformed)?;
        let history = if history.is_empty() {
            History::default()
        } else {
            History::restore(history)?
        };
        let request: Request = serde_json::from_str(request).map_err(malformed)?;
        let slate = self
            .engine
            .recommend(&Visitor { profile, history }, &request)?;
        Ok(serde_json::to_string(&slate).map_err(malformed)?)
    }
}
