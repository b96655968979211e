//! A number a place, nearly all of them 0.

/// Room for so many sums is there before they are added to.
const USUAL: usize = 1 << 10;

/// Sums, one a place, of which few are ever added to: whoever begins anew touches only those again (the sparse accumulator of
/// Gilbert, Moler and Schreiber, "Sparse matrices in MATLAB", 1992, section 3.1.3).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SparseAccumulator {
    /// -0 where nothing was added, and nowhere else.
    sums: Vec<f32>,
    /// The others, each once.
    touched: Vec<u32>,
    /// Whether whoever may write anywhere did.
    is_full: bool,
}

impl SparseAccumulator {
    /// So many sums, all 0.
    pub fn reset(&mut self, places: usize) {
        if self.is_full {
            self.sums.clear();
        }
        for place in self.touched.drain(..) {
            if let Some(sum) = self.sums.get_mut(place as usize) {
                *sum = -0.0;
            }
        }
        self.is_full = false;
        self.sums.resize(places, -0.0);
        self.touched.reserve(places.min(USUAL));
    }

    /// Adds to the sum of a place; nothing where there is no such place.
    #[inline]
    pub fn add(&mut self, place: u32, term: f32) {
        let Some(sum) = self.sums.get_mut(place as usize) else {
            return;
        };
        if sum.to_bits() == (-0.0_f32).to_bits() {
            self.touched.push(place);
        }
        // Of -0 that makes 0, and no sum becomes -0 again.
        *sum += term + 0.0;
    }

    /// The sum of a place; 0 where there is no such place.
    pub fn of(&self, place: usize) -> f32 {
        // Adding makes 0 of -0.
        self.sums.get(place).map_or(0.0, |sum| sum + 0.0)
    }

    /// The sums that were added to, each once, in the order in which they were first; not for sums that
    /// [`SparseAccumulator::all_mut`] was asked for.
    pub fn touched(&self) -> impl Iterator<Item = (u32, f32)> + '_ {
        debug_assert!(!self.is_full);
        let touched = self.touched.iter();
        touched.map(|&place| (place, self.of(place as usize)))
    }

    /// All sums. Where nothing was added to one it is -0, which changes no other by being added to it.
    pub fn all(&self) -> &[f32] {
        &self.sums
    }

    /// All sums, to add to many of them.
    pub fn all_mut(&mut self) -> &mut [f32] {
        self.is_full = true;
        &mut self.sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Random;

    #[test]
    fn sums_are_those_of_a_plain_list_however_often_it_begins_anew() {
        let mut random = Random::new(3);
        let mut sparse = SparseAccumulator::default();
        for round in 0..200 {
            let places = 1 + random.below(40);
            let mut plain = vec![0.0_f32; places];
            sparse.reset(places);
            for _ in 0..random.below(60) {
                let place = random.below(places + 5);
                // Terms that cancel, and zeros of either sign.
                let term = [-1.5, -0.0, 0.0, 1.5, 0.25][random.below(5)];
                sparse.add(place as u32, term);
                if let Some(sum) = plain.get_mut(place) {
                    *sum += term;
                }
            }
            if round % 3 == 0 {
                sparse.all_mut()[0] += 7.0;
                plain[0] += 7.0;
            } else {
                let mut again = vec![None; places];
                for (place, sum) in sparse.touched() {
                    assert_eq!(again[place as usize].replace(sum), None);
                }
                let again: Vec<f32> = again.into_iter().map(Option::unwrap_or_default).collect();
                assert_eq!(again, plain);
            }
            let bits = |sum: f32| sum.to_bits();
            let of_places = (0..places).map(|place| bits(sparse.of(place)));
            assert!(of_places.eq(plain.iter().map(|&sum| bits(sum))));
            assert_eq!(sparse.all(), plain);
            assert_eq!(sparse.of(places), 0.0);
        }
    }
}
