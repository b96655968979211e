//! What does an error of the SQLite driver mean for the one who keeps the file?

use std::path::Path;

use crate::store::StoreError;

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
