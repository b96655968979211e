//! The parts of the `triqueta` command that others may use too.

pub mod demo;
pub mod event_log;
