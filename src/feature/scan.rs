//! What is a weighted sum of pair features, nearly, for all activities at once?
//!
//! But for rounding the sum falls apart into one term a property: what the organiser is worth, the series, the type on such
//! a day, each tag. A request works out once what each code is worth; an activity then costs a few additions instead of all
//! its features. With the sums comes how much was added up in them at most, signs aside: from that follows by how much
//! rounding can have moved a sum, and so for which activities the sum does not decide (see [`crate::engine`]).

use super::appraiser::{Appraiser, TermSums, larger};
use super::contents::{ContentCodes, Contents};
use super::facet::{Agreement, Corners, Facet, ITSELF, Property};
use super::pair::PairSide;
use super::pair_features::{
    DAYS_PUBLISHED, DAYS_TO_START, NEARNESS, PAIR_FEATURES, PairRow, TRANSIT, column,
};
use super::prepared::Prepared;
use super::scan_codes::{CountCodes, RowCodes};
use super::schema::Schema;
use crate::catalog::{Catalog, Counters, Row, Words};
use crate::math::{APPROXIMATION_ERROR, largest_size, ln_1p_approximate};

/// What properties are worth to one visitor under one blend, and room for the next: whoever keeps it has nothing allocated
/// for that.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PairWorth {
    /// What each activity of the catalogue is worth by itself, beside its properties. Whoever knows more of it adds that.
    pub by_row: Vec<f32>,
    /// No row's sum has terms whose sizes add up to more than this.
    pub magnitude: f32,
    /// No term is a sum of more numbers than this.
    pub length: usize,
    /// What contents are worth, and then dates, places, times of publication and combinations of counts, in one piece.
    table: Vec<f32>,
    contents: ContentWorth,
    times: Vec<f32>,
    localities: Vec<f32>,
    /// Corners of the grid, each with the sizes of its terms.
    corners: Vec<(f32, f32)>,
    /// Made here where what was prepared has none.
    count_codes: Option<CountCodes>,
}

/// What the parts of contents are worth.
#[derive(Debug, Clone, PartialEq, Default)]
struct ContentWorth {
    kinds: Vec<f32>,
    levels: Vec<f32>,
    organisers: Vec<f32>,
    series: Vec<f32>,
    prices: Vec<f32>,
    /// By how many tags were declared, and by how many agree with the visitor.
    matches: Vec<f32>,
    agreements: Vec<f32>,
    tags: TermSums,
    words: TermSums,
    /// Of each tag, whether it is one of those two.
    flags: Vec<[u8; 2]>,
    tag_lists: Vec<f32>,
    word_lists: Vec<f32>,
}

/// The sums `Σ weight · feature` of rows, each a few table entries.
pub struct RowSums<'a> {
    rows: &'a [RowCodes],
    count_codes: &'a [u32],
    by_row: &'a [f32],
    table: &'a [f32],
}

impl RowSums<'_> {
    /// The sum of a row.
    #[inline(always)]
    pub fn of(&self, row: Row) -> f32 {
        let index = row.index();
        let worth = |at: u32| self.table[at as usize];
        let row = &self.rows[index];
        (worth(row.content) + worth(row.date))
            + (worth(row.place) + worth(row.published))
            + (worth(self.count_codes[index]) + self.by_row[index])
    }
}

impl PairWorth {
    /// The sums of the rows of the catalogue it was prepared from.
    pub fn sums<'a>(&'a self, prepared: &'a Prepared) -> RowSums<'a> {
        let count_codes = self.count_codes.as_ref().or(prepared.counts.as_ref());
        RowSums {
            rows: &prepared.scan.rows,
            count_codes: count_codes.map_or(&[], |codes| &codes.codes),
            by_row: &self.by_row,
            table: &self.table,
        }
    }
}

