//! Where do the events rest?
//!
//! Behind one trait, so that an embedded SQLite file and a PostgreSQL server answer alike. Its promises: what it
//! acknowledged is durable, an event id is kept once over the whole retention, and whoever reads by watermark sees
//! every event exactly once in an order that never changes.

mod error;
mod export;
mod kept;
mod migrations;
mod place;
mod postgres;
mod sqlite;
mod withdrawals;
mod work;
mod writer;

use async_trait::async_trait;
use triqueta::event::{DeviceId, Event};

pub use error::StoreError;
pub use export::export;
pub use place::StorePlace;
pub use postgres::{PostgresOptions, PostgresStore};
pub use sqlite::{SqliteOptions, SqliteStore};
pub use withdrawals::Withdrawals;

/// A place in the store's order: everything up to it has been read. The default is before the first event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Watermark(pub i64);

/// What one device delivered at once, every event valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The device.
    pub device: DeviceId,
    /// When it was sent on the device's clock, Unix ms.
    pub sent_at_ms: i64,
    /// When it arrived on the server's clock, Unix ms.
    pub received_ms: i64,
    /// How many events the device says it dropped so far.
    pub dropped: u64,
    /// The events.
    pub events: Vec<Event>,
}

/// What became of one event of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// New, and durable.
    Stored,
    /// Stored before, the same.
    Duplicate,
    /// Stored before with other content under the same id; the first is kept.
    Conflicting,
    /// The device withdrew its consent; nothing of it is stored any more.
    Withdrawn,
}

/// One stored event and what the server knows about its arrival.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// Its place in the store's order.
    pub watermark: Watermark,
    /// When it was sent on the device's clock, Unix ms: beside `received_ms` this gives the device's skew.
    pub sent_at_ms: i64,
    /// When it arrived on the server's clock, Unix ms.
    pub received_ms: i64,
    /// The event.
    pub event: Event,
}

/// What the store holds, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statistics {
    /// Events held.
    pub events: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Devices heard of within the retention.
    pub devices: u64,
    /// Events that the gaps in the devices' sequence numbers say never arrived.
    pub missing: u64,
    /// Events the devices say they dropped, because their queues were full or too old.
    pub dropped: u64,
}

/// Keeps events.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// Stores what is new and says for each event what became of it, in the delivery's order. When this returns, every
    /// event that is not `Withdrawn` survives a crash of the process and of the machine.
    ///
    /// # Errors
    /// Any [`StoreError`]: then nothing of the delivery counts as stored and it can be sent again.
    async fn append(&self, delivery: Delivery) -> Result<Vec<Outcome>, StoreError>;

    /// Deletes everything of a device, refuses what is still on its way, and says how many events were deleted.
    ///
    /// # Errors
    /// Any [`StoreError`]: then a part may have been deleted, and asking again deletes the rest.
    async fn withdraw(&self, device: DeviceId, now_ms: i64) -> Result<u64, StoreError>;

    /// Deletes what arrived before a time, and says how many events those were.
    ///
    /// # Errors
    /// Any [`StoreError`]: then a part may have been deleted.
    async fn expire(&self, before_ms: i64) -> Result<u64, StoreError>;

    /// Up to `limit` events after a watermark, in the store's order; fewer only at the end.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn read_after(
        &self,
        watermark: Watermark,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError>;

    /// Which devices withdrew, as far back as the retention goes: whoever took their events out must delete them too.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn withdrawals(&self) -> Result<Withdrawals, StoreError>;

    /// What tells this store from every other, by chance when its tables were made: a [`Watermark`] means nothing elsewhere. A
    /// copy of a store has the same.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn name(&self) -> Result<String, StoreError>;

    /// What the store holds, in numbers.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn statistics(&self) -> Result<Statistics, StoreError>;

    /// How many events the store holds.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn count(&self) -> Result<u64, StoreError> {
        Ok(self.statistics().await?.events)
    }

    /// Writes something durably: whether the store would accept an event now.
    ///
    /// # Errors
    /// The [`StoreError`] an event would meet.
    async fn probe(&self, now_ms: i64) -> Result<(), StoreError>;

    /// Finishes what was begun and lets go of the files. Everything afterwards fails with [`StoreError::Closed`].
    async fn close(&self);
}
