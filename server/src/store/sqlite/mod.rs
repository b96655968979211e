//! The embedded store: one SQLite file in write-ahead mode, one writer, a few readers.

mod explain;
mod open;
mod settle;
mod statements;
mod write;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::kept::{Kept, Reader};
use super::work::{ReadRow, statistics_of, stored_events};
use super::writer::Writer;
use super::{Statistics, StoreError, StoredEvent, Watermark};
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
const WITHDRAWALS: &str = "SELECT digest FROM withdrawals";
const NAME: &str = "SELECT name FROM store";
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
pub type SqliteStore = Kept<SqliteReader>;

/// The file as readers know it.
#[derive(Debug)]
pub struct SqliteReader {
    path: PathBuf,
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
        Ok(Self::new(writer, SqliteReader { path, readers }))
    }
}

impl SqliteReader {
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
impl Reader for SqliteReader {
    async fn name(&self) -> Result<String, StoreError> {
        sqlx::query_scalar(NAME)
            .fetch_one(&self.readers)
            .await
            .map_err(|error| self.explain(&error))
    }

    async fn read_after(
        &self,
        watermark: Watermark,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let rows: Vec<ReadRow> = sqlx::query_as(READ_AFTER)
            .bind(watermark.0)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await
            .map_err(|error| self.explain(&error))?;
        stored_events(rows)
    }

    async fn withdrawals(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        sqlx::query_scalar(WITHDRAWALS)
            .fetch_all(&self.readers)
            .await
            .map_err(|error| self.explain(&error))
    }

    async fn statistics(&self) -> Result<Statistics, StoreError> {
        let events: i64 = sqlx::query_scalar(COUNT_EVENTS)
            .fetch_one(&self.readers)
            .await
            .map_err(|error| self.explain(&error))?;
        let devices = sqlx::query_as(SUM_DEVICES)
            .fetch_one(&self.readers)
            .await
            .map_err(|error| self.explain(&error))?;
        Ok(statistics_of(events, self.bytes_on_disk(), devices))
    }

    async fn close(&self) {
        self.readers.close().await;
    }
}
