//! Fully connected layers, as every deep model here has them.

use ndarray::{Array1, Array2};

use crate::math::{Matrix, NonZero, dot};

/// A fully connected layer: `y = W x + b`.
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    weight: Matrix,
    /// Bias, `[out]`.
    pub bias: Array1<f32>,
}

impl Dense {
    /// A layer of this weight, `[out, in]` as PyTorch has it, and bias.
    pub fn new(weight: &Array2<f32>, bias: Array1<f32>) -> Self {
        let (outputs, inputs) = weight.dim();
        let numbers = weight.as_standard_layout();
        let numbers = numbers.as_slice().unwrap_or_default().iter();
        Self {
            weight: Matrix::new(outputs, inputs, numbers.copied()),
            bias,
        }
    }

    /// Weight, `[out, in]`.
    pub fn weight(&self) -> &Matrix {
        &self.weight
    }

    /// What the inputs from `from` on add to each output, where the bias and the others come later.
    pub fn part(&self, from: usize, x: &[f32]) -> Vec<f32> {
        let mut part = Vec::new();
        self.weight
            .multiply(from, x, &mut NonZero::default(), &mut part);
        part
    }
}

/// The positive part, in place.
fn relu(x: &mut [f32]) {
    for value in x {
        // What is no number is not positive.
        *value = if *value > 0.0 { *value } else { 0.0 };
    }
}

/// The outputs of a layer, and the room to make the next one's of them, row after row.
#[derive(Debug, Clone, Default)]
pub struct Outputs {
    outputs: Vec<f32>,
    next: Vec<f32>,
    nonzero: NonZero,
}

impl Outputs {
    /// Begins a row with these.
    pub(super) fn begin(&mut self, outputs: impl Iterator<Item = f32>) {
        self.outputs.clear();
        self.outputs.extend(outputs);
    }

    /// Begins a row with the first of these layers: what the inputs from `from` on add to each output, and what the bias and
    /// the others do.
    pub(super) fn begin_with(
        &mut self,
        layers: &[Dense],
        from: usize,
        x: &[f32],
        others: impl Iterator<Item = f32>,
    ) {
        self.outputs.clear();
        if let Some(Dense { weight, .. }) = layers.first() {
            weight.multiply(from, x, &mut self.nonzero, &mut self.outputs);
        }
        for (output, other) in self.outputs.iter_mut().zip(others) {
            *output += other;
        }
    }

    /// Goes on to a layer's outputs, each one fixed-order dot product. Extra inputs are ignored.
    pub(super) fn pass(&mut self, layer: &Dense) {
        let weight = &layer.weight;
        weight.multiply(0, &self.outputs, &mut self.nonzero, &mut self.next);
        for (output, bias) in self.next.iter_mut().zip(&layer.bias) {
            *output += bias;
        }
        std::mem::swap(&mut self.outputs, &mut self.next);
    }

    /// The weighted sum of what the later of these layers make of the first one's outputs, each rectified.
    pub(super) fn sum_above(&mut self, layers: &[Dense], weights: &Array1<f32>) -> f32 {
        relu(&mut self.outputs);
        for layer in layers.iter().skip(1) {
            self.pass(layer);
            relu(&mut self.outputs);
        }
        let weights = weights.as_slice();
        weights.map_or(0.0, |weights| dot(weights, &self.outputs))
    }
}

/// Layers one after the other, rectified between them; the last stays linear.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Perceptron {
    /// The layers in order; none is the identity.
    pub layers: Vec<Dense>,
}

impl Perceptron {
    /// The output of the last layer for an input row.
    pub fn forward(&self, x: &[f32]) -> Vec<f32> {
        let mut row = Outputs::default();
        row.begin(x.iter().copied());
        for (number, layer) in self.layers.iter().enumerate() {
            if number > 0 {
                relu(&mut row.outputs);
            }
            row.pass(layer);
        }
        row.outputs
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn layers_are_rectified_between_and_linear_at_the_end() {
        let layer = |sign: f32| Dense::new(&array![[sign, 0.0], [0.0, -sign]], array![0.0, 0.0]);
        let perceptron = Perceptron {
            layers: vec![layer(1.0), layer(-1.0)],
        };
        assert_eq!(perceptron.forward(&[2.0, 3.0]), [-2.0, 0.0]);
        assert_eq!(Perceptron::default().forward(&[2.0, -3.0]), [2.0, -3.0]);
    }
}
