//! Fully connected layers, as every deep model here has them.

use ndarray::{Array1, Array2};

use crate::math::dot_rows;

/// A fully connected layer: `y = W x + b`, weight `[out, in]` as PyTorch has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    /// Weight, `[out, in]`, row-major.
    pub weight: Array2<f32>,
    /// Bias, `[out]`.
    pub bias: Array1<f32>,
}

impl Dense {
    /// `W x + b`, each output one fixed-order dot product. Extra inputs are ignored.
    pub fn forward(&self, x: &[f32]) -> Vec<f32> {
        let mut y = Vec::with_capacity(self.bias.len());
        self.forward_into(x, &mut y);
        y
    }

    /// [`Dense::forward`] into a vector that is reused: what was in it is gone.
    pub fn forward_into(&self, x: &[f32], y: &mut Vec<f32>) {
        y.clear();
        // Weights are in standard layout: they are read and learned so.
        let weights = self.weight.as_slice().unwrap_or_default();
        dot_rows(weights, self.weight.ncols(), x, y);
        for (output, bias) in y.iter_mut().zip(&self.bias) {
            *output += bias;
        }
    }
}

/// The positive part, in place.
pub fn relu(x: &mut [f32]) {
    for value in x {
        *value = value.max(0.0);
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
        let mut out = x.to_vec();
        for (number, layer) in self.layers.iter().enumerate() {
            if number > 0 {
                relu(&mut out);
            }
            out = layer.forward(&out);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn layers_are_rectified_between_and_linear_at_the_end() {
        let layer = |sign: f32| Dense {
            weight: array![[sign, 0.0], [0.0, -sign]],
            bias: array![0.0, 0.0],
        };
        let perceptron = Perceptron {
            layers: vec![layer(1.0), layer(-1.0)],
        };
        assert_eq!(perceptron.forward(&[2.0, 3.0]), [-2.0, 0.0]);
        assert_eq!(Perceptron::default().forward(&[2.0, -3.0]), [2.0, -3.0]);
    }
}
