//! What is one row to learn from?
//!
//! A walk through the log turns every decision into an [`Example`]: the visitor just before it, what was decided on and
//! what was drawn beside it ([`crate::negatives`]), the pair features of each by the serving code, and a label
//! ([`crate::choices::Label`]). Examples come one at a time, so that a log of any length needs no more memory than its
//! data set and one entry a visitor and activity they met. [`leaks`] recomputes examples from nothing but their past, and
//! names every feature that comes out otherwise.

mod augment;
mod leaks;
mod options;
#[cfg(test)]
mod tests;
mod walk;

use triqueta::catalog::Row;
use triqueta::feature::PairRow;

use crate::choices::{Label, Viewpoint};
use crate::replay::VisitorKey;

pub use augment::Augmentation;
pub use leaks::{Leak, leaks};
pub use options::{Bounds, ExampleOptions, Split};
pub use walk::{ExampleCounts, each_example};

/// One decision as a model learns from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The decision's number in order of time.
    pub number: u64,
    /// 0 as it was; from 1 on, copies in which something of the visitor is hidden ([`Augmentation`]).
    pub copy: u32,
    /// Who.
    pub key: VisitorKey,
    /// The moment of the decision, Unix ms: everything below but the label is as of just before it.
    pub time_ms: i64,
    /// When the label was known, Unix ms.
    pub known_ms: i64,
    /// Which part of the data it belongs to.
    pub split: Split,
    /// What was decided about the first of `rows`. The others have [`Label::of_drawn`] of it.
    pub label: Label,
    /// The visitor.
    pub viewpoint: Viewpoint,
    /// What was decided on, then what was drawn beside it, ascending.
    pub rows: Vec<Row>,
    /// The pair features of each row.
    pub pairs: Vec<PairRow>,
    /// Whether nobody had chosen the activity decided on before.
    pub cold_activity: bool,
}
