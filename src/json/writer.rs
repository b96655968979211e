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

/// A number as the shortest text that is read as this number again; `NaN`, `inf` and `-inf` where it is none. What a module says
/// of numbers it says by this: the standard library brings more code for it than for everything else it says.
pub fn text_of(number: impl Float) -> String {
    with_sign(Buffer::new().format(number)).concat()
}

/// The other library says that a power is not negative.
fn with_sign(text: &str) -> [&str; 3] {
    match text.split_once('e') {
        Some((digits, power)) if !power.starts_with('-') => [digits, "e+", power],
        _ => [text, "", ""],
    }
}

struct Numbers;

impl Formatter for Numbers {
    fn write_f32<W: io::Write + ?Sized>(&mut self, writer: &mut W, number: f32) -> io::Result<()> {
        write_number(writer, number)
    }

    fn write_f64<W: io::Write + ?Sized>(&mut self, writer: &mut W, number: f64) -> io::Result<()> {
        write_number(writer, number)
    }
}

fn write_number(writer: &mut (impl io::Write + ?Sized), number: impl Float) -> io::Result<()> {
    let mut buffer = Buffer::new();
    let pieces = with_sign(buffer.format_finite(number));
    let mut pieces = pieces.iter();
    pieces.try_for_each(|piece| writer.write_all(piece.as_bytes()))
}
