//! How does training read the store? In pages, so that no more than one page is ever held.

use super::{EventStore, StoreError, StoredEvent, Watermark};

const PAGE_EVENTS: usize = 1_000;

/// Hands every event after `watermark` to `each`, in the store's order, and returns the watermark to go on from.
/// Events that arrive meanwhile may or may not be included; going on from the returned watermark misses none.
///
/// # Errors
/// Any [`StoreError`]; what was handed over before it stays handed over.
pub async fn export(
    store: &dyn EventStore,
    watermark: Watermark,
    mut each: impl FnMut(StoredEvent) + Send,
) -> Result<Watermark, StoreError> {
    let mut reached = watermark;
    loop {
        let page = store.read_after(reached, PAGE_EVENTS).await?;
        let is_last = page.len() < PAGE_EVENTS;
        for stored in page {
            reached = stored.watermark;
            each(stored);
        }
        if is_last {
            return Ok(reached);
        }
    }
}
