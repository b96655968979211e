//! What can keep an evaluation from being one.

use std::path::PathBuf;

use thiserror::Error;

/// An evaluation cannot be done as asked.
#[derive(Debug, Error)]
pub enum EvaluateError {
    /// A file of queries or ranks is not one.
    #[error(
        "`{}`, line {line}: {detail}; it must be CSV (plain or .gz) with the columns query_id, split, t_ms, user_id, positive and candidates for queries, or query_id, candidates and rank_<name> for ranks", path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, the header being 1.
        line: u64,
        /// What is wrong with it.
        detail: String,
    },
    /// A query names an activity the data set does not have.
    #[error(
        "`{}`, line {line}: the data set has no activity `{activity}`; the queries belong to another data set, choose the matching one", path.display()
    )]
    UnknownActivity {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
        /// The id.
        activity: String,
    },
    /// There is nothing to rank after the split.
    #[error(
        "no visitor chose anything after the split that can be ranked against something else; collect more events, or choose an earlier --split"
    )]
    NothingToRank,
}

impl EvaluateError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "EVALUATE_FILE_MALFORMED",
            Self::UnknownActivity { .. } => "EVALUATE_UNKNOWN_ACTIVITY",
            Self::NothingToRank => "EVALUATE_NOTHING_TO_RANK",
        }
    }
}
