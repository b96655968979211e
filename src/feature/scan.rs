//! What is a weighted sum of pair features, nearly, for all activities at once?
//!
//! But for rounding the sum falls apart into one term a property: what the organiser is worth, the series, the type on such
//! a day, each tag. A request works out once what each code is worth; an activity then costs a few additions instead of all
//! its features. With the sums comes how much was added up in them at most, signs aside: from that follows by how much
//! rounding can have moved a sum, and so for which activities the sum does not decide (see [`crate::engine`]).

use super::appraiser::{Appraiser, TermSums};
use super::contents::{ContentCodes, Contents};
use super::facet::{Corners, Facet, ITSELF, Property};
use super::interaction_scan::PairInteractions;
use super::near_places::NearPlaces;
use super::pair::PairSide;
use super::pair_features::{
    DAYS_PUBLISHED, DAYS_TO_START, NEARNESS, PAIR_FEATURES, PairRow, TRANSIT,
};
use super::prepared::Prepared;
use super::property_worth::PropertyWorth;
use super::scan_codes::{OtherCodes, OtherRow, RowCodes};
use super::schema::Schema;
use crate::catalog::{Catalog, Counters, ROW_GROUP, Words};
use crate::math::{
    APPROXIMATION_ERROR, SparseAccumulator, larger, largest, largest_size, ln_1p_approximate,
};

/// What properties are worth to one visitor under one blend, and room for the next of the same catalogue: whoever keeps it has
/// nothing allocated for that, and what both have in common is carried on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PairWorth {
    /// What each activity of the catalogue is worth by itself, beside its properties, up to the end of the last group of rows.
    /// Whoever knows more of it adds that.
    pub by_row: SparseAccumulator,
    /// No row's sum has terms whose sizes add up to more than this.
    pub magnitude: f32,
    /// No term is a sum of more numbers than this.
    pub length: usize,
    /// A sum may be off by so much more: by what was carried on from an earlier list.
    pub drift: f32,
    /// What contents are worth, and then dates, places, times of publication and combinations of counts, in one piece as long as
    /// a power of two: a code is an entry whatever it is, so that nothing has to look whether it is.
    table: Vec<f32>,
    /// The largest sum of an entry of a publication and one of counts.
    most_of_others: f32,
    properties: PropertyWorth<f32>,
    lists: ListWorth,
    /// Corners of the grid, each with the sizes of its terms.
    corners: Vec<(f32, f32)>,
    near_places: NearPlaces,
    /// What features make of each other, where that was asked.
    pub(super) interactions: PairInteractions,
    /// Made here where what was prepared has none.
    other_codes: Option<OtherCodes>,
}

/// What lists of tags and words are worth.
#[derive(Debug, Clone, PartialEq, Default)]
struct ListWorth {
    tags: TermSums,
    words: TermSums,
    of_tags: Vec<f32>,
    of_words: Vec<f32>,
}

/// The sums `Σ weight · feature` of rows, each a few table entries, a group at a time: a browser keeps what a loop counts in
/// memory where much is done in it, which for each row takes longer than its sum.
///
/// Where the bar is high, many groups are below it whatever their rows' publications and counts are worth, which differ least:
/// those are not looked up then.
pub struct RowSums<'a> {
    rows: &'a [[RowCodes; ROW_GROUP]],
    others: &'a [[OtherRow; ROW_GROUP]],
    by_row: &'a [[f32; ROW_GROUP]],
    table: &'a [f32],
    most_of_others: f32,
}

