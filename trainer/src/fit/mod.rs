//! How are the models learned?
//!
//! Backward passes only; the forward passes they are tied to live in `triqueta::model`. Hand-derived gradients with
//! row-sparse optimisers: these models are shallow and sparse, and a finite-difference test keeps every gradient honest.

mod adam;
mod blend;
mod frequency;
#[cfg(test)]
mod gradient_tests;
mod layers;
mod logistic;
mod logit;
mod neural_cf;
mod parameters;
mod real;
pub(crate) mod simd;
mod sparse_adam;
mod tables;
mod two_tower;

pub use blend::{Scored, blend_loss, calibrate, fit_blend, prior_blend};
pub use neural_cf::{NeuralCfOptions, NeuralCfShape, fit_id_only};
pub use two_tower::{Example, FittedTowers, TowerOptions, fit_towers, fit_towers_for};
