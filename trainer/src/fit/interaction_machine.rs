//! The factorization machine where only ids and bags of codes are known: who chose what.
//!
//! A user is their id, what is known of them, and the bag of what they chose (as SVD++ has it: Koren, "Factorization meets
//! the neighborhood", KDD 2008); an item is its id and what is known of it. What a user chose is learned from what else
//! they chose: an example's own item is never in the bag beside it, since it would give itself away (Kabbur, Ning and
//! Karypis, "FISM", KDD 2013).

use triqueta::math::Random;
use triqueta::model::{FactorSum, FactorizationMachine, Feature};

use super::factorization_machine::{Group, Groups, MachineOptions, fit_machine};
use crate::Result;
use crate::interactions::{Interactions, LeaveOneOut, SideFeatures};
use crate::negatives::{ItemSampler, Mixture};
use crate::progress::Progress;

/// Into how many parts a user's choices are cut: each part is learned beside the bag of the others. Few make short bags,
/// unlike those that are served; many sum the bag anew for few choices.
const PARTS: usize = 8;

/// How the machine of interactions is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InteractionMachineOptions {
    /// How its rows are learned.
    pub machine: MachineOptions,
    /// What a choice is learned from.
    pub negatives: Mixture,
    /// What a bag counts: its entries have the value `bag / √n`. At 0 only the id tells users apart, high ones let the bag
    /// drown the id.
    pub bag: f32,
}

impl Default for InteractionMachineOptions {
    /// The best of five settings on a validation slice of MovieLens-1M. One shard: averaging two cost .008 of HR@10 there.
    fn default() -> Self {
        Self {
            machine: MachineOptions {
                epochs: 12,
                l2: 1e-4,
                shards: 1,
                ..MachineOptions::default()
            },
            negatives: Mixture::uniform(4),
            bag: 1.0,
        }
    }
}

/// A trained machine, ready to score users and items by number.
#[derive(Debug, Clone, PartialEq)]
pub struct InteractionMachine {
    machine: FactorizationMachine,
    users: Vec<FactorSum>,
    items: Vec<FactorSum>,
}

impl InteractionMachine {
    /// Learns from the training part of a problem.
    ///
    /// # Errors
    /// [`crate::TrainerError::Cancelled`] on request.
    pub fn fit(
        problem: &LeaveOneOut,
        options: &InteractionMachineOptions,
        seed: u64,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let space = Space::of(problem, options.bag);
        let examples = Examples {
            space: &space,
            sampler: ItemSampler::new(&problem.train, options.negatives),
            negatives: options.negatives.per_positive,
        };
        progress.begin(
            "training the factorization machine",
            Some(options.machine.epochs as u64),
        );
        let fitted = fit_machine(space.size(), &examples, &options.machine, seed, progress)?;
        let machine = fitted.model;
        let mut features = Vec::new();
        let mut sum_of = |fill: &dyn Fn(&mut Vec<Feature>)| {
            features.clear();
            fill(&mut features);
            machine.sum(&features)
        };
        let users = (0..problem.train.users() as u32)
            .map(|user| sum_of(&|features| space.user(user, |_| true, features)))
            .collect();
        let items = (0..problem.train.items() as u32)
            .map(|item| sum_of(&|features| space.item(item, features)))
            .collect();
        Ok(Self {
            machine,
            users,
            items,
        })
    }

    /// The score of a user and an item; the bias where one of them is unknown.
    pub fn pair(&self, user: u32, item: u32) -> f32 {
        match (self.users.get(user as usize), self.items.get(item as usize)) {
            (Some(user), Some(item)) => self.machine.join(user, item),
            _ => self.machine.bias,
        }
    }
}

/// Which row stands for what: user ids, what is known of users, the bag's items, item ids, what is known of items.
struct Space<'a> {
    train: &'a Interactions,
    of_users: &'a SideFeatures,
    of_items: &'a SideFeatures,
    bag: f32,
}

impl<'a> Space<'a> {
    fn of(problem: &'a LeaveOneOut, bag: f32) -> Self {
        Self {
            train: &problem.train,
            of_users: &problem.user_features,
            of_items: &problem.item_features,
            bag,
        }
    }

    /// Where the rows of the bag, of item ids and of what is known of items begin, and where all end.
    fn starts(&self) -> [u32; 4] {
        let bag = self.train.users() + self.of_users.size();
        let items = bag + self.train.items();
        let known = items + self.train.items();
        [bag, items, known, known + self.of_items.size()].map(|start| start as u32)
    }

    fn size(&self) -> usize {
        self.starts()[3] as usize
    }

