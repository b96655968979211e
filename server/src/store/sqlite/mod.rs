//! The embedded store: one SQLite file in write-ahead mode, one writer, a few readers.

mod explain;
mod open;
mod statements;
mod write;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::Row;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use triqueta::event::DeviceId;

use super::work::{Rows, Work, stored_event};
use super::writer::Writer;
use super::{Delivery, EventStore, Outcome, Statistics, StoreError, StoredEvent, Watermark};
use explain::from_sqlite;
use open::{check_identity, check_place, migrate};
use write::SqliteGround;

/// How long a statement waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const READERS: u32 = 2;
const PAGE_BYTES: u64 = 4_096;
/// After a burst the write-ahead file is cut back to this size.
const JOURNAL_LIMIT_BYTES: u64 = 64 << 20;

const READ_AFTER: &str = "SELECT watermark, sent_at_ms, received_ms, payload FROM events WHERE watermark > ? ORDER BY watermark LIMIT ?";
const COUNT_EVENTS: &str = "SELECT count(*) FROM events";
const SUM_DEVICES: &str = "SELECT count(*), coalesce(sum(max(last_sequence - first_sequence + 1 - stored, 0)), 0), \
                           coalesce(sum(dropped), 0) FROM devices";

/// Where the file is and how far it may grow.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// The store's file.
    pub path: PathBuf,
    /// Whether to make the file where it is missing. Readers of an existing store say false.
    pub create: bool,
    /// The largest the file may become; none for what the disk holds.
    pub limit_bytes: Option<u64>,
}

impl SqliteOptions {
    /// A store that is made where it is missing and grows as the disk allows.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            create: true,
            limit_bytes: None,
        }
    }
}

/// Events in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    writer: Writer,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the store and brings its tables up to date. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`StoreError`] says why the file cannot be used; a file of another program is left as it was.
    pub async fn open(options: SqliteOptions) -> Result<Self, StoreError> {
        let path = options.path;
        check_place(&path, options.create)?;
        let plain = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(options.create);
        check_identity(&plain, &path).await?;

        let mut writing = plain
            .clone()
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            // What was withdrawn is overwritten, not only unlinked.
            .pragma("secure_delete", "ON")
            .pragma("journal_size_limit", JOURNAL_LIMIT_BYTES.to_string());
        if let Some(limit) = options.limit_bytes {
            writing = writing.pragma("max_page_count", (limit / PAGE_BYTES).max(1).to_string());
        }
        migrate(&writing, &path).await?;

        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(BUSY_TIMEOUT)
            .connect_lazy_with(
                plain
                    .create_if_missing(false)
                    .busy_timeout(BUSY_TIMEOUT)
                    .read_only(true),
            );
        let writer = Writer::start(SqliteGround::new(writing, path.clone()));
        Ok(Self {
            path,
            writer,
            readers,
        })
    }

    fn explain(&self, error: &sqlx::Error) -> StoreError {
        from_sqlite(error, &self.path)
    }

    fn bytes_on_disk(&self) -> u64 {
        ["", "-wal"]
            .iter()
            .filter_map(|suffix| {
                let mut name = self.path.clone().into_os_string();
                name.push(suffix);
                std::fs::metadata(name).ok()
            })
            .map(|metadata| metadata.len())
            .sum()
    }
}

#[async_trait]
impl EventStore for SqliteStore {
    async fn append(&self, delivery: Delivery) -> Result<Vec<Outcome>, StoreError> {
        let rows = Rows::of(&delivery)?;
        Ok(self.writer.run(Work::Append(rows)).await?.outcomes)
    }

    async fn withdraw(&self, device: DeviceId, now_ms: i64) -> Result<u64, StoreError> {
        Ok(self
            .writer
            .run(Work::Withdraw { device, now_ms })
            .await?
            .deleted)
    }

    async fn expire(&self, before_ms: i64) -> Result<u64, StoreError> {
        self.writer.expire(before_ms).await
    }

    async fn read_after(
        &self,
        watermark: Watermark,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let rows = sqlx::query(READ_AFTER)
            .bind(watermark.0)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await
            .map_err(|error| self.explain(&error))?;
        rows.iter()
            .map(|row| {
                let get = |column| row.try_get(column).map_err(|error| self.explain(&error));
                let payload: &str = row.try_get(3).map_err(|error| self.explain(&error))?;
                stored_event(get(0)?, get(1)?, get(2)?, payload)
            })
            .collect()
    }

    async fn statistics(&self) -> Result<Statistics, StoreError> {
        let events: i64 = sqlx::query_scalar(COUNT_EVENTS)
            .fetch_one(&self.readers)
            .await
            .map_err(|error| self.explain(&error))?;
        let (devices, missing, dropped): (i64, i64, i64) = sqlx::query_as(SUM_DEVICES)
            .fetch_one(&self.readers)
            .await
            .map_err(|error| self.explain(&error))?;
        Ok(Statistics {
            events: events.unsigned_abs(),
            bytes: self.bytes_on_disk(),
            devices: devices.unsigned_abs(),
            missing: missing.unsigned_abs(),
            dropped: dropped.unsigned_abs(),
        })
    }

    async fn probe(&self, now_ms: i64) -> Result<(), StoreError> {
        self.writer.run(Work::Probe { now_ms }).await.map(|_| ())
    }

    async fn close(&self) {
        self.readers.close().await;
        // Already closed is closed.
        let _ = self.writer.run(Work::Close).await;
    }
}
