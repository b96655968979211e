//! Which features does a visitor have together with an activity, and in which columns?

use super::component::Component;

/// One pair feature: its name and the score component it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairFeature {
    /// Its name, a column of the schema.
    pub name: &'static str,
    /// The component of the score it contributes to.
    pub component: Component,
}

const fn feature(name: &'static str, component: Component) -> PairFeature {
    PairFeature { name, component }
}

/// All pair features, in column order.
pub const PAIR_FEATURES: [PairFeature; 38] = [
    feature("history_tag_cosine", Component::Content),
    feature("declared_tag_cosine", Component::Content),
    feature("declared_tag_matches", Component::Content),
    feature("rejected_tag_cosine", Component::Content),
    feature("type_share", Component::Content),
    feature("level_match", Component::Content),
    feature("free", Component::Content),
    feature("price_distance", Component::Content),
    feature("organiser_share", Component::Organiser),
    feature("organiser_log_count", Component::Organiser),
    feature("organiser_recency", Component::Organiser),
    feature("organiser_prior", Component::Organiser),
    feature("series_log_count", Component::Organiser),
    feature("organiser_rejected", Component::Organiser),
    feature("near_history", Component::Place),
    feature("around_history", Component::Place),
    feature("locality_declared", Component::Place),
    feature("locality_share", Component::Place),
    feature("near_now", Component::Place),
    feature("density_log", Component::Place),
    feature("transit_near", Component::Place),
    feature("weekday_share", Component::Schedule),
    feature("slot_share", Component::Schedule),
    feature("availability_match", Component::Schedule),
    feature("days_to_start_log", Component::Schedule),
    feature("weekend", Component::Schedule),
    feature("positives_log", Component::Popularity),
    feature("positives_total_log", Component::Popularity),
    feature("views_log", Component::Popularity),
    feature("days_published_log", Component::Popularity),
    feature("common_taste", Component::Popularity),
    feature("own_content", Component::Content),
    feature("own_organiser", Component::Organiser),
    feature("own_place", Component::Place),
    feature("own_schedule", Component::Schedule),
    feature("history_text_cosine", Component::Content),
    feature("declared_text_cosine", Component::Content),
    feature("rejected_text_cosine", Component::Content),
];

/// The column of a feature. For constants: a name that is not there does not compile.
pub(crate) const fn column(name: &str) -> usize {
    let mut column = 0;
    while !is_same(PAIR_FEATURES[column].name.as_bytes(), name.as_bytes()) {
        column += 1;
    }
    column
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    let mut index = 0;
    while index < a.len() && index < b.len() && a[index] == b[index] {
        index += 1;
    }
    index == a.len() && index == b.len()
}

pub(super) const COMMON_TASTE: usize = column("common_taste");
/// The parts of own taste, [`PARTS`] columns in their order.
pub(super) const OWN_CONTENT: usize = column("own_content");
/// How near the place is: to the past twice, and to the visitor.
pub(super) const NEARNESS: [usize; 3] = [
    column("near_history"),
    column("around_history"),
    column("near_now"),
];
pub(super) const DENSITY: usize = column("density_log");
pub(super) const TRANSIT: usize = column("transit_near");
/// Columns that are logarithms of something the moment decides.
pub(super) const DAYS_TO_START: usize = column("days_to_start_log");
pub(super) const DAYS_PUBLISHED: usize = column("days_published_log");
pub(super) const POSITIVES: usize = column("positives_log");
pub(super) const POSITIVES_TOTAL: usize = column("positives_total_log");
pub(super) const VIEWS: usize = column("views_log");

/// The features of one pair, columns as [`PAIR_FEATURES`] names them.
pub type PairRow = [f32; PAIR_FEATURES.len()];
