//! The best of many numbers, one after the other.

use super::select;

/// The `keep` best of many numbers, without a look at all of them together: what is below the worst that was kept when the list
/// was last full is not even noted.
#[derive(Debug, Clone, Default)]
pub struct Best {
    keep: usize,
    /// The `keep` best so far are among these.
    noted: Vec<f32>,
    bar: f32,
}

impl Best {
    /// Begins anew: nothing was offered. `keep` is 1 at least.
    pub fn begin(&mut self, keep: usize) {
        self.keep = keep;
        self.noted.clear();
        self.noted.reserve(2 * keep);
        self.bar = f32::NEG_INFINITY;
    }

    /// At least `keep` of the numbers so far are no less than this.
    #[inline]
    pub fn bar(&self) -> f32 {
        self.bar
    }

    /// Takes a number; what is none is passed over.
    #[inline]
    pub fn offer(&mut self, number: f32) {
        if number >= self.bar {
            self.noted.push(number);
            if self.noted.len() == 2 * self.keep {
                self.thin();
            }
        }
    }

    fn thin(&mut self) {
        let last = self.keep - 1;
        select(&mut self.noted, last, |a, b| a > b);
        self.bar = self.noted[last];
        self.noted.truncate(self.keep);
    }

    /// The worst of the `keep` best; nothing where there are fewer.
    pub fn least(&mut self) -> Option<f32> {
        (self.noted.len() >= self.keep).then(|| {
            self.thin();
            self.bar
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Random;

    #[test]
    fn the_worst_of_the_best_is_that_of_all_sorted() {
        let mut random = Random::new(3);
        let mut best = Best::default();
        for (size, keep) in [(0, 1), (1, 1), (5, 6), (50, 7), (2_000, 200), (400, 200)] {
            // Few values, so that many are equal.
            let mut numbers: Vec<f32> = (0..size).map(|_| random.below(300) as f32).collect();
            best.begin(keep);
            for &number in &numbers {
                best.offer(number);
                best.offer(f32::NAN);
            }
            numbers.sort_by(|a, b| b.total_cmp(a));
            assert_eq!(best.least(), numbers.get(keep - 1).copied());
        }
    }
}
