//! What can keep a search from being one.

use std::path::PathBuf;

use thiserror::Error;

/// A search cannot be done as asked.
#[derive(Debug, Error)]
pub enum TuneError {
    /// The folder holds another search.
    #[error(
        "`{}` is the journal of another search: {detail}; choose another --out, or remove it yourself if you no longer need it", path.display()
    )]
    OtherSearch {
        /// The journal.
        path: PathBuf,
        /// What differs.
        detail: String,
    },
    /// A settings file is not one.
    #[error("`{}`: {detail}; `triqueta tune` writes such files, correct or leave out the line", path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// There is nothing to judge trials by.
    #[error(
        "no visitor of the training part chose anything in the folds that can be ranked against something else; collect more events, or ask for fewer --folds"
    )]
    NothingToJudge,
    /// The person at the keyboard stopped the search.
    #[error(
        "stopped on request; {measured} measurements are kept in `{}`, start the same search again to go on", path.display()
    )]
    Stopped {
        /// Measurements in the journal.
        measured: usize,
        /// The journal.
        path: PathBuf,
    },
}

impl TuneError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OtherSearch { .. } => "TUNE_OTHER_SEARCH",
            Self::Settings { .. } => "TUNE_SETTINGS",
            Self::NothingToJudge => "TUNE_NOTHING_TO_JUDGE",
            Self::Stopped { .. } => "TUNE_STOPPED",
        }
    }
}
