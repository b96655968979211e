//! JSON from elsewhere into types.
//!
//! It is written by `serde_json`, which could read it too. But types are read by code that is built once more for each of
//! them, and a visitor downloads all of it: here each of those pieces only calls what is built once. Numbers are read by
//! the standard library: what was written comes back to the last bit.

mod either;
mod error;
mod reader;
mod text;

use serde::Deserialize;

pub use either::ListOrObject;
pub use error::JsonError;
use reader::Reader;

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
