//! What is a weighted sum of pair features, nearly, for all activities at once?
//!
//! But for rounding the sum falls apart into one term a property: what the organiser is worth, the series, the type on such
//! a day, each tag. A request works out once what each code is worth; an activity then costs a few additions instead of all
//! its features. With the sums comes how much was added up in them at most, signs aside: from that follows by how much
//! rounding can have moved a sum, and so which activities must be computed exactly (see [`crate::engine`]).

use super::facet::{Agreement, Property};
use super::pair::PairSide;
use super::pair_features::{
    COMMON_TASTE, DENSITY, LOGARITHMS, OWN_CONTENT, PAIR_FEATURES, PairRow, TRANSIT,
};
use super::prepared::Prepared;
use super::schema::Schema;
use crate::catalog::{Catalog, Counters, Row};
use crate::math::{ln_1p, ln_1p_approximate};

/// Weighted sums of pair features.
#[derive(Debug, Clone, PartialEq)]
pub struct PairSums {
    /// Of each row of the catalogue.
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
    /// A table of `size` codes: the features that depend on a code, and the properties that have facets. The largest size of
    /// its terms is added to the magnitude.
    fn table<const N: usize>(
        &mut self,
        size: usize,
        features: impl Fn(usize, &mut PairRow),
        properties: impl Fn(usize) -> [Property<'static>; N],
    ) -> Table {
        let (mut values, mut most) = (Vec::with_capacity(size), 0.0_f32);
        for code in 0..size {
            let mut row = [0.0; PAIR_FEATURES.len()];
            features(code, &mut row);
            let terms = row.iter().zip(self.weights).map(|(x, weight)| x * weight);
            let (mut value, mut terms_size) = terms.fold((0.0, 0.0), |(sum, size), term: f32| {
                (sum + term, size + term.abs())
            });
            for property in properties(code) {
                let (worth, worth_size) = self.of_property(property);
                value += worth;
                terms_size += worth_size;
            }
            values.push(value);
            most = most.max(terms_size);
        }
        self.magnitude += most;
        Table(values)
    }

    /// What the facets of a property are worth, and the sizes of their terms.
    fn of_property(&self, property: Property<'_>) -> (f32, f32) {
        let taste = self.side.own_taste();
        let (mut value, mut size) = (0.0, 0.0);
        taste.declared().facets_of(property, |code, amount| {
            let verdict = taste.of_facet(self.schema, code, amount);
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
    /// The sums `Σ weight · feature` of all rows.
    pub fn sums(
        &self,
        weights: &PairRow,
        catalog: &Catalog,
        prepared: &Prepared,
        counters: &Counters,
        schema: &Schema,
    ) -> PairSums {
        let (columns, words, codes) = (catalog.columns(), catalog.words(), &prepared.scan);
        let mut worth = Worth {
            side: self,
            weights,
            schema,
            magnitude: 0.0,
        };
        let code = |code: usize| code as u16;
        let kinds = worth.table(
            2 * words.types.size(),
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
            |at, row| self.of_level(code(at), row),
            |at| {
                let agreement = Agreement::Level(code(at));
                [Property::Level(code(at)), Property::Agreement(agreement)]
            },
        );
        let organisers = worth.table(
            words.organisers.size(),
            |at, row| self.of_organiser(code(at), prepared, row),
            |at| [Property::Organiser(code(at))],
        );
        let series = worth.table(
            words.series.size(),
            |at, row| self.of_series(code(at), row),
            |at| [Property::Series(code(at))],
        );
        let localities = worth.table(
            words.localities.size(),
            |at, row| self.of_locality(code(at), row),
            |at| {
                let agreement = Agreement::Locality(code(at));
                [Property::Locality(code(at)), Property::Agreement(agreement)]
            },
        );
        let prices = &codes.prices.values;
        let price = |at: usize| f32::from_bits(prices[at]);
        let price_worth = worth.table(
            prices.len(),
            |at, row| self.of_price(price(at), row),
            |at| [Property::Price(price(at))],
        );
        let times = &codes.times.values;
        let time_worth = worth.table(
            times.len(),
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
        let matches = worth.table(4, |count, row| self.declared_matches(count, row), |_| []);
        let agreements = worth.table(
            4,
            |_, _| (),
            |count| [Property::Agreement(Agreement::Tags(count))],
        );
        let places = self.place_sums(&mut worth, prepared);
        let tags = TermSums::new(
            &mut worth,
            self.tag_profiles(),
            words.tags.size(),
            codes.most_tags,
            |tag| Some(Property::Tag(tag)),
            |tag| schema.idf(tag),
        );
        let text = TermSums::new(
            &mut worth,
            self.text_profiles(),
            words.text.size(),
            codes.most_words,
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
        let decay = counters.decay(self.now_ms());
        let mut logs_size = 0.0_f32;
        let mut values = Vec::with_capacity(catalog.len());
        for index in 0..catalog.len() {
            let row = Row(index as u32);
            let table = |table: &Table, code: usize| table.0[code];
            let time = &codes.times;
            let time_code = time.codes[index] as usize;
            let day_off = usize::from(time.values[time_code].day_off);
            let mut sum = table(&kinds, 2 * usize::from(columns.kind[index]) + day_off)
                + table(&levels, usize::from(columns.level[index]))
                + table(&organisers, usize::from(columns.organiser[index]))
                + table(&series, usize::from(columns.series[index]))
                + table(&localities, usize::from(columns.locality[index]))
                + table(&price_worth, codes.prices.codes[index] as usize)
                + table(&time_worth, time_code)
                + places[codes.places.codes[index] as usize];
            let (mut declared_count, mut agreed) = (0, 0);
            let (mut plain, mut products) = (0.0, 0.0);
            for &tag in catalog.tags(row) {
                let tag = usize::from(tag);
                plain += tags.plain[tag];
                products += tags.products[tag];
                declared_count += usize::from(flags[tag][0]);
                agreed += usize::from(flags[tag][1]);
            }
            sum += plain + products / prepared.tag_norm[index].max(1e-6);
            sum += matches.0[declared_count.min(3)] + agreements.0[agreed.min(3)];
            if text.speaks {
                let words = catalog.text(row).iter();
                let products: f32 = words.map(|&word| text.products[usize::from(word)]).sum();
                sum += products / prepared.text_norm[index].max(1e-6);
            }
            let [density, transit] = codes.fixed[index];
            let fixed = [weights[DENSITY] * density, weights[TRANSIT] * transit];
            let mut size = fixed[0].abs() + fixed[1].abs();
            sum += fixed[0] + fixed[1];
            let logs = self.logarithms(catalog, counters, decay, row);
            for (column, value) in LOGARITHMS.into_iter().zip(logs) {
                let term = weights[column] * logarithm(value);
                sum += term;
                size += term.abs();
            }
            logs_size = logs_size.max(size);
            values.push(sum);
        }
        let mut itself = 0.0_f32;
        self.own_taste().each_row(schema, |row| {
            let (value, size) = worth.of_property(Property::Row(row));
            if let Some(sum) = values.get_mut(row.index()) {
                *sum += value;
                itself = itself.max(size);
            }
        });
        PairSums {
            values,
            magnitude: worth.magnitude + logs_size + itself,
            length: PAIR_FEATURES.len()
                + codes.most_tags.max(codes.most_words)
                + self.places_count(),
        }
    }

    /// What each place is worth.
    fn place_sums(&self, worth: &mut Worth<'_>, prepared: &Prepared) -> Vec<f32> {
        let places = &prepared.scan.places;
        let corners: Vec<(f32, f32)> = places
            .corners
            .iter()
            .map(|&corner| worth.of_property(Property::Corner(corner)))
            .collect();
        // Shares of corners add up to 1.
        worth.magnitude += corners.iter().map(|corner| corner.1).fold(0.0, f32::max);
        let mut values: Vec<f32> = places
            .shares
            .iter()
            .map(|shares| {
                let shares = shares.iter();
                let worth = |&(corner, share): &(u32, f32)| {
                    let corner = corners.get(corner as usize);
                    share * corner.map_or(0.0, |corner| corner.0)
                };
                shares.map(worth).sum()
            })
            .collect();
        worth.magnitude += self.add_nearness(worth.weights, &places.lat, &places.lon, &mut values);
        values
    }
}

/// Nearly `ln(1 + x)`; exactly what the features have where a count is impossible, so that it is noticed.
fn logarithm(x: f32) -> f32 {
    if (0.0..=f32::MAX).contains(&x) {
        ln_1p_approximate(x)
    } else {
        ln_1p(x)
    }
}

/// What terms are worth: those of tags or of texts.
struct TermSums {
    /// By their facets.
    plain: Vec<f32>,
    /// By the profiles they are compared with; an activity's sum is divided by the length of its vector.
    products: Vec<f32>,
    /// Whether any profile has any of them.
    speaks: bool,
}

impl TermSums {
    fn new(
        worth: &mut Worth<'_>,
        profiles: [(usize, &[f32]); 3],
        size: usize,
        most_terms: usize,
        property: impl Fn(u16) -> Option<Property<'static>>,
        idf: impl Fn(u16) -> f32,
    ) -> Self {
        let (mut plain, mut products) = (Vec::with_capacity(size), Vec::with_capacity(size));
        let mut most = 0.0_f32;
        for term in 0..size {
            let code = term as u16;
            let weighted = profiles.map(|(column, profile)| worth.weights[column] * profile[term]);
            let (facets, facets_size) =
                property(code).map_or((0.0, 0.0), |property| worth.of_property(property));
            plain.push(facets);
            products.push(idf(code) * weighted.iter().sum::<f32>());
            // A term's share of the length of a vector is 1 at most.
            let sizes: f32 = weighted.iter().map(|value| value.abs()).sum();
            most = most.max(facets_size + sizes);
        }
        worth.magnitude += most * most_terms as f32;
        Self {
            plain,
            speaks: products.iter().any(|&value| value != 0.0),
            products,
        }
    }
}
