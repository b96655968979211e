//! Layers that feed each other as tensors: `layer.0.weight` (`[out, in]`) and `layer.0.bias`, and so on.

use super::tensors::{TensorReader, TensorWriter};
use crate::error::BundleError;
use crate::model::Dense;

pub(super) fn write(layers: &[Dense], writer: &mut TensorWriter) {
    for (number, layer) in layers.iter().enumerate() {
        let weight = layer.weight();
        let (rows, columns) = weight.dim();
        let name = format!("layer.{number}.weight");
        writer.matrix(&name, rows, columns, weight.numbers());
        writer.f32(&format!("layer.{number}.bias"), &layer.bias.to_vec());
    }
}

/// Layers of these widths over so many inputs.
pub(super) fn read(
    reader: &TensorReader,
    inputs: usize,
    widths: &[usize],
) -> Result<Vec<Dense>, BundleError> {
    let mut inputs = inputs;
    let mut layers = Vec::with_capacity(widths.len());
    for (number, &width) in widths.iter().enumerate() {
        let weight = reader.matrix(&format!("layer.{number}.weight"), Some(width), inputs)?;
        let bias = reader.vector(&format!("layer.{number}.bias"), width)?;
        layers.push(Dense::new(&weight, bias));
        inputs = width;
    }
    Ok(layers)
}
