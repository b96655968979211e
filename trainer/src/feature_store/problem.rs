//! Why a feature store cannot be written or read.

use std::path::PathBuf;

use thiserror::Error;

/// A feature store cannot be written or read.
#[derive(Debug, Error)]
pub enum FeaturesError {
    /// The folder, or one of its files, is not there.
    #[error("`{}` is missing; a feature store is made by `triqueta features`, check the path or make it again", path.display())]
    Missing {
        /// The path looked for.
        path: PathBuf,
    },
    /// A file is not what was written.
    #[error("`{}` is damaged: {detail}; the file was cut or changed, run `triqueta features` again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        detail: String,
    },
    /// Written by a newer version.
    #[error("the feature store `{}` has format {found} and this build reads {supported}; update `triqueta` or make it again", path.display())]
    Format {
        /// The folder.
        path: PathBuf,
        /// The version found.
        found: u64,
        /// The version this build reads.
        supported: u64,
    },
    /// A feature knows what had not happened yet.
    #[error(
        "{count} features of the examples looked at know the future, `{feature}` of decision {number} first ({found} instead of {past}); nothing was written, report it with the data's lineage"
    )]
    Leak {
        /// How many.
        count: usize,
        /// The decision's number.
        number: u64,
        /// The first of them.
        feature: String,
        /// What it says.
        found: f32,
        /// What it should say.
        past: f32,
    },
}

impl FeaturesError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "FEATURES_MISSING",
            Self::Damaged { .. } => "FEATURES_DAMAGED",
            Self::Format { .. } => "FEATURES_FORMAT",
            Self::Leak { .. } => "FEATURES_LEAK",
        }
    }
}
