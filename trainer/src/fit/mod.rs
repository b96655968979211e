//! How are the models learned?
//!
//! Backward passes only; the forward passes they are tied to live in `triqueta::model`. Hand-derived gradients with
//! row-sparse optimisers: these models are shallow and sparse, and a finite-difference test keeps every gradient honest.

mod alternating_least_squares;
mod assembly;
mod bayesian_ranking;
mod blend;
mod boosted_trees;
#[cfg(test)]
mod choice_ground;
mod choice_groups;
mod choice_machine;
mod factorization_machine;
#[cfg(test)]
mod factorization_tests;
mod fitted_factors;
mod frequency;
#[cfg(test)]
mod gradient_tests;
mod grown_tree;
#[cfg(test)]
mod id_tower_tests;
mod id_towers;
mod input_rows;
mod interaction_machine;
mod inverse;
mod item_item;
mod layers;
mod logistic;
mod logit;
mod neural_cf;
mod nonnegative_factors;
mod optimiser;
mod pair_head;
mod real;
mod sampled_softmax;
mod shards;
pub(crate) mod simd;
mod sparse_adam;
mod tables;
mod taste_directions;
mod towers;
mod truncated_svd;
mod two_tower;
mod wide_deep;

pub use alternating_least_squares::{AlsOptions, fit_alternating_least_squares};
pub use bayesian_ranking::{RankingOptions, fit_bayesian_ranking};
pub use blend::{Scored, blend_loss, calibrate, fit_blend, prior_blend};
pub use boosted_trees::{JudgedTrees, Looks, TreeOptions, fit_judged_trees, fit_trees};
pub use choice_machine::{ChoiceMachineOptions, fit_choice_machine};
pub use factorization_machine::{
    FittedMachine, Group, Groups, MachineOptions, Optimiser, fit_machine,
};
pub use fitted_factors::FittedFactors;
pub(crate) use id_towers::{IdTowerOptions, fit_id_towers};
pub use interaction_machine::{InteractionMachine, InteractionMachineOptions};
pub use item_item::{ItemItemOptions, fit_item_item};
pub use neural_cf::{
    FittedNeuMf, NeuralCfOptions, NeuralCfShape, PooledOptions, fit_id_only, fit_pooled,
    fit_pooled_for,
};
pub use nonnegative_factors::{NonnegativeOptions, fit_nonnegative_factors};
pub use taste_directions::fit_taste_directions;
pub use truncated_svd::{SvdOptions, fit_truncated_svd};
pub use two_tower::{Example, FittedTowers, TowerOptions, fit_towers, fit_towers_for};
pub use wide_deep::{
    FittedWideDeep, WideDeepExamples, WideDeepGroup, WideDeepOptions, fit_wide_deep,
    fit_wide_deep_for,
};
