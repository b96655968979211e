//! The activities' factors and neighbours as tensors, for the rows the training knew: rows published later have none.
//!
//! Factors: `items` (`[rows, width]`) and `fold_in`, the four numbers of [`FoldIn`] in the order of its fields. Neighbours:
//! the lists' `lengths`, and `rows` and `weights` of one list after the other.

use super::lists::{read_offsets, write_lengths};
use super::tensors::{TensorReader, TensorWriter};
use crate::catalog::Blob;
use crate::error::BundleError;
use crate::model::{ActivityFactors, FoldIn, Neighbours};

/// The longest factor: folding in costs its square an activity of the history.
const LONGEST: usize = 512;

pub(super) fn write_factors(factors: &ActivityFactors, path: &str) -> Result<Vec<u8>, BundleError> {
    let mut writer = TensorWriter::default();
    let (rows, width) = factors.items().dim();
    writer.matrix("items", rows, width, factors.items().iter().copied());
    let weights = factors.fold_in_weights();
    writer.f32(
        "fold_in",
        &[
            weights.unobserved_weight,
            weights.observed_weight,
            weights.regularisation,
            weights.frequency_exponent,
        ],
    );
    writer.finish(path)
}

/// `activities` is the number of rows of the catalogue.
pub(super) fn read_factors(
    path: &str,
    file: &Blob,
    activities: usize,
) -> Result<ActivityFactors, BundleError> {
    let reader = TensorReader::open(path, file)?;
    let width = reader.columns("items")?;
    if width == 0 || width > LONGEST {
        return Err(reader.refuse(format!("factors are {width} long, expected 1 to {LONGEST}")));
    }
    let items = reader.matrix("items", None, width)?;
    if items.nrows() > activities {
        return Err(reader.refuse(format!(
            "{} factors for {activities} activities",
            items.nrows()
        )));
    }
    let weights = reader.vector("fold_in", 4)?;
    if weights.iter().any(|&weight| weight < 0.0) {
        return Err(reader.refuse("a weight of `fold_in` is below 0".into()));
    }
    let fold_in = FoldIn {
        unobserved_weight: weights[0],
        observed_weight: weights[1],
        regularisation: weights[2],
        frequency_exponent: weights[3],
    };
    Ok(ActivityFactors::new(items, fold_in))
}

pub(super) fn write_neighbours(
    neighbours: &Neighbours,
    path: &str,
) -> Result<Vec<u8>, BundleError> {
    let (offsets, rows, weights) = neighbours.parts();
    let mut writer = TensorWriter::default();
    write_lengths(&mut writer, "lengths", offsets);
    writer.column("rows", rows.to_vec());
    writer.column("weights", weights.to_vec());
    writer.finish(path)
}

/// `activities` is the number of rows of the catalogue.
pub(super) fn read_neighbours(
    path: &str,
    file: &Blob,
    activities: usize,
) -> Result<Neighbours, BundleError> {
    let reader = TensorReader::open(path, file)?;
    let (offsets, rows, weights) = (
        read_offsets(&reader, "lengths", "offsets")?,
        reader.blob_column("rows")?,
        reader.blob_column("weights")?,
    );
    Neighbours::from_parts(offsets, rows, weights, activities)
        .map_err(|detail| reader.refuse(detail.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ndarray::arr2;

    const FOLD_IN: FoldIn = FoldIn {
        unobserved_weight: 0.25,
        observed_weight: 1.0,
        regularisation: 0.01,
        frequency_exponent: 1.0,
    };

    #[test]
    fn what_is_written_is_read() {
        let factors = ActivityFactors::new(arr2(&[[1.0, -0.5], [0.0, 0.25]]), FOLD_IN);
        let bytes = Blob::from(write_factors(&factors, "factors").unwrap());
        assert_eq!(read_factors("factors", &bytes, 3).unwrap(), factors);
        let neighbours = Neighbours::new(vec![vec![(1, 0.5)], vec![(0, -0.25)]]);
        let bytes = Blob::from(write_neighbours(&neighbours, "neighbours").unwrap());
        assert_eq!(
            read_neighbours("neighbours", &bytes, 2).unwrap(),
            neighbours
        );
    }

    #[test]
    fn what_does_not_fit_the_catalogue_is_refused() {
        let factors = ActivityFactors::new(arr2(&[[1.0, -0.5], [0.0, 0.25]]), FOLD_IN);
        let bytes = Blob::from(write_factors(&factors, "factors").unwrap());
        assert!(read_factors("factors", &bytes, 1).is_err());
        assert!(read_factors("factors", &bytes.slice(0..bytes.len() - 1).unwrap(), 2).is_err());
        let infinite = ActivityFactors::new(arr2(&[[f32::INFINITY]]), FOLD_IN);
        let bytes = Blob::from(write_factors(&infinite, "factors").unwrap());
        assert!(read_factors("factors", &bytes, 1).is_err());
        let negative = FoldIn {
            regularisation: -1.0,
            ..FOLD_IN
        };
        let negative = ActivityFactors::new(arr2(&[[1.0]]), negative);
        let bytes = Blob::from(write_factors(&negative, "factors").unwrap());
        assert!(read_factors("factors", &bytes, 1).is_err());
        let neighbours = Neighbours::new(vec![vec![(1, 0.5)]]);
        let bytes = Blob::from(write_neighbours(&neighbours, "neighbours").unwrap());
        let read = read_neighbours("neighbours", &bytes, 1).unwrap();
        assert!(read.check(1).is_err());
    }
}
