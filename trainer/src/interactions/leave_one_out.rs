//! One choice a user is held out and ranked among others the user did not choose.

use triqueta::math::Random;

use super::{Interactions, SideFeatures};

/// How many negatives stand beside a held-out choice in a validation slice, as in the published test set.
const NEGATIVES: usize = 99;

/// A leave-one-out problem.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeaveOneOut {
    /// What may be learned from.
    pub train: Interactions,
    /// `(user, item)`: what is to be found.
    pub held_out: Vec<(u32, u32)>,
    /// The items each held-out one is ranked among, itself left out; parallel to `held_out`.
    pub negatives: Vec<Vec<u32>>,
    /// What is known of users.
    pub user_features: SideFeatures,
    /// What is known of items.
    pub item_features: SideFeatures,
}

impl LeaveOneOut {
    /// The slice hyper-parameters are chosen on: one random choice a user is taken from the training part and ranked
    /// among 99 random items the user never chose. What was held out stays unseen, both as a choice and as a negative.
    pub fn validation(&self, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let (mut held_out, mut negatives) = (Vec::new(), Vec::new());
        for &(user, hidden) in &self.held_out {
            let chosen = self.train.of_user(user);
            let items = self.train.items();
            if chosen.len() < 2 || items < chosen.len() + 1 + NEGATIVES {
                continue;
            }
            held_out.push((user, chosen[random.below(chosen.len())]));
            let mut drawn = Vec::with_capacity(NEGATIVES);
            while drawn.len() < NEGATIVES {
                let item = random.below(items) as u32;
                if item != hidden && !self.train.contains(user, item) && !drawn.contains(&item) {
                    drawn.push(item);
                }
            }
            negatives.push(drawn);
        }
        let taken: std::collections::BTreeSet<(u32, u32)> = held_out.iter().copied().collect();
        let kept = self.train.pairs().filter(|pair| !taken.contains(pair));
        Self {
            train: Interactions::new(self.train.users(), self.train.items(), kept),
            held_out,
            negatives,
            user_features: self.user_features.clone(),
            item_features: self.item_features.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validation_takes_from_training_and_leaves_the_test_alone() {
        let pairs = (0..20).flat_map(|user| (0..8).map(move |n| (user, (user * 7 + n * 3) % 200)));
        let whole = LeaveOneOut {
            train: Interactions::new(20, 200, pairs),
            held_out: (0..20).map(|user| (user, 199)).collect(),
            negatives: vec![Vec::new(); 20],
            ..LeaveOneOut::default()
        };
        let slice = whole.validation(5);
        assert_eq!(slice.train.len(), whole.train.len() - 20);
        for (&(user, item), negatives) in slice.held_out.iter().zip(&slice.negatives) {
            assert!(whole.train.contains(user, item) && !slice.train.contains(user, item));
            assert_eq!(negatives.len(), 99);
            assert!(
                negatives
                    .iter()
                    .all(|&n| n != 199 && !whole.train.contains(user, n))
            );
        }
        assert_eq!(slice, whole.validation(5));
        assert_ne!(slice, whole.validation(6));
    }
}
