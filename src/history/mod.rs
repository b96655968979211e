//! What do we know of you?

mod profile;

pub use profile::Profile;
