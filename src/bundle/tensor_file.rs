//! A file of safetensors as it is read: a header that says where each tensor lies, then all of them without gaps.
//!
//! The library that writes it could read it too, with a reader of JSON of its own: a visitor downloads one.

use std::collections::BTreeMap;

use safetensors::tensor::Dtype;
use serde::Deserialize;

use crate::json;

/// Notes that the format allows beside the tensors.
const NOTES: &str = "__metadata__";

/// The header begins behind its length.
const LENGTH_BYTES: usize = size_of::<u64>();

/// What a header says of a tensor; nothing where it is of notes.
#[derive(Deserialize)]
pub(super) struct Tensor {
    pub(super) dtype: Option<Dtype>,
    #[serde(default)]
    pub(super) shape: Vec<usize>,
    #[serde(default)]
    data_offsets: (usize, usize),
}

/// The tensors of a file by name.
pub(super) struct TensorFile<'a> {
    tensors: BTreeMap<String, Tensor>,
    data: &'a [u8],
}

impl<'a> TensorFile<'a> {
    /// Takes a file whose tensors are of the sizes that their shapes say, and cover it.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let cut = bytes.split_first_chunk::<LENGTH_BYTES>();
        let cut = cut.and_then(|(length, rest)| {
            rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)
        });
        let (header, data) = cut.ok_or("the file is shorter than its header")?;
        let mut tensors: BTreeMap<String, Tensor> =
            json::read(header).map_err(|error| error.to_string())?;
        tensors.remove(NOTES);
        let mut in_order: Vec<_> = tensors.iter().collect();
        in_order.sort_by_key(|(_, tensor)| tensor.data_offsets);
        let mut end = 0;
        for (name, tensor) in in_order {
            let expected = bytes_of(tensor).and_then(|bytes| bytes.checked_add(end));
            if tensor.data_offsets.0 != end || expected != Some(tensor.data_offsets.1) {
                return Err(format!("tensor `{name}` does not lie where its shape says"));
            }
            end = tensor.data_offsets.1;
        }
        if end != data.len() {
            return Err(format!("{} bytes for tensors of {end}", data.len()));
        }
        Ok(Self { tensors, data })
    }

    /// A tensor and its bytes.
    pub(super) fn get(&self, name: &str) -> Option<(&Tensor, &'a [u8])> {
        let tensor = self.tensors.get(name)?;
        let (start, end) = tensor.data_offsets;
        Some((tensor, self.data.get(start..end)?))
    }
}

fn bytes_of(tensor: &Tensor) -> Option<usize> {
    let mut values = tensor.shape.iter();
    let values = values.try_fold(1, |product: usize, length| product.checked_mul(*length))?;
    let bits = values.checked_mul(tensor.dtype?.bitsize())?;
    (bits % 8 == 0).then_some(bits / 8)
}
