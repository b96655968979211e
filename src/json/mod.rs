//! JSON from elsewhere into types, and types into JSON.
//!
//! `serde_json` could read it too, by code that is built once more for each type, and a visitor downloads all of it. Here a type is
//! a table for a reader that is built once. What was written comes back to the last bit.

mod either;
mod error;
mod from_json;
pub(crate) mod map;
mod natural;
mod number;
mod reader;
mod text;
mod writer;

pub use either::ListOrObject;
pub use error::JsonError;
pub use from_json::{FromJson, Word};
pub(crate) use from_json::{alone, name, object, travels, words};
pub use reader::Reader;
pub(crate) use reader::{Fields, Map};
pub use writer::{text_of, write};

/// Reads a value that is the whole of `bytes`.
///
/// # Errors
/// What was met instead, and where.
pub fn read<T: FromJson>(bytes: &[u8]) -> Result<T, JsonError> {
    let mut value = T::blank();
    Reader::new(bytes)?.only(&mut value)?;
    Ok(value)
}

#[cfg(test)]
mod tests;
