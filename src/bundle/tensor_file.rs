//! A file of safetensors as it is read: a header that says where each tensor lies, then all of them without gaps.
//!
//! The library that writes it could read it too, with a reader of JSON of its own: a visitor downloads one.

use std::borrow::Cow;

use safetensors::tensor::Dtype;

use crate::catalog::Blob;
use crate::json::{self, FromJson, JsonError, Map, Reader};

/// Notes that the format allows beside the tensors.
const NOTES: &str = "__metadata__";

/// The header begins behind its length.
const LENGTH_BYTES: usize = size_of::<u64>();

/// What a header says of a tensor; nothing where it is of notes.
pub(super) struct Tensor {
    pub(super) dtype: Option<Dtype>,
    pub(super) shape: Vec<usize>,
    data_offsets: (usize, usize),
}

json::words! {
    Dtype {
        BOOL = "BOOL", F4 = "F4", F6_E2M3 = "F6_E2M3", F6_E3M2 = "F6_E3M2", U8 = "U8", I8 = "I8",
        F8_E5M2 = "F8_E5M2", F8_E4M3 = "F8_E4M3", F8_E8M0 = "F8_E8M0",
        F8_E4M3FNUZ = "F8_E4M3FNUZ", F8_E5M2FNUZ = "F8_E5M2FNUZ", I16 = "I16", U16 = "U16",
        F16 = "F16", BF16 = "BF16", I32 = "I32", U32 = "U32", F32 = "F32", C64 = "C64",
        F64 = "F64", I64 = "I64", U64 = "U64",
    }
}

json::object! { Tensor: lenient {} { dtype, shape, data_offsets } }

impl Tensor {
    /// How many bytes it has.
    pub(super) fn len(&self) -> usize {
        let (start, end) = self.data_offsets;
        end - start
    }
}

/// All that a header says, by name. There are a few dozen names at most: no map of them is worth its code.
struct Header(Vec<(String, Tensor)>);

impl FromJson for Header {
    fn blank() -> Self {
        Self(Vec::new())
    }

    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        reader.map(self)
    }
}

impl Map for Header {
    fn place(&mut self, name: String) -> &mut dyn FromJson {
        &mut self.0.push_mut((name, Tensor::blank())).1
    }
}

/// The tensors of a file in the order in which they lie, none of them read yet.
pub(super) struct TensorFile {
    tensors: Vec<(String, Tensor)>,
    data: Blob,
}

/// The header of a file, and what follows it; nothing where the file is shorter.
fn cut(file: &Blob) -> Option<(Cow<'_, [u8]>, Blob)> {
    let length = file.read(0..LENGTH_BYTES)?;
    let length = u64::from_le_bytes(length.as_ref().try_into().ok()?);
    let end = LENGTH_BYTES.checked_add(usize::try_from(length).ok()?)?;
    Some((file.read(LENGTH_BYTES..end)?, file.slice(end..file.len())?))
}

