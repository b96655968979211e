//! Texts as files of their own, a shard each: every field in one piece, so that opening a bundle makes no text.

use std::ops::Range;

use super::lists::{count, write_lengths};
use super::tensors::{TensorReader, TensorWriter};
use crate::catalog::{Blob, Row, TEXT_FIELDS, Text, TextField, Texts};
use crate::error::BundleError;
use crate::json;

/// Writes the texts of some rows.
pub(super) fn write(texts: &Texts, rows: Range<usize>, path: &str) -> Result<Vec<u8>, BundleError> {
    let mut writer = TensorWriter::default();
    for (field, name) in TEXT_FIELDS.iter().enumerate() {
        let (mut joined, mut offsets) = (String::new(), vec![0]);
        for row in rows.clone() {
            joined.push_str(&texts.part(field, Row(row as u32)));
            offsets.push(joined.len() as u32);
        }
        writer.u8(name, joined.as_bytes());
        write_lengths(&mut writer, &format!("{name}_lengths"), &offsets);
    }
    writer.finish(path)
}

/// Appends the texts of a shard, which go on lying where they are. Until engine 2 they were written as JSON.
pub(super) fn append(texts: &mut Texts, path: &str, file: &Blob) -> Result<(), BundleError> {
    if path.ends_with(".json") {
        let rows: Vec<Text> =
            json::read(&file.whole()).map_err(|error| BundleError::Malformed {
                path: path.to_owned(),
                detail: error.to_string(),
            })?;
        texts.extend(rows);
        return Ok(());
    }
    let reader = TensorReader::open(path, file)?;
    let field = |name: &str| {
        let (lengths, ends) = (format!("{name}_lengths"), format!("{name}_ends"));
        let joined = reader.blob::<u8>(name)?;
        if joined.is_empty() {
            return Ok(TextField::empty(count(&reader, &lengths, &ends)?));
        }
        if !reader.has(&ends) {
            return Ok(TextField::of_lengths(joined, reader.blob_column(&lengths)?));
        }
        TextField::new(joined, reader.u32(&ends)?)
            .ok_or_else(|| reader.refuse(format!("`{name}` is not cut into texts")))
    };
    let [title, description, address, link, image, contact] = TEXT_FIELDS.map(field);
    let shard = [title?, description?, address?, link?, image?, contact?];
    if !texts.append(shard) {
        return Err(reader.refuse("its fields have different rows".into()));
    }
    Ok(())
}
