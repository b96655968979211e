//! Columns of few different values: those travel once, and of each row the number of its own in a byte or two. Nothing is
//! rounded, and the reader looks a number up without asking what it stands for. Columns of many values travel as they are.

use super::tensors::{Element, TensorReader, TensorWriter};
use crate::error::BundleError;

/// Where the values of a column lie that travels as numbers.
fn values_name(column: &str) -> String {
    format!("{column}.values")
}

/// Values are the same where their bits are: unknown numbers too, which do not equal themselves.
fn bits<T: Element>(value: &T) -> u64 {
    let mut bits = [0; 8];
    let own = bytemuck::bytes_of(value);
    bits[..own.len()].copy_from_slice(own);
    u64::from_le_bytes(bits)
}

impl TensorWriter {
    /// Writes a column in the shorter of the two ways.
    pub(super) fn column<T: Element>(&mut self, name: &str, column: &[T]) {
        let mut values = column.to_vec();
        values.sort_unstable_by_key(bits);
        values.dedup_by_key(|value| bits(value));
        let number_bytes = if values.len() <= 1 << 8 { 1 } else { 2 };
        let shorter = size_of_val(&values[..]) + column.len() * number_bytes < size_of_val(column);
        if values.len() > 1 << 16 || !shorter {
            return self.elements(name, column);
        }
        self.elements(&values_name(name), &values);
        let number = |value| values.partition_point(|other| bits(other) < bits(value));
        let numbers = column.iter().map(number);
        if number_bytes == 1 {
            let numbers: Vec<u8> = numbers.map(|number| number as u8).collect();
            self.u8(name, &numbers);
        } else {
            let numbers: Vec<u16> = numbers.map(|number| number as u16).collect();
            self.u16(name, &numbers);
        }
    }
}

impl TensorReader<'_> {
    /// Reads a column, whichever way it travelled.
    pub(super) fn column<T: Element>(&self, name: &str) -> Result<Vec<T>, BundleError> {
        let values_name = values_name(name);
        if !self.has(&values_name) {
            return self.elements(name);
        }
        let values: Vec<T> = self.elements(&values_name)?;
        let column = if self.dtype(name) == Some(u8::DTYPE) {
            looked_up(&values, self.raw(name)?)
        } else {
            looked_up(&values, &self.u16(name)?)
        };
        column.ok_or_else(|| self.refuse(format!("`{name}` has a number without a value")))
    }
}

/// The values of these numbers, made in one piece; nothing where a number has none.
fn looked_up<T: Copy, N: Copy + Into<usize>>(values: &[T], numbers: &[N]) -> Option<Vec<T>> {
    let each = numbers.iter().map(|&number| number.into());
    let all_have_one = each.clone().all(|number| number < values.len());
    all_have_one.then(|| each.map(|number| values[number]).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn written<T: Element>(column: &[T]) -> Vec<u8> {
        let mut writer = TensorWriter::default();
        writer.column("column", column);
        writer.finish("file").unwrap()
    }

    fn read<T: Element>(bytes: &[u8]) -> Vec<T> {
        let reader = TensorReader::open("file", bytes).unwrap();
        reader.column("column").unwrap()
    }

    fn bits_of(column: &[f32]) -> Vec<u32> {
        column.iter().map(|value| value.to_bits()).collect()
    }

    #[test]
    fn every_column_comes_back_to_the_last_bit() {
        for rows in [0, 1, 7, 300, 3_000, 140_000] {
            for different in [1, 2, 256, 257, 65_536, 65_537] {
                let column: Vec<f32> = (0..rows)
                    .map(|row| (row % different) as f32 - 0.25)
                    .collect();
                assert_eq!(read::<f32>(&written(&column)), column);
            }
        }
        let other_nan = f32::from_bits(f32::NAN.to_bits() | 1);
        let strange = [f32::NAN, other_nan, 0.0, -0.0, f32::INFINITY].repeat(9);
        assert_eq!(bits_of(&read(&written(&strange))), bits_of(&strange));
        let times = [i64::MIN, 1_732_411_800_000, -1].repeat(9);
        assert_eq!(read::<i64>(&written(&times)), times);
    }

    #[test]
    fn few_different_values_take_a_byte_a_row_and_many_what_they_are() {
        let bytes = |different: usize| {
            let column: Vec<f32> = (0..10_000).map(|row| (row % different) as f32).collect();
            written(&column).len()
        };
        let header = 300;
        assert!(bytes(256) < 10_000 + 4 * 256 + header);
        assert!(bytes(300) < 20_000 + 4 * 300 + header);
        assert!(bytes(10_000) < 40_000 + header);
    }

    #[test]
    fn a_number_without_a_value_is_refused() {
        for (number, accepted) in [(0, true), (1, true), (2, false), (255, false)] {
            for is_wide in [false, true] {
                let mut writer = TensorWriter::default();
                writer.f32("column.values", &[0.5, 1.5]);
                if is_wide {
                    writer.u16("column", &[1, u16::from(number)]);
                } else {
                    writer.u8("column", &[1, number]);
                }
                let bytes = writer.finish("file").unwrap();
                let reader = TensorReader::open("file", &bytes).unwrap();
                assert_eq!(reader.column::<f32>("column").is_ok(), accepted);
                assert!(reader.column::<i64>("column").is_err());
            }
        }
    }

    #[test]
    fn values_without_numbers_are_refused() {
        let mut writer = TensorWriter::default();
        writer.f32("none.values", &[0.5]);
        writer.f32("other.values", &[0.5]);
        writer.f32("other", &[0.0]);
        let bytes = writer.finish("file").unwrap();
        let reader = TensorReader::open("file", &bytes).unwrap();
        assert!(reader.column::<f32>("none").is_err());
        assert!(reader.column::<f32>("other").is_err());
    }
}
