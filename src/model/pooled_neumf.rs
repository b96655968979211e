//! NeuMF for visitors and activities nobody has met (He et al. 2017, with the vectors of Cheng et al. 2016): a side's vector
//! is the sum of the rows of what is known of it, instead of a row of its own.
//!
//! The rows are those of the factorization machine's [`FeatureSpace`] without the pair features: collaborative filtering
//! by neural networks sees two vectors, and what they have in common it has to learn.

use ndarray::Array2;

use super::dense::Outputs;
use super::factorization_machine::Feature;
use super::machine_features::FeatureSpace;
use super::neural_collaborative_filtering::{Factors, NeuMf, Side};
use crate::feature::{ActivityRow, Schema, UserRow};

/// Numbers of a vector that are multiplied with the other side's.
pub const NEUMF_PRODUCT: usize = 16;
/// Numbers of a vector that the perceptron reads.
pub const NEUMF_PERCEPTRON: usize = 32;
/// Widths of the perceptron's layers, each rectified.
pub const NEUMF_LAYERS: [usize; 3] = [32, 16, 8];

/// NeuMF and the rows its vectors are sums of.
#[derive(Debug, Clone, PartialEq)]
pub struct PooledNeuMf {
    model: NeuMf,
    table: Array2<f32>,
    space: FeatureSpace,
}

impl PooledNeuMf {
    /// A model for a schema. `table` has a row a feature, [`NEUMF_PRODUCT`] and then [`NEUMF_PERCEPTRON`] numbers each;
    /// `None` where the schema asks for other rows.
    pub fn new(schema: &Schema, model: NeuMf, table: Array2<f32>) -> Option<Self> {
        let space = FeatureSpace::of(schema);
        let fits = table.dim() == (space.first_pair(), NEUMF_PRODUCT + NEUMF_PERCEPTRON);
        fits.then_some(Self {
            model,
            table,
            space,
        })
    }

    /// What meets above the vectors.
    pub fn model(&self) -> &NeuMf {
        &self.model
    }

    /// The rows.
    pub fn table(&self) -> &Array2<f32> {
        &self.table
    }

    fn vector(&self, features: &[Feature]) -> Vec<f32> {
        let mut sum = vec![0.0_f32; self.table.ncols()];
        for &(feature, x) in features {
            let row = self.table.row(feature as usize);
            sum.iter_mut().zip(row).for_each(|(sum, v)| *sum += x * v);
        }
        sum
    }

    /// The visitor's side, once a request. `history` are the remembered activities and their weights.
    pub fn visitor<'a>(
        &self,
        user: &UserRow,
        history: impl Iterator<Item = (&'a ActivityRow, f32)> + Clone,
    ) -> Side {
        let vector = self.vector(&self.space.visitor(user, history));
        self.model.user_side(factors(&vector))
    }

    /// The activity's side, once a bundle.
    pub fn activity(&self, activity: &ActivityRow) -> Side {
        let vector = self.vector(&self.space.activity(activity));
        self.model.item_side(factors(&vector))
    }

    /// The logit of a pair.
    pub fn logit(&self, visitor: &Side, activity: &Side, outputs: &mut Outputs) -> f32 {
        self.model.logit(visitor, activity, outputs)
    }
}

fn factors(vector: &[f32]) -> Factors<'_> {
    let (product, perceptron) = vector.split_at(NEUMF_PRODUCT);
    Factors {
        product,
        perceptron,
    }
}
