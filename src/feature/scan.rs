//! What is a weighted sum of pair features, nearly, for all activities at once?
//!
//! But for rounding the sum falls apart into one term a property: what the organiser is worth, the series, the type on such
//! a day, each tag. A request works out once what each code is worth; an activity then costs a few additions instead of all
//! its features. With the sums comes how much was added up in them at most, signs aside: from that follows by how much
//! rounding can have moved a sum, and so which activities must be computed exactly (see [`crate::engine`]).

use super::contents::ContentCodes;
use super::facet::{Agreement, Corners, Facet, ITSELF, Property};
use super::pair::PairSide;
use super::pair_features::{
    COMMON_TASTE, DAYS_PUBLISHED, DAYS_TO_START, DENSITY, NEARNESS, OWN_CONTENT, PAIR_FEATURES,
    PairRow, TRANSIT, column,
};
use super::prepared::Prepared;
use super::profiles::Profiles;
use super::scan_codes::CountCodes;
use super::schema::Schema;
use crate::catalog::{Catalog, Counters, Row, Words};
use crate::math::{APPROXIMATION_ERROR, ln_1p_approximate};

/// Weighted sums of pair features.
#[derive(Debug, Clone, PartialEq)]
pub struct PairSums {
    /// Of each row of the catalogue that was asked about; of the others they are unknown.
    pub values: Vec<f32>,
    /// No row's sum has terms whose sizes add up to more than this.
    pub magnitude: f32,
    /// No term is a sum of more numbers than this.
    pub length: usize,
}

/// What each code of one property is worth.
struct Table(Vec<f32>);

/// Works out what properties are worth.
struct Worth<'a> {
    side: &'a PairSide,
    weights: &'a PairRow,
    schema: &'a Schema,
    magnitude: f32,
}

impl Worth<'_> {
    /// A table of `size` codes: the features that depend on a code, which are those of `columns`, and the properties that have
    /// facets. `features` writes all of `columns` for every code: the row still holds the code before. The largest size of its
    /// terms is added to the magnitude.
    fn table<const M: usize, const N: usize>(
        &mut self,
        size: usize,
        columns: [usize; M],
        features: impl Fn(usize, &mut PairRow),
        properties: impl Fn(usize) -> [Property; N],
    ) -> Table {
        let (mut values, mut most) = (Vec::with_capacity(size), 0.0_f32);
        let mut row = [0.0; PAIR_FEATURES.len()];
        for code in 0..size {
            features(code, &mut row);
            let (mut value, mut terms_size) = (0.0, 0.0);
            for column in columns {
                let term = row[column] * self.weights[column];
                value += term;
                terms_size += term.abs();
            }
            for property in properties(code) {
                let (worth, worth_size) = self.of_property(property);
                value += worth;
                terms_size += worth_size;
            }
            values.push(value);
            most = larger(most, terms_size);
        }
        self.magnitude += most;
        Table(values)
    }

    /// What the facets of a property are worth, and the sizes of their terms.
    fn of_property(&self, property: Property) -> (f32, f32) {
        let taste = self.side.own_taste();
        let (mut value, mut size) = (0.0, 0.0);
        taste.declared().facets_of(property, |code, amount| {
            let verdict = taste.of_facet(code, amount);
            let mut add = |term: f32| {
                value += term;
                size += term.abs();
            };
            add(self.weights[COMMON_TASTE] * verdict.common);
            for (part, own) in verdict.own.into_iter().enumerate() {
                add(self.weights[OWN_CONTENT + part] * own);
            }
        });
        (value, size)
    }
}

