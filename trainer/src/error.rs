//! What can go wrong between a source of data and a published bundle, in one tree.
//!
//! As in the recommender itself, every variant has a stable code and says what happened, the likely cause and what to
//! do about it. Errors of the recommender pass through with their own codes.

use std::path::{Path, PathBuf};

use thiserror::Error;
use triqueta::error::{CatalogError, EventError, RecommenderError};

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, TrainerError>;

/// Any error of the trainer.
#[derive(Debug, Error)]
pub enum TrainerError {
    /// The recommender itself refuses something.
    #[error(transparent)]
    Recommender(#[from] RecommenderError),
    /// A dataset folder cannot be used.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A mapping file does not describe a source.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// A source cannot be read as its mapping says.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The operating system refuses a read or a write.
    #[error(transparent)]
    File(#[from] FileError),
    /// An evaluation cannot be done as asked.
    #[error(transparent)]
    Evaluate(#[from] crate::evaluate::EvaluateError),
    /// A folder of interactions cannot be used.
    #[error(transparent)]
    Interactions(#[from] crate::interactions::InteractionsError),
    /// What a bundle was judged by cannot be read.
    #[error(transparent)]
    Gate(#[from] crate::gate::GateError),
    /// A channel cannot be signed.
    #[error(transparent)]
    Signing(#[from] crate::publish::SigningError),
    /// A search for settings cannot be done as asked.
    #[error(transparent)]
    Tune(#[from] crate::tune::TuneError),
    /// A feature store cannot be written or read.
    #[error(transparent)]
    Features(#[from] crate::feature_store::FeaturesError),
    /// The person at the keyboard stopped the work.
    #[error(
        "stopped on request before it was finished; nothing was written, start it again when you are ready"
    )]
    Cancelled,
}

impl TrainerError {
    /// The stable code of this error, upper snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Recommender(error) => error.code(),
            Self::Dataset(error) => error.code(),
            Self::Mapping(error) => error.code(),
            Self::Import(error) => error.code(),
            Self::File(error) => error.code(),
            Self::Evaluate(error) => error.code(),
            Self::Interactions(error) => error.code(),
            Self::Gate(error) => error.code(),
            Self::Signing(error) => error.code(),
            Self::Tune(error) => error.code(),
            Self::Features(error) => error.code(),
            Self::Cancelled => "CANCELLED",
        }
    }
}

impl From<CatalogError> for TrainerError {
    fn from(error: CatalogError) -> Self {
        Self::Recommender(error.into())
    }
}

impl From<EventError> for TrainerError {
    fn from(error: EventError) -> Self {
        Self::Recommender(error.into())
    }
}

/// A dataset folder cannot be used.
#[derive(Debug, Error)]
pub enum DatasetError {
    /// The folder, or one of its files, is not there.
    #[error("`{}` is missing; a dataset folder is made by `triqueta import`, check the path or import again", path.display())]
    Missing {
        /// The path looked for.
        path: PathBuf,
    },
    /// A file is not what was written.
    #[error("`{}` is damaged: {detail}; the file was cut or changed after the import, import again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        detail: String,
    },
    /// Written by a newer version.
    #[error("the dataset `{}` has format {found} and this build reads {supported}; update `triqueta` or import again", path.display())]
    Format {
        /// The folder.
        path: PathBuf,
        /// The version found.
        found: u32,
        /// The version this build reads.
        supported: u32,
    },
    /// The place to write to is taken by something else.
    #[error("`{}` exists and is not a dataset; choose another --out, or remove it yourself if you no longer need it", path.display())]
    Occupied {
        /// The path.
        path: PathBuf,
    },
    /// Events of one store were to be added to those of another.
    #[error("`{}` holds the events of another store: how far that one was read says nothing of this one; choose another --out", path.display())]
    OtherStore {
        /// The folder.
        path: PathBuf,
    },
    /// What was read last is no longer in the store, and nothing says that it should be gone.
    #[error("what `{}` was last given is no longer in the store, which was probably put back to an earlier state: what came in since has numbers that count as read here; choose another --out, which is read from the beginning, or give the --retention-days of the server if it keeps events for less long", path.display())]
    StoreWentBack {
        /// The folder.
        path: PathBuf,
    },
    /// Two visitors have the same id.
    #[error("visitor `{user}` occurs twice; ids must be unique, merge the rows at the source")]
    DuplicateVisitor {
        /// The repeated id.
        user: String,
    },
}

impl DatasetError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "DATASET_MISSING",
            Self::Damaged { .. } => "DATASET_DAMAGED",
            Self::Format { .. } => "DATASET_FORMAT",
            Self::Occupied { .. } => "DATASET_OCCUPIED",
            Self::OtherStore { .. } => "DATASET_OTHER_STORE",
            Self::StoreWentBack { .. } => "DATASET_STORE_WENT_BACK",
            Self::DuplicateVisitor { .. } => "DATASET_DUPLICATE_VISITOR",
        }
    }
}

