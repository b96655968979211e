//! How many negatives a positive gets, and which.

use serde::{Deserialize, Serialize};
use triqueta::math::Random;

/// A recipe for negatives. What is neither popular nor hard is uniform.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mixture {
    /// Negatives a positive. One makes epochs cheap and gradients noisy; beyond ten, time goes into what is already
    /// known to be unlikely, and scores sink below any probability.
    pub per_positive: usize,
    /// Share drawn by popularity. 0 lets popularity itself explain every choice; 1 never shows what is unpopular, which
    /// is then scored at random.
    pub popular: f64,
    /// Share drawn hard. 0 learns slowly from what is obvious; 1 learns from what the visitor would have liked and never
    /// saw.
    pub hard: f64,
    /// Uniform ones a hard one is the highest scored of. 1 is uniform; as many as there are gives always the same one.
    pub pool: usize,
    /// The power of popularity. 0 is uniform, 1 draws as often as chosen, where the first few are nearly all there is to
    /// draw (0.75: Mikolov et al. 2013).
    pub flatten: f64,
}

impl Default for Mixture {
    /// One to four, half of them uniform and half popular.
    fn default() -> Self {
        Self {
            per_positive: 4,
            popular: 0.5,
            hard: 0.0,
            pool: 16,
            flatten: 0.75,
        }
    }
}

/// How one negative is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Uniform,
    Popular,
    Hard,
}

impl Mixture {
    /// Only uniform ones.
    pub fn uniform(per_positive: usize) -> Self {
        Self {
            per_positive,
            popular: 0.0,
            ..Self::default()
        }
    }

    /// Only popular ones.
    pub fn popular(per_positive: usize) -> Self {
        Self {
            per_positive,
            popular: 1.0,
            ..Self::default()
        }
    }

    /// Only hard ones, each the highest scored of `pool`.
    pub fn hard(per_positive: usize, pool: usize) -> Self {
        Self {
            per_positive,
            popular: 0.0,
            hard: 1.0,
            pool,
            ..Self::default()
        }
    }

    /// The ways for one positive: whole shares are kept exactly, and what is left of them in the long run.
    pub(super) fn ways(&self, random: &mut Random) -> impl Iterator<Item = Way> + use<> {
        let count = self.per_positive;
        let mut quota = |share: f64| {
            let wanted = count as f64 * share.clamp(0.0, 1.0);
            let whole = wanted.floor();
            let more = wanted > whole && random.uniform() < wanted - whole;
            whole as usize + usize::from(more)
        };
        let hard = quota(self.hard).min(count);
        let popular = quota(self.popular).min(count - hard);
        (0..count).map(move |number| match number {
            number if number < hard => Way::Hard,
            number if number < hard + popular => Way::Popular,
            _ => Way::Uniform,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_four_is_two_and_half_of_one_is_a_coin() {
        let mut random = Random::new(1);
        let popular = |per_positive: usize, random: &mut Random| {
            let mixture = Mixture {
                per_positive,
                ..Mixture::default()
            };
            mixture
                .ways(random)
                .filter(|way| *way == Way::Popular)
                .count()
        };
        assert!((0..50).all(|_| popular(4, &mut random) == 2));
        let heads: usize = (0..2_000).map(|_| popular(1, &mut random)).sum();
        assert!((900..1_100).contains(&heads), "{heads}");
    }

    #[test]
    fn shares_beyond_one_leave_nothing_uniform() {
        let mixture = Mixture {
            popular: 1.0,
            hard: 0.75,
            ..Mixture::default()
        };
        let ways: Vec<Way> = mixture.ways(&mut Random::new(1)).collect();
        assert_eq!(ways, [Way::Hard, Way::Hard, Way::Hard, Way::Popular]);
    }
}
