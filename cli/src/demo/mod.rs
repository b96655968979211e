//! What does the whole loop look like on a living city?
pub mod calendar;
pub mod error;
mod phrase;
pub mod place;
mod programme;
pub mod schedule;
