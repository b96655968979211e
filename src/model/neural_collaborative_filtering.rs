//! Neural collaborative filtering (He et al. 2017, "Neural collaborative filtering"): what two vectors have in common,
//! learned instead of assumed. GMF weighs the product of the factors (§3.2), an MLP sees both side by side (§3.3), and
//! NeuMF adds the two logits (§3.4).
//!
//! The first layer of the perceptron is a sum of one part a side, so that an activity's part is computed once for all
//! visitors and the visitor's once for all activities.

use ndarray::{Array1, Array2, s};

use super::dense::{Dense, Outputs};
use crate::math::dot;

/// What one side gives to the two halves of the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Factors<'a> {
    /// To the product (GMF).
    pub product: &'a [f32],
    /// To the perceptron (MLP).
    pub perceptron: &'a [f32],
}

/// The model over two pairs of vectors. Either half may be empty: without layers it is GMF, without product weights MLP.
#[derive(Debug, Clone, PartialEq)]
pub struct NeuMf {
    /// Weight of each factor's product.
    pub product_weight: Array1<f32>,
    /// The perceptron, each layer rectified; the first reads the user's vector and then the item's.
    pub layers: Vec<Dense>,
    /// Weight of each output of the last layer.
    pub perceptron_weight: Array1<f32>,
    /// The logit of a pair that has nothing to say.
    pub bias: f32,
}

/// One side of a pair, as far as it can be computed without the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    product: Vec<f32>,
    hidden: Vec<f32>,
}

impl NeuMf {
    /// The user's side, computed once a request.
    pub fn user_side(&self, user: Factors<'_>) -> Side {
        let weighed = user.product.iter().zip(&self.product_weight);
        Side {
            product: weighed.map(|(factor, weight)| factor * weight).collect(),
            hidden: self.layers.first().map_or_else(Vec::new, |first| {
                let part = first.part(0, user.perceptron).into_iter();
                part.zip(&first.bias)
                    .map(|(sum, bias)| sum + bias)
                    .collect()
            }),
        }
    }

    /// The item's side, computed once an item.
    pub fn item_side(&self, item: Factors<'_>) -> Side {
        Side {
            product: item.product.to_vec(),
            hidden: self.layers.first().map_or_else(Vec::new, |first| {
                let (_, inputs) = first.weight().dim();
                let from = inputs.saturating_sub(item.perceptron.len());
                first.part(from, item.perceptron)
            }),
        }
    }

    /// The logit of a pair; its logistic function is the probability of a choice.
    pub fn logit(&self, user: &Side, item: &Side, outputs: &mut Outputs) -> f32 {
        let sides = user.hidden.iter().zip(&item.hidden);
        outputs.begin(sides.map(|(u, i)| u + i));
        let perceptron = outputs.sum_above(&self.layers, &self.perceptron_weight);
        dot(&user.product, &item.product) + perceptron + self.bias
    }
}

/// NeuMF that knows users and items by number only, as the literature compares it. It has nothing to say about a
/// visitor or an activity it was not trained on, so it is no part of a bundle: it has no file form, by intention.
#[derive(Debug, Clone, PartialEq)]
pub struct IdOnlyNeuMf {
    model: NeuMf,
    users: Array2<f32>,
    items: Vec<Side>,
}

impl IdOnlyNeuMf {
    /// Puts a model together. A row of `users` or `items` is the vector of that number: first what goes to the product,
    /// as long as the model's product weights, then what goes to the perceptron.
    pub fn new(model: NeuMf, users: Array2<f32>, items: &Array2<f32>) -> Self {
        let product = model.product_weight.len();
        let sides = items.rows().into_iter().map(|row| {
            model.item_side(Factors {
                product: &row.slice(s![..product]).to_vec(),
                perceptron: &row.slice(s![product..]).to_vec(),
            })
        });
        Self {
            items: sides.collect(),
            model,
            users,
        }
    }

    /// The logit of each of `items` for `user`, into `out` of the same length; 0 for numbers it was not trained on.
    pub fn scores(&self, user: u32, items: &[u32], out: &mut [f32]) {
        out.fill(0.0);
        if user as usize >= self.users.nrows() {
            return;
        }
        let product = self.model.product_weight.len();
        let row = self.users.row(user as usize);
        let side = self.model.user_side(Factors {
            product: &row.slice(s![..product]).to_vec(),
            perceptron: &row.slice(s![product..]).to_vec(),
        });
        let mut outputs = Outputs::default();
        for (score, &item) in out.iter_mut().zip(items) {
            if let Some(item) = self.items.get(item as usize) {
                *score = self.model.logit(&side, item, &mut outputs);
            }
        }
    }
}
