//! What do we know of you?
//!
//! The visitor's history is a fold over their events: a bounded, sorted set of signals an activity, with the activity's
//! raw content beside them. Recency decay is applied when it is read, so that folding is exact, insensitive to the order
//! of events: replaying a log in the trainer gives the very state the browser had.

mod entry;
mod fold;
mod profile;
mod signal;

pub use entry::Entry;
pub use fold::{History, LIMIT_ENTRIES, SNAPSHOT_VERSION};
pub use profile::Profile;
pub use signal::{Action, Signal};

/// The whole local knowledge of a visitor: what they said and what they did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Visitor {
    /// What they said.
    pub profile: Profile,
    /// What they did.
    pub history: History,
}
