//! What does an error of the PostgreSQL driver mean for the one who keeps the database?

use crate::store::StoreError;

/// Says what an error of the PostgreSQL driver means for the database at `place`.
pub(super) fn from_postgres(error: &sqlx::Error, place: &str) -> StoreError {
    let detail = error.to_string();
    let place = place.to_owned();
    let code = error.as_database_error().and_then(|error| error.code());
    match code.as_deref() {
        Some(code) => from_code(code, detail, place),
        None => match error {
            sqlx::Error::PoolClosed => StoreError::Closed,
            sqlx::Error::Configuration(_) => StoreError::Address { detail },
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut => {
                StoreError::Unreachable { place, detail }
            }
            _ => StoreError::Io { detail },
        },
    }
}

/// By SQLSTATE, of which the first two characters are the class.
fn from_code(code: &str, detail: String, place: String) -> StoreError {
    match (code.get(..2), code) {
        // Waiting for a lock took too long, or others were in the way.
        (_, "55P03" | "40001" | "40P01") => StoreError::Locked,
        (_, "53100") => StoreError::Full,
        // Password, database, rights; a standby takes no events either.
        (Some("28"), _) | (_, "3D000" | "42501" | "25006") => StoreError::Refused { place, detail },
        // Too many connections, starting up, shutting down, crashed, cut off for idling.
        (Some("08" | "53" | "57"), _) | (_, "25P03") => StoreError::Unreachable { place, detail },
        (Some("XX"), _) => StoreError::Damaged { detail },
        _ => StoreError::Io { detail },
    }
}
