//! What is the same in every store: a writer that all deliveries pass, and readers beside it.

use async_trait::async_trait;
use triqueta::event::DeviceId;

use super::work::{Rows, Work};
use super::writer::Writer;
use super::{
    Delivery, EventStore, Outcome, Statistics, StoreError, StoredEvent, Watermark, Withdrawals,
};

/// How one kind of database is read.
#[async_trait]
pub trait Reader: Send + Sync {
    /// As [`EventStore::read_after`].
    async fn read_after(
        &self,
        watermark: Watermark,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError>;

    /// As [`EventStore::withdrawals`], the digests alone.
    async fn withdrawals(&self) -> Result<Vec<Vec<u8>>, StoreError>;

    /// As [`EventStore::name`].
    async fn name(&self) -> Result<String, StoreError>;

    /// As [`EventStore::statistics`].
    async fn statistics(&self) -> Result<Statistics, StoreError>;

    /// Lets go of what is held for reading.
    async fn close(&self);
}

/// A store that writes in groups and reads with `R`.
#[derive(Debug)]
pub struct Kept<R> {
    writer: Writer,
    reader: R,
}

impl<R> Kept<R> {
    pub(super) fn new(writer: Writer, reader: R) -> Self {
        Self { writer, reader }
    }

    #[cfg(test)]
    pub(super) fn writer(&self) -> &Writer {
        &self.writer
    }
}

#[async_trait]
impl<R: Reader> EventStore for Kept<R> {
    async fn append(&self, delivery: Delivery) -> Result<Vec<Outcome>, StoreError> {
        let rows = Rows::of(&delivery)?;
        Ok(self.writer.run(Work::Append(rows)).await?.outcomes)
    }

    async fn withdraw(&self, device: DeviceId, now_ms: i64) -> Result<u64, StoreError> {
        let piece = || Work::Withdraw { device, now_ms };
        self.writer.delete(piece).await
    }

    async fn expire(&self, before_ms: i64) -> Result<u64, StoreError> {
        self.writer.delete(|| Work::Expire { before_ms }).await
    }

    async fn read_after(
        &self,
        watermark: Watermark,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.reader.read_after(watermark, limit).await
    }

    async fn withdrawals(&self) -> Result<Withdrawals, StoreError> {
        let digests = self.reader.withdrawals().await?;
        Ok(Withdrawals::of(digests))
    }

    async fn name(&self) -> Result<String, StoreError> {
        self.reader.name().await
    }

    async fn statistics(&self) -> Result<Statistics, StoreError> {
        self.reader.statistics().await
    }

    async fn probe(&self, now_ms: i64) -> Result<(), StoreError> {
        self.writer.run(Work::Probe { now_ms }).await.map(|_| ())
    }

    async fn close(&self) {
        self.reader.close().await;
        // Already closed is closed.
        let _ = self.writer.run(Work::Close).await;
    }
}
