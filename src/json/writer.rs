//! Types into JSON, byte for byte as `serde_json` writes them.
//!
//! It is `serde_json` that writes, all but numbers: those it writes by a table of powers of ten that a visitor would download.

use std::io;

use ryu::{Buffer, Float};
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use super::JsonError;

/// Writes a value without spaces.
///
/// # Errors
/// Where the value is nothing that JSON has, such as an object whose names are no texts.
pub fn write<T: Serialize + ?Sized>(value: &T) -> Result<String, JsonError> {
    let mut bytes = Vec::new();
    let written = value.serialize(&mut Serializer::with_formatter(&mut bytes, Numbers));
    written.map_err(|error| JsonError::new(&error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| JsonError::new(&error.to_string()))
}

/// A number as the shortest text that is read as this number again; `NaN`, `inf` and `-inf` where it is none.
pub fn text_of(number: impl Float) -> String {
    let mut buffer = Buffer::new();
    let text = buffer.format(number);
    match text.split_once('e') {
        Some((digits, power)) if !power.starts_with('-') => format!("{digits}e+{power}"),
        _ => text.to_owned(),
    }
}

struct Numbers;

impl Formatter for Numbers {
    fn write_f32<W: io::Write + ?Sized>(&mut self, writer: &mut W, number: f32) -> io::Result<()> {
        writer.write_all(text_of(number).as_bytes())
    }

    fn write_f64<W: io::Write + ?Sized>(&mut self, writer: &mut W, number: f64) -> io::Result<()> {
        writer.write_all(text_of(number).as_bytes())
    }
}
