//! Wide & Deep as tensors: tables and crosses by their names, the layers, `output`, `bias`, and the `mean` and `scale` of
//! the pair features.

use ndarray::Array2;

use super::dense;
use super::tensors::{TensorReader, TensorWriter};
use crate::catalog::Blob;
use crate::error::BundleError;
use crate::feature::Schema;
use crate::model::{
    ACTIVITY_FIELDS, ACTIVITY_WIDTH, CROSSES, Cross, VISITOR_FIELDS, VISITOR_WIDTH,
    WIDE_DEEP_LAYERS, WideDeep,
};

pub(super) fn write(model: &WideDeep, path: &str) -> Result<Vec<u8>, BundleError> {
    let mut writer = TensorWriter::default();
    let visitor = VISITOR_FIELDS.iter().zip(&model.visitor_tables);
    let activity = ACTIVITY_FIELDS.iter().zip(&model.activity_tables);
    let sides = visitor.map(|of| ("visitor", of));
    for (side, ((name, _), table)) in sides.chain(activity.map(|of| ("activity", of))) {
        let (rows, columns) = table.dim();
        let name = format!("{side}.{name}");
        writer.matrix(&name, rows, columns, table.iter().copied());
    }
    for (name, cross) in CROSSES.iter().zip(&model.crosses) {
        writer.u32(&format!("cross.{name}.codes"), &cross.codes);
        writer.f32(&format!("cross.{name}.weights"), &cross.weights);
    }
    dense::write(&model.layers, &mut writer);
    writer.f32("output", &model.output.to_vec());
    writer.f32("bias", &[model.bias]);
    writer.f32("mean", &model.pair_mean);
    writer.f32("scale", &model.pair_scale);
    writer.finish(path)
}