/// A mapping file does not describe a source.
#[derive(Debug, Error)]
pub enum MappingError {
    /// The file is not TOML of the mapping's shape.
    #[error("the mapping `{}` cannot be read: {detail}; compare it with the shipped ones in trainer/mappings", path.display())]
    Malformed {
        /// The mapping file.
        path: PathBuf,
        /// What the parser met.
        detail: String,
    },
    /// It is well formed and makes no sense.
    #[error("the mapping `{name}`, {at}: {detail}")]
    Impossible {
        /// The mapping's name.
        name: String,
        /// Which entry.
        at: String,
        /// What is wrong and what would be right.
        detail: String,
    },
}

impl MappingError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "MAPPING_MALFORMED",
            Self::Impossible { .. } => "MAPPING_IMPOSSIBLE",
        }
    }
}

/// A source cannot be read as its mapping says.
#[derive(Debug, Error)]
pub enum ImportError {
    /// A file the mapping names is not there.
    #[error("the source `{}` does not exist; check --from, or the `file` of that table in the mapping", path.display())]
    SourceMissing {
        /// The file looked for.
        path: PathBuf,
    },
    /// A source is damaged beyond single rows.
    #[error(
        "the source `{source_name}` cannot be read: {detail}; it is truncated or of another format, export it again"
    )]
    SourceDamaged {
        /// The file or table.
        source_name: String,
        /// What the reader met.
        detail: String,
    },
    /// A column the mapping names is not there.
    #[error(
        "the source `{source_name}` has no column `{column}`, it has: {found}; correct the mapping or the source"
    )]
    ColumnMissing {
        /// The file or table.
        source_name: String,
        /// The column looked for.
        column: String,
        /// The columns there are.
        found: String,
    },
    /// The database refuses.
    #[error(
        "PostgreSQL refuses {what}: {detail}; check the URL, that the server runs and that the user may read these tables"
    )]
    Postgres {
        /// `the connection`, or a table's name.
        what: String,
        /// What the server or driver says.
        detail: String,
    },
    /// The mapping needs a folder or a database and none was given.
    #[error("the mapping reads {needed} and none was given; add {option}")]
    NoSource {
        /// `files` or `a database`.
        needed: &'static str,
        /// The option to add.
        option: &'static str,
    },
    /// Some rows cannot be used.
    #[error(
        "{rows} of {total} rows cannot be used:\n{summary}\ncorrect the source, or add --skip-bad-rows to import the others"
    )]
    BadRows {
        /// How many.
        rows: u64,
        /// Of how many read.
        total: u64,
        /// The kinds with their first examples, one a line.
        summary: String,
    },
    /// Nothing is left to learn from.
    #[error(
        "the source has no usable {what}; check that the mapping names the right tables and that they are not empty"
    )]
    Empty {
        /// What is missing.
        what: &'static str,
    },
}

impl ImportError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SourceMissing { .. } => "IMPORT_SOURCE_MISSING",
            Self::SourceDamaged { .. } => "IMPORT_SOURCE_DAMAGED",
            Self::ColumnMissing { .. } => "IMPORT_COLUMN_MISSING",
            Self::Postgres { .. } => "IMPORT_POSTGRES",
            Self::NoSource { .. } => "IMPORT_NO_SOURCE",
            Self::BadRows { .. } => "IMPORT_BAD_ROWS",
            Self::Empty { .. } => "IMPORT_EMPTY",
        }
    }
}

/// The operating system refuses a read or a write.
#[derive(Debug, Error)]
#[error("cannot {action} `{}`: {cause}; {}", path.display(), advice(cause))]
pub struct FileError {
    /// `read`, `write`, `create` or `rename`.
    pub action: &'static str,
    /// The path.
    pub path: PathBuf,
    /// What the system says.
    pub cause: std::io::Error,
}

impl FileError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self.cause.kind() {
            std::io::ErrorKind::StorageFull
            | std::io::ErrorKind::QuotaExceeded
            | std::io::ErrorKind::FileTooLarge => "FILE_DISK_FULL",
            std::io::ErrorKind::PermissionDenied => "FILE_NOT_PERMITTED",
            std::io::ErrorKind::NotFound => "FILE_MISSING",
            _ => "FILE_FAILED",
        }
    }

    /// For `map_err`: remembers what was being done to which path.
    pub fn at(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self {
            action,
            path,
            cause,
        }
    }
}

fn advice(cause: &std::io::Error) -> &'static str {
    match cause.kind() {
        std::io::ErrorKind::StorageFull
        | std::io::ErrorKind::QuotaExceeded
        | std::io::ErrorKind::FileTooLarge => "free some space or choose a path on another disk",
        std::io::ErrorKind::PermissionDenied => {
            "choose a path you may use, or change its permissions"
        }
        std::io::ErrorKind::NotFound => "check the path",
        _ => "check the disk and try again",
    }
}
