//! Fully connected layers over mini-batches: forward as in [`triqueta::model::Perceptron`], and back. Any number of
//! layers of any width; what follows the last (a sphere, a logistic loss) is the model's own.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, Axis};
use triqueta::math::Random;
use triqueta::model::{Dense, Perceptron};

use super::real::Real;
use super::simd::vectorised;

/// `y = W x + b`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layer<F> {
    /// `[out, in]`.
    pub(crate) weight: Array2<F>,
    /// `[out]`.
    pub(crate) bias: Array1<F>,
}

impl<F: Real> Layer<F> {
    fn random(inputs: usize, outputs: usize, random: &mut Random) -> Self {
        let scale = libm::sqrt(2.0 / inputs.max(1) as f64);
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
        let mut out = Array2::zeros((x.nrows(), self.bias.len()));
        out.rows_mut()
            .into_iter()
            .for_each(|mut row| row.assign(&self.bias));
        general_mat_mul(F::one(), x, &self.weight.t(), F::one(), &mut out);
        out
    }

    /// Adds this layer's gradients for `d_out` into `into`.
    fn accumulate(x: &Array2<F>, d_out: &Array2<F>, into: &mut Self) {
        general_mat_mul(F::one(), &d_out.t(), x, F::one(), &mut into.weight);
        into.bias += &d_out.sum_axis(Axis(0));
    }
}

/// Layers one after the other, rectified between them; the last stays linear.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layers<F> {
    /// The layers in order.
    pub(crate) layers: Vec<Layer<F>>,
}

/// What a forward pass leaves for the backward pass.
#[derive(Debug, Clone)]
pub(crate) struct LayersPass<F> {
    /// The input of each layer; all but the first are rectified.
    inputs: Vec<Array2<F>>,
    /// The output of the last layer, one row an input row.
    pub(crate) output: Array2<F>,
}

impl<F: Real> Layers<F> {
    /// Random weights (He et al. 2015), zero biases; `widths` are those of the input, of each hidden layer, and of the
    /// output.
    pub(crate) fn random(widths: &[usize], random: &mut Random) -> Self {
        Self {
            layers: widths
                .windows(2)
                .map(|pair| Layer::random(pair[0], pair[1], random))
                .collect(),
        }
    }

    /// Zeros in the same shape.
    pub(crate) fn zeros_like(&self) -> Self {
        Self {
            layers: self.layers.iter().map(Layer::zeros_like).collect(),
        }
    }

    /// All numbers, layer by layer, each weight before its bias.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &[F]> {
        self.layers.iter().flat_map(|layer| {
            [layer.weight.as_slice(), layer.bias.as_slice()].map(Option::unwrap_or_default)
        })
    }

    /// All numbers to be changed, in the order of [`Self::blocks`].
    pub(crate) fn blocks_mut(&mut self) -> impl Iterator<Item = &mut [F]> {
        self.layers.iter_mut().flat_map(|layer| {
            [layer.weight.as_slice_mut(), layer.bias.as_slice_mut()].map(Option::unwrap_or_default)
        })
    }

    /// Sets every number to 0.
    pub(crate) fn clear(&mut self) {
        self.blocks_mut().for_each(|block| block.fill(F::zero()));
    }

    /// Adds the numbers of `other`, which has the same shape.
    pub(crate) fn add(&mut self, other: &Self) {
        for (block, added) in self.blocks_mut().zip(other.blocks()) {
            block
                .iter_mut()
                .zip(added)
                .for_each(|(value, &added)| *value += added);
        }
    }

    /// The layers as the recommender ships them.
    pub(crate) fn to_perceptron(&self) -> Perceptron {
        let layers = self.layers.iter().map(|layer| {
            let bias = layer.bias.mapv(F::to_f32);
            Dense::new(&layer.weight.mapv(F::to_f32), bias)
        });
        Perceptron {
            layers: layers.collect(),
        }
    }

    /// The same layers with other numbers.
    #[cfg(test)]
    pub(crate) fn convert<G: Real>(&self) -> Layers<G> {
        let layers = self.layers.iter().map(|layer| Layer {
            weight: layer.weight.mapv(|value| G::of_f64(value.to_f64())),
            bias: layer.bias.mapv(|value| G::of_f64(value.to_f64())),
        });
        Layers {
            layers: layers.collect(),
        }
    }

    /// The outputs of a batch of input rows.
    pub(crate) fn forward(&self, input: Array2<F>) -> LayersPass<F> {
        let mut inputs = Vec::with_capacity(self.layers.len());
        let mut output = input;
        for (number, layer) in self.layers.iter().enumerate() {
            if number > 0 {
                rectify(&mut output);
            }
            let next = layer.forward(&output);
            inputs.push(output);
            output = next;
        }
        LayersPass { inputs, output }
    }

    /// Adds the gradients for `d_output` into `into` and gives the gradient of the input rows.
    pub(crate) fn backward(
        &self,
        pass: &LayersPass<F>,
        d_output: Array2<F>,
        into: &mut Self,
    ) -> Array2<F> {
        let mut d_out = d_output;
        let layers = self.layers.iter().zip(&mut into.layers).zip(&pass.inputs);
        for (number, ((layer, into), x)) in layers.enumerate().rev() {
            Layer::accumulate(x, &d_out, into);
            d_out = d_out.dot(&layer.weight);
            if number > 0 {
                through_rectifier(&mut d_out, x);
            }
        }
        d_out
    }
}

fn rectify<F: Real>(values: &mut Array2<F>) {
    if let Some(values) = values.as_slice_mut() {
        vectorised(
            #[inline(always)]
            || {
                for value in values {
                    *value = value.rectified();
                }
            },
        );
    }
}

/// Keeps a gradient where what was rectified stayed above zero.
pub(crate) fn through_rectifier<F: Real>(d_out: &mut Array2<F>, out: &Array2<F>) {
    if let (Some(d_out), Some(out)) = (d_out.as_slice_mut(), out.as_slice()) {
        vectorised(
            #[inline(always)]
            || {
                for (d, &x) in d_out.iter_mut().zip(out) {
                    *d = if x > F::zero() { *d } else { F::zero() };
                }
            },
        );
    }
}
