//! Which words and constants does a training fix?

use triqueta::catalog::{Catalog, Words};
use triqueta::feature::Schema;

use crate::{Dataset, Result};

/// A tag that only visitors declare is learned from so many of them on.
const LEAST_DECLARED: usize = 3;

/// The vocabularies of a data set: every word of its activities, and tags that several visitors declare.
///
/// # Errors
/// A vocabulary too large for its codes.
pub fn words_of(dataset: &Dataset) -> Result<Words> {
    let declared = dataset
        .visitors
        .iter()
        .flat_map(|visitor| visitor.profile.tags.iter().map(String::as_str));
    Ok(Words::learn(&dataset.activities, declared, LEAST_DECLARED)?)
}

/// The schema of a training on a catalogue.
pub fn schema_of(catalog: &Catalog, half_life_days: f32) -> Schema {
    let words = catalog.words();
    let mut tag_counts = vec![0_u32; words.tags.size()];
    let mut text_counts = vec![0_u32; words.text.size()];
    for row in catalog.live_rows() {
        for &tag in catalog.tags(row) {
            tag_counts[usize::from(tag)] += 1;
        }
        for &word in catalog.text(row) {
            text_counts[usize::from(word)] += 1;
        }
    }
    Schema::new(
        catalog.city().clone(),
        words.clone(),
        &tag_counts,
        catalog.len(),
        half_life_days,
    )
    .with_text_counts(&text_counts, catalog.len())
}
