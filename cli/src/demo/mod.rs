//! What does the whole loop look like on a living city?
pub mod calendar;
mod diary;
pub mod error;
mod logging;
pub mod oracle;
mod phrase;
pub mod place;
mod programme;
pub mod schedule;
pub mod simulate;
pub mod taste;
mod visit;
pub mod visitor;
