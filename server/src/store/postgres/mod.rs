//! The store for many servers: one PostgreSQL database, events partitioned by week, one writer at a time.

mod explain;
mod open;
mod parameters;
mod partitions;
mod statements;
mod write;

use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::{PgPool, PgPoolOptions};

use super::kept::{Kept, Reader};
use super::place::without_secrets;
use super::work::{ReadRow, statistics_of, stored_events};
use super::writer::Writer;
use super::{Statistics, StoreError, StoredEvent, Watermark};
use explain::from_postgres;
use open::{connect_options, prepare};
use write::PostgresGround;

const READERS: u32 = 2;
/// How long a reader waits for a connection.
const READER_PATIENCE: Duration = Duration::from_secs(5);

const READ_AFTER: &str = "SELECT watermark, sent_at_ms, received_ms, payload FROM events WHERE watermark > $1 ORDER BY watermark LIMIT $2";
const WITHDRAWALS: &str = "SELECT digest FROM withdrawals";
const NAME: &str = "SELECT name FROM store";
const COUNT_EVENTS: &str = "SELECT count(*) FROM events";
const SUM_DEVICES: &str = "SELECT count(*), \
     coalesce(sum(greatest(last_sequence - first_sequence + 1 - stored, 0)), 0)::bigint, \
     coalesce(sum(dropped), 0)::bigint FROM devices";
const SUM_BYTES: &str = "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class \
     WHERE relnamespace = 'triqueta_events'::regnamespace AND relkind = 'r'";

/// Which database, and whether to make what is missing.
#[derive(Clone)]
pub struct PostgresOptions {
    /// `postgres://user@host:port/database`. What it leaves out comes from libpq's environment variables, the password
    /// also from its password file.
    pub url: String,
    /// Whether to make the schema `triqueta_events` where it is missing. Readers of an existing store say false.
    pub create: bool,
}

/// Events in a schema of one PostgreSQL database.
pub type PostgresStore = Kept<PostgresReader>;

/// The database as readers know it.
#[derive(Debug)]
pub struct PostgresReader {
    place: String,
    readers: PgPool,
}

impl PostgresStore {
    /// Opens the store and brings its tables up to date. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`StoreError`] says why the database cannot be used; what is not ours in it is left as it was.
    pub async fn open(options: PostgresOptions) -> Result<Self, StoreError> {
        let place = without_secrets(&options.url);
        let connecting = connect_options(&options.url)?;
        prepare(&connecting, &place, options.create).await?;
        let reading = connecting
            .clone()
            .options([("default_transaction_read_only", "on")]);
        let readers = PgPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(READER_PATIENCE)
            .connect_lazy_with(reading);
        let writer = Writer::start(PostgresGround::new(connecting, place.clone()));
        Ok(Self::new(writer, PostgresReader { place, readers }))
    }
}

impl PostgresReader {
    fn explain(&self, error: &sqlx::Error) -> StoreError {
        from_postgres(error, &self.place)
    }
}

#[async_trait]
impl Reader for PostgresReader {
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
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let page = sqlx::query_as(READ_AFTER).bind(watermark.0).bind(limit);
        let rows: Vec<ReadRow> = page
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
        let explain = |error: sqlx::Error| self.explain(&error);
        let events: i64 = sqlx::query_scalar(COUNT_EVENTS)
            .fetch_one(&self.readers)
            .await
            .map_err(explain)?;
        let bytes: i64 = sqlx::query_scalar(SUM_BYTES)
            .fetch_one(&self.readers)
            .await
            .map_err(explain)?;
        let devices = sqlx::query_as(SUM_DEVICES)
            .fetch_one(&self.readers)
            .await
            .map_err(explain)?;
        Ok(statistics_of(events, bytes.unsigned_abs(), devices))
    }

    async fn close(&self) {
        self.readers.close().await;
    }
}
