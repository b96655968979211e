//! NeuMF as tensors: `table` (a row a feature), the layers of the perceptron, `product_weight`, `perceptron_weight` and
//! `bias`.

use super::dense;
use super::tensors::{TensorReader, TensorWriter};
use crate::catalog::Blob;
use crate::error::BundleError;
use crate::feature::Schema;
use crate::model::{NEUMF_LAYERS, NEUMF_PERCEPTRON, NEUMF_PRODUCT, NeuMf, PooledNeuMf};

pub(super) fn write(neumf: &PooledNeuMf, path: &str) -> Result<Vec<u8>, BundleError> {
    let (model, table) = (neumf.model(), neumf.table());
    let mut writer = TensorWriter::default();
    let (rows, columns) = table.dim();
    writer.matrix("table", rows, columns, table.iter().copied());
    dense::write(&model.layers, &mut writer);
    writer.f32("product_weight", &model.product_weight.to_vec());
    writer.f32("perceptron_weight", &model.perceptron_weight.to_vec());
    writer.f32("bias", &[model.bias]);
    writer.finish(path)
}

pub(super) fn read(path: &str, file: &Blob, schema: &Schema) -> Result<PooledNeuMf, BundleError> {
    let reader = TensorReader::open(path, file)?;
    let last = NEUMF_LAYERS[NEUMF_LAYERS.len() - 1];
    let model = NeuMf {
        product_weight: reader.vector("product_weight", NEUMF_PRODUCT)?,
        layers: dense::read(&reader, 2 * NEUMF_PERCEPTRON, &NEUMF_LAYERS)?,
        perceptron_weight: reader.vector("perceptron_weight", last)?,
        bias: reader.vector("bias", 1)?[0],
    };
    let table = reader.matrix("table", None, NEUMF_PRODUCT + NEUMF_PERCEPTRON)?;
    PooledNeuMf::new(schema, model, table)
        .ok_or_else(|| reader.refuse("it has other features than the schema".into()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ndarray::{Array1, Array2};

    use super::*;
    use crate::catalog::{City, Words};
    use crate::math::Random;
    use crate::model::{Dense, FeatureSpace};

    fn schema(tags: &[&str]) -> Schema {
        let words = Words::learn(&[], tags.iter().copied(), 1).unwrap();
        Schema::new(City::default(), words, &[], 0, 90.0)
    }

    fn drawn(schema: &Schema) -> PooledNeuMf {
        let mut random = Random::new(3);
        let mut matrix = |rows: usize, columns: usize| {
            Array2::from_shape_simple_fn((rows, columns), || random.normal() as f32)
        };
        let widths = [2 * NEUMF_PERCEPTRON].into_iter().chain(NEUMF_LAYERS);
        let layers = widths.zip(NEUMF_LAYERS).map(|(inputs, outputs)| {
            let bias = Array1::from_elem(outputs, 0.1);
            Dense::new(&matrix(outputs, inputs), bias)
        });
        let model = NeuMf {
            layers: layers.collect(),
            product_weight: Array1::from_elem(NEUMF_PRODUCT, 0.5),
            perceptron_weight: Array1::from_elem(NEUMF_LAYERS[2], -0.5),
            bias: 0.25,
        };
        let rows = FeatureSpace::of(schema).first_pair();
        let table = matrix(rows, NEUMF_PRODUCT + NEUMF_PERCEPTRON);
        PooledNeuMf::new(schema, model, table).unwrap()
    }

    #[test]
    fn what_is_written_is_what_is_read_under_its_own_schema() {
        let own = schema(&["música", "teatro"]);
        let neumf = drawn(&own);
        let bytes = Blob::from(write(&neumf, "neumf").unwrap());
        assert_eq!(read("neumf", &bytes, &own).unwrap(), neumf);
        let error = read("neumf", &bytes, &schema(&["música"])).unwrap_err();
        assert_eq!(error.code(), "BUNDLE_MALFORMED");
    }
}
