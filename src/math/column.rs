//! Columns of few different values: those once, and of each row the number of its own in a byte or two. Nothing is rounded.

use std::fmt;
use std::ops::Index;

use bytemuck::Pod;

/// A column, each row's value as it is or as a number. Numbers are bytes as they travel.
#[derive(Clone)]
pub struct Column<T, B = Vec<u8>> {
    values: Vec<T>,
    numbers: Numbers<B>,
}

/// Which of a column's values each row has.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Numbers<B> {
    /// Each its own: the values are the rows'.
    Own,
    /// That of this number, a byte a row, of up to 256 values.
    Bytes(B),
    /// The same of up to 65,536, two bytes a row, the lower one first.
    Pairs(B),
}

/// The numbers of two bytes each.
fn pairs(bytes: &[u8]) -> impl ExactSizeIterator<Item = u16> {
    let (pairs, _) = bytes.as_chunks();
    pairs.iter().map(|&pair| u16::from_le_bytes(pair))
}

/// One of them.
fn pair(bytes: &[u8], row: usize) -> Option<u16> {
    let (pairs, _) = bytes.as_chunks();
    pairs.get(row).map(|&pair| u16::from_le_bytes(pair))
}

/// Values are the same where their bits are: unknown numbers too, which do not equal themselves.
fn bits<T: Pod>(value: &T) -> u64 {
    let mut bits = [0; 8];
    let own = bytemuck::bytes_of(value);
    bits[..own.len()].copy_from_slice(own);
    u64::from_le_bytes(bits)
}

impl<T: Pod> Column<T> {
    /// The rows in the shorter of the two ways, what a file says of either not counted.
    pub(crate) fn of(rows: Vec<T>) -> Self {
        let mut values = rows.clone();
        values.sort_unstable_by_key(bits);
        values.dedup_by_key(|value| bits(value));
        let number_bytes = if values.len() <= 1 << 8 { 1 } else { 2 };
        let bytes = size_of_val(&values[..]) + rows.len() * number_bytes;
        if values.len() > 1 << 16 || bytes >= size_of_val(&rows[..]) {
            return Self::wide(rows);
        }
        let number = |value| values.partition_point(|other| bits(other) < bits(value));
        let numbers = rows.iter().map(number);
        let numbers = if number_bytes == 1 {
            Numbers::Bytes(numbers.map(|number| number as u8).collect())
        } else {
            let pairs = numbers.flat_map(|number| (number as u16).to_le_bytes());
            Numbers::Pairs(pairs.collect())
        };
        Self { values, numbers }
    }

    /// All rows, each its value, to be changed.
    pub fn rows_mut(&mut self) -> &mut Vec<T> {
        if !matches!(self.numbers, Numbers::Own) {
            *self = Self::wide(self.to_rows());
        }
        &mut self.values
    }
}

impl Column<f32> {
    /// What tells a row's value from others of this column.
    #[inline(always)]
    pub(crate) fn key(&self, row: usize) -> u32 {
        match &self.numbers {
            Numbers::Own => self.values.get(row).map_or(0, |value| value.to_bits()),
            Numbers::Bytes(numbers) => numbers.get(row).map_or(0, |&number| 1 + u32::from(number)),
            Numbers::Pairs(numbers) => pair(numbers, row).map_or(0, |number| 1 + u32::from(number)),
        }
    }

    /// The value that a key is of, 0 where it is of no row.
    pub(crate) fn of_key(&self, key: u32) -> f32 {
        if matches!(self.numbers, Numbers::Own) {
            return f32::from_bits(key);
        }
        let number = key.checked_sub(1);
        let value = number.and_then(|number| self.values.get(number as usize));
        value.copied().unwrap_or(0.0)
    }
}

impl<T: Pod, B: AsRef<[u8]>> Column<T, B> {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        match &self.numbers {
            Numbers::Own => self.values.len(),
            Numbers::Bytes(numbers) => numbers.as_ref().len(),
            Numbers::Pairs(numbers) => numbers.as_ref().len() / 2,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a row, if there is one. A call: whoever asks for a few rows does not download the ways again.
    #[inline(never)]
    pub fn get(&self, row: usize) -> Option<&T> {
        let number = match &self.numbers {
            Numbers::Own => row,
            Numbers::Bytes(numbers) => usize::from(*numbers.as_ref().get(row)?),
            Numbers::Pairs(numbers) => usize::from(pair(numbers.as_ref(), row)?),
        };
        self.values.get(number)
    }

    /// The values of all rows.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &T> {
        (0..self.len()).map(|row| match &self.numbers {
            // Without a call: a trainer counts on, and asks for all of them at every choice.
            Numbers::Own => &self.values[row],
            _ => &self[row],
        })
    }

    /// The values, of which others may be equal.
    pub(crate) fn values(&self) -> &[T] {
        &self.values
    }

    /// The same with numbers of its own.
    pub(crate) fn into_owned(self) -> Column<T>
    where
        B: Into<Vec<u8>>,
    {
        let numbers = match self.numbers {
            Numbers::Own => Numbers::Own,
            Numbers::Bytes(numbers) => Numbers::Bytes(numbers.into()),
            Numbers::Pairs(numbers) => Numbers::Pairs(numbers.into()),
        };
        Column {
            values: self.values,
            numbers,
        }
    }

    /// The rows as they are.
    pub(crate) fn wide(values: Vec<T>) -> Self {
        Self {
            values,
            numbers: Numbers::Own,
        }
    }

