//! Fresh popularity for a bundle, without touching anything else.

use triqueta::bundle::{Bundle, BundleDraft};

use crate::Dataset;
use crate::replay::counters_of;

/// The bundle with counters made anew from a data set's events up to `as_of_ms`. Events about activities the bundle does
/// not have are left out.
pub fn with_counters(bundle: Bundle, dataset: &Dataset, as_of_ms: i64) -> BundleDraft {
    let counters = counters_of(
        dataset,
        &bundle.catalog,
        as_of_ms,
        bundle.counters.half_life_days,
    );
    let mut draft = BundleDraft::from(bundle);
    draft.counters = counters;
    draft
}
