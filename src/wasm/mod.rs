//! The browser's side of the boundary: conversions and effects, no decisions.
//!
//! This is the only folder that names `wasm_bindgen`, `js_sys` or `web_sys`, and it is compiled for wasm32 alone.
//! [`PlainEngine`] is the engine without storage, network and clock; with it alone, without the feature `device`, the module is the
//! one that only ranks.

mod array;
#[cfg(feature = "device")]
mod device;
mod plain_engine;
mod thrown;

#[cfg(feature = "device")]
pub use device::{Recommender, send_waiting};
pub use plain_engine::PlainEngine;
