//! Why a text was not read.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use super::text_of;

/// What was met instead of what was to be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError(Box<str>);

impl JsonError {
    pub(super) fn new(what: &str) -> Self {
        Self(what.into())
    }

    /// Serde's own words for what was found know how to write floats, by much more code than the rest of them.
    fn instead(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Bool(is_so) => is_so.to_string(),
            Unexpected::Unsigned(number) => number.to_string(),
            Unexpected::Signed(number) => number.to_string(),
            Unexpected::Float(number) => text_of(number),
            Unexpected::Str(text) => format!("{text:?}"),
            Unexpected::Unit => "null".into(),
            Unexpected::Seq => "a list".into(),
            Unexpected::Map => "an object".into(),
            _ => "something else".into(),
        };
        Self(format!("expected {expected} instead of {found}").into())
    }

    /// The same error with the place behind which it was met.
    pub(super) fn after(self, before: &str) -> Self {
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, str::len);
        Self(format!("{} at line {line} column {column}", self.0).into())
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for JsonError {}

impl de::Error for JsonError {
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self(what.to_string().into())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::instead(found, expected)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::instead(found, expected)
    }
}
