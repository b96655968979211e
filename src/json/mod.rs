//! JSON from elsewhere into types, and types into JSON.
//!
//! `serde_json` could read it too. But types are read by code that is built once more for each of them, and a visitor downloads
//! all of it: here each of those pieces only calls what is built once. What was written comes back to the last bit.

mod either;
mod error;
mod natural;
mod number;
mod reader;
mod text;
mod writer;

use serde::Deserialize;

pub use either::ListOrObject;
pub use error::JsonError;
use reader::Reader;
pub use writer::{text_of, write};

/// Reads a value that is the whole of `bytes`.
///
/// # Errors
/// What was met instead, and where.
pub fn read<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, JsonError> {
    let mut reader = Reader::new(bytes)?;
    let value = T::deserialize(&mut reader);
    reader.finish(value)
}

#[cfg(test)]
mod tests;
