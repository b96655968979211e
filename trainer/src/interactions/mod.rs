//! Who chose what, by number: implicit feedback without time, content or place.
//!
//! Learners that know nothing but ids are trained on this form, whatever data set it comes from, and judged on it where
//! the literature judges them. Features of users and items, where there are any, are bags of categorical codes.

mod csv_folder;
mod leave_one_out;
mod of_events;
mod rows;
mod side_features;

pub use csv_folder::{InteractionsError, read_leave_one_out};
pub use leave_one_out::LeaveOneOut;
pub use of_events::leave_one_out_of;
pub use rows::Interactions;
pub use side_features::SideFeatures;
