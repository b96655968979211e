//! The training of neural collaborative filtering (He et al. 2017): logistic loss over choices and drawn non-choices.

mod id_only;
mod pooled;
#[cfg(test)]
mod pooled_tests;
#[cfg(test)]
mod tests;

use triqueta::model::NeuMf;

use super::pair_head::Head;
use super::real::Real;

pub use id_only::fit_id_only;
pub use pooled::{FittedNeuMf, PooledOptions, fit_pooled, fit_pooled_for};

/// The model as the recommender has it.
fn to_model<F: Real>(head: &Head<F>) -> NeuMf {
    NeuMf {
        product_weight: head.product_weight.mapv(F::to_f32),
        layers: head.to_layers(),
        perceptron_weight: head.perceptron_weight.mapv(F::to_f32),
        bias: head.bias[0].to_f32(),
    }
}

/// Which halves a model has, and how large they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeuralCfShape {
    /// Factors that are multiplied; 0 for a perceptron alone. More factors tell more tastes apart and learn noise sooner.
    pub product: usize,
    /// Numbers a side gives to the perceptron; 0 for GMF.
    pub perceptron: usize,
    /// Widths of the perceptron's layers.
    pub layers: Vec<usize>,
}

/// How it is trained.
#[derive(Debug, Clone, PartialEq)]
pub struct NeuralCfOptions {
    /// The model.
    pub shape: NeuralCfShape,
    /// Passes in which each half is trained alone before they are joined; 0 starts with both at random.
    pub pretraining_epochs: usize,
    /// Passes over the choices.
    pub epochs: usize,
    /// Choices a step: few make noisy steps, many make few of them.
    pub batch: usize,
    /// Items drawn beside each choice among those the user did not choose: more separate better and take longer.
    pub negatives: usize,
    /// Step length of the first pass; it falls in a straight line to a tenth in the last. High ones never settle.
    pub learning_rate: f64,
    /// The same after pre-training: low ones keep what was learned.
    pub joint_learning_rate: f64,
    /// Pull of a factor towards zero for each example it is in: 0 learns the choices by heart, large ones learn nothing. What
    /// a perceptron reads is not pulled: it then learns far too slowly.
    pub l2: f64,
}

/// Chosen on a validation slice of MovieLens 1M: one more choice a user held out of the training part.
impl Default for NeuralCfOptions {
    fn default() -> Self {
        Self {
            shape: NeuralCfShape {
                product: 64,
                perceptron: 32,
                layers: vec![32, 16, 8],
            },
            pretraining_epochs: 12,
            epochs: 3,
            batch: 256,
            negatives: 8,
            learning_rate: 2e-3,
            joint_learning_rate: 5e-4,
            l2: 0.005,
        }
    }
}
