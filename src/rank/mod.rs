//! What do you see?
//!
//! From all activities to one slate: filter → score → keep the best few hundred → rerank slot by slot (diversity, caps,
//! declared exploration) → explain. Each step is a function of its inputs, so that a slate can be replayed bit for bit.

mod announced;
mod explain;
mod filter;
mod policy;
mod request;
mod rerank;
mod retrieve;
mod search;
mod slate;
mod trace;

pub use announced::Announced;
pub use explain::{Facts, Reason, explain};
pub use filter::Filter;
pub use policy::{Exploration, Policy};
pub use request::{Filters, Ranking, Request, Within};
pub use rerank::{Candidate, Chosen, Reranking, Shortlist, Slot, rerank};
pub use retrieve::{Scored, keep_best};
pub use slate::{Contribution, Slate, SlateItem};
pub use trace::{TRACE_VERSION, Trace};
