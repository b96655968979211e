//! How does it travel?
//!
//! A mutable **channel** names, for each variant, an immutable **manifest**; the manifest lists immutable files in four
//! groups that change at different paces: the model (a training), the catalogue with its vectors (a publication), live
//! counters (hourly) and texts (lazily read). Every file is named by its SHA-256, so that what did not change is not
//! downloaded again. Tensors are safetensors, everything else JSON: somebody who trains elsewhere can write a bundle.
//!
//! Each part has a writer, a reader and a check. Nothing is used before its length, hash, shape and the manifest's
//! self-test agree; anything else is refused with a typed error, and the last good bundle stays.

mod channel;
mod collaborative;
mod columns;
mod dense;
mod dictionary;
mod files;
mod lists;
mod machine;
mod manifest;
mod model;
mod neumf;
mod open;
mod schema_numbers;
mod shared;
mod tensor_file;
mod tensors;
mod texts;
mod towers;
mod trees;
mod wide_deep;
mod write;

pub use channel::{CHANNEL_FORMAT, Channel, Variant};
pub use files::{Files, sha256_hex};
pub use manifest::{
    Composition, ENGINE_VERSION, FileEntry, Forced, Group, Judgement, MANIFEST_FORMAT, Manifest,
    Metric, RankingQuality, Section, SelfTestCase, SelfTestInput,
};
pub use model::Model;
pub use open::Bundle;
pub use write::BundleDraft;
