//! P1: are the learners right?
//!
//! One choice a user is held out and ranked twice: among the published negatives (He et al. 2017), where the literature
//! can be compared, and among everything the user has not chosen, where it counts. The two disagree about which learner
//! is best (Krichene and Rendle, KDD 2020), so both are always reported, beside chance and popularity.

mod collaborative;
mod ensemble;
mod judge;
mod learners;
mod report;

pub use judge::{LeaveOneOutRun, PairScorer, judge};
pub use learners::{Fit, LEARNERS, Learner, learner};
pub use report::{LeaveOneOutOptions, LeaveOneOutReport, run_leave_one_out};
