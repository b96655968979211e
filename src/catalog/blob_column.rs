//! A column that stays where it lies: of each row a value, or the number of one in a byte or two. Who needs few of many rows
//! reads those.

use std::borrow::Cow;
use std::ops::Range;

use bytemuck::{Pod, cast_slice, pod_read_unaligned};

use super::Blob;

/// A column of which nothing is in memory but values that several rows have.
#[derive(Debug, Clone)]
pub struct BlobColumn<T> {
    bytes: Blob,
    row_bytes: usize,
    /// Nothing where rows are values themselves.
    values: Option<Vec<T>>,
}

/// Rows of a column, as they were read.
pub struct BlobRows<'a, T> {
    bytes: Cow<'a, [u8]>,
    row_bytes: usize,
    values: Option<&'a [T]>,
}

impl<T: Pod> BlobColumn<T> {
    /// Rows that are values themselves.
    pub(crate) fn wide(bytes: Blob) -> Self {
        Self {
            bytes,
            row_bytes: size_of::<T>(),
            values: None,
        }
    }

    /// Rows that are the numbers of their values, in a byte or two each, the lower one first.
    pub(crate) fn numbered(values: Vec<T>, numbers: Blob, number_bytes: usize) -> Self {
        Self {
            bytes: numbers,
            row_bytes: number_bytes,
            values: Some(values),
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.bytes.len() / self.row_bytes
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// These rows, read at once; none of them where they cannot be had.
    pub fn read(&self, rows: Range<usize>) -> BlobRows<'_, T> {
        let [from, until] = [rows.start, rows.end].map(|row| row.saturating_mul(self.row_bytes));
        BlobRows {
            bytes: self.bytes.read(from..until).unwrap_or_default(),
            row_bytes: self.row_bytes,
            values: self.values.as_deref(),
        }
    }

    /// All rows that have a value.
    pub fn to_vec(&self) -> Vec<T> {
        let rows = self.read(0..self.len());
        (0..self.len()).filter_map(|row| rows.get(row)).collect()
    }
}

impl<T: Pod> BlobRows<'_, T> {
    /// The value of a row, counted from the first one that was read; nothing where it has none.
    pub fn get(&self, row: usize) -> Option<T> {
        let from = row * self.row_bytes;
        let bytes = self.bytes.get(from..from + self.row_bytes)?;
        let Some(values) = self.values else {
            return Some(pod_read_unaligned(bytes));
        };
        let number = match *bytes {
            [number] => usize::from(number),
            [low, high] => usize::from(u16::from_le_bytes([low, high])),
            _ => return None,
        };
        values.get(number).copied()
    }
}

impl<T: Pod> From<Vec<T>> for BlobColumn<T> {
    fn from(rows: Vec<T>) -> Self {
        Self::wide(cast_slice(&rows).to_vec().into())
    }
}

/// Equal where their rows are, wherever and however they lie.
impl<T: Pod + PartialEq> PartialEq for BlobColumn<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.to_vec() == other.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::super::blob::tests::Elsewhere;
    use super::*;

    #[test]
    fn rows_are_read_however_they_lie() {
        let rows = vec![0.5_f32, -1.0, 0.5, 3.0];
        let wide = BlobColumn::from(rows.clone());
        let values = || vec![-1.0, 0.5, 3.0];
        let bytes = BlobColumn::numbered(values(), vec![1, 0, 1, 2].into(), 1);
        let pairs = vec![1, 0, 0, 0, 1, 0, 2, 0];
        let pairs = BlobColumn::numbered(values(), Blob::new(Elsewhere(pairs), 8), 2);
        for column in [&wide, &bytes, &pairs] {
            assert_eq!((column.len(), column.to_vec()), (4, rows.clone()));
            let part = column.read(2..4);
            let read = [0, 1, 2].map(|row| part.get(row));
            assert_eq!(read, [Some(0.5), Some(3.0), None]);
        }
        assert!(wide == bytes && bytes == pairs);
        assert_ne!(wide, BlobColumn::from(rows[1..].to_vec()));
    }

    #[test]
    fn what_cannot_be_had_is_nothing() {
        let without_values = BlobColumn::numbered(vec![7_u32], vec![0, 1].into(), 1);
        let rows = without_values.read(0..2);
        assert_eq!([rows.get(0), rows.get(1)], [Some(7), None]);
        let lost = BlobColumn::<u32>::wide(Blob::new(Elsewhere(vec![0; 4]), 8));
        assert_eq!((lost.len(), lost.read(0..1).get(0)), (2, Some(0)));
        for range in [1..2, 0..2, 2..3, 0..usize::MAX] {
            assert_eq!(lost.read(range).get(0), None);
        }
    }
}