impl PairSide {
    /// The sums `Σ weight · feature` of these rows.
    pub fn sums(
        &self,
        weights: &PairRow,
        catalog: &Catalog,
        prepared: &Prepared,
        counters: &Counters,
        schema: &Schema,
        rows: &[Row],
    ) -> PairSums {
        let codes = &prepared.scan;
        let mut worth = Worth {
            side: self,
            weights,
            schema,
            magnitude: 0.0,
        };
        let contents = self.content_sums(&mut worth, catalog.words(), prepared);
        let dates = self.date_sums(&mut worth, prepared);
        let places = self.place_sums(&mut worth, catalog.words(), prepared);
        let published = codes.published.iter();
        let published: Vec<f32> = published
            .map(|&time_ms| {
                let days = self.days_published(time_ms);
                weights[DAYS_PUBLISHED] * ln_1p_approximate(days)
            })
            .collect();
        worth.magnitude += largest(&published);
        let made_now;
        let count_codes = match &prepared.counts {
            Some(codes) => codes,
            None => {
                made_now = CountCodes::new(catalog, counters);
                &made_now
            }
        };
        let mut counts = vec![0.0; count_codes.counts[0].len()];
        let columns = self.counts(counters).into_iter().zip(&count_codes.counts);
        for ((column, _, decay), of_column) in columns {
            worth.magnitude += add_counts(&mut counts, weights[column], of_column, decay);
        }
        // Slices in the loop's own hands: whatever it only knows of is looked up again for every row.
        let (contents, dates) = (&contents[..], &dates[..]);
        let (places, published, counts) = (&places[..], &published[..], &counts[..]);
        let (row_codes, count_codes) = (&codes.rows[..], &count_codes.codes[..]);
        let fixed = [weights[DENSITY], weights[TRANSIT]];
        let mut values = vec![0.0; row_codes.len()];
        for row in rows {
            let index = row.index();
            let worth_of = |table: &[f32], code: u32| table[code as usize];
            let (row, count) = (&row_codes[index], count_codes[index]);
            values[index] = (worth_of(contents, row.content) + worth_of(dates, row.date))
                + (worth_of(places, row.place) + worth_of(published, row.published))
                + (worth_of(counts, count) + (fixed[0] * row.fixed[0] + fixed[1] * row.fixed[1]));
        }
        for (place, column) in [DENSITY, TRANSIT].into_iter().enumerate() {
            worth.magnitude += weights[column].abs() * codes.most_fixed[place];
        }
        let of_rows = self.own_taste().of_rows(&schema.common_taste);
        for (facets, column) in of_rows {
            worth.magnitude += add_facets(&mut values, weights[column], facets);
        }
        PairSums {
            values,
            magnitude: worth.magnitude,
            length: PAIR_FEATURES.len()
                + codes
                    .contents
                    .tag_lists
                    .most
                    .max(codes.contents.word_lists.most)
                + self.nearness().len(),
        }
    }

