//! Columns of few different values: those once, and of each row the number of its own in a byte or two. Nothing is rounded.

use bytemuck::Pod;

/// A column, each row's value as it is or as a number. Two are equal that are so in the same way.
#[derive(Debug, Clone, PartialEq)]
pub struct Column<T> {
    values: Vec<T>,
    numbers: Numbers,
}

/// Which of a column's values each row has.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Numbers {
    /// Each its own: the values are the rows'.
    Own,
    /// That of this number, of up to 256 values.
    Bytes(Vec<u8>),
    /// The same of up to 65,536.
    Pairs(Vec<u16>),
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
    pub fn of(rows: Vec<T>) -> Self {
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
            Numbers::Pairs(numbers.map(|number| number as u16).collect())
        };
        Self { values, numbers }
    }

    /// The rows as they are.
    pub(crate) fn wide(values: Vec<T>) -> Self {
        Self {
            values,
            numbers: Numbers::Own,
        }
    }

    /// From its parts; nothing where a number has no value.
    pub(crate) fn from_parts(values: Vec<T>, numbers: Numbers) -> Option<Self> {
        let enough = match &numbers {
            Numbers::Own => 0,
            Numbers::Bytes(numbers) => enough(numbers),
            Numbers::Pairs(numbers) => enough(numbers),
        };
        (enough <= values.len()).then_some(Self { values, numbers })
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        match &self.numbers {
            Numbers::Own => self.values.len(),
            Numbers::Bytes(numbers) => numbers.len(),
            Numbers::Pairs(numbers) => numbers.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A row's value.
    ///
    /// # Panics
    /// Where there is no such row.
    pub fn get(&self, row: usize) -> T {
        match &self.numbers {
            Numbers::Own => self.values[row],
            Numbers::Bytes(numbers) => self.values[usize::from(numbers[row])],
            Numbers::Pairs(numbers) => self.values[usize::from(numbers[row])],
        }
    }

    /// The values, among which are all that rows have, and which of them each row has.
    pub(crate) fn parts(&self) -> (&[T], &Numbers) {
        (&self.values, &self.numbers)
    }

    /// Appends each row's value to others.
    pub(crate) fn append_to(&self, rows: &mut Vec<T>) {
        let value = |number: usize| self.values[number];
        match &self.numbers {
            Numbers::Own => rows.extend_from_slice(&self.values),
            Numbers::Bytes(own) => rows.extend(own.iter().map(|&number| value(number.into()))),
            Numbers::Pairs(own) => rows.extend(own.iter().map(|&number| value(number.into()))),
        }
    }

    /// Each row's value.
    pub fn to_vec(&self) -> Vec<T> {
        let mut rows = Vec::with_capacity(self.len());
        self.append_to(&mut rows);
        rows
    }
}

/// How many values there must be for these numbers.
fn enough<N: Copy + Ord + Default + Into<usize>>(numbers: &[N]) -> usize {
    let most = numbers
        .iter()
        .fold(N::default(), |most, &number| most.max(number));
    if numbers.is_empty() {
        0
    } else {
        most.into() + 1
    }
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
                let column = Column::of(rows.clone());
                assert_eq!(column.to_vec(), rows);
                assert_eq!(column.len(), rows.len());
                assert!((0..rows.len()).all(|row| column.get(row) == rows[row]));
            }
        }
        let other_nan = f32::from_bits(f32::NAN.to_bits() | 1);
        let strange = [f32::NAN, other_nan, 0.0, -0.0, f32::INFINITY].repeat(9);
        assert_eq!(
            bits_of(&Column::of(strange.clone()).to_vec()),
            bits_of(&strange)
        );
        let times = [i64::MIN, 1_732_411_800_000, -1].repeat(9);
        assert_eq!(Column::of(times.clone()).to_vec(), times);
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
            let bytes = Numbers::Bytes(vec![1, number]);
            let pairs = Numbers::Pairs(vec![1, u16::from(number)]);
            for numbers in [bytes, pairs] {
                assert_eq!(Column::from_parts(values(), numbers).is_some(), accepted);
            }
        }
        assert!(Column::<f32>::from_parts(Vec::new(), Numbers::Bytes(vec![0])).is_none());
        assert!(Column::<f32>::from_parts(Vec::new(), Numbers::Bytes(Vec::new())).is_some());
    }
}
