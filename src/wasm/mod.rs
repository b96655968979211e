//! The browser's side of the boundary: conversions and effects, no decisions.
//!
//! This is the only folder that names `wasm_bindgen`, `js_sys` or `web_sys`, and it is compiled for wasm32 alone. Clock,
//! chance, storage and network enter the recommender here, as arguments. [`recommender::Recommender`] is what a page
//! opens; [`background::send_waiting`] is for its service worker; [`plain_engine::PlainEngine`] is the engine without storage
//! and network, for Node and for parity tests.

mod array;
mod background;
mod clock;
mod consent;
mod convert;
mod database;
mod gather;
mod hash;
mod inner;
mod knowledge;
mod leader;
mod memory;
mod network;
mod plain_engine;
mod recommender;
mod record;
mod sender;
mod state;
mod storage;
mod swap;
mod trust;
mod view;

pub use background::send_waiting;
pub use plain_engine::PlainEngine;
pub use recommender::Recommender;
