//! How does it come back?
//!
//! The rules of the event queue, as a state machine without input or output: it is told the time, what is stored and what
//! the server answered, and says what to do. Whoever performs it (the browser's IndexedDB and fetch, or a test) adds
//! nothing of its own. An event is deleted only after the server named its id in a verdict: a lost answer, a closed tab or
//! a restart can repeat an event, never lose one, and the server drops repeats by id.

mod account;
mod fresh;
mod lease;
mod pace;
mod queue;
mod reply;
mod sender;
mod unsaved;

pub use account::{Account, Accounts, place, queue_key, queue_prefix};
pub use fresh::Fresh;
pub use lease::{ASK_AGAIN_MS, LEASE_MS, LOOKOUT_MS, Lease, claim};
pub use pace::Pace;
pub use queue::{
    Bounds, LIMIT_AGE_MS, LIMIT_BATCH_BYTES, LIMIT_QUEUED, LIMIT_QUEUED_BYTES, Pending, backoff_ms,
    bound, next_batch,
};
pub use reply::{Outcome, Reply, outcome};
pub use sender::{Sender, Step};
pub use unsaved::{LIMIT_UNSAVED, LIMIT_UNSAVED_BYTES, Saving, Unsaved};
