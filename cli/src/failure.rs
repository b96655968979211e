//! Why a command failed, whatever part of the system says so.

use std::fmt;

use serde::Serialize;
use triqueta::error::RecommenderError;
use triqueta_trainer::TrainerError;

/// One error: a stable code and a message that says what happened and, after the last `; ` or line break, what to do.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    code: &'static str,
    message: String,
}

impl Failure {
    /// A failure of the command itself.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl From<TrainerError> for Failure {
    fn from(error: TrainerError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<RecommenderError> for Failure {
    fn from(error: RecommenderError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = self.message.rfind("; ").max(self.message.rfind('\n'));
        let (what, cure) = match cut.and_then(|at| self.message.split_at_checked(at)) {
            Some((what, cure)) => (what, cure.trim_start_matches([';', '\n', ' '])),
            None => (self.message.as_str(), ""),
        };
        writeln!(formatter, "error: {what}")?;
        if !cure.is_empty() {
            writeln!(formatter, "  fix: {cure}")?;
        }
        write!(formatter, " code: {}", self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_block_with_what_the_cure_and_the_code() {
        let failure = Failure::new("A_CODE", "the cup is empty: it leaks; pour again");
        assert_eq!(
            failure.to_string(),
            "error: the cup is empty: it leaks\n  fix: pour again\n code: A_CODE"
        );
    }
}
