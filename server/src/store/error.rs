//! What can go wrong with the store, told apart by what the reader can do about it.

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
    /// The address of a PostgreSQL database cannot be read.
    #[error(
        "the address of the event store is not one of PostgreSQL ({detail}); write it as postgres://user@host:port/database"
    )]
    Address {
        /// What is wrong with it.
        detail: String,
    },
    /// There is no PostgreSQL server, or none that answers.
    #[error(
        "the PostgreSQL server at {place} does not answer ({detail}); start it, or correct host and port in the store's address"
    )]
    Unreachable {
        /// Where, without user and password.
        place: String,
        /// What was met.
        detail: String,
    },
    /// The PostgreSQL server does not let us in, or not do what is needed.
    #[error(
        "the PostgreSQL server at {place} refuses ({detail}); correct user, password or database, grant the right to create a schema, and name no standby"
    )]
    Refused {
        /// Where, without user and password.
        place: String,
        /// What it said.
        detail: String,
    },
    /// A limit was asked for that this store does not know.
    #[error(
        "a limit of the store's size holds for SQLite only; leave it out, and give the PostgreSQL database a disk or tablespace of its own"
    )]
    NoLimit,
    /// Another process holds the file or the tables.
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
            Self::Address { .. } => "STORE_ADDRESS",
            Self::Unreachable { .. } => "STORE_UNREACHABLE",
            Self::Refused { .. } => "STORE_REFUSED",
            Self::NoLimit => "STORE_NO_LIMIT",
            Self::Locked => "STORE_LOCKED",
            Self::Full => "STORE_FULL",
            Self::Damaged { .. } => "STORE_DAMAGED",
            Self::Io { .. } => "STORE_IO",
            Self::Overloaded => "STORE_OVERLOADED",
            Self::Closed => "STORE_CLOSED",
        }
    }
}