impl RowSums<'_> {
    /// The sums of a group's rows, where any is no less than `bar`; those of places behind the last row mean nothing. Where
    /// [`PairWorth::magnitude`] is no finite number, groups may be left out that are not below it.
    #[inline(always)]
    pub fn of(&self, group: usize, bar: f32) -> Option<[f32; ROW_GROUP]> {
        let sums = self.of_most(group);
        // No sum is larger: of larger numbers it is rounded to no less.
        if all_below(&sums.map(|sum| sum + self.most_of_others), bar) {
            return None;
        }
        let sums = self.with_others(group, sums);
        (!all_below(&sums, bar)).then_some(sums)
    }

    /// The sums of a group's rows, however small they are.
    pub fn of_all(&self, group: usize) -> [f32; ROW_GROUP] {
        self.with_others(group, self.of_most(group))
    }

    /// What a group's rows are worth but for their publications and counts.
    #[inline(always)]
    fn of_most(&self, group: usize) -> [f32; ROW_GROUP] {
        let (rows, by_row) = (&self.rows[group], &self.by_row[group]);
        let mut sums = [0.0; ROW_GROUP];
        for ((sum, by_row), row) in sums.iter_mut().zip(by_row).zip(rows) {
            *sum =
                (self.worth(row.content) + self.worth(row.place)) + (self.worth(row.date) + by_row);
        }
        sums
    }

    /// The whole sums of those rows.
    #[inline(always)]
    fn with_others(&self, group: usize, mut sums: [f32; ROW_GROUP]) -> [f32; ROW_GROUP] {
        for (sum, others) in sums.iter_mut().zip(&self.others[group]) {
            *sum += self.worth(others.published) + self.worth(others.counts);
        }
        sums
    }

    /// What is at a place of the table.
    #[inline(always)]
    fn worth(&self, code: u32) -> f32 {
        let last = self.table.len().wrapping_sub(1);
        self.table[code as usize & last]
    }
}

/// Whether every sum is below `bar`; what is no number is not.
#[inline(always)]
fn all_below(sums: &[f32; ROW_GROUP], bar: f32) -> bool {
    // How far below it is lies above 0 and up to infinity, and so do its bits, which vector instructions compare.
    let below = sums.iter().map(|sum| (bar - sum).to_bits().wrapping_sub(1));
    below.fold(0, u32::max) < f32::INFINITY.to_bits()
}

impl PairWorth {
    /// The sums of the rows of the catalogue it was prepared from.
    pub fn sums<'a>(&'a self, prepared: &'a Prepared) -> RowSums<'a> {
        let other_codes = self.other_codes(prepared);
        let others: &[OtherRow] = other_codes.map_or(&[], |codes| &codes.rows);
        RowSums {
            rows: prepared.scan.rows.as_chunks().0,
            others: others.as_chunks().0,
            by_row: self.by_row.all().as_chunks().0,
            table: &self.table,
            most_of_others: self.most_of_others,
        }
    }

    /// What occurs among the counts.
    pub(super) fn other_codes<'a>(&'a self, prepared: &'a Prepared) -> Option<&'a OtherCodes> {
        self.other_codes.as_ref().or(prepared.others.as_ref())
    }
}

impl PairSide {
    /// Works out what properties are worth under these weights of features; `worth` is new, or was made of the same catalogue.
    pub fn weigh(
        &self,
        weights: &PairRow,
        catalog: &Catalog,
        prepared: &Prepared,
        counters: &Counters,
        schema: &Schema,
        worth: &mut PairWorth,
    ) {
        let (codes, words) = (&prepared.scan, catalog.words());
        let starts = codes.starts;
        let mut appraiser = Appraiser {
            side: self,
            measure: weights,
            schema,
            magnitude: 0.0,
        };
        worth.table.clear();
        weigh_contents(&mut appraiser, words, prepared, worth);
        weigh_dates(&mut appraiser, prepared, worth);
        weigh_places(&mut appraiser, words, prepared, worth);
        let published = codes.published.iter();
        worth.table.extend(published.map(|&time_ms| {
            weights[DAYS_PUBLISHED] * ln_1p_approximate(self.days_published(time_ms))
        }));
        appraiser.magnitude += largest_size(&worth.table[starts.published as usize..]);
        worth.other_codes = match prepared.others {
            Some(_) => None,
            None => Some(OtherCodes::new(catalog, counters, starts)),
        };
        if let Some(codes) = worth.other_codes.as_ref().or(prepared.others.as_ref()) {
            let [of_first, ..] = &codes.counts;
            let start = starts.counts as usize;
            worth.table.resize(start + of_first.len(), 0.0);
            let columns = self.counts(catalog, counters);
            for ((column, _, decay), of_column) in columns.into_iter().zip(&codes.counts) {
                let sums = &mut worth.table[start..];
                appraiser.magnitude += add_counts(sums, weights[column], of_column, decay);
            }
        }
        let part = |from: u32, to: u32| largest(&worth.table[from as usize..to as usize]);
        worth.most_of_others =
            part(starts.published, starts.counts) + part(starts.counts, worth.table.len() as u32);
        let entries = worth.table.len().next_power_of_two();
        worth.table.resize(entries, 0.0);
        worth.by_row.reset(codes.rows.len());
        for (facets, column) in self.own_taste().of_rows(&schema.common_taste) {
            appraiser.magnitude += add_facets(&mut worth.by_row, weights[column], facets);
        }
        worth.magnitude = appraiser.magnitude;
        let contents = &codes.contents;
        let most_terms = contents.tag_lists.most.max(contents.word_lists.most);
        worth.length = PAIR_FEATURES.len() + most_terms + self.nearness().len();
    }
}

