//! What happened?
//!
//! One event is one thing a visitor did or was shown. Events are the only way data enters the system: the browser
//! writes them, the server stores them, the trainer replays them through [`crate::history`]. Their wire form is
//! versioned JSON with unknown fields refused, so that both sides agree on what a field means or say that they do not.

mod body;
mod consent;
mod fields;
mod id;
mod shown;
mod wire;

pub use body::{Body, DeviceType, FavouriteAction, NavigationAction, Opinion, Source};
pub use consent::{Consent, Grade};
pub use id::{ActivityId, DeviceId, EventId, SessionId};
pub use shown::Shown;
pub use wire::{
    Batch, BatchReply, Event, LIMIT_EVENTS_PER_BATCH, LIMIT_TEXT_BYTES, Verdict, VerdictKind,
    WIRE_VERSION,
};
