//! What is each code of a property worth to a visitor, under the weights of a blend or the vectors of a machine?

use super::facet::Property;
use super::pair::PairSide;
use super::pair_features::{COMMON_TASTE, OWN_CONTENT, PAIR_FEATURES, PairRow};
use super::profiles::Profiles;
use super::schema::Schema;
use crate::math::larger;

/// What features are worth: sums of what each column adds.
pub(super) trait Measure {
    type Worth: Copy + Default;

    /// Adds a feature, or a part of one that is a sum. Returns the size of what was added.
    fn add(&self, worth: &mut Self::Worth, column: usize, value: f32) -> f32;
}

/// Weights: a weighted sum.
impl Measure for PairRow {
    type Worth = f32;

    #[inline(always)]
    fn add(&self, worth: &mut f32, column: usize, value: f32) -> f32 {
        let term = value * self[column];
        *worth += term;
        term.abs()
    }
}

/// Works out what properties are worth.
pub(super) struct Appraiser<'a, M: Measure> {
    pub(super) side: &'a PairSide,
    pub(super) measure: &'a M,
    pub(super) schema: &'a Schema,
    /// The largest sizes of all terms so far.
    pub(super) magnitude: f32,
}

impl<S: Measure> Appraiser<'_, S> {
    /// Fills a table of `size` codes: the features that depend on a code, which are those of `columns`, and the properties that
    /// have facets. `features` writes all of `columns` for every code: the row still holds the code before. The largest size of
    /// its terms is added to the magnitude.
    pub(super) fn fill<const M: usize, const N: usize>(
        &mut self,
        table: &mut Vec<S::Worth>,
        size: usize,
        columns: [usize; M],
        features: impl Fn(usize, &mut PairRow),
        properties: impl Fn(usize) -> [Property; N],
    ) {
        table.clear();
        table.resize(size, S::Worth::default());
        let mut most = 0.0_f32;
        let mut row = [0.0; PAIR_FEATURES.len()];
        for (code, worth) in table.iter_mut().enumerate() {
            features(code, &mut row);
            let mut terms_size = 0.0;
            for column in columns {
                terms_size += self.measure.add(worth, column, row[column]);
            }
            for property in properties(code) {
                terms_size += self.add_property(worth, property);
            }
            most = larger(most, terms_size);
        }
        self.magnitude += most;
    }

    /// Adds what the facets of a property are worth. Returns the sizes of what was added.
    pub(super) fn add_property(&self, worth: &mut S::Worth, property: Property) -> f32 {
        let taste = self.side.own_taste();
        let mut size = 0.0;
        taste.declared().facets_of(property, |code, amount| {
            let verdict = taste.of_facet(code, amount);
            size += self.measure.add(worth, COMMON_TASTE, verdict.common);
            for (part, own) in verdict.own.into_iter().enumerate() {
                size += self.measure.add(worth, OWN_CONTENT + part, own);
            }
        });
        size
    }
}

/// What terms are worth: those of tags or of texts.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct TermSums {
    /// By their facets.
    pub(super) plain: Vec<f32>,
    /// By the profiles they are compared with; an activity's sum is divided by the length of its vector.
    pub(super) products: Vec<f32>,
}

impl TermSums {
    pub(super) fn fill(
        &mut self,
        appraiser: &mut Appraiser<'_, PairRow>,
        profiles: &Profiles,
        most_terms: usize,
        property: impl Fn(u16) -> Option<Property>,
        idf: impl Fn(u16) -> f32,
    ) {
        for sums in [&mut self.plain, &mut self.products] {
            sums.clear();
            sums.resize(profiles.len(), 0.0);
        }
        let weights = profiles.columns.map(|column| appraiser.measure[column]);
        let mut most = 0.0_f32;
        let sums = self.plain.iter_mut().zip(&mut self.products);
        for (code, (plain, product)) in (0..).zip(sums) {
            let of_term = profiles.of(code);
            let weighted = [0, 1, 2].map(|which| weights[which] * of_term[which]);
            let facets_size =
                property(code).map_or(0.0, |property| appraiser.add_property(plain, property));
            *product = idf(code) * weighted.iter().sum::<f32>();
            // A term's share of the length of a vector is 1 at most.
            let sizes: f32 = weighted.iter().map(|value| value.abs()).sum();
            most = larger(most, facets_size + sizes);
        }
        appraiser.magnitude += most * most_terms as f32;
    }
}
