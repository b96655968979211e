//! What the scan needs of every activity, made once a bundle: what occurs more than once, as codes.
//!
//! An activity that is repeated is one content on many dates, and many activities share a place: a request works out what
//! each content, date and place is worth, and an activity is then the sum of a few of those.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::RandomState;

use super::contents::{Contents, Terms};
use super::facet::{Corners, grid_corners};
use super::pair::{TimeOfWeek, fixed_features};
use crate::catalog::{Catalog, Counters, Place};

/// The catalogue as the scan reads it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct ScanCodes {
    pub(super) rows: Vec<RowCodes>,
    pub(super) contents: Contents,
    pub(super) dates: Vec<Date>,
    pub(super) places: Places,
    /// When activities were published.
    pub(super) published: Vec<i64>,
    /// The bits of prices.
    pub(super) prices: Vec<u32>,
    pub(super) times: Vec<TimeOfWeek>,
    /// The largest sizes of the fixed features.
    pub(super) most_fixed: [f32; 2],
}

/// What a row is made of: the numbers of its content, date, place and publication, side by side, because they are read
/// together.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct RowCodes {
    pub(super) content: u32,
    pub(super) date: u32,
    pub(super) place: u32,
    pub(super) published: u32,
    /// Density and nearness to public transport, as features.
    pub(super) fixed: [f32; 2],
}

/// When an activity starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Date {
    pub(super) start_ms: i64,
    /// Its number among times of the week.
    pub(super) time: u32,
}

/// Where activities take place.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Places {
    pub(super) lat: Vec<f32>,
    pub(super) lon: Vec<f32>,
    pub(super) localities: Vec<u16>,
    /// The corners of the grid around places, ascending.
    pub(super) corners: Vec<u32>,
    /// Of each place the numbers of its corners, and its shares of them; zeros where they are unknown.
    pub(super) shares: Vec<Corners>,
}

impl Places {
    /// The places of a catalogue, and of each row the number of its place.
    fn new(catalog: &Catalog, centre: Option<&Place>) -> (Self, Vec<u32>) {
        let columns = catalog.columns();
        let place = |index: usize| {
            let place = [columns.lat[index], columns.lon[index]];
            (place.map(f32::to_bits), columns.locality[index])
        };
        let distinct = Distinct::of((0..catalog.len()).map(place));
        let mut places = Self::default();
        let mut around = Vec::with_capacity(distinct.values.len());
        for (place, locality) in distinct.values {
            let [lat, lon] = place.map(f32::from_bits);
            around.push(grid_corners((lat, lon), centre));
            places.lat.push(lat);
            places.lon.push(lon);
            places.localities.push(locality);
        }
        let mut corners: Vec<u32> = around.iter().flatten().flatten().map(|c| c.0).collect();
        corners.sort_unstable();
        corners.dedup();
        let number = |code: u32| {
            corners
                .binary_search(&code)
                .map_or(0, |number| number as u32)
        };
        let numbered = |around: Corners| around.map(|(code, share)| (number(code), share));
        let shares = around.into_iter();
        places.shares = shares
            .map(|around| around.map_or([(0, 0.0); 4], numbered))
            .collect();
        places.corners = corners;
        (places, distinct.codes)
    }

    /// The corners of the grid around a place, and its shares of them, which add up to 1 where they are known.
    pub(super) fn corners_of(&self, place: u32) -> Option<Corners> {
        let shares = self.shares[place as usize];
        let is_known = shares.iter().any(|&(_, share)| share > 0.0);
        let corner = |(number, share): (u32, f32)| (self.corners[number as usize], share);
        is_known.then(|| shares.map(corner))
    }
}

/// Values that occur, in order of their first rows, and which of them each row has.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Distinct<T> {
    pub(super) values: Vec<T>,
    pub(super) codes: Vec<u32>,
}

impl<T: Copy + Eq + Hash> Distinct<T> {
    pub(super) fn of(rows: impl Iterator<Item = T>) -> Self {
        let mut known = HashMap::with_hasher(RandomState::default());
        let mut values = Vec::new();
        let code = |value: T| {
            *known.entry(value).or_insert_with(|| {
                values.push(value);
                values.len() as u32 - 1
            })
        };
        let codes = rows.map(code).collect();
        Self { values, codes }
    }
}

impl ScanCodes {
    /// `centre` is the one that facets are made around, the schema's; lists of tags and of words come with the numbers of rows'
    /// lists.
    pub(super) fn new(
        catalog: &Catalog,
        centre: Option<&Place>,
        tags: (Terms, &[u32]),
        words: (Terms, &[u32]),
    ) -> Self {
        let columns = catalog.columns();
        let times = Distinct::of((0..catalog.len()).map(|index| TimeOfWeek::of(columns, index)));
        let dates = columns.start_ms.iter().zip(&times.codes);
        let dates = Distinct::of(dates.map(|(&start_ms, &time)| Date { start_ms, time }));
        let prices = Distinct::of(columns.price.iter().map(|price| price.to_bits()));
        let published = Distinct::of(columns.published_ms.iter().copied());
        let (contents, of_contents) = Contents::new(catalog, &prices.codes, tags, words);
        let (places, of_places) = Places::new(catalog, centre);
        let row = |index: usize| RowCodes {
            content: of_contents[index],
            date: dates.codes[index],
            place: of_places[index],
            published: published.codes[index],
            fixed: fixed_features(columns, index),
        };
        let rows: Vec<RowCodes> = (0..catalog.len()).map(row).collect();
        let largest = |of: usize| {
            let sizes = rows.iter().map(|row| row.fixed[of].abs());
            sizes.fold(0.0, f32::max)
        };
        Self {
            most_fixed: [0, 1].map(largest),
            rows,
            contents,
            dates: dates.values,
            places,
            published: published.values,
            prices: prices.values,
            times: times.values,
        }
    }
}

/// What occurs among the counts of rows, in the order of [`super::pair::PairSide::counts`].
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct CountCodes {
    /// Of each row the number of its counts.
    pub(super) codes: Vec<u32>,
    /// Positives, all positives ever, and views.
    pub(super) counts: [Vec<f32>; 3],
}

impl CountCodes {
    pub(super) fn new(catalog: &Catalog, counters: &Counters) -> Self {
        let columns = [
            &counters.positives,
            &counters.positives_total,
            &counters.views,
        ];
        let counts = |row: usize| columns.map(|counts| counts.get(row).map_or(0, |x| x.to_bits()));
        let distinct = Distinct::of((0..catalog.len()).map(counts));
        let column = |of: usize| {
            distinct
                .values
                .iter()
                .map(move |bits| f32::from_bits(bits[of]))
        };
        Self {
            counts: [0, 1, 2].map(|of| column(of).collect()),
            codes: distinct.codes,
        }
    }
}
