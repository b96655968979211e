//! The engine alone: a bundle's bytes in, slates out. No storage, no network, no clock.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use super::{array, convert, hash};
use crate::bundle::{Bundle, Files};
use crate::engine::{Engine, Recollection};
use crate::error::{RecommenderError, RequestError};
use crate::history::{History, Profile, Visitor};
use crate::json;
use crate::rank::Request;

/// An opened bundle, for Node, workers and tests.
#[wasm_bindgen]
pub struct PlainEngine {
    engine: Engine,
    visitor: Visitor,
    recollection: Recollection,
}

#[wasm_bindgen]
impl PlainEngine {
    /// Opens the bundle `id` from an array of `[path, Uint8Array]` pairs, the manifest among them. Files are hashed and the
    /// self-test runs, unless `verified` says that both were done before, to these very bytes by this very module. Nobody may
    /// change the arrays or hand their memory on as long as the engine is used: texts and what remembered activities say of
    /// others are read from them, and nothing notices that these have become others, or none.
    pub async fn open(
        id: String,
        files: Array,
        verified: Option<bool>,
    ) -> Result<PlainEngine, JsValue> {
        let is_verified = verified.unwrap_or(false);
        let mut bundle = Files::default();
        for pair in files.iter() {
            let pair = Array::from(&pair);
            let path = pair.get(0).as_string().unwrap_or_default();
            let bytes: Uint8Array = pair.get(1).dyn_into()?;
            if is_verified {
                bundle.insert_trusted(path, array::blob(bytes));
            } else {
                let sha256 = hash::sha256(&bytes).await;
                bundle.insert_hashed(path, array::blob(bytes), sha256);
            }
        }
        let engine = if is_verified {
            Bundle::open(&id, bundle).and_then(Engine::new)
        } else {
            Engine::open(&id, bundle)
        };
        let engine = engine.map_err(|error| convert::error(&error))?;
        Ok(Self {
            engine,
            visitor: Visitor::default(),
            recollection: Recollection::default(),
        })
    }

    /// Takes a visitor for [`PlainEngine::rank`]: a profile and a history snapshot (or an empty text), both JSON.
    #[wasm_bindgen(js_name = setVisitor)]
    pub fn set_visitor(&mut self, profile: &str, history: &str) -> Result<(), JsValue> {
        self.recollection = Recollection::default();
        self.visitor = visitor(profile, history).map_err(|error| convert::error(&error))?;
        Ok(())
    }

    /// Takes in one event body, JSON, of the visitor taken before.
    pub fn observe(&mut self, time_ms: f64, body: &str) -> Result<(), JsValue> {
        let body = json::read(body.as_bytes())
            .map_err(malformed)
            .map_err(|error| convert::error(&error))?;
        self.engine
            .observe(&mut self.visitor, time_ms as i64, &body);
        Ok(())
    }

    /// The list of [`PlainEngine::recommend`] for the visitor taken before, without JSON: rows of the catalogue and their
    /// scores into the given arrays, as many as fit. Returns how many.
    pub fn rank(
        &mut self,
        now_ms: f64,
        rows: &mut [u32],
        scores: &mut [f32],
    ) -> Result<usize, JsValue> {
        let request = Request {
            now_ms: now_ms as i64,
            limit: rows.len().min(scores.len()).try_into().unwrap_or(u16::MAX),
            ..Request::default()
        };
        let slate = self
            .engine
            .recommend_recalling(&self.visitor, &request, &mut self.recollection)
            .map_err(|error| convert::error(&error))?;
        let catalog = &self.engine.bundle().catalog;
        let places = rows.iter_mut().zip(scores);
        for (item, (row, score)) in slate.items.iter().zip(places) {
            *row = catalog.row(&item.activity).map_or(u32::MAX, |row| row.0);
            *score = item.score;
        }
        Ok(slate.items.len())
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
        let visitor = visitor(profile, history)?;
        let request: Request = json::read(request.as_bytes()).map_err(malformed)?;
        let slate = self.engine.recommend(&visitor, &request)?;
        serde_json::to_string(&slate).map_err(malformed)
    }
}

fn visitor(profile: &str, history: &str) -> Result<Visitor, RecommenderError> {
    let profile: Profile = json::read(profile.as_bytes()).map_err(malformed)?;
    let history = if history.is_empty() {
        History::default()
    } else {
        History::restore(history)?
    };
    Ok(Visitor { profile, history })
}

fn malformed(error: impl std::error::Error) -> RecommenderError {
    let detail = error.to_string();
    RequestError::Malformed { detail }.into()
}
