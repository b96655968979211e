//! What the same database does with a plain loop of INSERT, as safely: write-ahead, every transaction on the disk.

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use triqueta::event::{DeviceId, Event};

use crate::client::like;

const INSERT: &str =
    "INSERT INTO events (id, device, sent_at_ms, received_ms, payload) VALUES (?, ?, ?, ?, ?)";

async fn open(file: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    // The server's own table and indices.
    for tables in [
        include_str!("../../migrations/sqlite/0001_events.sql"),
        include_str!("../../migrations/sqlite/0002_arrival.sql"),
    ] {
        sqlx::raw_sql(tables)
            .execute(&mut connection)
            .await
            .unwrap();
    }
    connection
}

async fn insert(connection: &mut SqliteConnection, event: &Event) {
    let payload = serde_json::to_string(event).unwrap();
    sqlx::query(INSERT)
        .bind(event.id.0.as_bytes().as_slice())
        .bind(event.device.0.as_bytes().as_slice())
        .bind(event.time_ms)
        .bind(event.time_ms)
        .bind(payload)
        .execute(connection)
        .await
        .unwrap();
}

/// Events a second, each in a transaction of its own.
pub(crate) async fn insert_one_by_one(folder: &Path, length: Duration) -> f64 {
    insert_in_groups(&folder.join("one.sqlite"), length, 1).await
}

/// Events a second, a hundred in a transaction.
pub(crate) async fn insert_by_hundred(folder: &Path, length: Duration) -> f64 {
    insert_in_groups(&folder.join("hundred.sqlite"), length, 100).await
}

async fn insert_in_groups(file: &Path, length: Duration, group: u64) -> f64 {
    let mut connection = open(file).await;
    let device = DeviceId::new([7; 16]);
    let began = Instant::now();
    let mut sequence = 0;
    while began.elapsed() < length {
        let mut transaction = connection.begin().await.unwrap();
        for _ in 0..group {
            sequence += 1;
            let event = like(device, sequence, 1_780_000_000_000);
            insert(&mut transaction, &event).await;
        }
        transaction.commit().await.unwrap();
    }
    sequence as f64 / began.elapsed().as_secs_f64()
}