    /// From its parts; nothing where a number has no value.
    pub(crate) fn from_parts(values: Vec<T>, numbers: Numbers<B>) -> Option<Self> {
        let enough = match &numbers {
            Numbers::Own => 0,
            Numbers::Bytes(numbers) => enough(numbers.as_ref().iter().copied()),
            Numbers::Pairs(numbers) => enough(pairs(numbers.as_ref())),
        };
        (enough <= values.len()).then_some(Self { values, numbers })
    }

    /// The values, among which are all that rows have, and which of them each row has.
    pub(crate) fn parts(&self) -> (&[T], &Numbers<B>) {
        (&self.values, &self.numbers)
    }

    /// Each row's value.
    pub(crate) fn to_rows(&self) -> Vec<T> {
        let mut rows = Vec::with_capacity(self.len());
        self.append_to(&mut rows);
        rows
    }

    /// Appends each row's value to others.
    pub(crate) fn append_to(&self, rows: &mut Vec<T>) {
        match &self.numbers {
            Numbers::Own => rows.extend_from_slice(&self.values),
            Numbers::Bytes(own) => {
                // Where each byte has a value, nobody asks row by row whether it has one.
                let mut values = [T::zeroed(); 1 << 8];
                let known = self.values.len().min(values.len());
                values[..known].copy_from_slice(&self.values[..known]);
                let own = own.as_ref().iter();
                rows.extend(own.map(|&number| values[usize::from(number)]));
            }
            Numbers::Pairs(own) => {
                let own = pairs(own.as_ref());
                rows.extend(own.map(|number| self.values[usize::from(number)]));
            }
        }
    }
}

impl<T> Default for Column<T> {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            numbers: Numbers::Own,
        }
    }
}

impl<T: Pod> From<Vec<T>> for Column<T> {
    fn from(rows: Vec<T>) -> Self {
        Self::wide(rows)
    }
}

/// Equal where all rows are, whichever way.
impl<T: Pod + PartialEq> PartialEq for Column<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

/// All rows, whichever way.
impl<T: Pod + fmt::Debug> fmt::Debug for Column<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

/// To ask for a row there is none of panics.
impl<T: Pod, B: AsRef<[u8]>> Index<usize> for Column<T, B> {
    type Output = T;

    fn index(&self, row: usize) -> &T {
        match self.get(row) {
            Some(value) => value,
            None => &self.values[usize::MAX],
        }
    }
}

/// How many values there must be for these numbers.
fn enough<N: Ord + Default + Into<usize>>(numbers: impl ExactSizeIterator<Item = N>) -> usize {
    let is_empty = numbers.len() == 0;
    let most = numbers.fold(N::default(), N::max);
    if is_empty { 0 } else { most.into() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits_of(column: &[f32]) -> Vec<u32> {
        column.iter().map(|value| value.to_bits()).collect()
    }

    #[test]
    fn every_column_comes_back_to_the_last_bit() {
        for rows in [0, 1, 7, 300, 3_000, 140_000] {
            for different in [1, 2, 256, 257, 65_536, 65_537] {
                let rows: Vec<f32> = (0..rows)
                    .map(|row| (row % different) as f32 - 0.25)
                    .collect();
                let mut column = Column::of(rows.clone());
                assert_eq!(column.to_rows(), rows);
                assert!(column.iter().eq(&rows) && column == Column::from(rows.clone()));
                let keys = (0..rows.len()).map(|row| column.of_key(column.key(row)));
                assert!(keys.eq(rows.iter().copied()));
                assert_eq!((column.len(), column.get(rows.len())), (rows.len(), None));
                assert_eq!(column.of_key(column.key(rows.len())), 0.0);
                assert_eq!(column.rows_mut(), &rows);
                assert!(matches!(column.numbers, Numbers::Own));
            }
        }
        let other_nan = f32::from_bits(f32::NAN.to_bits() | 1);
        let strange = [f32::NAN, other_nan, 0.0, -0.0, f32::INFINITY].repeat(9);
        assert_eq!(
            bits_of(&Column::of(strange.clone()).to_rows()),
            bits_of(&strange)
        );
        let times = [i64::MIN, 1_732_411_800_000, -1].repeat(9);
        assert_eq!(Column::of(times.clone()).to_rows(), times);
    }

    #[test]
    fn few_different_values_take_a_byte_a_row_and_many_what_they_are() {
        let numbers = |different: usize| {
            let rows = (0..10_000).map(|row| (row % different) as f32);
            Column::of(rows.collect()).numbers
        };
        assert!(matches!(numbers(256), Numbers::Bytes(_)));
        assert!(matches!(numbers(257), Numbers::Pairs(_)));
        assert!(matches!(numbers(4_999), Numbers::Pairs(_)));
        assert!(matches!(numbers(5_000), Numbers::Own));
    }

    #[test]
    fn a_number_without_a_value_is_refused() {
        let values = || vec![0.5_f32, 1.5];
        for (number, accepted) in [(0, true), (1, true), (2, false), (255, false)] {
            let bytes = Numbers::Bytes(&[1, number][..]);
            let pairs = Numbers::Pairs(&[1, 0, number, 0][..]);
            for numbers in [bytes, pairs] {
                assert_eq!(Column::from_parts(values(), numbers).is_some(), accepted);
            }
        }
        for (numbers, accepted) in [(&[0][..], false), (&[], true)] {
            let column = Column::<f32, _>::from_parts(Vec::new(), Numbers::Bytes(numbers));
            assert_eq!(column.is_some(), accepted);
        }
    }
}