impl TensorFile {
    /// Takes a file whose tensors are of the sizes that their shapes say, and cover it.
    pub(super) fn read(file: &Blob) -> Result<Self, String> {
        let (header, data) = cut(file).ok_or("the file is shorter than its header")?;
        let header: Header = json::read(&header).map_err(|error| error.to_string())?;
        let mut tensors = header.0;
        tensors.retain(|(name, _)| name != NOTES);
        tensors.sort_by(|a, b| a.0.cmp(&b.0));
        if let Some(twice) = tensors.windows(2).find(|two| two[0].0 == two[1].0) {
            return Err(format!("there are two tensors `{}`", twice[0].0));
        }
        tensors.sort_by_key(|(_, tensor)| tensor.data_offsets);
        let mut end = 0;
        for (name, tensor) in &tensors {
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

    /// What the header says of a tensor.
    pub(super) fn get(&self, name: &str) -> Option<&Tensor> {
        let mut tensors = self.tensors.iter();
        let found = tensors.find(|(other, _)| other == name);
        found.map(|(_, tensor)| tensor)
    }

    /// The bytes of a tensor of this file; nothing where they cannot be had any more.
    pub(super) fn bytes(&self, tensor: &Tensor) -> Option<Cow<'_, [u8]>> {
        let (start, end) = tensor.data_offsets;
        self.data.read(start..end)
    }

    /// Copies them to where they are wanted; false where they cannot be had any more, or are not as many.
    pub(super) fn copy(&self, tensor: &Tensor, to: &mut [u8]) -> bool {
        let (start, end) = tensor.data_offsets;
        self.data.copy(start..end, to)
    }

    /// The bytes of a tensor, to be read later.
    pub(super) fn blob(&self, tensor: &Tensor) -> Option<Blob> {
        let (start, end) = tensor.data_offsets;
        self.data.slice(start..end)
    }
}

fn bytes_of(tensor: &Tensor) -> Option<usize> {
    let mut values = tensor.shape.iter();
    let values = values.try_fold(1, |product: usize, length| product.checked_mul(*length))?;
    let bits = values.checked_mul(tensor.dtype?.bitsize())?;
    (bits % 8 == 0).then_some(bits / 8)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn file(header: &str, data: &[u8]) -> Blob {
        let length = header.len() as u64;
        let bytes = [&length.to_le_bytes(), header.as_bytes(), data].concat();
        bytes.into()
    }

    #[test]
    fn tensors_are_found_beside_notes() {
        let header = r#"{"__metadata__":{"by":"somebody"},
            "b":{"dtype":"U16","shape":[1],"data_offsets":[2,4]},"a":{"dtype":"U8","shape":[2,1],"data_offsets":[0,2]}}"#;
        let tensors = TensorFile::read(&file(header, &[1, 2, 3, 4])).unwrap();
        let tensor = tensors.get("a").unwrap();
        assert_eq!(
            (tensor.dtype, &tensor.shape[..]),
            (Some(Dtype::U8), &[2, 1][..])
        );
        assert_eq!(tensors.bytes(tensor).as_deref(), Some(&[1, 2][..]));
        let later = tensors.blob(tensors.get("b").unwrap()).unwrap();
        assert_eq!(*later.whole(), [3, 4]);
        assert!(tensors.get("__metadata__").is_none());
    }

    #[test]
    fn a_name_that_is_there_twice_is_refused() {
        let named = |name: &str| {
            let tensor = |name: &str, start: usize| {
                let end = start + 1;
                format!(r#""{name}":{{"dtype":"U8","shape":[1],"data_offsets":[{start},{end}]}}"#)
            };
            let (first, second) = (tensor("a", 0), tensor(name, 1));
            TensorFile::read(&file(&format!("{{{first},{second}}}"), &[1, 2]))
        };
        assert!(named("b").is_ok());
        assert!(named("a").is_err_and(|error| error.contains("two tensors `a`")));
    }

    #[test]
    fn what_does_not_cover_the_file_is_refused() {
        let of = |fields: &str| file(&format!(r#"{{"a":{{{fields}}}}}"#), &[0; 4]);
        let whole = of(r#""dtype":"U8","shape":[4],"data_offsets":[0,4]"#);
        assert!(TensorFile::read(&whole).is_ok());
        for fields in [
            r#""dtype":"U8","shape":[3],"data_offsets":[0,3]"#,
            r#""dtype":"U8","shape":[3],"data_offsets":[1,4]"#,
            r#""dtype":"U8","shape":[4],"data_offsets":[0,3]"#,
            r#""dtype":"F32","shape":[4],"data_offsets":[0,4]"#,
            r#""dtype":"U8","shape":[5],"data_offsets":[0,5]"#,
            r#""dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,4]"#,
            r#""shape":[4],"data_offsets":[0,4]"#,
        ] {
            assert!(TensorFile::read(&of(fields)).is_err(), "{fields}");
        }
        for length in 0..whole.len() {
            assert!(
                TensorFile::read(&whole.slice(0..length).unwrap()).is_err(),
                "{length}"
            );
        }
        assert!(TensorFile::read(&vec![0xff; 20].into()).is_err());
    }
}
