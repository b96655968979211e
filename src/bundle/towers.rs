//! The two towers as tensors: tables by their names, layers as `user.0.weight` and `user.0.bias` (`[out, in]`).

use ndarray::Array2;

use super::tensors::{TensorReader, TensorWriter};
use crate::catalog::Blob;
use crate::error::BundleError;
use crate::model::{
    ACTIVITY_INPUTS, ACTIVITY_TABLES, Dense, EMBEDDING, HIDDEN, Perceptron, TABLE_WIDTHS, Tower,
    TwoTower, USER_INPUTS, USER_TABLES,
};

pub(super) fn write(model: &TwoTower, path: &str) -> Result<Vec<u8>, BundleError> {
    let mut writer = TensorWriter::default();
    for ((name, _), table) in TABLE_WIDTHS.iter().zip(&model.tables) {
        writer.matrix(
            &format!("table.{name}"),
            table.nrows(),
            table.ncols(),
            table.iter().copied(),
        );
    }
    for (side, tower) in [("user", &model.user), ("activity", &model.activity)] {
        for (index, layer) in tower.layers.layers.iter().enumerate() {
            let weight = layer.weight();
            let (rows, columns) = weight.dim();
            let name = format!("{side}.{index}.weight");
            writer.matrix(&name, rows, columns, weight.numbers());
            writer.f32(&format!("{side}.{index}.bias"), &layer.bias.to_vec());
        }
    }
    writer.finish(path)
}

pub(super) fn read(path: &str, file: &Blob) -> Result<TwoTower, BundleError> {
    let reader = TensorReader::open(path, file)?;
    let table = |&(name, width): &(&str, usize)| -> Result<Array2<f32>, BundleError> {
        let table = reader.matrix(&format!("table.{name}"), None, width)?;
        if table.nrows() == 0 && name != "availability" {
            return Err(reader.refuse(format!("table `{name}` has no row for unknown words")));
        }
        Ok(table)
    };
    let tower = |side: &str, tables: &[usize], inputs: usize| -> Result<Tower, BundleError> {
        let layer = |index: usize, inputs: usize, outputs: usize| -> Result<Dense, BundleError> {
            let name = format!("{side}.{index}.weight");
            let weight = reader.matrix(&name, Some(outputs), inputs)?;
            let bias = reader.vector(&format!("{side}.{index}.bias"), outputs)?;
            Ok(Dense::new(&weight, bias))
        };
        let layers = vec![
            layer(0, inputs, HIDDEN[0])?,
            layer(1, HIDDEN[0], HIDDEN[1])?,
            layer(2, HIDDEN[1], EMBEDDING)?,
        ];
        Ok(Tower {
            tables: tables.to_vec(),
            layers: Perceptron { layers },
        })
    };
    Ok(TwoTower {
        tables: TABLE_WIDTHS.iter().map(table).collect::<Result<_, _>>()?,
        user: tower("user", &USER_TABLES, USER_INPUTS)?,
        activity: tower("activity", &ACTIVITY_TABLES, ACTIVITY_INPUTS)?,
    })
}
