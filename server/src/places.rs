//! How much is under way at once? As much as memory holds: bodies while they arrive, by their bytes, so that many slow ones
//! hold little; requests once their bodies are there.

use axum::http::StatusCode;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::api_error::ApiError;

/// Requests whose bodies are there and that are not yet answered.
const REQUESTS: usize = 256;
/// Bytes of bodies that have arrived so far and are not whole yet.
const ARRIVING_BYTES: usize = 64 << 20;

/// What there is room for.
pub(crate) struct Places {
    requests: Semaphore,
    arriving: Semaphore,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            requests: Semaphore::new(REQUESTS),
            arriving: Semaphore::new(ARRIVING_BYTES),
        }
    }
}

impl Places {
    /// A place for a request whose body is there.
    pub(crate) fn take(&self) -> Result<SemaphorePermit<'_>, ApiError> {
        self.requests.try_acquire().map_err(|_| overloaded())
    }

    /// Room for what has arrived of a body.
    pub(crate) fn take_bytes(&self, count: usize) -> Result<SemaphorePermit<'_>, ApiError> {
        let count = u32::try_from(count).map_err(|_| overloaded())?;
        self.arriving
            .try_acquire_many(count)
            .map_err(|_| overloaded())
    }
}

fn overloaded() -> ApiError {
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "OVERLOADED",
        "too many requests are under way; nothing was stored, keep the events and send them again later",
    )
}
