//! What do the pair features of every activity make of each other, nearly, for all activities at once?
//!
//! As weighted sums fall apart into a number a property ([`super::scan`]), so does this into a [`Point`] a property: a
//! request works out those of contents, places and times of the week. What is one feature a date, a publication or a count
//! stays a number until it is asked for: a point of each would be as many points as there are rows.

use std::mem::take;

use super::appraiser::{Appraiser, Measure};
use super::facet::{ITSELF, Property};
use super::interaction::{Arrow, Axis, Meeting, PairVectors, Point};
use super::near_places::NearPlaces;
use super::pair::PairSide;
use super::pair_features::{
    COMMON_TASTE, DAYS_PUBLISHED, DAYS_TO_START, DENSITY, NEARNESS, OWN_CONTENT, POSITIVES,
    POSITIVES_TOTAL, TRANSIT, VIEWS,
};
use super::prepared::Prepared;
use super::profiles::Profiles;
use super::property_worth::PropertyWorth;
use super::scan::PairWorth;
use super::scan_codes::{OtherRow, ScanCodes};
use super::schema::Schema;
use crate::catalog::{Catalog, Counters, Row, Words};
use crate::math::ln_1p_approximate;

/// The points of properties for one visitor under one set of vectors, and room for the next.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct PairInteractions {
    contents: Vec<Point>,
    places: Vec<Point>,
    properties: PropertyWorth<Point>,
    /// How far away dates are, how long ago publications, and what was counted: as logarithms.
    days_to_start: Vec<f32>,
    days_published: Vec<f32>,
    counts: [Vec<f32>; 4],
    /// What both tastes say of each activity by itself.
    by_row: Vec<[f32; 2]>,
    tags: Vec<Point>,
    /// What each term has of the profiles.
    terms: Vec<[f32; 3]>,
    tag_lists: Vec<Point>,
    word_lists: Vec<Point>,
    corners: Vec<Point>,
    near_places: NearPlaces,
    to_visitor: Vec<f32>,
}

/// The columns of features that stay numbers: of dates, publications and counts, and what both tastes say of an activity by
/// itself.
const NUMBERS: [usize; 8] = [
    DAYS_TO_START,
    DAYS_PUBLISHED,
    POSITIVES,
    POSITIVES_TOTAL,
    VIEWS,
    DENSITY,
    COMMON_TASTE,
    OWN_CONTENT + ITSELF.part,
];

/// The points of rows, each the sum of a few.
pub struct RowPoints<'a> {
    scan: &'a ScanCodes,
    others: &'a [OtherRow],
    interactions: &'a PairInteractions,
    axes: [&'a Axis; NUMBERS.len()],
}

impl RowPoints<'_> {
    /// What the features of a row make of each other beside `origin`, and of one more vector.
    #[inline(always)]
    pub fn meet(&self, origin: &Point, row: Row, arrow: &Arrow<'_>) -> Meeting {
        let (scan, interactions) = (self.scan, self.interactions);
        let (codes, starts) = (&scan.rows[row.index()], scan.starts);
        let date = (codes.date - starts.dates) as usize;
        let points = [
            origin,
            &interactions.contents[codes.content as usize],
            &interactions.places[(codes.place - starts.places) as usize],
            &interactions.properties.times[scan.dates[date].time as usize],
        ];
        let others = &self.others[row.index()];
        let published = (others.published - starts.published) as usize;
        let counted = (others.counts - starts.counts) as usize;
        let [positives, total, views, density] = &interactions.counts;
        let by_itself = interactions.by_row[row.index()];
        let numbers = [
            interactions.days_to_start[date],
            interactions.days_published[published],
            positives[counted],
            total[counted],
            views[counted],
            density[counted],
            by_itself[0],
            by_itself[1],
        ];
        let mut features = self.axes.map(|axis| (0.0, axis));
        for (feature, number) in features.iter_mut().zip(numbers) {
            feature.0 = number;
        }
        Meeting::of(points, features, arrow)
    }
}

impl PairWorth {
    /// The points of the rows of the catalogue it was prepared from, under the vectors they were worked out for.
    pub fn points<'a>(&'a self, vectors: &'a PairVectors, prepared: &'a Prepared) -> RowPoints<'a> {
        let other_codes = self.other_codes(prepared);
        RowPoints {
            scan: &prepared.scan,
            others: other_codes.map_or(&[], |codes| &codes.rows),
            interactions: &self.interactions,
            axes: NUMBERS.map(|column| vectors.axis(column)),
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
        self.contents.clear();
        self.contents.resize(contents.codes.len(), Point::default());
        for (point, content) in self.contents.iter_mut().zip(&contents.codes) {
            point.add_all([
                &tag_lists[content.tags as usize],
                &word_lists[content.words as usize],
                &properties.kinds[content.kind as usize],
                &properties.levels[usize::from(content.level)],
                &properties.organisers[usize::from(content.organiser)],
                &properties.series[usize::from(content.series)],
                &properties.prices[content.price as usize],
            ]);
        }
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
        self.near_places.fill(nearness, &places.lat, &places.lon);
        let to_visitor = &mut self.to_visitor;
        to_visitor.clear();
        to_visitor.resize(places.lat.len(), 0.0);
        nearness.add_to_visitor(1.0, &places.lat, &places.lon, to_visitor);
        let (corners, localities) = (&self.corners[..], &self.properties.localities[..]);
        let (to_past, to_visitor) = (&self.near_places, &self.to_visitor);
        self.places.clear();
        self.places.resize(places.lat.len(), Point::default());
        for (place, point) in self.places.iter_mut().enumerate() {
            *point = localities[usize::from(places.localities[place])];
            for (corner, share) in places.shares[place] {
                if let Some(corner) = corners.get(corner as usize) {
                    point.add_times(share, corner);
                }
            }
            let vectors = appraiser.measure;
            vectors.add(point, TRANSIT, places.transit[place]);
            let [near, around] = to_past.of(place);
            let nearness = [near, around, to_visitor[place]];
            for (column, nearness) in NEARNESS.into_iter().zip(nearness) {
                vectors.add(point, column, nearness);
            }
        }
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
        interactions.add_contents(&mut appraiser, words, prepared);
        interactions.add_places(&mut appraiser, words, prepared);
        let properties = &mut interactions.properties;
        properties.weigh_times(&mut appraiser, prepared);
        let starts = prepared.scan.dates.iter().map(|date| date.start_ms);
        let days = starts.map(|start_ms| self.days_to_start(start_ms));
        logarithms(&mut interactions.days_to_start, days);
        let published = prepared.scan.published.iter();
        let days = published.map(|&time_ms| self.days_published(time_ms));
        logarithms(&mut interactions.days_published, days);
        if let Some(codes) = worth.other_codes(prepared) {
            let columns = self.counts(catalog, counters).into_iter();
            let counts = columns.zip(&codes.counts);
            for (to, ((_, _, decay), counts)) in interactions.counts.iter_mut().zip(counts) {
                logarithms(to, counts.iter().map(|count| count * decay));
            }
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

/// Works out `ln(1 + x)` of each.
fn logarithms(to: &mut Vec<f32>, of: impl Iterator<Item = f32>) {
    to.clear();
    to.extend(of);
    // By themselves logarithms are worked out several at a time.
    for x in to.iter_mut() {
        *x = ln_1p_approximate(*x);
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