pub(super) fn read(path: &str, file: &Blob, schema: &Schema) -> Result<WideDeep, BundleError> {
    let reader = TensorReader::open(path, file)?;
    let tables = |side: &str, fields: &[(&str, usize)]| -> Result<Vec<Array2<f32>>, BundleError> {
        let table = |&(name, width): &(&str, usize)| {
            let table = reader.matrix(&format!("{side}.{name}"), None, width)?;
            if table.nrows() == 0 {
                return Err(reader.refuse(format!("table `{name}` has no row for unknown words")));
            }
            Ok(table)
        };
        fields.iter().map(table).collect()
    };
    let mut crosses: [Cross; CROSSES.len()] = Default::default();
    for (name, cross) in CROSSES.iter().zip(&mut crosses) {
        let codes = reader.u32(&format!("cross.{name}.codes"))?;
        if !codes.is_sorted_by(|a, b| a < b) {
            return Err(reader.refuse(format!("the codes of cross `{name}` do not ascend")));
        }
        let weights = reader.vector(&format!("cross.{name}.weights"), codes.len())?;
        *cross = Cross {
            codes,
            weights: weights.to_vec(),
        };
    }
    // Pair features newer than the model come last, and say nothing: its first layer has no columns for them.
    let pairs = schema.names.pair.len();
    let inputs = VISITOR_WIDTH + ACTIVITY_WIDTH + pairs;
    let last = WIDE_DEEP_LAYERS[WIDE_DEEP_LAYERS.len() - 1];
    Ok(WideDeep {
        visitor_tables: tables("visitor", &VISITOR_FIELDS)?,
        activity_tables: tables("activity", &ACTIVITY_FIELDS)?,
        crosses,
        pair_mean: reader.vector("mean", pairs)?.to_vec(),
        pair_scale: reader.vector("scale", pairs)?.to_vec(),
        layers: dense::read(&reader, inputs, &WIDE_DEEP_LAYERS)?,
        output: reader.vector("output", last)?,
        bias: reader.vector("bias", 1)?[0],
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ndarray::Array1;

    use super::*;
    use crate::catalog::{City, Words};
    use crate::feature::{ActivityRow, ContextRow, PAIR_FEATURES, PairRow, UserRow};
    use crate::math::Random;
    use crate::model::{Dense, Outputs};

    fn schema() -> Schema {
        let words = Words::learn(&[], ["música", "teatro"], 1).unwrap();
        Schema::new(City::default(), words, &[], 0, 90.0)
    }

    /// A model of the first so many pair features, drawn.
    fn drawn(pairs: usize) -> WideDeep {
        let mut random = Random::new(3);
        let mut matrix = |rows: usize, columns: usize| {
            Array2::from_shape_simple_fn((rows, columns), || 0.1 * random.normal() as f32)
        };
        let inputs = [VISITOR_WIDTH + ACTIVITY_WIDTH + pairs];
        let layers = inputs.into_iter().chain(WIDE_DEEP_LAYERS);
        let layers = layers.zip(WIDE_DEEP_LAYERS).map(|(inputs, outputs)| {
            let bias = Array1::from_elem(outputs, 0.1);
            Dense::new(&matrix(outputs, inputs), bias)
        });
        let layers = layers.collect();
        let cross = Cross {
            codes: vec![Cross::code(0, 1), Cross::code(2, 1)],
            weights: vec![0.5, -0.25],
        };
        WideDeep {
            visitor_tables: VISITOR_FIELDS.map(|field| matrix(3, field.1)).to_vec(),
            activity_tables: ACTIVITY_FIELDS.map(|field| matrix(3, field.1)).to_vec(),
            crosses: [cross.clone(), cross, Cross::default()],
            pair_mean: vec![0.25; pairs],
            pair_scale: vec![2.0; pairs],
            layers,
            output: Array1::from_elem(WIDE_DEEP_LAYERS[3], 0.5),
            bias: -0.5,
        }
    }

    fn nobody() -> UserRow {
        UserRow {
            tags: vec![1],
            locality: 0,
            level: 0,
            availability: 1,
            numbers: Default::default(),
            context: ContextRow {
                season: 0,
                weekday: 0,
                numbers: Default::default(),
            },
            history: Vec::new(),
        }
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let model = drawn(PAIR_FEATURES.len());
        let bytes = Blob::from(write(&model, "wide_deep").unwrap());
        assert_eq!(read("wide_deep", &bytes, &schema()).unwrap(), model);
    }

    #[test]
    fn a_model_from_before_a_pair_feature_was_appended_gives_it_no_weight() {
        let mut schema = schema();
        let known = PAIR_FEATURES.len() - 1;
        let bytes = Blob::from(write(&drawn(known), "wide_deep").unwrap());
        assert!(read("wide_deep", &bytes, &schema).is_err());
        schema.names.pair.truncate(known);
        let model = read("wide_deep", &bytes, &schema).unwrap();
        let visitor = model.visitor_part(&nobody(), std::iter::empty());
        let activity = model.activity_part(&ActivityRow::default());
        let mut pair = [1.0; PAIR_FEATURES.len()];
        let mut outputs = Outputs::default();
        let mut logit = |pair: &PairRow| model.logit(&visitor, &activity, pair, &mut outputs);
        let before = logit(&pair);
        pair[known] = 50.0;
        assert_eq!(logit(&pair), before);
        pair[0] = 50.0;
        assert_ne!(logit(&pair), before);
    }

    #[test]
    fn codes_out_of_order_empty_tables_and_numbers_that_are_none_are_refused() {
        let good = || drawn(PAIR_FEATURES.len());
        let spoil: [fn(&mut WideDeep); 4] = [
            |model| model.crosses[0].codes.reverse(),
            |model| model.crosses[1].weights.push(1.0),
            |model| model.visitor_tables[0] = Array2::zeros((0, VISITOR_FIELDS[0].1)),
            |model| model.layers[1].bias[0] = f32::NAN,
        ];
        for (number, spoil) in spoil.into_iter().enumerate() {
            let mut model = good();
            spoil(&mut model);
            let bytes = Blob::from(write(&model, "wide_deep").unwrap());
            let error = read("wide_deep", &bytes, &schema()).unwrap_err();
            assert_eq!(error.code(), "BUNDLE_MALFORMED", "{number}");
        }
    }
}
