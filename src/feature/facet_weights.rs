//! How much does a facet weigh? A request asks tens of thousands of times, mostly of facets that have no weight.

use super::facet::Facet;

/// No facet has this code.
const NONE: u32 = u32::MAX;

/// Weights of facets, found by code with one look mostly: hashed, half of the places empty, the next place where one is
/// taken.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct FacetWeights {
    /// By code ascending.
    list: Vec<Facet>,
    places: Vec<Facet>,
}

impl From<Vec<Facet>> for FacetWeights {
    /// Of weights by code ascending.
    fn from(list: Vec<Facet>) -> Self {
        let mut places = vec![(NONE, 0.0); (2 * list.len()).next_power_of_two()];
        for &facet in list.iter().filter(|facet| facet.0 != NONE) {
            let mut at = place(facet.0, places.len());
            while places[at].0 != NONE {
                at = (at + 1) % places.len();
            }
            places[at] = facet;
        }
        Self { list, places }
    }
}

impl FacetWeights {
    /// The weight of a facet; 0 where it has none.
    pub(super) fn of(&self, code: u32) -> f32 {
        if self.list.is_empty() {
            return 0.0;
        }
        // The number of places is a power of two.
        let mask = self.places.len() - 1;
        let mut at = place(code, self.places.len());
        while self.places[at & mask].0 != code {
            if self.places[at & mask].0 == NONE {
                return 0.0;
            }
            at += 1;
        }
        self.places[at & mask].1
    }

    /// All of them, by code ascending.
    pub(super) fn list(&self) -> &[Facet] {
        &self.list
    }
}

/// Two weights of each facet, found together: the common one and one visitor's own.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct BothWeights {
    places: Vec<(u32, [f32; 2])>,
}

impl BothWeights {
    pub(super) fn new(common: &[Facet], own: &[Facet]) -> Self {
        if common.is_empty() && own.is_empty() {
            return Self::default();
        }
        let places = (2 * (common.len() + own.len())).next_power_of_two();
        let mut both = Self {
            places: vec![(NONE, [0.0; 2]); places],
        };
        for (which, weights) in [common, own].into_iter().enumerate() {
            for &(code, weight) in weights.iter().filter(|facet| facet.0 != NONE) {
                let at = both.find(code);
                both.places[at].0 = code;
                both.places[at].1[which] = weight;
            }
        }
        both
    }

    /// The place of a code, or the free one where it would be.
    fn find(&self, code: u32) -> usize {
        // The number of places is a power of two.
        let mask = self.places.len() - 1;
        let mut at = place(code, self.places.len());
        while self.places[at & mask].0 != code && self.places[at & mask].0 != NONE {
            at += 1;
        }
        at & mask
    }

    /// The common weight of a facet and the visitor's own; 0 where there is none.
    pub(super) fn of(&self, code: u32) -> [f32; 2] {
        if self.places.is_empty() {
            return [0.0; 2];
        }
        self.places[self.find(code)].1
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

/// Where a code is looked for first (Knuth 1998, volume 3, section 6.4, multiplicative hashing): by the upper bits of the
/// product, which alone depend on all of the code's, its family among them.
fn place(code: u32, places: usize) -> usize {
    ((u64::from(code.wrapping_mul(0x9e37_79b1)) * places as u64) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Random;

    #[test]
    fn both_weights_are_found_together() {
        let common: Vec<Facet> = (0..400).map(|n| (3 * n, n as f32 + 1.0)).collect();
        let own: Vec<Facet> = (0..400).map(|n| (5 * n, -1.0 - n as f32)).collect();
        let both = BothWeights::new(&common, &own);
        let (common, own) = (FacetWeights::from(common), FacetWeights::from(own));
        for code in (0..2_100).chain([NONE]) {
            assert_eq!(both.of(code), [common.of(code), own.of(code)]);
        }
        assert_eq!(BothWeights::new(&[], &[]).of(3), [0.0; 2]);
    }

    #[test]
    fn every_weight_is_found_and_nothing_else() {
        let mut random = Random::new(1);
        for size in [0, 1, 2, 3, 100, 3_000] {
            let mut codes: Vec<u32> = (0..size).map(|_| random.next_u64() as u32 >> 4).collect();
            codes.sort_unstable();
            codes.dedup();
            let list: Vec<Facet> = codes.iter().map(|&code| (code, code as f32)).collect();
            let weights = FacetWeights::from(list.clone());
            assert_eq!(weights.list(), list);
            for &code in &codes {
                assert_eq!(weights.of(code), code as f32);
            }
            let others = (0..2_000).map(|_| random.next_u64() as u32 >> 4);
            for code in others.filter(|code| codes.binary_search(code).is_err()) {
                assert_eq!(weights.of(code), 0.0);
            }
            assert_eq!(weights.of(NONE), 0.0);
        }
    }
}
