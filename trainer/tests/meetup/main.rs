//! The real data comes in whole: every row of meetup-montana, counted.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod real_data;
