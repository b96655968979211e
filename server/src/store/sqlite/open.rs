//! May this file be used, and are its tables up to date?

use std::path::Path;

use sqlx::Connection;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use super::BUSY_TIMEOUT;
use super::explain::from_sqlite;
use crate::store::StoreError;
use crate::store::migrations::migrator;

/// The cases the database would only call "unable to open database file".
pub(super) fn check_place(path: &Path, create: bool) -> Result<(), StoreError> {
    let missing = |path: &Path| {
        Err(StoreError::Missing {
            path: path.display().to_string(),
        })
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return missing(folder);
    }
    if path.is_dir() {
        return Err(StoreError::NotADatabase {
            path: path.display().to_string(),
        });
    }
    if !create && !path.exists() {
        return missing(path);
    }
    Ok(())
}

/// Only an empty database or one with our application id is ours to write to.
pub(super) async fn check_identity(
    options: &SqliteConnectOptions,
    path: &Path,
) -> Result<(), StoreError> {
    let explain = |error: sqlx::Error| from_sqlite(&error, path);
    let options = options.clone().busy_timeout(BUSY_TIMEOUT);
    let mut connection = SqliteConnection::connect_with(&options)
        .await
        .map_err(explain)?;
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
        .fetch_one(&mut connection)
        .await
        .map_err(explain)?;
    let application: i64 = sqlx::query_scalar("PRAGMA application_id")
        .fetch_one(&mut connection)
        .await
        .map_err(explain)?;
    connection.close().await.map_err(explain)?;
    if tables > 0 && application != i64::from(u32::from_be_bytes(*b"TRIQ")) {
        return Err(StoreError::Foreign {
            path: path.display().to_string(),
        });
    }
    Ok(())
}

pub(super) async fn migrate(options: &SqliteConnectOptions, path: &Path) -> Result<(), StoreError> {
    let explain = |error: sqlx::Error| from_sqlite(&error, path);
    let migrator = migrator(&[
        (
            "events",
            include_str!("../../../migrations/sqlite/0001_events.sql"),
        ),
        (
            "arrival",
            include_str!("../../../migrations/sqlite/0002_arrival.sql"),
        ),
        (
            "name",
            include_str!("../../../migrations/sqlite/0003_name.sql"),
        ),
    ]);
    let mut connection = SqliteConnection::connect_with(options)
        .await
        .map_err(explain)?;
    migrator
        .run(&mut connection)
        .await
        .map_err(|error| match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                from_sqlite(&error, path)
            }
            other => StoreError::Newer {
                path: path.display().to_string(),
                detail: other.to_string(),
            },
        })?;
    connection.close().await.map_err(explain)
}
