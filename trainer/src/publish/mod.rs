//! From a training to what visitors download: a draft of the bundle, its self-test, and the registry folder it lies in.
//!
//! Three cadences share one writer: a whole training, a catalogue publication (new activities are embedded with the
//! weights there are, in minutes), and a counter refresh (hourly). Files are named by content, so a publication costs a
//! visitor only what changed.

mod catalogue;
mod counters;
mod folder;
mod gated;
mod registry;
mod self_test;
mod signing;
mod training;

pub use catalogue::{CatalogueChange, with_activities};
pub use counters::with_counters;
pub use folder::{BUNDLE_MARK, load_bundle, save_bundle};
pub use gated::{Gated, publish_training};
pub use registry::{CHANNEL_LIFETIME_DAYS, Publication, Registry};
pub use self_test::{SELF_TEST_CASES, self_test_cases};
pub use signing::{Signer, SigningError};
pub use training::{SealedTraining, draft_of_training, seal_draft, seal_training};
