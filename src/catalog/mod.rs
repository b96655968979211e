//! What can be offered?
//!
//! The catalogue is the list of activities as columns, one row an activity, and the city they take place in. Words
//! (types, localities, levels, tags, organisers, series, and those of texts) become codes through vocabularies learned from the data, with
//! code 0 for "unknown": another city works by changing data alone. Time and place are data too: the device's time zone
//! is never read, each row carries its local calendar as the trainer computed it.

mod activity;
mod blob;
mod blob_column;
mod city;
mod columns;
mod consistency;
mod content;
mod counters;
mod fold_text;
mod geography;
mod index;
mod joined;
mod parts;
mod row_set;
mod table;
mod text;
mod text_terms;
mod texts;
mod vocabulary;

pub use activity::{Activity, MOST_TAGS, Place, Status};
pub use blob::{Blob, BlobSource};
pub use blob_column::{BlobColumn, BlobRows};
pub use city::{AvailabilityWindow, City, LocalTime, OffsetInterval, Season};
pub use columns::Columns;
pub use content::Content;
pub use counters::Counters;
pub(crate) use fold_text::fold_text;
pub use geography::{Projection, distance_km};
pub use joined::Joined;
pub(crate) use parts::number;
pub use parts::{CodeLists, ContentPart, DatePart, Numbered, Parts, PlacePart};
pub use row_set::{ROW_GROUP, RowSet, places};
pub(crate) use table::BLOCK;
pub(crate) use table::over_ms;
pub use table::{Catalog, NO_TIME, Row};
pub use text::Text;
pub(crate) use text_terms::text_codes;
pub use text_terms::{TEXT_TERMS, text_terms};
pub use texts::{TEXT_FIELDS, TextField, Texts, Titles};
pub use vocabulary::{UNKNOWN, Vocabulary, Words};
