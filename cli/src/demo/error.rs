//! What can go wrong while the demo city is made.

use std::path::PathBuf;

use thiserror::Error;
use triqueta::error::{CatalogError, RecommenderError};
use triqueta_server::ServerError;
use triqueta_server::store::StoreError;
use triqueta_trainer::TrainerError;

/// The result of everything in this module that can fail.
pub type Result<T> = std::result::Result<T, DemoError>;

/// Any error of the demo city.
#[derive(Debug, Error)]
pub enum DemoError {
    /// A built-in table of the city cannot be read.
    #[error(
        "the built-in table `{table}` cannot be read: {detail}; the program was built from a damaged copy, build it again from a clean one"
    )]
    Table {
        /// File name of the table.
        table: &'static str,
        /// What does not fit.
        detail: String,
    },
    /// The day is not a date.
    #[error("`{found}` is not a day: {detail}; write it as YYYY-MM-DD, between 2001 and 2099")]
    Day {
        /// What was given.
        found: String,
        /// What does not fit.
        detail: String,
    },
    /// Too few visitors, or more than the simulation is meant for.
    #[error(
        "{found} visitors were asked for and the demo city holds 1 to 100000; choose a number in between"
    )]
    Visitors {
        /// The number asked for.
        found: usize,
    },
    /// A simulated activity is impossible.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The recommender refuses something.
    #[error(transparent)]
    Recommender(RecommenderError),
    /// Learning or publishing failed.
    #[error(transparent)]
    Trainer(#[from] TrainerError),
    /// The server cannot start or ended badly.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The event store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gives no threads.
    #[error("the server's threads cannot be started: {cause}; free some memory or threads")]
    Runtime {
        /// What the system said.
        cause: std::io::Error,
    },
    /// The folder holds something else than a demo city.
    #[error("`{}` is neither empty nor a demo city, and nothing in it was touched; choose another folder with --out", path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// The system refuses to read or write.
    #[error("cannot {action} `{}`: {cause}; check the free space and your rights there, or choose another folder with --out", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The event server did not answer.
    #[error(
        "the event server at {url} did not take a batch: {detail}; the events sent so far are kept, run the command again to send the rest"
    )]
    Unreachable {
        /// Where it was sent.
        url: String,
        /// What happened.
        detail: String,
    },
    /// The server judged an event in an unexpected way.
    #[error(
        "the event server refused event {event}: {reason}; the simulation and the server do not agree on the wire contract, report it"
    )]
    Refused {
        /// The event's id.
        event: String,
        /// Code and message of the server.
        reason: String,
    },
    /// Stopped by Ctrl-C.
    #[error("stopped before the end; what was stored is kept, run the command again to go on")]
    Interrupted,
}

impl DemoError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Table { .. } => "DEMO_TABLE",
            Self::Day { .. } => "DEMO_DAY",
            Self::Visitors { .. } => "DEMO_VISITORS",
            Self::Catalog(error) => error.code(),
            Self::Recommender(error) => error.code(),
            Self::Trainer(error) => error.code(),
            Self::Server(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Runtime { .. } => "DEMO_RUNTIME",
            Self::Occupied { .. } => "DEMO_OCCUPIED",
            Self::File { .. } => "DEMO_FILE",
            Self::Unreachable { .. } => "DEMO_UNREACHABLE",
            Self::Refused { .. } => "DEMO_REFUSED",
            Self::Interrupted => "DEMO_INTERRUPTED",
        }
    }
}
