//! Why a text was not read.

use std::fmt;

/// What was met instead of what was to be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError(Box<str>);

impl JsonError {
    pub(crate) fn new(what: &str) -> Self {
        Self(what.into())
    }

    /// A name that is none of those there are.
    pub(super) fn among(what: &str, name: &str, names: &[&str]) -> Self {
        let names = names.join("`, `");
        Self(format!("unknown {what} `{name}`, expected one of `{names}`").into())
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
