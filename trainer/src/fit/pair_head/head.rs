//! The weights as they are learned: random at first, block by block for the optimiser, and as they ship.

use ndarray::{Array1, Array2, Axis};
use triqueta::math::Random;
use triqueta::model::Dense;

use super::super::real::Real;

/// The weights. The first layer is kept as its two halves, which see different vectors.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Head<F> {
    /// Weight of each factor's product; empty for a perceptron alone.
    pub(crate) product_weight: Array1<F>,
    /// First layer, half of the user, `[out, in]`; no rows without a perceptron.
    pub(crate) user_layer: Array2<F>,
    /// First layer, half of the item, `[out, in]`.
    pub(crate) item_layer: Array2<F>,
    /// The later layers, `[out, in]`.
    pub(crate) layers: Vec<Array2<F>>,
    /// Biases of all layers.
    pub(crate) biases: Vec<Array1<F>>,
    /// Weight of each output of the last layer.
    pub(crate) perceptron_weight: Array1<F>,
    /// Bias of the logit, one number.
    pub(crate) bias: Array1<F>,
}

impl<F: Real> Head<F> {
    /// Random weights (He et al. 2015), zero biases, for vectors that give `product` numbers to the product, and then
    /// `user` and `item` numbers to a perceptron with these layers.
    pub(crate) fn random(
        product: usize,
        (user, item): (usize, usize),
        layers: &[usize],
        random: &mut Random,
    ) -> Self {
        let mut matrix = |outputs: usize, inputs: usize, fan_in: usize| {
            let scale = libm::sqrt(2.0 / fan_in.max(1) as f64);
            Array2::from_shape_simple_fn((outputs, inputs), || F::of_f64(scale * random.normal()))
        };
        let layers = if user + item == 0 { &[] } else { layers };
        let first = layers.first().copied().unwrap_or(0);
        let last = layers.last().copied().unwrap_or(0);
        let row = |matrix: Array2<F>| matrix.row(0).to_owned();
        Self {
            user_layer: matrix(first, user, user + item),
            item_layer: matrix(first, item, user + item),
            layers: layers
                .windows(2)
                .map(|pair| matrix(pair[1], pair[0], pair[0]))
                .collect(),
            biases: layers.iter().map(|&width| Array1::zeros(width)).collect(),
            product_weight: row(matrix(1, product, product)).mapv(|weight| {
                // Half of the products' sum is negative whatever the sign of a weight; a positive start is as general.
                if weight < F::zero() { -weight } else { weight }
            }),
            perceptron_weight: row(matrix(1, last, last)),
            bias: Array1::zeros(1),
        }
    }

    /// Zeros in the same shapes.
    pub(crate) fn zeros_like(&self) -> Self {
        let mut zeros = self.clone();
        zeros
            .blocks_mut()
            .into_iter()
            .for_each(|block| block.fill(F::zero()));
        zeros
    }

    /// All weights, block by block.
    pub(crate) fn blocks_mut(&mut self) -> Vec<&mut [F]> {
        let arrays = [
            self.product_weight.as_slice_mut(),
            self.user_layer.as_slice_mut(),
            self.item_layer.as_slice_mut(),
            self.perceptron_weight.as_slice_mut(),
            self.bias.as_slice_mut(),
        ];
        let layers = self.layers.iter_mut().map(|layer| layer.as_slice_mut());
        let biases = self.biases.iter_mut().map(|bias| bias.as_slice_mut());
        arrays
            .into_iter()
            .chain(layers)
            .chain(biases)
            .flatten()
            .collect()
    }

    /// Adds other weights to these, number by number.
    pub(crate) fn add(&mut self, other: &mut Self) {
        for (sum, part) in self.blocks_mut().into_iter().zip(other.blocks_mut()) {
            sum.iter_mut()
                .zip(part)
                .for_each(|(sum, part)| *sum += *part);
        }
    }

    /// Numbers a vector gives to the product.
    pub(crate) fn product(&self) -> usize {
        self.product_weight.len()
    }

    /// The layers as the recommender has them: the first reads the user's numbers and then the item's.
    pub(crate) fn to_layers(&self) -> Vec<Dense> {
        let mut layers = Vec::with_capacity(self.biases.len());
        for (number, bias) in self.biases.iter().enumerate() {
            let weight = match number.checked_sub(1) {
                None => ndarray::concatenate![Axis(1), self.user_layer, self.item_layer],
                Some(later) => self.layers[later].clone(),
            };
            layers.push(Dense::new(&weight.mapv(F::to_f32), bias.mapv(F::to_f32)));
        }
        layers
    }
}
