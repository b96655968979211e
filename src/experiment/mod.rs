//! Which variant?
//!
//! One deterministic function decides, in the browser and on the server, which share of visitors sees what. Its version is
//! part of the hash: a later, better function will not silently move everybody.

mod bucket;

pub use bucket::{BUCKET_VERSION, assign, bucket};
