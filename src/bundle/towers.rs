//! The two towers as tensors: tables by their names, layers as `user.0.weight` and `user.0.bias` (`[out, in]`).

use ndarray::Array2;

use super::tensors::{TensorReader, TensorWriter};
use crate::error::BundleError;
use crate::model::{
    ACTIVITY_INPUTS, Dense, EMBEDDING, HIDDEN, TABLE_WIDTHS, Tables, Tower, TwoTower, USER_INPUTS,
};

fn tables(tables: &Tables) -> [&Array2<f32>; TABLE_WIDTHS.len()] {
    [
        &tables.tag,
        &tables.kind,
        &tables.locality,
        &tables.level,
        &tables.organiser,
        &tables.series,
        &tables.season,
        &tables.weekday,
        &tables.slot,
        &tables.availability,
    ]
}

pub(super) fn write(model: &TwoTower, path: &str) -> Result<Vec<u8>, BundleError> {
    let mut writer = TensorWriter::default();
    for ((name, _), table) in TABLE_WIDTHS.iter().zip(tables(&model.tables)) {
        writer.matrix(
            &format!("table.{name}"),
            table.nrows(),
            table.ncols(),
            table.iter().copied(),
        );
    }
    for (side, tower) in [("user", &model.user), ("activity", &model.activity)] {
        for (index, layer) in tower.layers.iter().enumerate() {
            let (rows, columns) = layer.weight.dim();
            writer.matrix(
                &format!("{side}.{index}.weight"),
                rows,
                columns,
                layer.weight.iter().copied(),
            );
            writer.f32(&format!("{side}.{index}.bias"), &layer.bias.to_vec());
        }
    }
    writer.finish(path)
}

pub(super) fn read(path: &str, bytes: &[u8]) -> Result<TwoTower, BundleError> {
    let reader = TensorReader::open(path, bytes)?;
    let table = |name: &str| -> Result<Array2<f32>, BundleError> {
        let width = TABLE_WIDTHS
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(0, |(_, width)| *width);
        let table = reader.matrix(&format!("table.{name}"), None, width)?;
        if table.nrows() == 0 && name != "availability" {
            return Err(reader.refuse(format!("table `{name}` has no row for unknown words")));
        }
        Ok(table)
    };
    let tower = |side: &str, inputs: usize| -> Result<Tower, BundleError> {
        let layer = |index: usize, inputs: usize, outputs: usize| -> Result<Dense, BundleError> {
            Ok(Dense {
                weight: reader.matrix(&format!("{side}.{index}.weight"), Some(outputs), inputs)?,
                bias: reader.vector(&format!("{side}.{index}.bias"), outputs)?,
            })
        };
        let layers = [
            layer(0, inputs, HIDDEN[0])?,
            layer(1, HIDDEN[0], HIDDEN[1])?,
            layer(2, HIDDEN[1], EMBEDDING)?,
        ];
        Ok(Tower { layers })
    };
    Ok(TwoTower {
        tables: Tables {
            tag: table("tag")?,
            kind: table("kind")?,
            locality: table("locality")?,
            level: table("level")?,
            organiser: table("organiser")?,
            series: table("series")?,
            season: table("season")?,
            weekday: table("weekday")?,
            slot: table("slot")?,
            availability: table("availability")?,
        },
        user: tower("user", USER_INPUTS)?,
        activity: tower("activity", ACTIVITY_INPUTS)?,
    })
}
