//! The engine alone: a bundle's bytes in, slates out. No storage, no network, no clock.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use super::{array, thrown};
use crate::bundle::{Bundle, Files};
use crate::catalog::Row;
use crate::engine::{Engine, Recollection};
use crate::error::{RecommenderError, RequestError};
use crate::event::{ActivityId, Body};
use crate::history::{History, Visitor};
use crate::json;
use crate::rank::{Request, Slate};

/// An opened bundle and one visitor, for whoever keeps bundles, histories and events by other means.
#[wasm_bindgen]
pub struct PlainEngine {
    engine: Engine,
    visitor: Visitor,
    recollection: Recollection,
}

#[wasm_bindgen]
impl PlainEngine {
    /// Opens the bundle `id` from an array of `[path, Uint8Array, sha256]`, the manifest among them; the SHA-256 as 64
    /// hexadecimal digits, worked out from these very bytes, or nothing where the module is to do it, which takes longer than a
    /// browser. The self-test runs, unless `verified` says that hashes and self-test were done before, to these very bytes by this
    /// very module. Nobody may change the arrays or hand their memory on as long as the engine is used: texts and what remembered
    /// activities say of others are read from them, and nothing notices that these have become others, or none.
    pub fn open(id: &str, files: &Array, verified: bool) -> Result<PlainEngine, JsValue> {
        let mut bundle = Files::default();
        for file in files.iter() {
            let file = Array::from(&file);
            let path = file.get(0).as_string().unwrap_or_default();
            let bytes: Uint8Array = file.get(1).dyn_into()?;
            let bytes = array::blob(bytes);
            match file.get(2).as_string() {
                _ if verified => bundle.insert_trusted(path, bytes),
                Some(sha256) => bundle.insert_hashed(path, bytes, sha256),
                None => bundle.insert(path, bytes),
            }
        }
        let engine = if verified {
            Bundle::open(id, bundle).and_then(Engine::new)
        } else {
            Engine::open(id, bundle)
        };
        Ok(Self {
            engine: engine.map_err(|error| thrown::error(&error))?,
            visitor: Visitor::default(),
            recollection: Recollection::default(),
        })
    }

    /// Takes a visitor: a profile, JSON, and a history as [`PlainEngine::history`] gave it, or an empty text.
    #[wasm_bindgen(js_name = setVisitor)]
    pub fn set_visitor(&mut self, profile: &str, history: &str) -> Result<(), JsValue> {
        self.visitor = visitor(profile, history).map_err(|error| thrown::error(&error))?;
        self.recollection.begin_another();
        Ok(())
    }

    /// The visitor's history as JSON, to be kept until the next visit.
    pub fn history(&self) -> String {
        self.visitor.history.snapshot()
    }

    /// Takes in one event body, JSON, of the visitor.
    pub fn observe(&mut self, time_ms: f64, body: &str) -> Result<(), JsValue> {
        let body = event(body).map_err(|error| thrown::error(&error))?;
        self.engine
            .observe(&mut self.visitor, time_ms as i64, &body);
        Ok(())
    }

    /// Forgets what the visitor did about an activity.
    pub fn forget(&mut self, activity: String) {
        self.visitor.history.forget(&ActivityId(activity));
        // What was made of the past knows of it too.
        self.recollection = Recollection::default();
    }

    /// The list of [`PlainEngine::recommend`] without JSON: rows of the catalogue and their scores into the given arrays, as many
    /// as fit, whatever the request's limit. Returns how many.
    pub fn rank(
        &mut self,
        request: &str,
        rows: &mut [u32],
        scores: &mut [f32],
    ) -> Result<usize, JsValue> {
        let limit = rows.len().min(scores.len());
        let slate = self.slate(request, Some(limit));
        let slate = slate.map_err(|error| thrown::error(&error))?;
        let catalog = &self.engine.bundle().catalog;
        let places = rows.iter_mut().zip(scores);
        for (item, (row, score)) in slate.items.iter().zip(places) {
            *row = catalog.row(&item.activity).map_or(u32::MAX, |row| row.0);
            *score = item.score;
        }
        Ok(slate.items.len())
    }

    /// The slate for a request, both JSON.
    pub fn recommend(&mut self, request: &str) -> Result<String, JsValue> {
        let slate = self.slate(request, None);
        slate
            .and_then(|slate| json::write(&slate).map_err(malformed))
            .map_err(|error| thrown::error(&error))
    }

    /// How many rows the catalogue has, withdrawn activities among them.
    #[wasm_bindgen(getter)]
    pub fn rows(&self) -> usize {
        self.engine.bundle().catalog.len()
    }

    /// The activity of a row.
    pub fn activity(&self, row: u32) -> Option<String> {
        let catalog = &self.engine.bundle().catalog;
        ((row as usize) < catalog.len()).then(|| catalog.id(Row(row)).to_owned())
    }

    /// What people read of an activity, JSON; nothing where the catalogue does not have it.
    pub fn card(&self, activity: String) -> Option<String> {
        let card = self.engine.card(&ActivityId(activity))?;
        json::write(&card).ok()
    }
}

impl PlainEngine {
    fn slate(&mut self, request: &str, limit: Option<usize>) -> Result<Slate, RecommenderError> {
        let mut request: Request = json::read(request.as_bytes()).map_err(malformed)?;
        if let Some(limit) = limit {
            request.limit = limit.try_into().unwrap_or(u16::MAX);
        }
        self.engine
            .recommend_recalling(&self.visitor, &request, &mut self.recollection)
    }
}

fn visitor(profile: &str, history: &str) -> Result<Visitor, RecommenderError> {
    let history = if history.is_empty() {
        History::default()
    } else {
        History::restore(history)?
    };
    Ok(Visitor {
        profile: json::read(profile.as_bytes()).map_err(malformed)?,
        history,
    })
}

fn event(body: &str) -> Result<Body, RecommenderError> {
    let body: Body = json::read(body.as_bytes()).map_err(malformed)?;
    body.validate()?;
    Ok(body)
}

fn malformed(error: impl std::error::Error) -> RecommenderError {
    let detail = error.to_string();
    RequestError::Malformed { detail }.into()
}
