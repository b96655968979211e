//! The browser's side of the boundary: conversions and effects, no decisions.
//!
//! This is the only folder that names `wasm_bindgen`, `js_sys` or `web_sys`, and it is compiled for wasm32 alone.
//! With the feature `device` it is a page's whole recommender; with `plain`, the engine without storage, network and clock, which is
//! all of the module that only ranks.

mod array;
#[cfg(feature = "device")]
mod device;
#[cfg(feature = "plain")]
mod plain_engine;
mod thrown;

#[cfg(feature = "device")]
pub use device::{Recommender, send_waiting};
#[cfg(feature = "plain")]
pub use plain_engine::PlainEngine;
