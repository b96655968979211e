//! What the scan needs of every activity, made once a bundle: rare combinations as codes, and what no request changes.

use super::facet::grid_corners;
use super::pair::{TimeOfWeek, fixed_features};
use super::pair_features::{DENSITY, PairRow, TRANSIT};
use crate::catalog::{Catalog, Place};

/// The catalogue as the scan reads it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct ScanCodes {
    pub(super) prices: Distinct<u32>,
    pub(super) places: Places,
    pub(super) times: Distinct<TimeOfWeek>,
    /// Density and nearness to public transport, as features.
    pub(super) fixed: Vec<[f32; 2]>,
    /// The most tags a row has.
    pub(super) most_tags: usize,
    /// The most words a row's text is known by.
    pub(super) most_words: usize,
}

/// Where activities take place.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Places {
    /// Of each row the number of its place.
    pub(super) codes: Vec<u32>,
    pub(super) lat: Vec<f32>,
    pub(super) lon: Vec<f32>,
    /// The corners of the grid around places, ascending.
    pub(super) corners: Vec<u32>,
    /// Of each place the numbers of its corners, and its shares of them; zeros where they are unknown.
    pub(super) shares: Vec<[(u32, f32); 4]>,
}

impl Places {
    fn new(catalog: &Catalog, centre: Option<&Place>) -> Self {
        let columns = catalog.columns();
        let bits = columns.lat.iter().zip(&columns.lon);
        let distinct = Distinct::of(bits.map(|(lat, lon)| (lat.to_bits(), lon.to_bits())));
        let places = distinct.values.iter();
        let places = places.map(|&(lat, lon)| (f32::from_bits(lat), f32::from_bits(lon)));
        let (lat, lon): (Vec<f32>, Vec<f32>) = places.clone().unzip();
        let around: Vec<_> = places
            .clone()
            .map(|place| grid_corners(place, centre))
            .collect();
        let mut corners: Vec<u32> = around.iter().flatten().flatten().map(|c| c.0).collect();
        corners.sort_unstable();
        corners.dedup();
        let number = |code: u32| {
            corners
                .binary_search(&code)
                .map_or(0, |number| number as u32)
        };
        let numbered = |around: [(u32, f32); 4]| around.map(|(code, share)| (number(code), share));
        Self {
            shares: around
                .into_iter()
                .map(|around| around.map_or([(0, 0.0); 4], numbered))
                .collect(),
            lat,
            lon,
            codes: distinct.codes,
            corners,
        }
    }
}

/// Values that occur, and which of them each row has.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Distinct<T> {
    pub(super) values: Vec<T>,
    pub(super) codes: Vec<u32>,
}

impl<T: Copy + Ord> Distinct<T> {
    fn of(rows: impl Iterator<Item = T> + Clone) -> Self {
        let mut values: Vec<T> = rows.clone().collect();
        values.sort_unstable();
        values.dedup();
        let code = |value: T| values.binary_search(&value).map_or(0, |code| code as u32);
        let codes = rows.map(code).collect();
        Self { values, codes }
    }
}

impl ScanCodes {
    /// `centre` is the one that facets are made around: the schema's.
    pub(super) fn new(catalog: &Catalog, centre: Option<&Place>) -> Self {
        let columns = catalog.columns();
        let longest = |offsets: &[u32]| {
            let lengths = offsets.windows(2).map(|pair| pair[1] - pair[0]);
            lengths.max().unwrap_or(0) as usize
        };
        let fixed = |index: usize| {
            let mut features: PairRow = [0.0; _];
            fixed_features(columns, index, &mut features);
            [features[DENSITY], features[TRANSIT]]
        };
        Self {
            prices: Distinct::of(columns.price.iter().map(|price| price.to_bits())),
            places: Places::new(catalog, centre),
            times: Distinct::of((0..catalog.len()).map(|index| TimeOfWeek::of(columns, index))),
            fixed: (0..catalog.len()).map(fixed).collect(),
            most_tags: longest(&columns.tag_offsets),
            most_words: longest(&columns.text_offsets),
        }
    }
}