    /// A user with the bag of those choices, by their place among the user's, that are to be in it.
    fn user(&self, user: u32, in_bag: impl Fn(usize) -> bool, into: &mut Vec<Feature>) {
        let after_ids = self.train.users() as u32;
        into.push((user, 1.0));
        into.extend(
            self.of_users
                .of(user)
                .iter()
                .map(|code| (after_ids + code, 1.0)),
        );
        if self.bag > 0.0 {
            let [bag, ..] = self.starts();
            let from = into.len();
            let chosen = self.train.of_user(user).iter().enumerate();
            let kept = chosen.filter(|(place, _)| in_bag(*place));
            into.extend(kept.map(|(_, item)| (bag + item, 1.0)));
            let value = self.bag / ((into.len() - from).max(1) as f32).sqrt();
            for feature in &mut into[from..] {
                feature.1 = value;
            }
        }
    }

    fn item(&self, item: u32, into: &mut Vec<Feature>) {
        let [_, items, known, _] = self.starts();
        into.push((items + item, 1.0));
        into.extend(
            self.of_items
                .of(item)
                .iter()
                .map(|code| (known + code, 1.0)),
        );
    }
}

/// A group is a part of a user's choices with fresh negatives, beside the bag of the other parts.
struct Examples<'a> {
    space: &'a Space<'a>,
    sampler: ItemSampler<'a>,
    negatives: usize,
}

impl Groups for Examples<'_> {
    fn len(&self) -> usize {
        self.space.train.users() * PARTS
    }

    fn size(&self, group: usize) -> usize {
        let chosen = self.space.train.of_user((group / PARTS) as u32).len();
        chosen.div_ceil(PARTS) * (1 + self.negatives)
    }

    fn fill(&self, group: usize, random: &mut Random, into: &mut Group) {
        let (user, part) = ((group / PARTS) as u32, group % PARTS);
        let chosen = self.space.train.of_user(user);
        if chosen.len() <= part {
            return;
        }
        self.space
            .user(user, |place| place % PARTS != part, into.shared());
        let (mut drawn, mut features) = (Vec::new(), Vec::new());
        for &item in chosen.iter().skip(part).step_by(PARTS) {
            drawn.clear();
            self.sampler.draw(user, random, &mut drawn);
            let labelled =
                std::iter::once((item, 1.0)).chain(drawn.iter().map(|&item| (item, 0.0)));
            for (item, label) in labelled {
                features.clear();
                self.space.item(item, &mut features);
                into.example(features.iter().copied(), label);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fit::Optimiser;
    use crate::progress::Silent;

    fn options() -> InteractionMachineOptions {
        InteractionMachineOptions {
            machine: MachineOptions {
                epochs: 40,
                optimiser: Optimiser::AdaGrad,
                learning_rate: 0.1,
                shards: 2,
                round: 64,
                ..MachineOptions::default()
            },
            negatives: Mixture::uniform(4),
            bag: 1.0,
        }
    }

    /// Users choose items of their own parity, except that each leaves a few out.
    fn checkerboard() -> LeaveOneOut {
        let wants = |user: u32, item: u32| (user + item).is_multiple_of(2);
        let all = (0..40).flat_map(|user| (0..30).map(move |item| (user, item)));
        let train = all.filter(|&(user, item)| wants(user, item) && (user * 3 + item * 5) % 7 > 1);
        LeaveOneOut {
            train: Interactions::new(42, 30, train),
            user_features: SideFeatures::learn(&[vec!["even=yes".into()], vec!["even=no".into()]]),
            ..LeaveOneOut::default()
        }
    }

    #[test]
    fn what_was_left_out_is_found_again() {
        let problem = checkerboard();
        let machine = InteractionMachine::fit(&problem, &options(), 1, &Silent).unwrap();
        let (mut right, mut all) = (0, 0);
        for user in 0..40_u32 {
            let of_parity = |parity: u32| {
                let untouched = (0..30).filter(|&item| !problem.train.contains(user, item));
                let scores = untouched.filter(|item| item % 2 == parity);
                scores
                    .map(|item| machine.pair(user, item))
                    .collect::<Vec<f32>>()
            };
            for wanted in of_parity(user % 2) {
                for other in of_parity((user + 1) % 2) {
                    right += usize::from(wanted > other);
                    all += 1;
                }
            }
        }
        assert!(right as f64 > 0.95 * all as f64, "{right} of {all}");
    }

    #[test]
    fn users_without_choices_and_unknown_ones_are_scored_all_the_same() {
        let machine = InteractionMachine::fit(&checkerboard(), &options(), 1, &Silent).unwrap();
        for (user, item) in [(41, 0), (500, 0), (0, 500)] {
            assert!(machine.pair(user, item).is_finite());
        }
        let nothing = LeaveOneOut::default();
        let machine = InteractionMachine::fit(&nothing, &options(), 1, &Silent).unwrap();
        assert_eq!(machine.pair(0, 0), 0.0);
    }
}
