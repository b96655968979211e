//! What pair features need of the catalogue, computed once a bundle or counter refresh instead of once a request.

use super::scan_codes::{OtherCodes, ScanCodes};
use super::schema::Schema;
use crate::catalog::{Catalog, Counters};

/// Catalogue-wide values behind the pair features.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Prepared {
    /// Share of all positive interactions that went to each organiser, by code, smoothed by one half an organiser.
    pub organiser_share: Vec<f32>,
    pub(super) scan: ScanCodes,
    /// What is asked of rows last; made when it is needed where counters come and go.
    pub(super) others: Option<OtherCodes>,
}

impl Prepared {
    /// Prepares a catalogue with its counters.
    pub fn new(schema: &Schema, catalog: &Catalog, counters: &Counters) -> Self {
        let scan = ScanCodes::new(schema, catalog);
        Self {
            organiser_share: organiser_shares(catalog, counters),
            others: Some(OtherCodes::new(catalog, counters, scan.starts)),
            scan,
        }
    }

    /// How many points of properties a request works out where it asks what features make of each other.
    pub fn points(&self) -> usize {
        let (contents, places) = (&self.scan.contents, &self.scan.places);
        let lists = contents.tag_lists.len() + contents.word_lists.len();
        contents.codes.len() + lists + places.lat.len() + places.corners.len()
    }

    /// Takes in new counters.
    pub fn refresh(&mut self, catalog: &Catalog, counters: &Counters) {
        self.organiser_share = organiser_shares(catalog, counters);
        self.others = None;
    }
}

fn organiser_shares(catalog: &Catalog, counters: &Counters) -> Vec<f32> {
    let mut totals = vec![0.5_f32; catalog.words().organisers.size()];
    let columns = catalog.columns();
    for (row, &positives) in counters
        .positives_total
        .iter()
        .enumerate()
        .take(catalog.len())
    {
        totals[usize::from(columns.content(row).organiser)] += positives;
    }
    let sum: f32 = totals.iter().sum();
    totals.iter().map(|total| total / sum).collect()
}
