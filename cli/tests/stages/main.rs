//! From a dataset to a list at the shell: `triqueta train`, `publish`, `recommend` and `replay-slate`, their output, exit
//! codes, and what they leave on the disk.
#![allow(clippy::unwrap_used)]

mod evaluation;
mod failures;
mod successes;
mod tiny;
