//! The file an SQLite store accepts, and what it leaves behind.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection};
use triqueta_server::store::{EventStore, SqliteOptions, SqliteStore, StoreError};

use crate::promises::delivery;
use crate::sample::{NOW_MS, device, events};

async fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(SqliteOptions::new(folder.join("events.sqlite")))
        .await
        .unwrap()
}

async fn refused(path: &Path) -> StoreError {
    SqliteStore::open(SqliteOptions::new(path))
        .await
        .unwrap_err()
}

async fn change(path: &Path, sql: &str) {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let notes = "not a database\n".repeat(500);
    std::fs::write(&path, &notes).unwrap();
    let error = refused(&path).await;
    assert_eq!(error.code(), "STORE_NOT_A_DATABASE");
    assert!(error.to_string().contains("notes.txt"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), notes);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(refused(folder.path()).await.code(), "STORE_NOT_A_DATABASE");
}

#[tokio::test]
async fn another_programs_database_is_refused_and_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.sqlite");
    change(&path, "CREATE TABLE accounts (name TEXT)").await;
    let before = std::fs::read(&path).unwrap();
    assert_eq!(refused(&path).await.code(), "STORE_FOREIGN");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_refused() {
    // Kernel folders refuse files even from the superuser.
    let error = refused(Path::new("/sys/triqueta-events.sqlite")).await;
    assert_eq!(error.code(), "STORE_UNWRITABLE");
    assert!(
        error.to_string().contains("/sys/triqueta-events.sqlite"),
        "{error}"
    );
    let absent = SqliteOptions {
        create: false,
        ..SqliteOptions::new("/tmp/no-such-store.sqlite")
    };
    assert_eq!(
        SqliteStore::open(absent).await.unwrap_err().code(),
        "STORE_MISSING"
    );
}

#[tokio::test]
async fn closing_folds_the_write_ahead_file_in() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let device = device();
    let sent = delivery(device, NOW_MS, events(device, 1));
    store.append(sent).await.unwrap();
    store.close().await;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
