//! Negatives at a moment, among what was open to a visitor then.

use triqueta::catalog::Row;
use triqueta::math::Random;

use super::mixture::{Mixture, Way};
use super::weighted::Weighted;

/// Draws in vain before the others are looked through one by one.
const TRIES: usize = 32;

/// Draws activities a visitor could have chosen and did not.
#[derive(Debug)]
pub struct OpenSampler<'a> {
    mixture: Mixture,
    others: &'a [Row],
    popular: Option<Weighted>,
}

impl<'a> OpenSampler<'a> {
    /// Prepares to draw among `others`: what was open at the moment and neither chosen nor touched, each once, such as
    /// [`crate::choices::Lens::untouched_candidates`] after its first. `popularity` is parallel to it: how often others
    /// had chosen each by then.
    pub fn new(mixture: Mixture, others: &'a [Row], popularity: &[f32]) -> Self {
        let counts = others
            .iter()
            .enumerate()
            .map(|(place, _)| popularity.get(place).map_or(0.0, |&count| f64::from(count)));
        Self {
            mixture,
            others,
            popular: Weighted::of_counts(counts, mixture.flatten),
        }
    }

    /// [`Mixture::per_positive`] of the others, each at most once, in order of row; all of them where there are no more.
    /// `score` is of the visitor and an activity; higher is harder.
    pub fn draw(&self, mut score: impl FnMut(Row) -> f32, random: &mut Random) -> Vec<Row> {
        let mut rows: Vec<Row> = if self.others.len() <= self.mixture.per_positive {
            self.others.to_vec()
        } else {
            let mut taken: Vec<usize> = Vec::with_capacity(self.mixture.per_positive);
            for way in self.mixture.ways(random) {
                let place = match way {
                    Way::Uniform => self.uniform(&taken, random),
                    Way::Popular => self.popular(&taken, random),
                    Way::Hard => self.hard(&taken, &mut score, random),
                };
                taken.push(place);
            }
            taken.into_iter().map(|place| self.others[place]).collect()
        };
        rows.sort_unstable();
        rows
    }

    /// There are always more others than are taken.
    fn uniform(&self, taken: &[usize], random: &mut Random) -> usize {
        for _ in 0..TRIES {
            let place = random.below(self.others.len());
            if !taken.contains(&place) {
                return place;
            }
        }
        let free: Vec<usize> = (0..self.others.len())
            .filter(|place| !taken.contains(place))
            .collect();
        free[random.below(free.len())]
    }

    fn popular(&self, taken: &[usize], random: &mut Random) -> usize {
        if let Some(popular) = &self.popular {
            for _ in 0..TRIES {
                let place = popular.draw(random) as usize;
                if !taken.contains(&place) {
                    return place;
                }
            }
        }
        self.uniform(taken, random)
    }

    fn hard(
        &self,
        taken: &[usize],
        score: &mut impl FnMut(Row) -> f32,
        random: &mut Random,
    ) -> usize {
        let mut best = (f32::NAN, self.uniform(taken, random));
        best.0 = score(self.others[best.1]);
        for _ in 1..self.mixture.pool {
            let place = self.uniform(taken, random);
            let score = score(self.others[place]);
            if score > best.0 || best.0.is_nan() {
                best = (score, place);
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(numbers: impl IntoIterator<Item = u32>) -> Vec<Row> {
        numbers.into_iter().map(Row).collect()
    }

    #[test]
    fn each_is_drawn_once_and_all_where_there_are_few() {
        let others = rows([2, 5, 9, 11, 30]);
        let sampler = OpenSampler::new(Mixture::default(), &others, &[0.0, 0.0, 7.0, 0.0, 0.0]);
        let mut random = Random::new(1);
        for _ in 0..200 {
            let drawn = sampler.draw(|_| 0.0, &mut random);
            assert_eq!(drawn.len(), 4);
            assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]));
            // Half by popularity, and only one is popular.
            assert!(drawn.contains(&Row(9)));
        }
        let few = OpenSampler::new(Mixture::default(), &others[..3], &[]);
        assert_eq!(few.draw(|_| 0.0, &mut random), others[..3]);
        let none = OpenSampler::new(Mixture::default(), &[], &[]);
        assert!(none.draw(|_| 0.0, &mut random).is_empty());
    }

    #[test]
    fn hard_ones_are_high_in_the_score() {
        let others = rows(0..100);
        let sampler = OpenSampler::new(Mixture::hard(2, 400), &others, &[]);
        let drawn = sampler.draw(|row| row.0 as f32, &mut Random::new(2));
        assert_eq!(drawn, rows([98, 99]));
    }
}