    /// What each content is worth.
    fn content_sums(&self, worth: &mut Worth<'_>, words: &Words, prepared: &Prepared) -> Vec<f32> {
        let codes = &prepared.scan;
        let schema = worth.schema;
        let code = |code: usize| code as u16;
        let kinds = worth.table(
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
        let levels = worth.table(
            words.levels.size(),
            const { [column("level_match")] },
            |at, row| self.of_level(code(at), row),
            |at| {
                let agreement = Agreement::Level(code(at));
                [Property::Level(code(at)), Property::Agreement(agreement)]
            },
        );
        let organisers = worth.table(
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
        let series = worth.table(
            words.series.size(),
            const { [column("series_log_count")] },
            |at, row| self.of_series(code(at), row),
            |at| [Property::Series(code(at))],
        );
        let prices = &codes.prices;
        let price = |at: usize| f32::from_bits(prices[at]);
        let price_worth = worth.table(
            prices.len(),
            const { [column("free"), column("price_distance")] },
            |at, row| self.of_price(price(at), row),
            |at| [Property::Price(price(at))],
        );
        let matches = worth.table(
            4,
            const { [column("declared_tag_matches")] },
            |count, row| self.declared_matches(count, row),
            |_| [],
        );
        let agreements = worth.table(
            4,
            [],
            |_, _| (),
            |count| [Property::Agreement(Agreement::Tags(count))],
        );
        let [of_tags, of_text] = self.profiles();
        let tags = TermSums::new(
            worth,
            of_tags,
            words.tags.size(),
            codes.contents.tag_lists.most,
            |tag| Some(Property::Tag(tag)),
            |tag| schema.idf(tag),
        );
        let text = TermSums::new(
            worth,
            of_text,
            words.text.size(),
            codes.contents.word_lists.most,
            |_| None,
            |word| schema.text_idf(word),
        );
        let declared = self.own_taste().declared();
        let flags: Vec<[u8; 2]> = (0..words.tags.size())
            .map(|tag| {
                let tag = [code(tag)];
                [self.tags_declared(&tag), declared.tags_in_common(&tag)].map(|count| count as u8)
            })
            .collect();
        let contents = &codes.contents;
        let of_tags = |(list, scale): (&[u16], f32)| {
            let (mut declared, mut agreed) = (0, 0);
            let (mut plain, mut products) = (0.0, 0.0);
            for &tag in list {
                let tag = usize::from(tag);
                plain += tags.plain[tag];
                products += tags.products[tag];
                declared += usize::from(flags[tag][0]);
                agreed += usize::from(flags[tag][1]);
            }
            plain + products * scale + (matches.0[declared.min(3)] + agreements.0[agreed.min(3)])
        };
        let of_tags: Vec<f32> = contents.tag_lists.lists().map(of_tags).collect();
        let of_words = |(list, scale): (&[u16], f32)| {
            let products = list.iter().map(|&word| text.products[usize::from(word)]);
            products.sum::<f32>() * scale
        };
        let of_words: Vec<f32> = contents.word_lists.lists().map(of_words).collect();
        // Slices in the loop's own hands: whatever it only knows of is looked up again for every content.
        let (of_tags, of_words) = (&of_tags[..], &of_words[..]);
        let [kinds, levels, organisers, series, prices] =
            [&kinds, &levels, &organisers, &series, &price_worth].map(|table| &table.0[..]);
        let worth_of = move |content: &ContentCodes| {
            of_tags[content.tags as usize]
                + of_words[content.words as usize]
                + kinds[content.kind as usize]
                + levels[usize::from(content.level)]
                + organisers[usize::from(content.organiser)]
                + series[usize::from(content.series)]
                + prices[content.price as usize]
        };
        contents.codes.iter().map(worth_of).collect()
    }

    /// What each date is worth.
    fn date_sums(&self, worth: &mut Worth<'_>, prepared: &Prepared) -> Vec<f32> {
        let times = &prepared.scan.times;
        let of_time = worth.table(
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
        let weight = worth.weights[DAYS_TO_START];
        let dates = &prepared.scan.dates;
        let days = dates.iter().map(|date| self.days_to_start(date.start_ms));
        let mut values: Vec<f32> = days.collect();
        // By themselves logarithms are worked out several at a time.
        for value in &mut values {
            *value = weight * ln_1p_approximate(*value);
        }
        worth.magnitude += largest(&values);
        for (value, date) in values.iter_mut().zip(dates) {
            *value += of_time.0[date.time as usize];
        }
        values
    }

    /// What each place is worth.
    fn place_sums(&self, worth: &mut Worth<'_>, words: &Words, prepared: &Prepared) -> Vec<f32> {
        let localities = worth.table(
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
        let corners: Vec<(f32, f32)> = places
            .corners
            .iter()
            .map(|&corner| worth.of_property(Property::Corner(corner, 1.0)))
            .collect();
        // Shares of corners add up to 1.
        worth.magnitude += corners.iter().map(|corner| corner.1).fold(0.0, larger);
        let known = places.shares.iter().zip(&places.localities);
        let value = |(shares, &locality): (&Corners, &u16)| {
            let corner = |corner: u32| corners.get(corner as usize).map_or(0.0, |corner| corner.0);
            let grid: f32 = shares
                .iter()
                .map(|&(code, share)| share * corner(code))
                .sum();
            localities.0[usize::from(locality)] + grid
        };
        let mut values: Vec<f32> = known.map(value).collect();
        let weights = NEARNESS.map(|column| worth.weights[column]);
        let nearness = self.nearness();
        worth.magnitude += nearness.add_to(weights, &places.lat, &places.lon, &mut values);
        values
    }
}

/// The larger of two sizes. No function call, which `max` is in a browser.
fn larger(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

/// The largest size of a value.
fn largest(values: &[f32]) -> f32 {
    values.iter().map(|value| value.abs()).fold(0.0, larger)
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

/// What terms are worth: those of tags or of texts.
struct TermSums {
    /// By their facets.
    plain: Vec<f32>,
    /// By the profiles they are compared with; an activity's sum is divided by the length of its vector.
    products: Vec<f32>,
}

impl TermSums {
    fn new(
        worth: &mut Worth<'_>,
        profiles: &Profiles,
        size: usize,
        most_terms: usize,
        property: impl Fn(u16) -> Option<Property>,
        idf: impl Fn(u16) -> f32,
    ) -> Self {
        let (mut plain, mut products) = (Vec::with_capacity(size), Vec::with_capacity(size));
        let weights = profiles.columns.map(|column| worth.weights[column]);
        let mut most = 0.0_f32;
        for term in 0..size {
            let code = term as u16;
            let of_term = profiles.of(code);
            let weighted = [0, 1, 2].map(|which| weights[which] * of_term[which]);
            let (facets, facets_size) =
                property(code).map_or((0.0, 0.0), |property| worth.of_property(property));
            plain.push(facets);
            products.push(idf(code) * weighted.iter().sum::<f32>());
            // A term's share of the length of a vector is 1 at most.
            let sizes: f32 = weighted.iter().map(|value| value.abs()).sum();
            most = larger(most, facets_size + sizes);
        }
        worth.magnitude += most * most_terms as f32;
        Self { plain, products }
    }
}
