//! The store for many servers: one PostgreSQL database, events partitioned by week, one writer at a time.

mod explain;
mod open;
mod partitions;
mod statements;
mod write;

use std::time::Duration;

use async_trait::async_trait;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgPoolOptions};
use triqueta::event::DeviceId;

use super::place::without_secrets;
use super::work::{Rows, Work, stored_event};
use super::writer::Writer;
use super::{Delivery, EventStore, Outcome, Statistics, StoreError, StoredEvent, Watermark};
use explain::from_postgres;
use open::{connect_options, prepare};
use write::PostgresGround;

const READERS: u32 = 2;
/// How long a reader waits for a connection.
const READER_PATIENCE: Duration = Duration::from_secs(5);

const READ_AFTER: &str = "SELECT watermark, sent_at_ms, received_ms, payload FROM events WHERE watermark > $1 ORDER BY watermark LIMIT $2";
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
#[derive(Debug)]
pub struct PostgresStore {
    place: String,
    writer: Writer,
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
        Ok(Self {
            place,
            writer,
            readers,
        })
    }

    fn explain(&self, error: &sqlx::Error) -> StoreError {
        from_postgres(error, &self.place)
    }
}

#[async_trait]
impl EventStore for PostgresStore {
    async fn append(&self, delivery: Delivery) -> Result<Vec<Outcome>, StoreError> {
        let rows = Rows::of(&delivery)?;
        Ok(self.writer.run(Work::Append(rows)).await?.outcomes)
    }

    async fn withdraw(&self, device: DeviceId, now_ms: i64) -> Result<u64, StoreError> {
        let withdrawal = Work::Withdraw { device, now_ms };
        Ok(self.writer.run(withdrawal).await?.deleted)
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
        let explain = |error: sqlx::Error| self.explain(&error);
        let events: i64 = sqlx::query_scalar(COUNT_EVENTS)
            .fetch_one(&self.readers)
            .await
            .map_err(explain)?;
        let bytes: i64 = sqlx::query_scalar(SUM_BYTES)
            .fetch_one(&self.readers)
            .await
            .map_err(explain)?;
        let (devices, missing, dropped): (i64, i64, i64) = sqlx::query_as(SUM_DEVICES)
            .fetch_one(&self.readers)
            .await
            .map_err(explain)?;
        Ok(Statistics {
            events: events.unsigned_abs(),
            bytes: bytes.unsigned_abs(),
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
