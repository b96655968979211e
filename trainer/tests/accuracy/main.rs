//! Learning on real data: the exact questions, and answers above popularity.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod real_data;