fn weigh_contents(
    appraiser: &mut Appraiser<'_, PairRow>,
    words: &Words,
    prepared: &Prepared,
    PairWorth {
        properties,
        lists,
        table,
        ..
    }: &mut PairWorth,
) {
    properties.weigh_contents(appraiser, words, prepared);
    let (schema, contents) = (appraiser.schema, &prepared.scan.contents);
    let [of_tags, of_text] = appraiser.side.profiles();
    lists.tags.fill(
        appraiser,
        of_tags,
        contents.tag_lists.most,
        |tag| Some(Property::Tag(tag)),
        |tag| schema.idf(tag),
    );
    lists.words.fill(
        appraiser,
        of_text,
        contents.word_lists.most,
        |_| None,
        |word| schema.text_idf(word),
    );
    lists.add_up(contents, properties);
    // Slices in the loop's own hands: whatever it only knows of is looked up again for every content.
    let (tag_lists, word_lists) = (&lists.of_tags[..], &lists.of_words[..]);
    let (kinds, levels) = (&properties.kinds[..], &properties.levels[..]);
    let (organisers, series) = (&properties.organisers[..], &properties.series[..]);
    let prices = &properties.prices[..];
    let worth_of = |content: &ContentCodes| {
        tag_lists[content.tags as usize]
            + word_lists[content.words as usize]
            + kinds[content.kind as usize]
            + levels[usize::from(content.level)]
            + organisers[usize::from(content.organiser)]
            + series[usize::from(content.series)]
            + prices[content.price as usize]
    };
    table.extend(contents.codes.iter().map(worth_of));
}

fn weigh_dates(appraiser: &mut Appraiser<'_, PairRow>, prepared: &Prepared, worth: &mut PairWorth) {
    worth.properties.weigh_times(appraiser, prepared);
    let weight = appraiser.measure[DAYS_TO_START];
    let dates = &prepared.scan.dates;
    let days = dates
        .iter()
        .map(|date| appraiser.side.days_to_start(date.start_ms));
    worth.table.extend(days);
    let values = &mut worth.table[prepared.scan.starts.dates as usize..];
    // By themselves logarithms are worked out several at a time.
    for value in values.iter_mut() {
        *value = weight * ln_1p_approximate(*value);
    }
    appraiser.magnitude += largest_size(values);
    for (value, date) in values.iter_mut().zip(dates) {
        *value += worth.properties.times[date.time as usize];
    }
}

