//! What pair features need of the catalogue, computed once a bundle or counter refresh instead of once a request.

use super::schema::Schema;
use crate::catalog::{Catalog, Counters, Row};

/// Catalogue-wide values behind the pair features.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Prepared {
    /// Length of each row's TF-IDF tag vector.
    pub tag_norm: Vec<f32>,
    /// Share of all positive interactions that went to each organiser, by code, smoothed by one half an organiser.
    pub organiser_share: Vec<f32>,
}

impl Prepared {
    /// Prepares a catalogue with its counters.
    pub fn new(schema: &Schema, catalog: &Catalog, counters: &Counters) -> Self {
        let norm = |row: Row| {
            libm::sqrtf(
                catalog
                    .tags(row)
                    .iter()
                    .map(|&tag| schema.idf(tag) * schema.idf(tag))
                    .sum(),
            )
        };
        let tag_norm = (0..catalog.len() as u32)
            .map(|row| norm(Row(row)))
            .collect();
        Self {
            tag_norm,
            organiser_share: organiser_shares(catalog, counters),
        }
    }

    /// Takes in new counters.
    pub fn refresh(&mut self, catalog: &Catalog, counters: &Counters) {
        self.organiser_share = organiser_shares(catalog, counters);
    }
}

fn organiser_shares(catalog: &Catalog, counters: &Counters) -> Vec<f32> {
    let mut totals = vec![0.5_f32; catalog.words().organisers.size()];
    for (&organiser, &positives) in catalog
        .columns()
        .organiser
        .iter()
        .zip(&counters.positives_total)
    {
        totals[usize::from(organiser)] += positives;
    }
    let sum: f32 = totals.iter().sum();
    totals.iter().map(|total| total / sum).collect()
}
