//! What pair features need of the catalogue, computed once a bundle or counter refresh instead of once a request.

use super::contents::Terms;
use super::scan_codes::{CountCodes, ScanCodes};
use super::schema::Schema;
use crate::catalog::{Catalog, Counters, Row};

/// Catalogue-wide values behind the pair features.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Prepared {
    /// Length of each row's TF-IDF tag vector.
    pub tag_norm: Vec<f32>,
    /// Length of each row's TF-IDF vector of words.
    pub text_norm: Vec<f32>,
    /// Share of all positive interactions that went to each organiser, by code, smoothed by one half an organiser.
    pub organiser_share: Vec<f32>,
    pub(super) scan: ScanCodes,
    /// What occurs among the counts; made when it is needed where counters come and go.
    pub(super) counts: Option<CountCodes>,
}

impl Prepared {
    /// Prepares a catalogue with its counters.
    pub fn new(schema: &Schema, catalog: &Catalog, counters: &Counters) -> Self {
        let rows = || (0..catalog.len() as u32).map(Row);
        let tags = rows().map(|row| catalog.tags(row));
        let (tag_lists, tags) = Terms::of(tags, |tag| schema.idf(tag));
        let words = rows().map(|row| catalog.text(row));
        let (word_lists, words) = Terms::of(words, |word| schema.text_idf(word));
        let norms = |lists: &Terms, numbers: &[u32]| {
            numbers.iter().map(|&number| lists.norm(number)).collect()
        };
        let (tag_norm, text_norm) = (norms(&tag_lists, &tags), norms(&word_lists, &words));
        let centre = schema.city.centre.as_ref();
        Self {
            organiser_share: organiser_shares(catalog, counters),
            scan: ScanCodes::new(catalog, centre, (tag_lists, &tags), (word_lists, &words)),
            counts: Some(CountCodes::new(catalog, counters)),
            tag_norm,
            text_norm,
        }
    }

    /// Takes in new counters.
    pub fn refresh(&mut self, catalog: &Catalog, counters: &Counters) {
        self.organiser_share = organiser_shares(catalog, counters);
        self.counts = None;
    }
}

/// The length of the TF-IDF vector of these codes.
pub(super) fn norm(codes: &[u16], idf: impl Fn(u16) -> f32) -> f32 {
    let squares = codes.iter().map(|&code| idf(code) * idf(code));
    // Exactly rounded everywhere, unlike other functions of std.
    squares.sum::<f32>().sqrt()
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