impl PairSide {
    /// Works out what properties are worth under these weights of features.
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
            weights,
            schema,
            magnitude: 0.0,
        };
        worth.table.clear();
        self.weigh_contents(&mut appraiser, words, prepared, worth);
        self.weigh_dates(&mut appraiser, prepared, worth);
        self.weigh_places(&mut appraiser, words, prepared, worth);
        let published = codes.published.iter();
        worth.table.extend(published.map(|&time_ms| {
            weights[DAYS_PUBLISHED] * ln_1p_approximate(self.days_published(time_ms))
        }));
        appraiser.magnitude += largest_size(&worth.table[starts.published as usize..]);
        worth.count_codes = match prepared.counts {
            Some(_) => None,
            None => Some(CountCodes::new(catalog, counters, starts.counts)),
        };
        if let Some(codes) = worth.count_codes.as_ref().or(prepared.counts.as_ref()) {
            let [of_first, ..] = &codes.counts;
            let start = starts.counts as usize;
            worth.table.resize(start + of_first.len(), 0.0);
            let columns = self.counts(catalog, counters);
            for ((column, _, decay), of_column) in columns.into_iter().zip(&codes.counts) {
                let sums = &mut worth.table[start..];
                appraiser.magnitude += add_counts(sums, weights[column], of_column, decay);
            }
        }
        worth.by_row.clear();
        worth.by_row.resize(codes.rows.len(), 0.0);
        for (facets, column) in self.own_taste().of_rows(&schema.common_taste) {
            appraiser.magnitude += add_facets(&mut worth.by_row, weights[column], facets);
        }
        worth.magnitude = appraiser.magnitude;
        let contents = &codes.contents;
        let most_terms = contents.tag_lists.most.max(contents.word_lists.most);
        worth.length = PAIR_FEATURES.len() + most_terms + self.nearness().len();
    }

    fn weigh_contents(
        &self,
        appraiser: &mut Appraiser<'_>,
        words: &Words,
        prepared: &Prepared,
        PairWorth {
            contents: worth,
            table,
            ..
        }: &mut PairWorth,
    ) {
        let codes = &prepared.scan;
        let schema = appraiser.schema;
        let code = |code: usize| code as u16;
        appraiser.fill(
            &mut worth.kinds,
            2 * words.types.size(),
            const { [column("type_share")] },
            |at, row| self.of_kind(code(at / 2), row),
            |at| {
                [Property::Kind {
                    kind: code(at / 2),
                    day_off: at % 2 == 1,
                }]
            },
        );
        appraiser.fill(
            &mut worth.levels,
            words.levels.size(),
            const { [column("level_match")] },
            |at, row| self.of_level(code(at), row),
            |at| {
                let agreement = Agreement::Level(code(at));
                [Property::Level(code(at)), Property::Agreement(agreement)]
            },
        );
        appraiser.fill(
            &mut worth.organisers,
            words.organisers.size(),
            const {
                [
                    column("organiser_share"),
                    column("organiser_log_count"),
                    column("organiser_recency"),
                    column("organiser_prior"),
                    column("organiser_rejected"),
                ]
            },
            |at, row| self.of_organiser(code(at), prepared, row),
            |at| [Property::Organiser(code(at))],
        );
        appraiser.fill(
            &mut worth.series,
            words.series.size(),
            const { [column("series_log_count")] },
            |at, row| self.of_series(code(at), row),
            |at| [Property::Series(code(at))],
        );
        let price = |at: usize| f32::from_bits(codes.contents.prices[at]);
        appraiser.fill(
            &mut worth.prices,
            codes.contents.prices.len(),
            const { [column("free"), column("price_distance")] },
            |at, row| self.of_price(price(at), row),
            |at| [Property::Price(price(at))],
        );
        appraiser.fill(
            &mut worth.matches,
            4,
            const { [column("declared_tag_matches")] },
            |count, row| self.declared_matches(count, row),
            |_| [],
        );
        appraiser.fill(
            &mut worth.agreements,
            4,
            [],
            |_, _| (),
            |count| [Property::Agreement(Agreement::Tags(count))],
        );
        let [of_tags, of_text] = self.profiles();
        let contents = &codes.contents;
        worth.tags.fill(
            appraiser,
            of_tags,
            contents.tag_lists.most,
            |tag| Some(Property::Tag(tag)),
            |tag| schema.idf(tag),
        );
        worth.words.fill(
            appraiser,
            of_text,
            contents.word_lists.most,
            |_| None,
            |word| schema.text_idf(word),
        );
        let declared = self.own_taste().declared();
        worth.flags.clear();
        worth.flags.extend((0..words.tags.size()).map(|tag| {
            let tag = [code(tag)];
            [self.tags_declared(&tag), declared.tags_in_common(&tag)].map(|count| count as u8)
        }));
        worth.add_up(contents, table);
    }

    fn weigh_dates(
        &self,
        appraiser: &mut Appraiser<'_>,
        prepared: &Prepared,
        worth: &mut PairWorth,
    ) {
        let times = &prepared.scan.times;
        appraiser.fill(
            &mut worth.times,
            times.len(),
            const {
                [
                    column("weekday_share"),
                    column("slot_share"),
                    column("availability_match"),
                    column("weekend"),
                ]
            },
            |at, row| self.of_time(times[at], row),
            |at| {
                let (time, windows) = (times[at], times[at].availability);
                let (slot, day_off) = (time.slot, time.day_off);
                [
                    Property::Slot { slot, day_off },
                    Property::Agreement(Agreement::Time(windows)),
                    Property::Agreement(Agreement::Windows { windows, day_off }),
                ]
            },
        );
        let weight = appraiser.weights[DAYS_TO_START];
        let dates = &prepared.scan.dates;
        let days = dates.iter().map(|date| self.days_to_start(date.start_ms));
        worth.table.extend(days);
        let values = &mut worth.table[prepared.scan.starts.dates as usize..];
        // By themselves logarithms are worked out several at a time.
        for value in values.iter_mut() {
            *value = weight * ln_1p_approximate(*value);
        }
        appraiser.magnitude += largest_size(values);
        for (value, date) in values.iter_mut().zip(dates) {
            *value += worth.times[date.time as usize];
        }
    }

    fn weigh_places(
        &self,
        appraiser: &mut Appraiser<'_>,
        words: &Words,
        prepared: &Prepared,
        worth: &mut PairWorth,
    ) {
        appraiser.fill(
            &mut worth.localities,
            words.localities.size(),
            const { [column("locality_declared"), column("locality_share")] },
            |at, row| self.of_locality(at as u16, row),
            |at| {
                let agreement = Agreement::Locality(at as u16);
                [
                    Property::Locality(at as u16),
                    Property::Agreement(agreement),
                ]
            },
        );
        let places = &prepared.scan.places;
        let corners = places.corners.iter();
        worth.corners.clear();
        worth
            .corners
            .extend(corners.map(|&corner| appraiser.of_property(Property::Corner(corner, 1.0))));
        let (corners, localities) = (&worth.corners[..], &worth.localities[..]);
        // Shares of corners add up to 1.
        appraiser.magnitude += corners.iter().map(|corner| corner.1).fold(0.0, larger);
        let known = places.shares.iter().zip(&places.localities);
        let known = known.zip(&places.transit);
        let transit = appraiser.weights[TRANSIT];
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
        let weights = NEARNESS.map(|column| appraiser.weights[column]);
        let nearness = self.nearness();
        appraiser.magnitude += nearness.add_to(weights, &places.lat, &places.lon, sums);
    }
}