fn weigh_places(
    appraiser: &mut Appraiser<'_, PairRow>,
    words: &Words,
    prepared: &Prepared,
    worth: &mut PairWorth,
) {
    worth.properties.weigh_localities(appraiser, words);
    let places = &prepared.scan.places;
    worth.corners.clear();
    worth.corners.extend(places.corners.iter().map(|&corner| {
        let mut value = 0.0;
        let size = appraiser.add_property(&mut value, Property::Corner(corner, 1.0));
        (value, size)
    }));
    let (corners, localities) = (&worth.corners[..], &worth.properties.localities[..]);
    // Shares of corners add up to 1.
    appraiser.magnitude += corners.iter().map(|corner| corner.1).fold(0.0, larger);
    let known = places.shares.iter().zip(&places.localities);
    let known = known.zip(&places.transit);
    let transit = appraiser.measure[TRANSIT];
    appraiser.magnitude += transit.abs() * largest_size(&places.transit);
    let value = |((shares, &locality), &near): ((&Corners, &u16), &f32)| {
        let corner = |corner: u32| corners.get(corner as usize).map_or(0.0, |corner| corner.0);
        let grid: f32 = shares
            .iter()
            .map(|&(code, share)| share * corner(code))
            .sum();
        localities[usize::from(locality)] + grid + transit * near
    };
    worth.table.extend(known.map(value));
    let sums = &mut worth.table[prepared.scan.starts.places as usize..];
    let [near, around, now] = NEARNESS.map(|column| appraiser.measure[column]);
    let nearness = appraiser.side.nearness();
    let near_places = &mut worth.near_places;
    near_places.follow(nearness, &places.lat, &places.lon);
    for (sum, to_past) in sums.iter_mut().zip(near_places.weighed(near, around)) {
        *sum += to_past;
    }
    nearness.add_to_visitor(now, &places.lat, &places.lon, sums);
    let shares: f32 = nearness.past().iter().map(|place| place.share).sum();
    appraiser.magnitude += shares * (near.abs() + around.abs()) + now.abs();
    worth.drift = near_places.error() * (near.abs() + around.abs());
}

impl ListWorth {
    /// Works out what each list is worth.
    fn add_up(&mut self, contents: &Contents, properties: &PropertyWorth<f32>) {
        let (tags, words) = (&self.tags, &self.words);
        let of_tags = |(list, scale): (&[u16], f32)| {
            let (mut plain, mut products) = (0.0, 0.0);
            for &tag in list {
                let tag = usize::from(tag);
                plain += tags.plain[tag];
                products += tags.products[tag];
            }
            let [matches, agreements] = properties.of_counts(list);
            plain + products * scale + (matches + agreements)
        };
        self.of_tags.clear();
        self.of_tags.extend(contents.tag_lists.lists().map(of_tags));
        let of_words = |(list, scale): (&[u16], f32)| {
            let products = list.iter().map(|&word| words.products[usize::from(word)]);
            products.sum::<f32>() * scale
        };
        self.of_words.clear();
        self.of_words
            .extend(contents.word_lists.lists().map(of_words));
    }
}

/// Adds `weight` times what facets weigh that are activities themselves to the sums of their rows. Returns no less than the largest size added.
fn add_facets(sums: &mut SparseAccumulator, weight: f32, facets: &[Facet]) -> f32 {
    let mut most = 0.0_f32;
    for &(code, of_facet) in facets {
        let term = weight * of_facet;
        sums.add(code - ITSELF.code(0), term);
        most = larger(most, term.abs());
    }
    most
}

/// Adds `weight · ln(1 + decay · count)` of each row that has a count. Returns no less than the largest size added; infinity
/// where a count is impossible, whose logarithm nothing is known of.
fn add_counts(sums: &mut [f32], weight: f32, counts: &[f32], decay: f32) -> f32 {
    // Numbers from 0 up are in the order of their bits, and comparing bits is what vector instructions can do.
    let (mut signs, mut most) = (0_i32, 0_i32);
    for (sum, &count) in sums.iter_mut().zip(counts) {
        let count = count * decay;
        signs |= count.to_bits() as i32;
        most = most.max(count.to_bits() as i32);
        *sum += weight * ln_1p_approximate(count);
    }
    let most = f32::from_bits(most as u32);
    if signs >= 0 && most.is_finite() {
        weight.abs() * (ln_1p_approximate(most) + APPROXIMATION_ERROR)
    } else {
        f32::INFINITY
    }
}
