//! What visitors sent, added to a dataset: the way back of the loop.

use triqueta::event::Event;
use triqueta_server::store::{StoreError, StorePlace, StoredEvent, Watermark, export};
use triqueta_trainer::Dataset;

use crate::failure::Failure;

/// The dataset with the events of a store added. An event that both have counts once.
pub(crate) fn with_store_events(
    mut dataset: Dataset,
    store: &StorePlace,
) -> Result<(Dataset, usize), Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| {
        Failure::new(
            "STORE_RUNTIME",
            format!("threads cannot be started: {error}; free some memory or threads"),
        )
    })?;
    let stored = runtime.block_on(async {
        let store = store.open(false, None).await?;
        let mut events = Vec::new();
        export(&*store, Watermark::default(), |stored| {
            events.push(not_after_arrival(stored))
        })
        .await?;
        Ok::<_, StoreError>(events)
    })?;
    let added = dataset.extend(stored)?;
    Ok((dataset, added))
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let hint = match &error {
            StoreError::Missing { .. } => "; `triqueta serve --store` makes one",
            _ => "",
        };
        Self::new(error.code(), format!("{error}{hint}"))
    }
}

/// An event as it may be learned from: nothing happens after it arrived, whatever the device's clock said. One clock in the
/// future would otherwise make everything else long ago.
fn not_after_arrival(stored: StoredEvent) -> Event {
    Event {
        time_ms: stored.event.time_ms.min(stored.received_ms),
        ..stored.event
    }
}
