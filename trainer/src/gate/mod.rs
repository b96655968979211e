//! May this training replace what visitors have?
//!
//! A training is judged by the last part of its own choices, which the models that answered had not seen (see
//! [`mod@crate::train`]): the answers travel with the bundle as far as the registry, tied to it by a digest in its
//! manifest, and never to visitors. Questions are the same in every training of a log, so two trainings are compared on
//! those both were asked, pair by pair, with intervals clustered by visitor. A bundle is refused
//!
//! - where it is *shown to be worse* than the current one, popularity or the present rule: on NDCG@10, the hit rate among
//!   ten or AUC, or on NDCG@10 for new visitors, the 95 % interval of the difference lies below 0. An equal bundle is
//!   refused for one of these in about one publication of twenty; a worse one that the questions are too few to tell
//!   passes;
//! - where a slice is dead: with enough questions to tell, not shown to be better than chance;
//! - where the order by what it stores is worse than the order by what was trained, by more than two thousandths of
//!   NDCG@10 (see [`Departure`]);
//! - where it cannot be judged at all, while the current one was.
//!
//! New activities and fresh counters are no training and pass without a question.

mod answers;
mod departure;
mod problem;
#[cfg(test)]
mod tests;
mod verdict;

pub use answers::{Answers, Question, SliceAnswer};
pub use departure::Departure;
pub use problem::GateError;
pub use verdict::{Check, LEAST_QUESTIONS, MOST_STORED_LOSS, Verdict};
