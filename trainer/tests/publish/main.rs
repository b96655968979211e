//! Do visitors get what was published, all of it, and no byte twice? A made-up city is trained, published, and published
//! again with other activities, fresh counts, and faults.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bytes;
mod catalogue;
mod made_up;
mod registry;
mod signing;
// The made-up city of the core crate's own tests.
#[path = "../../../tests/support/mod.rs"]
mod support;