impl ContentWorth {
    /// Puts what each content is worth into the table: what tags, words and the rest of it are.
    fn add_up(&mut self, contents: &Contents, table: &mut Vec<f32>) {
        let (tags, words) = (&self.tags, &self.words);
        let of_tags = |(list, scale): (&[u16], f32)| {
            let (mut declared, mut agreed) = (0, 0);
            let (mut plain, mut products) = (0.0, 0.0);
            for &tag in list {
                let tag = usize::from(tag);
                plain += tags.plain[tag];
                products += tags.products[tag];
                declared += usize::from(self.flags[tag][0]);
                agreed += usize::from(self.flags[tag][1]);
            }
            let of_counts = self.matches[declared.min(3)] + self.agreements[agreed.min(3)];
            plain + products * scale + of_counts
        };
        self.tag_lists.clear();
        self.tag_lists
            .extend(contents.tag_lists.lists().map(of_tags));
        let of_words = |(list, scale): (&[u16], f32)| {
            let products = list.iter().map(|&word| words.products[usize::from(word)]);
            products.sum::<f32>() * scale
        };
        self.word_lists.clear();
        self.word_lists
            .extend(contents.word_lists.lists().map(of_words));
        // Slices in the loop's own hands: whatever it only knows of is looked up again for every content.
        let (tag_lists, word_lists) = (&self.tag_lists[..], &self.word_lists[..]);
        let (kinds, levels) = (&self.kinds[..], &self.levels[..]);
        let (organisers, series, prices) =
            (&self.organisers[..], &self.series[..], &self.prices[..]);
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
}

/// Adds `weight` times what facets weigh that are activities themselves to the sums of their rows. Returns the largest size added.
fn add_facets(sums: &mut [f32], weight: f32, facets: &[Facet]) -> f32 {
    let mut most = 0.0_f32;
    for &(code, of_facet) in facets {
        if let Some(sum) = sums.get_mut((code - ITSELF.code(0)) as usize) {
            let term = weight * of_facet;
            *sum += term;
            most = larger(most, term.abs());
        }
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
