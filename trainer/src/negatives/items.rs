//! Negatives by number, for learners that know nothing but ids.

use triqueta::math::Random;

use super::mixture::{Mixture, Way};
use super::weighted::Weighted;
use crate::interactions::Interactions;

/// Popular draws that may hit what the user chose before a uniform one is taken instead.
const TRIES: usize = 32;

/// Draws items a user did not choose.
#[derive(Debug)]
pub struct ItemSampler<'a> {
    train: &'a Interactions,
    mixture: Mixture,
    popular: Option<Weighted>,
}

impl<'a> ItemSampler<'a> {
    /// Prepares to draw among the items of `train`, which are popular by how many users chose them there.
    pub fn new(train: &'a Interactions, mixture: Mixture) -> Self {
        let counts = (0..train.items() as u32).map(|item| train.of_item(item).len() as f64);
        Self {
            train,
            mixture,
            popular: Weighted::of_counts(counts, mixture.flatten),
        }
    }

    /// Appends the negatives of one positive to `out`: [`Mixture::per_positive`] items that the user never chose, the
    /// same one perhaps twice; nothing where the user chose every item. Hard ones are uniform here.
    #[inline]
    pub fn draw(&self, user: u32, random: &mut Random, out: &mut Vec<u32>) {
        self.draw_scored(user, |_| 0.0, random, out);
    }

    /// The same with a score of the user and an item; higher is harder.
    pub fn draw_scored(
        &self,
        user: u32,
        mut score: impl FnMut(u32) -> f32,
        random: &mut Random,
        out: &mut Vec<u32>,
    ) {
        for way in self.mixture.ways(random) {
            let drawn = match way {
                Way::Uniform => self.uniform(user, random),
                Way::Popular => self.popular(user, random),
                Way::Hard => self.hard(user, &mut score, random),
            };
            out.extend(drawn);
        }
    }

    /// One item the user never chose, each with the same probability.
    #[inline]
    pub fn uniform(&self, user: u32, random: &mut Random) -> Option<u32> {
        let chosen = self.train.of_user(user);
        let others = self.train.items() - chosen.len();
        if others == 0 {
            return None;
        }
        // The `place`-th of the others, without a try in vain: of the first chosen ones so many lie before it.
        let place = random.below(others);
        let (mut low, mut high) = (0, chosen.len());
        while low < high {
            let middle = (low + high) / 2;
            if chosen[middle] as usize - middle <= place {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Some((place + low) as u32)
    }

    /// One item the user never chose, by popularity; a uniform one where the user chose what is popular.
    #[inline]
    pub fn popular(&self, user: u32, random: &mut Random) -> Option<u32> {
        if let Some(popular) = &self.popular {
            for _ in 0..TRIES {
                let item = popular.draw(random);
                if !self.train.contains(user, item) {
                    return Some(item);
                }
            }
        }
        self.uniform(user, random)
    }

    /// The highest scored of a few uniform ones. A score that is not a number is the lowest.
    fn hard(
        &self,
        user: u32,
        score: &mut impl FnMut(u32) -> f32,
        random: &mut Random,
    ) -> Option<u32> {
        let mut best: Option<(f32, u32)> = None;
        for _ in 0..self.mixture.pool.max(1) {
            let item = self.uniform(user, random)?;
            let score = score(item);
            if best.is_none_or(|(highest, _)| score > highest || highest.is_nan()) {
                best = Some((score, item));
            }
        }
        best.map(|(_, item)| item)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// User 0 chose 0, 3 and 4 of ten; item 7 is chosen by most.
    fn train() -> Interactions {
        let others = (1..20).map(|user| (user, if user < 15 { 7 } else { 8 }));
        Interactions::new(20, 10, [(0, 0), (0, 3), (0, 4)].into_iter().chain(others))
    }

    fn counts(mixture: Mixture, user: u32, score: impl Fn(u32) -> f32) -> [u32; 10] {
        let train = train();
        let sampler = ItemSampler::new(&train, mixture);
        let (mut random, mut out) = (Random::new(3), Vec::new());
        for _ in 0..2_000 {
            sampler.draw_scored(user, &score, &mut random, &mut out);
        }
        let mut counts = [0; 10];
        out.iter().for_each(|&item| counts[item as usize] += 1);
        counts
    }

    #[test]
    fn what_the_user_chose_is_never_drawn_and_the_rest_evenly() {
        let counts = counts(Mixture::uniform(4), 0, |_| 0.0);
        assert_eq!((counts[0], counts[3], counts[4]), (0, 0, 0));
        assert_eq!(counts.iter().sum::<u32>(), 8_000);
        let open = [1, 2, 5, 6, 7, 8, 9];
        assert!(
            open.iter()
                .all(|&item| (1_000..1_300).contains(&counts[item])),
            "{counts:?}"
        );
    }

    #[test]
    fn popular_ones_follow_the_flattened_counts() {
        let counts = counts(Mixture::popular(4), 0, |_| 0.0);
        assert_eq!(counts[7] + counts[8], 8_000);
        let expected = libm::pow(14.0 / 5.0, 0.75);
        let found = f64::from(counts[7]) / f64::from(counts[8]);
        assert!((found / expected - 1.0).abs() < 0.1, "{found} {expected}");
    }

    #[test]
    fn hard_ones_are_the_highest_scored_of_a_pool() {
        let counts = counts(Mixture::hard(1, 64), 0, |item| item as f32);
        assert!(counts[9] > 1_950, "{counts:?}");
        let nothing_known = self::counts(Mixture::hard(1, 64), 0, |_| f32::NAN);
        assert!(nothing_known[9] < 600, "{nothing_known:?}");
    }

    #[test]
    fn whoever_chose_what_is_popular_gets_uniform_ones_and_whoever_chose_all_gets_none() {
        assert_eq!(counts(Mixture::popular(4), 2, |_| 0.0)[7], 0);
        let all = Interactions::new(1, 3, [(0, 0), (0, 1), (0, 2)]);
        let nothing = Interactions::new(1, 0, []);
        for train in [all, nothing] {
            let sampler = ItemSampler::new(&train, Mixture::default());
            let mut out = Vec::new();
            sampler.draw(0, &mut Random::new(1), &mut out);
            assert!(out.is_empty());
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_draws() {
        let mixture = Mixture {
            hard: 0.25,
            ..Mixture::default()
        };
        let score = |item: u32| item as f32;
        assert_eq!(counts(mixture, 0, score), counts(mixture, 0, score));
    }
}
