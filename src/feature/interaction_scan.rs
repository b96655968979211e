//! What do the pair features of every activity make of each other, nearly, for all activities at once?
//!
//! As weighted sums fall apart into a number a property ([`super::scan`]), so does this into a [`Point`] a property: a
//! request works out the points of contents, dates, places, times of publication and combinations of counts, and an activity
//! is the sum of five.

use std::mem::take;

use super::appraiser::{Appraiser, Measure};
use super::contents::ContentCodes;
use super::facet::{ITSELF, PARTS, Property};
use super::interaction::{PairVectors, Point};
use super::pair::PairSide;
use super::pair_features::{
    COMMON_TASTE, DAYS_PUBLISHED, DAYS_TO_START, NEARNESS, OWN_CONTENT, TRANSIT,
};
use super::prepared::Prepared;
use super::profiles::Profiles;
use super::property_worth::PropertyWorth;
use super::scan::PairWorth;
use super::scan_codes::RowCodes;
use super::schema::Schema;
use crate::catalog::{Catalog, Counters, Row, Words};
use crate::math::ln_1p_approximate;

/// The points of properties for one visitor under one set of vectors, and room for the next.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct PairInteractions {
    /// Points of contents, dates, places, times of publication and combinations of counts, in one piece.
    table: Vec<Point>,
    properties: PropertyWorth<Point>,
    tags: Vec<Point>,
    /// What each term has of the profiles.
    terms: Vec<[f32; 3]>,
    tag_lists: Vec<Point>,
    word_lists: Vec<Point>,
    corners: Vec<Point>,
    nearness: [Vec<f32>; 3],
    /// What both tastes say of each activity by itself.
    by_row: Vec<[f32; 2]>,
}

/// The columns of what both tastes say of an activity by itself.
const BY_ROW: [usize; 2] = [COMMON_TASTE, OWN_CONTENT + ITSELF.part];
const _: () = assert!(ITSELF.part < PARTS);

/// The points of rows, each a few table entries.
pub struct RowPoints<'a> {
    rows: &'a [RowCodes],
    count_codes: &'a [u32],
    by_row: &'a [[f32; 2]],
    table: &'a [Point],
    vectors: &'a PairVectors,
}

impl RowPoints<'_> {
    /// Adds the point of a row.
    #[inline(always)]
    pub fn add_to(&self, point: &mut Point, row: Row) {
        let index = row.index();
        let codes = &self.rows[index];
        for at in [
            codes.content,
            codes.date,
            codes.place,
            codes.published,
            self.count_codes[index],
        ] {
            point.add(&self.table[at as usize]);
        }
        for (column, verdict) in BY_ROW.into_iter().zip(self.by_row[index]) {
            self.vectors.add(point, column, verdict);
        }
    }
}

impl PairWorth {
    /// The points of the rows of the catalogue it was prepared from, under the vectors they were worked out for.
    pub fn points<'a>(
        &'a self,
        vectors: &'a PairVectors,
        prepared: &'a Prepared,
    ) -> RowPoints<'a> {
        let count_codes = self.count_codes(prepared);
        RowPoints {
            rows: &prepared.scan.rows,
            count_codes: count_codes.map_or(&[], |codes| &codes.codes),
            by_row: &self.interactions.by_row,
            table: &self.interactions.table,
            vectors,
        }
    }
}

impl PairInteractions {
    /// The point of each content: of what tags, words and the rest of it are.
    fn add_contents(
        &mut self,
        appraiser: &mut Appraiser<'_, PairVectors>,
        words: &Words,
        prepared: &Prepared,
    ) {
        self.properties.weigh_contents(appraiser, words, prepared);
        let (schema, contents) = (appraiser.schema, &prepared.scan.contents);
        let [of_tags, of_text] = appraiser.side.profiles();
        let properties = &self.properties;
        self.tags.clear();
        self.tags.extend((0..words.tags.size()).map(|tag| {
            let mut point = Point::default();
            appraiser.add_property(&mut point, Property::Tag(tag as u16));
            point
        }));
        let (tags, terms) = (&self.tags, &mut self.terms);
        compare(terms, of_tags, |tag| schema.idf(tag));
        self.tag_lists.clear();
        self.tag_lists
            .extend(contents.tag_lists.lists().map(|(list, scale)| {
                let mut point = cosines(appraiser.measure, of_tags, terms, list, scale);
                list.iter()
                    .for_each(|&tag| point.add(&tags[usize::from(tag)]));
                let of_counts = properties.of_counts(list);
                of_counts.iter().for_each(|counted| point.add(counted));
                point
            }));
        compare(terms, of_text, |word| schema.text_idf(word));
        self.word_lists.clear();
        self.word_lists.extend(
            (contents.word_lists.lists())
                .map(|(list, scale)| cosines(appraiser.measure, of_text, terms, list, scale)),
        );
        let (tag_lists, word_lists) = (&self.tag_lists[..], &self.word_lists[..]);
        let point_of = |content: &ContentCodes| {
            let mut point = tag_lists[content.tags as usize];
            for part in [
                &word_lists[content.words as usize],
                &properties.kinds[content.kind as usize],
                &properties.levels[usize::from(content.level)],
                &properties.organisers[usize::from(content.organiser)],
                &properties.series[usize::from(content.series)],
                &properties.prices[content.price as usize],
            ] {
                point.add(part);
            }
            point
        };
        self.table.extend(contents.codes.iter().map(point_of));
    }

