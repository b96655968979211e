//! Which settings learn best from this log?
//!
//! Random search with successive halving (Jamieson and Talwalkar 2016): trials are drawn at random, because of a dozen knobs
//! few matter and nobody knows which (Bergstra and Bengio 2012); all are judged on the first fold, the better third on the
//! next, and so on, so that time goes to what may win. Folds follow each other in time, over the training part only: what
//! `evaluate` asks later stays unseen. The first trial is the defaults; it is judged on every fold, so that the best has
//! something to beat. A figure of the best of many trials flatters: evaluate it before believing it.
//!
//! Every measurement is written to a journal before the next begins. A search that was killed goes on from there, and ends
//! in the same table as one that was not.

mod journal;
mod problem;
mod search;
mod settings;
mod space;
mod table;
#[cfg(test)]
mod tests;

pub use problem::TuneError;
pub use search::{TuneOptions, tune};
pub use settings::Settings;
pub use space::{KNOBS, Knob, Scale};
pub use table::{Trial, Tuning};
