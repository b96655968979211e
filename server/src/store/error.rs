//! What can go wrong with the store, told apart by what the reader can do about it.

use std::path::Path;

use thiserror::Error;

/// The store cannot do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// There is no folder to put the store's file into, or no file where one was expected.
    #[error("there is no `{path}`; create it or name another place for the event store")]
    Missing {
        /// The folder or file.
        path: String,
    },
    /// The folder or file refuses writing.
    #[error(
        "`{path}` cannot be opened for writing; give this user the right to write the file and its folder (SQLite keeps two files beside it), or name another place"
    )]
    Unwritable {
        /// The store's file.
        path: String,
    },
    /// The file is something else.
    #[error(
        "`{path}` is not a database: it is another kind of file, or its beginning was overwritten; name another file or restore a backup"
    )]
    NotADatabase {
        /// The store's file.
        path: String,
    },
    /// The file is another program's database.
    #[error("`{path}` is a database of another program and was left as it is; name another file")]
    Foreign {
        /// The store's file.
        path: String,
    },
    /// The file was written by a newer version.
    #[error(
        "`{path}` was written by a newer version of this program ({detail}); update this program"
    )]
    Newer {
        /// The store's file.
        path: String,
        /// What was found.
        detail: String,
    },
    /// Another process holds the file.
    #[error("the event store is locked by another process; wait until it has finished, or stop it")]
    Locked,
    /// There is no room left.
    #[error(
        "the event store is full: no space on its disk, or its own limit is reached; free space or raise the limit"
    )]
    Full,
    /// The content is not what this program wrote.
    #[error(
        "the event store is damaged ({detail}); stop the server, keep a copy of the file and restore a backup"
    )]
    Damaged {
        /// What was met.
        detail: String,
    },
    /// Reading or writing failed otherwise.
    #[error(
        "the event store cannot be read or written ({detail}); look at the disk and the system's log"
    )]
    Io {
        /// What the database said.
        detail: String,
    },
    /// More deliveries wait than the disk keeps up with.
    #[error("the event store has more deliveries waiting than it can write; send again later")]
    Overloaded,
    /// The store was closed.
    #[error("the event store is closed because the server is stopping; send again later")]
    Closed,
}

impl StoreError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "STORE_MISSING",
            Self::Unwritable { .. } => "STORE_UNWRITABLE",
            Self::NotADatabase { .. } => "STORE_NOT_A_DATABASE",
            Self::Foreign { .. } => "STORE_FOREIGN",
            Self::Newer { .. } => "STORE_NEWER",
            Self::Locked => "STORE_LOCKED",
            Self::Full => "STORE_FULL",
            Self::Damaged { .. } => "STORE_DAMAGED",
            Self::Io { .. } => "STORE_IO",
            Self::Overloaded => "STORE_OVERLOADED",
            Self::Closed => "STORE_CLOSED",
        }
    }
}

// SQLite's primary result codes, the low byte of the extended ones.
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READ_ONLY: i32 = 8;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANNOT_OPEN: i32 = 14;
const NOT_A_DATABASE: i32 = 26;

/// Says what an error of the SQLite driver means for the file at `path`.
pub(super) fn from_sqlite(error: &sqlx::Error, path: &Path) -> StoreError {
    let detail = error.to_string();
    let path = path.display().to_string();
    let code = error
        .as_database_error()
        .and_then(|error| error.code())
        .and_then(|code| code.parse::<i32>().ok());
    match code.map(|code| code & 0xff) {
        Some(BUSY | LOCKED) => StoreError::Locked,
        Some(READ_ONLY | CANNOT_OPEN) => StoreError::Unwritable { path },
        Some(CORRUPT) => StoreError::Damaged { detail },
        Some(FULL) => StoreError::Full,
        Some(NOT_A_DATABASE) => StoreError::NotADatabase { path },
        _ if matches!(error, sqlx::Error::PoolTimedOut) => StoreError::Locked,
        _ if matches!(error, sqlx::Error::PoolClosed) => StoreError::Closed,
        _ => StoreError::Io { detail },
    }
}
