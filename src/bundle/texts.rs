//! Texts as files of their own, a shard each: every field in one piece, so that opening a bundle makes no text.

use std::ops::Range;

use super::tensors::{TensorReader, TensorWriter};
use crate::catalog::{TEXT_FIELDS, Text, TextField, Texts};
use crate::error::BundleError;

/// Writes the texts of some rows.
pub(super) fn write(texts: &Texts, rows: Range<usize>, path: &str) -> Result<Vec<u8>, BundleError> {
    let mut writer = TensorWriter::default();
    for (name, field) in TEXT_FIELDS.iter().zip(texts.fields()) {
        let start = match rows.start {
            0 => 0,
            first => field.ends()[first - 1],
        };
        let ends: Vec<u32> = field.ends()[rows.clone()]
            .iter()
            .map(|end| end - start)
            .collect();
        let until = start + ends.last().copied().unwrap_or(0);
        writer.u8(
            name,
            &field.joined().as_bytes()[start as usize..until as usize],
        );
        writer.u32(&format!("{name}_ends"), &ends);
    }
    writer.finish(path)
}

/// Appends the texts of a shard. Until engine 2 they were written as JSON.
pub(super) fn append(texts: &mut Texts, path: &str, bytes: &[u8]) -> Result<(), BundleError> {
    if path.ends_with(".json") {
        let rows: Vec<Text> =
            serde_json::from_slice(bytes).map_err(|error| BundleError::Malformed {
                path: path.to_owned(),
                detail: error.to_string(),
            })?;
        texts.extend(rows);
        return Ok(());
    }
    let reader = TensorReader::open(path, bytes)?;
    let field = |name: &str| {
        let ends = reader.u32(&format!("{name}_ends"))?;
        let joined = String::from_utf8(reader.u8(name)?);
        let field = joined.ok().and_then(|joined| TextField::new(joined, ends));
        field
            .ok_or_else(|| reader.refuse(format!("`{name}_ends` does not cut `{name}` into texts")))
    };
    let [title, description, address, link, image, contact] = TEXT_FIELDS.map(field);
    let fields = [title?, description?, address?, link?, image?, contact?];
    let shard = Texts::new(fields);
    let shard = shard.ok_or_else(|| reader.refuse("its fields have different rows".into()))?;
    if !texts.append(shard) {
        return Err(reader.refuse("more than four gigabytes of texts".into()));
    }
    Ok(())
}
