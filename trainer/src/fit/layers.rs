//! Fully connected layers over mini-batches: forward as in `triqueta::model`, and back.

use ndarray::{Array1, Array2, Axis, Zip};
use triqueta::math::Random;
use triqueta::model::{Dense, EMBEDDING, HIDDEN, Tower};

use super::real::Real;

/// `y = W x + b`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layer<F> {
    /// `[out, in]`.
    pub(super) weight: Array2<F>,
    /// `[out]`.
    pub(super) bias: Array1<F>,
}

impl<F: Real> Layer<F> {
    fn random(inputs: usize, outputs: usize, random: &mut Random) -> Self {
        let scale = libm::sqrt(2.0 / inputs as f64);
        Self {
            weight: Array2::from_shape_simple_fn((outputs, inputs), || {
                F::of_f64(scale * random.normal())
            }),
            bias: Array1::zeros(outputs),
        }
    }

    fn zeros_like(&self) -> Self {
        Self {
            weight: Array2::zeros(self.weight.raw_dim()),
            bias: Array1::zeros(self.bias.raw_dim()),
        }
    }

    fn forward(&self, x: &Array2<F>) -> Array2<F> {
        x.dot(&self.weight.t()) + &self.bias
    }

    /// Adds this layer's gradients for `d_out` into `into` and gives the gradient of its input.
    fn backward(&self, x: &Array2<F>, d_out: &Array2<F>, into: &mut Self) -> Array2<F> {
        into.weight += &d_out.t().dot(x);
        into.bias += &d_out.sum_axis(Axis(0));
        d_out.dot(&self.weight)
    }
}

/// Three layers, the first two rectified, the result scaled to length 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TowerLayers<F> {
    /// The layers in order.
    pub(super) layers: [Layer<F>; 3],
}

/// What a forward pass leaves for the backward pass.
#[derive(Debug, Clone)]
pub(super) struct TowerPass<F> {
    input: Array2<F>,
    hidden: [Array2<F>; 2],
    lengths: Vec<F>,
    /// The embeddings, one row an input row, of length 1 (or 0).
    pub(super) embedding: Array2<F>,
}

impl<F: Real> TowerLayers<F> {
    /// Random weights (He et al. 2015), zero biases.
    pub(super) fn random(inputs: usize, random: &mut Random) -> Self {
        Self {
            layers: [
                Layer::random(inputs, HIDDEN[0], random),
                Layer::random(HIDDEN[0], HIDDEN[1], random),
                Layer::random(HIDDEN[1], EMBEDDING, random),
            ],
        }
    }

    /// Zeros in the same shape.
    pub(super) fn zeros_like(&self) -> Self {
        Self {
            layers: self.layers.each_ref().map(Layer::zeros_like),
        }
    }

    /// The layers as the recommender ships them.
    pub(super) fn to_tower(&self) -> Tower {
        Tower {
            layers: self.layers.each_ref().map(|layer| Dense {
                weight: layer.weight.mapv(F::to_f32),
                bias: layer.bias.mapv(F::to_f32),
            }),
        }
    }

    /// The same layers with other numbers.
    #[cfg(test)]
    pub(super) fn convert<G: Real>(&self) -> TowerLayers<G> {
        TowerLayers {
            layers: self.layers.each_ref().map(|layer| Layer {
                weight: layer.weight.mapv(|value| G::of_f64(value.to_f64())),
                bias: layer.bias.mapv(|value| G::of_f64(value.to_f64())),
            }),
        }
    }

    /// The embeddings of a batch of input rows.
    pub(super) fn forward(&self, input: Array2<F>) -> TowerPass<F> {
        let rectified = |mut x: Array2<F>| {
            x.mapv_inplace(|value| if value > F::zero() { value } else { F::zero() });
            x
        };
        let first = rectified(self.layers[0].forward(&input));
        let second = rectified(self.layers[1].forward(&first));
        let mut embedding = self.layers[2].forward(&second);
        let mut lengths = Vec::with_capacity(embedding.nrows());
        for mut row in embedding.rows_mut() {
            let length = row.iter().map(|&value| value * value).sum::<F>().root();
            if length > F::zero() {
                row.mapv_inplace(|value| value / length);
            }
            lengths.push(length);
        }
        TowerPass {
            input,
            hidden: [first, second],
            lengths,
            embedding,
        }
    }

    /// Adds the gradients for `d_embedding` into `into` and gives the gradient of the input rows.
    pub(super) fn backward(
        &self,
        pass: &TowerPass<F>,
        mut d_embedding: Array2<F>,
        into: &mut Self,
    ) -> Array2<F> {
        for ((mut d_row, row), &length) in d_embedding
            .rows_mut()
            .into_iter()
            .zip(pass.embedding.rows())
            .zip(&pass.lengths)
        {
            if length > F::zero() {
                let along: F = d_row.iter().zip(row).map(|(&d, &e)| d * e).sum();
                Zip::from(&mut d_row)
                    .and(row)
                    .for_each(|d, &e| *d = (*d - along * e) / length);
            } else {
                d_row.fill(F::zero());
            }
        }
        let through = |mut d: Array2<F>, hidden: &Array2<F>| {
            Zip::from(&mut d).and(hidden).for_each(|d, &h| {
                if h <= F::zero() {
                    *d = F::zero();
                }
            });
            d
        };
        let [into_first, into_second, into_third] = &mut into.layers;
        let d_second = through(
            self.layers[2].backward(&pass.hidden[1], &d_embedding, into_third),
            &pass.hidden[1],
        );
        let d_first = through(
            self.layers[1].backward(&pass.hidden[0], &d_second, into_second),
            &pass.hidden[0],
        );
        self.layers[0].backward(&pass.input, &d_first, into_first)
    }
}
