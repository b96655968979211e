//! The Triqueta recommender: one crate that is the trainer's feature builder, the server's fallback and, compiled to
//! WebAssembly, the visitor's recommender. The modules below are the stages of the loop, in order:
//!
//! `event → history → feature → model → rank → slate → event`
//!
//! Everything here is pure: the clock, randomness and storage are arguments. The same (bundle, history, request, seed,
//! now) gives the same slate, bit for bit, on every machine.

pub mod bundle;
pub mod catalog;
pub mod engine;
pub mod error;
pub mod event;
#[cfg(feature = "device")]
pub mod experiment;
pub mod feature;
pub mod history;
pub mod json;
pub mod math;
pub mod model;
#[cfg(feature = "device")]
pub mod outbox;
pub mod rank;

#[cfg(target_arch = "wasm32")]
pub mod wasm;
