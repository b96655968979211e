//! Columns of few different values as tensors: those under a name of their own, and of each row the number of its own in a byte
//! or two. Columns of many values travel as they are.

use std::borrow::Cow;

use bytemuck::pod_collect_to_vec;

use super::tensors::{Element, TensorReader, TensorWriter};
use crate::catalog::BlobColumn;
use crate::error::BundleError;
use crate::math::{Column, Numbers};

/// Where the values of a column lie that travels as numbers.
fn values_name(column: &str) -> String {
    format!("{column}.values")
}

impl TensorWriter {
    /// Writes a column in the shorter of the two ways.
    pub(super) fn column<T: Element>(&mut self, name: &str, rows: Vec<T>) {
        let column = Column::of(rows);
        let (values, numbers) = column.parts();
        match numbers {
            Numbers::Own => return self.elements(name, values),
            Numbers::Bytes(numbers) => self.u8(name, numbers),
            Numbers::Pairs(numbers) => self.u16(name, &pod_collect_to_vec(numbers)),
        }
        self.elements(&values_name(name), values);
    }

    /// Writes numbers in as many bytes as the largest of them needs.
    pub(super) fn numbers(&mut self, name: &str, numbers: &[u32]) {
        let numbers = numbers.iter().copied();
        match numbers.clone().max().unwrap_or(0) {
            0..=0xff => self.u8(
                name,
                &numbers.map(|number| number as u8).collect::<Vec<_>>(),
            ),
            0x100..=0xffff => self.u16(
                name,
                &numbers.map(|number| number as u16).collect::<Vec<_>>(),
            ),
            _ => self.u32(name, &numbers.collect::<Vec<_>>()),
        }
    }
}

impl TensorReader {
    /// A column that travelled as numbers of its values.
    fn numbered<T: Element>(&self, name: &str) -> Result<Column<T, Cow<'_, [u8]>>, BundleError> {
        let values = self.elements(&values_name(name))?;
        let numbers = if self.dtype(name) == Some(u8::DTYPE) {
            Numbers::Bytes(self.raw_elements::<u8>(name)?)
        } else {
            Numbers::Pairs(self.raw_elements::<u16>(name)?)
        };
        Column::from_parts(values, numbers)
            .ok_or_else(|| self.refuse(format!("`{name}` has a number without a value")))
    }

    /// A column whose rows are read later, whichever way it travelled: its values are read now.
    pub(super) fn blob_column<T: Element>(&self, name: &str) -> Result<BlobColumn<T>, BundleError> {
        let values_name = values_name(name);
        if !self.has(&values_name) {
            return Ok(BlobColumn::wide(self.blob::<T>(name)?));
        }
        let values = self.elements(&values_name)?;
        Ok(if self.dtype(name) == Some(u8::DTYPE) {
            BlobColumn::numbered(values, self.blob::<u8>(name)?, 1)
        } else {
            BlobColumn::numbered(values, self.blob::<u16>(name)?, 2)
        })
    }

    /// Appends the values of a column's rows.
    pub(super) fn append<T: Element>(
        &self,
        name: &str,
        rows: &mut Vec<T>,
    ) -> Result<(), BundleError> {
        if self.has(&values_name(name)) {
            self.numbered(name)?.append_to(rows);
            Ok(())
        } else {
            self.append_elements(name, rows)
        }
    }

    /// Appends numbers, however many bytes each takes.
    pub(super) fn append_numbers(
        &self,
        name: &str,
        numbers: &mut Vec<u32>,
    ) -> Result<(), BundleError> {
        let dtype = self.dtype(name);
        if dtype == Some(u8::DTYPE) {
            numbers.extend(self.u8(name)?.into_iter().map(u32::from));
        } else if dtype == Some(u16::DTYPE) {
            numbers.extend(self.u16(name)?.into_iter().map(u32::from));
        } else {
            self.append_elements(name, numbers)?;
        }
        Ok(())
    }

    /// A column as it travelled.
    pub(super) fn as_column<T: Element>(&self, name: &str) -> Result<Column<T>, BundleError> {
        if self.has(&values_name(name)) {
            Ok(self.numbered(name)?.into_owned())
        } else {
            self.elements(name).map(Column::from)
        }
    }

    /// The values of a column's rows.
    pub(super) fn rows<T: Element>(&self, name: &str) -> Result<Vec<T>, BundleError> {
        let mut rows = Vec::new();
        self.append(name, &mut rows)?;
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::catalog::Blob;

    fn file(write: impl Fn(&mut TensorWriter)) -> Blob {
        let mut writer = TensorWriter::default();
        write(&mut writer);
        writer.finish("file").unwrap().into()
    }

    #[test]
    fn columns_come_back_whichever_way_they_travel() {
        for (different, has_values) in [(2, true), (300, true), (3_000, false)] {
            let rows: Vec<f32> = (0..3_000).map(|row| (row % different) as f32).collect();
            let bytes = file(|writer| writer.column("column", rows.clone()));
            let reader = TensorReader::open("file", &bytes).unwrap();
            assert_eq!(reader.has("column.values"), has_values);
            assert_eq!(reader.rows::<f32>("column").unwrap(), rows);
            let column = reader.as_column::<f32>("column").unwrap();
            assert!(column.iter().eq(&rows));
            assert!(reader.rows::<i64>("column").is_err());
        }
    }

    #[test]
    fn numbers_take_as_many_bytes_as_they_need() {
        for (most, dtype) in [(255, u8::DTYPE), (256, u16::DTYPE), (1 << 16, u32::DTYPE)] {
            let bytes = file(|writer| writer.numbers("numbers", &[3, most]));
            let reader = TensorReader::open("file", &bytes).unwrap();
            let mut numbers = vec![7];
            reader.append_numbers("numbers", &mut numbers).unwrap();
            assert_eq!(numbers, [7, 3, most]);
            assert_eq!(reader.dtype("numbers"), Some(dtype));
        }
    }

    #[test]
    fn numbers_without_values_and_values_without_numbers_are_refused() {
        let bytes = file(|writer| {
            for name in ["none", "numbers", "beyond", "wide"] {
                writer.f32(&format!("{name}.values"), &[0.5]);
            }
            writer.f32("numbers", &[0.0]);
            writer.u8("beyond", &[0, 1]);
            writer.u16("wide", &[0, 256]);
        });
        let reader = TensorReader::open("file", &bytes).unwrap();
        for name in ["none", "numbers", "beyond", "wide"] {
            assert!(reader.rows::<f32>(name).is_err(), "{name}");
        }
    }
}