    fn add_dates(&mut self, appraiser: &mut Appraiser<'_, PairVectors>, prepared: &Prepared) {
        self.properties.weigh_times(appraiser, prepared);
        let times = &self.properties.times;
        self.table.extend(prepared.scan.dates.iter().map(|date| {
            let mut point = times[date.time as usize];
            let days = appraiser.side.days_to_start(date.start_ms);
            let logarithm = ln_1p_approximate(days);
            appraiser.measure.add(&mut point, DAYS_TO_START, logarithm);
            point
        }));
    }

    fn add_places(
        &mut self,
        appraiser: &mut Appraiser<'_, PairVectors>,
        words: &Words,
        prepared: &Prepared,
    ) {
        self.properties.weigh_localities(appraiser, words);
        let places = &prepared.scan.places;
        self.corners.clear();
        self.corners.extend(places.corners.iter().map(|&corner| {
            let mut point = Point::default();
            appraiser.add_property(&mut point, Property::Corner(corner, 1.0));
            point
        }));
        let nearness = appraiser.side.nearness();
        nearness.approximate(&places.lat, &places.lon, &mut self.nearness);
        let (corners, localities) = (&self.corners[..], &self.properties.localities[..]);
        let nearness = &self.nearness;
        let point_of = |place: usize| {
            let mut point = localities[usize::from(places.localities[place])];
            for (corner, share) in places.shares[place] {
                if let Some(corner) = corners.get(corner as usize) {
                    point.add_times(share, corner);
                }
            }
            let vectors = appraiser.measure;
            vectors.add(&mut point, TRANSIT, places.transit[place]);
            for (column, nearness) in NEARNESS.into_iter().zip(nearness) {
                vectors.add(&mut point, column, nearness[place]);
            }
            point
        };
        self.table.extend((0..places.lat.len()).map(point_of));
    }
}

impl PairSide {
    /// Works out the points of properties under these vectors, whose worth was worked out before.
    pub fn interact(
        &self,
        vectors: &PairVectors,
        catalog: &Catalog,
        prepared: &Prepared,
        counters: &Counters,
        schema: &Schema,
        worth: &mut PairWorth,
    ) {
        let mut interactions = take(&mut worth.interactions);
        let words = catalog.words();
        let mut appraiser = Appraiser {
            side: self,
            measure: vectors,
            schema,
            magnitude: 0.0,
        };
        interactions.table.clear();
        interactions.add_contents(&mut appraiser, words, prepared);
        interactions.add_dates(&mut appraiser, prepared);
        interactions.add_places(&mut appraiser, words, prepared);
        let table = &mut interactions.table;
        table.extend(prepared.scan.published.iter().map(|&time_ms| {
            let logarithm = ln_1p_approximate(self.days_published(time_ms));
            let mut point = Point::default();
            vectors.add(&mut point, DAYS_PUBLISHED, logarithm);
            point
        }));
        if let Some(codes) = worth.count_codes(prepared) {
            let columns = self.counts(catalog, counters);
            let [of_first, ..] = &codes.counts;
            table.extend((0..of_first.len()).map(|code| {
                let mut point = Point::default();
                for (&(column, _, decay), counts) in columns.iter().zip(&codes.counts) {
                    let logarithm = ln_1p_approximate(counts[code] * decay);
                    vectors.add(&mut point, column, logarithm);
                }
                point
            }));
        }
        let by_row = &mut interactions.by_row;
        by_row.clear();
        by_row.resize(prepared.scan.rows.len(), [0.0; 2]);
        let of_rows = self.own_taste().of_rows(&schema.common_taste);
        for (taste, (facets, _)) in of_rows.into_iter().enumerate() {
            for &(code, of_facet) in facets {
                if let Some(verdicts) = by_row.get_mut((code - ITSELF.code(0)) as usize) {
                    verdicts[taste] += of_facet;
                }
            }
        }
        worth.interactions = interactions;
    }
}

/// Works out what each term has of the profiles, as a vector that is not divided by its length yet.
fn compare(terms: &mut Vec<[f32; 3]>, profiles: &Profiles, idf: impl Fn(u16) -> f32) {
    terms.clear();
    let codes = (0..profiles.len()).map(|code| code as u16);
    terms.extend(codes.map(|code| {
        let idf = idf(code);
        profiles.of(code).map(|share| idf * share)
    }));
}

/// How much a list of terms has of the profiles, `scale` being one over the length of its vector.
fn cosines(
    vectors: &PairVectors,
    profiles: &Profiles,
    terms: &[[f32; 3]],
    list: &[u16],
    scale: f32,
) -> Point {
    let mut sums = [0.0; 3];
    for &term in list {
        let of_term = terms[usize::from(term)];
        for (sum, share) in sums.iter_mut().zip(of_term) {
            *sum += share;
        }
    }
    let mut point = Point::default();
    for (column, sum) in profiles.columns.into_iter().zip(sums) {
        vectors.add(&mut point, column, sum * scale);
    }
    point
}
