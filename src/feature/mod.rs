//! What does a model see?
//!
//! Numbers and codes made from a visitor, an activity and a moment, in one place for trainer, server and browser, so that
//! training and serving cannot drift apart. [`Schema`] names them and fixes the vocabularies; its hash travels with every
//! model, and an engine refuses weights that were trained under another.

mod activity;
mod appraiser;
mod common_taste;
mod component;
mod contents;
mod context;
mod directions;
mod facet;
mod facet_weights;
mod interaction;
mod interaction_scan;
mod near_places;
mod nearness;
mod outline;
mod own_taste;
mod pair;
mod pair_features;
mod prepared;
mod profiles;
mod property_worth;
mod reading;
mod scan;
mod scan_codes;
mod schema;
mod taste_regression;
mod user;

pub use activity::{ACTIVITY_NUMBERS, ActivityRow};
pub use common_taste::{CommonTaste, Departure};
pub use component::{COMPONENTS, Component};
pub use context::{CONTEXT_NUMBERS, ContextRow};
pub use interaction::{Arrow, Meeting, PairVectors, Point, VECTOR};
pub use interaction_scan::RowPoints;
pub(crate) use own_taste::Groundwork;
pub use pair::{KnownPlaces, PairSide};
pub(crate) use pair_features::column as pair_column;
pub use pair_features::{PAIR_FEATURES, PairFeature, PairRow};
pub use prepared::Prepared;
pub use scan::{PairWorth, RowSums};
pub use schema::{SCHEMA_VERSION, Schema};
pub use taste_regression::TasteExample;
pub use user::{Past, USER_NUMBERS, UserRow};
