//! What visitors sent, added to a dataset: the way back of the loop.

use triqueta_cli::event_log::not_after_arrival;
use triqueta_server::store::{StoreError, StorePlace, Watermark, export};
use triqueta_trainer::Dataset;
use triqueta_trainer::dataset::{EVENT_LOG_MARK, EventLog};

use crate::failure::Failure;

/// The dataset with the events of a store added, or of a folder that `triqueta export` writes. An event that both have counts
/// once.
pub(crate) fn with_store_events(
    mut dataset: Dataset,
    store: &StorePlace,
) -> Result<(Dataset, usize), Failure> {
    if let StorePlace::File(folder) = store
        && folder.join(EVENT_LOG_MARK).is_file()
    {
        let added = dataset.extend(EventLog::open(folder)?.read()?)?;
        return Ok((dataset, added));
    }
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
