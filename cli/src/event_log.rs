//! What visitors sent, out of a store that still takes events, and into a folder of Parquet: each event once, however often and
//! whenever this is run.

use std::path::Path;

use serde::Serialize;
use thiserror::Error;
use triqueta::event::Event;
use triqueta_server::store::{EventStore, StoreError, StoredEvent, Watermark};
use triqueta_trainer::TrainerError;
use triqueta_trainer::dataset::EventLog;

/// Events in a part at most: what is held in memory at once.
const PART_EVENTS: usize = 50_000;

/// Why events could not be taken out.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The store does not give them.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder does not take them.
    #[error(transparent)]
    Folder(#[from] TrainerError),
}

/// What one run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// Events added.
    pub added: u64,
    /// Events deleted again, because their device withdrew or they are too old.
    pub deleted: u64,
    /// Up to where the store was read; the next run goes on from here.
    pub reached: i64,
}

/// Adds to the log in `folder` what the store took since the last time, and deletes from it what devices withdrew and what
/// happened before `before_ms`. It must be the store of the last time, not put back to an earlier state since. Events that
/// arrive meanwhile are in this run or the next.
///
/// # Errors
/// [`ExportError`]; what was added before it stays, and the next run goes on from there.
pub async fn export_events(
    store: &dyn EventStore,
    folder: &Path,
    before_ms: i64,
) -> Result<Exported, ExportError> {
    let mut log = EventLog::open_or_begin(folder)?;
    log.go_on_with(&store.name().await?)?;
    if !has_what_was_read_last(store, &log, before_ms).await? {
        return Err(TrainerError::from(log.store_went_back()).into());
    }
    let mut added = 0;
    loop {
        let from = Watermark(log.reached());
        let page = store.read_after(from, PART_EVENTS).await?;
        let is_last = page.len() < PART_EVENTS;
        if let Some(last) = page.last() {
            let reached = last.watermark.0;
            let events: Vec<Event> = page.into_iter().map(not_after_arrival).collect();
            log.append(reached, &events)?;
            added += events.len() as u64;
        }
        if is_last {
            break;
        }
    }
    // Asked for afterwards: who withdrew while this read is among them.
    let withdrawals = store.withdrawals().await?;
    let deleted =
        log.forget(|event| withdrawals.contains(event.device) || event.time_ms < before_ms)?;
    Ok(Exported {
        added,
        deleted,
        reached: log.reached(),
    })
}

/// Whether the event that was read last stands where it stood, or is rightly gone.
async fn has_what_was_read_last(
    store: &dyn EventStore,
    log: &EventLog,
    before_ms: i64,
) -> Result<bool, StoreError> {
    let Some(last) = log.last() else {
        return Ok(true);
    };
    let from = Watermark(log.reached() - 1);
    let found = store.read_after(from, 1).await?.into_iter().next();
    Ok(
        match found.filter(|found| found.watermark.0 == log.reached()) {
            Some(found) => found.event.id == last.id,
            None => last.time_ms < before_ms || store.withdrawals().await?.contains(last.device),
        },
    )
}

/// An event as it may be learned from: nothing happens after it arrived, whatever the device's clock said. One clock in the
/// future would otherwise make everything else long ago.
pub fn not_after_arrival(stored: StoredEvent) -> Event {
    Event {
        time_ms: stored.event.time_ms.min(stored.received_ms),
        ..stored.event
    }
}
