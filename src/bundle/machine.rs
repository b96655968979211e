//! The factorization machine as tensors: `bias`, `weight`, `factors` (`[features, 32]`), and the `mean` and `scale` of the
//! pair features.

use ndarray::{Array1, Array2, s};

use super::tensors::{TensorReader, TensorWriter};
use crate::catalog::Blob;
use crate::error::BundleError;
use crate::feature::{PAIR_FEATURES, PairRow, Schema};
use crate::model::{FACTORS, FactorizationMachine, FeatureSpace, PairMachine};

pub(super) fn write(model: &PairMachine, path: &str) -> Result<Vec<u8>, BundleError> {
    let machine = model.machine();
    let (mean, scale) = model.scaling();
    let mut writer = TensorWriter::default();
    writer.f32("bias", &[machine.bias]);
    writer.f32("weight", &machine.weight.to_vec());
    let rows = machine.factors.nrows();
    writer.matrix("factors", rows, FACTORS, machine.factors.iter().copied());
    writer.f32("mean", mean);
    writer.f32("scale", scale);
    writer.finish(path)
}

pub(super) fn read(path: &str, file: &Blob, schema: &Schema) -> Result<PairMachine, BundleError> {
    let reader = TensorReader::open(path, file)?;
    let features = FeatureSpace::of(schema).size();
    // Pair features newer than the machine come last, and say nothing.
    let known_pairs = schema.names.pair.len();
    let newer = PAIR_FEATURES.len().saturating_sub(known_pairs);
    let known = features - newer;
    let mut weight = Array1::zeros(features);
    weight
        .slice_mut(s![..known])
        .assign(&reader.vector("weight", known)?);
    let mut factors = Array2::zeros((features, FACTORS));
    factors
        .slice_mut(s![..known, ..])
        .assign(&reader.matrix("factors", Some(known), FACTORS)?);
    let machine = FactorizationMachine {
        bias: reader.vector("bias", 1)?[0],
        weight,
        factors,
    };
    let pairs = |name: &str| -> Result<PairRow, BundleError> {
        let mut row = [0.0; PAIR_FEATURES.len()];
        let known = reader.vector(name, known_pairs)?;
        row.iter_mut().zip(known).for_each(|(to, from)| *to = from);
        Ok(row)
    };
    let (mean, scale) = (pairs("mean")?, pairs("scale")?);
    PairMachine::new(schema, machine, mean, scale)
        .ok_or_else(|| reader.refuse("it has other features than the schema".into()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::catalog::{City, Words};
    use crate::math::Random;

    fn schema() -> Schema {
        let words = Words::learn(&[], ["música", "teatro"], 1).unwrap();
        Schema::new(City::default(), words, &[], 0, 90.0)
    }

    fn drawn(schema: &Schema) -> PairMachine {
        let mut random = Random::new(3);
        let features = FeatureSpace::of(schema).size();
        let machine = FactorizationMachine {
            bias: 0.5,
            weight: Array1::from_shape_simple_fn(features, || random.normal() as f32),
            factors: Array2::from_shape_simple_fn((features, FACTORS), || random.normal() as f32),
        };
        let scale = [2.0; PAIR_FEATURES.len()];
        PairMachine::new(schema, machine, [0.25; PAIR_FEATURES.len()], scale).unwrap()
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let schema = schema();
        let machine = drawn(&schema);
        let bytes = Blob::from(write(&machine, "machine").unwrap());
        assert_eq!(read("machine", &bytes, &schema).unwrap(), machine);
    }

    #[test]
    fn a_machine_from_before_a_pair_feature_was_appended_gives_it_no_weight() {
        let mut schema = schema();
        let machine = drawn(&schema);
        let (known, pairs) = (machine.machine().features() - 1, PAIR_FEATURES.len() - 1);
        let mut writer = TensorWriter::default();
        let weights = machine.machine();
        writer.f32("bias", &[weights.bias]);
        writer.f32("weight", &weights.weight.to_vec()[..known]);
        let factors = weights.factors.iter().copied().take(known * FACTORS);
        writer.matrix("factors", known, FACTORS, factors);
        let (mean, scale) = machine.scaling();
        writer.f32("mean", &mean[..pairs]);
        writer.f32("scale", &scale[..pairs]);
        let bytes = Blob::from(writer.finish("machine").unwrap());
        // The schema of today asks for a row more.
        assert!(read("machine", &bytes, &schema).is_err());
        schema.names.pair.truncate(pairs);
        let read = read("machine", &bytes, &schema).unwrap();
        let mut pair = [1.0; PAIR_FEATURES.len()];
        let before = read.standardise(&pair);
        pair[pairs] = 50.0;
        assert_eq!(read.standardise(&pair), before);
        assert_eq!(before[pairs], 0.0);
    }

    #[test]
    fn numbers_that_are_none_and_other_vocabularies_are_refused() {
        let schema = schema();
        let mut machine = drawn(&schema).machine().clone();
        let more = Schema::new(
            City::default(),
            Words::learn(&[], ["música", "teatro", "danza"], 1).unwrap(),
            &[],
            0,
            90.0,
        );
        let file = |machine: &FactorizationMachine| {
            let scale = [1.0; PAIR_FEATURES.len()];
            let served = PairMachine::new(&schema, machine.clone(), scale, scale).unwrap();
            Blob::from(write(&served, "machine").unwrap())
        };
        assert!(read("machine", &file(&machine), &more).is_err());
        machine.factors[[1, 1]] = f32::NAN;
        let error = read("machine", &file(&machine), &schema).unwrap_err();
        assert_eq!(error.code(), "BUNDLE_MALFORMED");
    }
}
