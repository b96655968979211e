//! What can keep a bundle from being judged.

use thiserror::Error;

/// The answers a bundle was judged by cannot be used.
#[derive(Debug, Error)]
pub enum GateError {
    /// They are not those its manifest names.
    #[error(
        "`{path}` is not what the bundle was judged by: {detail}; it was changed after the training, train again"
    )]
    Damaged {
        /// The file, relative to the bundle's folder.
        path: String,
        /// What does not fit.
        detail: String,
    },
    /// Written by a newer version.
    #[error(
        "`{path}` has format {found} and this build reads {supported}; update `triqueta` or train again"
    )]
    Format {
        /// The file, relative to the bundle's folder.
        path: String,
        /// The version found.
        found: u32,
        /// The version this build reads.
        supported: u32,
    },
}

impl GateError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Damaged { .. } => "GATE_ANSWERS_DAMAGED",
            Self::Format { .. } => "GATE_ANSWERS_FORMAT",
        }
    }
}
