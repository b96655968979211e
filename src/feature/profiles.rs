//! Which terms, tags or words of texts, does a visitor's past speak of? Three profiles, by what was chosen, declared and
//! rejected: an activity's terms are compared with each by the cosine of TF-IDF vectors.

use super::contents::norm;
use super::pair_features::PairRow;

/// Places of the profiles.
pub(super) const LIKED: usize = 0;
pub(super) const DECLARED: usize = 1;
pub(super) const REJECTED: usize = 2;

/// The profiles, side by side: whoever asks for a term of one asks for it of all.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Profiles {
    by_term: Vec<[f32; 3]>,
    /// The columns of the features.
    pub(super) columns: [usize; 3],
}

impl Profiles {
    /// Empty ones of `size` terms.
    pub(super) fn new(size: usize, columns: [usize; 3]) -> Self {
        Self {
            by_term: vec![[0.0; 3]; size],
            columns,
        }
    }

    /// How many terms there are.
    pub(super) fn len(&self) -> usize {
        self.by_term.len()
    }

    /// Takes in a past activity's terms.
    pub(super) fn add(
        &mut self,
        which: usize,
        terms: &[u16],
        share: f32,
        idf: impl Fn(u16) -> f32,
    ) {
        let norm = norm(terms, &idf).max(1e-6);
        for &term in terms {
            self.by_term[usize::from(term)][which] += share * idf(term) / norm;
        }
    }

    /// Takes in what was declared.
    pub(super) fn declare(&mut self, terms: &[u16], idf: impl Fn(u16) -> f32) {
        let norm = norm(terms, &idf).max(1e-6);
        for &term in terms {
            self.by_term[usize::from(term)][DECLARED] = idf(term) / norm;
        }
    }

    /// How much each profile has of a term.
    pub(super) fn of(&self, term: u16) -> [f32; 3] {
        self.by_term[usize::from(term)]
    }

    /// The features of an activity with these terms; `norm` is the length of their vector.
    pub(super) fn compare(
        &self,
        terms: &[u16],
        norm: f32,
        idf: impl Fn(u16) -> f32,
        features: &mut PairRow,
    ) {
        let norm = norm.max(1e-6);
        // Where `sum` of the standard library begins.
        let mut sums = [-0.0_f32; 3];
        for &term in terms {
            let idf = idf(term);
            for (sum, share) in sums.iter_mut().zip(self.of(term)) {
                *sum += idf * share;
            }
        }
        for (column, sum) in self.columns.into_iter().zip(sums) {
            features[column] = sum / norm;
        }
    }
}
