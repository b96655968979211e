//! What can be offered?
//!
//! The catalogue is the list of activities as columns, one row an activity, and the city they take place in. Words
//! (types, localities, levels, tags, organisers, series) become codes through vocabularies learned from the data, with
//! code 0 for "unknown": another city works by changing data alone. Time and place are data too: the device's time zone
//! is never read, each row carries its local calendar as the trainer computed it.

mod activity;
mod city;
mod columns;
mod content;
mod counters;
mod geography;
mod table;
mod text;
mod vocabulary;

pub use activity::{Activity, Place, Status};
pub use city::{AvailabilityWindow, City, LocalTime, OffsetInterval, Season};
pub use columns::Columns;
pub use content::Content;
pub use counters::Counters;
pub use geography::{Projection, distance_km};
pub use table::{Catalog, NO_TIME, Row};
pub use text::Text;
pub use vocabulary::{UNKNOWN, Vocabulary, Words};
