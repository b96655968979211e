//! Tensors to bytes and back, through safetensors, with every length checked. Files are little-endian, as is every machine
//! this is built for: values are copied in one piece, which matters where code starts out slow, in a page that just opened.

use std::borrow::Cow;

use bytemuck::{Pod, cast_slice, cast_slice_mut};
use ndarray::{Array1, Array2};
use safetensors::tensor::{Dtype, TensorView, serialize};

use super::tensor_file::{Tensor, TensorFile};
use crate::catalog::Blob;
use crate::error::BundleError;
use crate::math::all_finite;

const _: () = assert!(cfg!(target_endian = "little"), "bundles are little-endian");

/// What a tensor is made of.
pub(super) trait Element: Pod {
    const DTYPE: Dtype;
}

/// Tensors being written.
#[derive(Default)]
pub(super) struct TensorWriter(Vec<(String, Dtype, Vec<usize>, Vec<u8>)>);

macro_rules! elements {
    ($($name:ident, $dtype:ident;)*) => {
        $(
            impl Element for $name {
                const DTYPE: Dtype = Dtype::$dtype;
            }
        )*

        impl TensorWriter {
            $(
                pub(super) fn $name(&mut self, name: &str, values: &[$name]) {
                    self.elements(name, values);
                }
            )*
        }

        impl TensorReader {
            $(
                pub(super) fn $name(&self, name: &str) -> Result<Vec<$name>, BundleError> {
                    self.elements(name)
                }
            )*
        }
    };
}

elements! {
    u8, U8;
    u16, U16;
    u32, U32;
    i64, I64;
    f32, F32;
}

impl TensorWriter {
    /// A vector of any elements.
    pub(super) fn elements<T: Element>(&mut self, name: &str, values: &[T]) {
        let bytes = cast_slice(values).to_vec();
        self.0
            .push((name.to_owned(), T::DTYPE, vec![values.len()], bytes));
    }

    pub(super) fn matrix(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
        values: impl Iterator<Item = f32>,
    ) {
        let bytes = values.flat_map(f32::to_le_bytes).collect();
        self.0
            .push((name.to_owned(), Dtype::F32, vec![rows, columns], bytes));
    }

    pub(super) fn finish(&self, path: &str) -> Result<Vec<u8>, BundleError> {
        let malformed = |error: safetensors::SafeTensorError| BundleError::Malformed {
            path: path.to_owned(),
            detail: error.to_string(),
        };
        let mut views = Vec::with_capacity(self.0.len());
        for (name, dtype, shape, bytes) in &self.0 {
            views.push((
                name.as_str(),
                TensorView::new(*dtype, shape.clone(), bytes).map_err(malformed)?,
            ));
        }
        serialize(views, None).map_err(malformed)
    }
}

/// A tensor file being read.
pub(super) struct TensorReader {
    path: String,
    tensors: TensorFile,
}

impl TensorReader {
    pub(super) fn open(path: &str, file: &Blob) -> Result<Self, BundleError> {
        let tensors = TensorFile::read(file).map_err(|detail| BundleError::Malformed {
            path: path.to_owned(),
            detail,
        })?;
        Ok(Self {
            path: path.to_owned(),
            tensors,
        })
    }

    /// The elements of a vector of any length.
    pub(super) fn elements<T: Element>(&self, name: &str) -> Result<Vec<T>, BundleError> {
        let mut elements = Vec::new();
        self.append_elements(name, &mut elements)?;
        Ok(elements)
    }

    /// Appends them.
    pub(super) fn append_elements<T: Element>(
        &self,
        name: &str,
        to: &mut Vec<T>,
    ) -> Result<(), BundleError> {
        let tensor = self.tensor(name, T::DTYPE, 1)?;
        let begin = to.len();
        to.resize(begin + tensor.len() / size_of::<T>(), T::zeroed());
        self.copy(name, tensor, cast_slice_mut(&mut to[begin..]))
    }

    /// The elements as the bytes they are.
    pub(super) fn raw_elements<T: Element>(
        &self,
        name: &str,
    ) -> Result<Cow<'_, [u8]>, BundleError> {
        let bytes = self.tensors.bytes(self.tensor(name, T::DTYPE, 1)?);
        bytes.ok_or_else(|| self.lost(name))
    }

    /// What the tensor of a name is made of.
    pub(super) fn dtype(&self, name: &str) -> Option<Dtype> {
        self.tensors.get(name)?.dtype
    }

    pub(super) fn refuse(&self, detail: String) -> BundleError {
        BundleError::Malformed {
            path: self.path.clone(),
            detail,
        }
    }

    fn tensor(&self, name: &str, dtype: Dtype, rank: usize) -> Result<&Tensor, BundleError> {
        let tensor = self
            .tensors
            .get(name)
            .ok_or_else(|| self.refuse(format!("there is no tensor `{name}`")))?;
        if tensor.dtype != Some(dtype) || tensor.shape.len() != rank {
            return Err(self.refuse(format!(
                "tensor `{name}` is {:?} {:?}",
                tensor.dtype, tensor.shape
            )));
        }
        Ok(tensor)
    }

    fn lost(&self, name: &str) -> BundleError {
        self.refuse(format!("tensor `{name}` cannot be read any more"))
    }

    /// Copies a tensor to where it is wanted, which is where it stays: what a page touches of its memory it pays for.
    fn copy(&self, name: &str, tensor: &Tensor, to: &mut [u8]) -> Result<(), BundleError> {
        let is_there = self.tensors.copy(tensor, to);
        is_there.then_some(()).ok_or_else(|| self.lost(name))
    }

    /// The elements of a vector as they lie in the file, to be read later.
    pub(super) fn blob<T: Element>(&self, name: &str) -> Result<Blob, BundleError> {
        let blob = self.tensors.blob(self.tensor(name, T::DTYPE, 1)?);
        blob.ok_or_else(|| self.lost(name))
    }

    /// Whether there is a tensor of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.tensors.get(name).is_some()
    }

    /// How many elements a vector has.
    pub(super) fn len(&self, name: &str) -> Result<usize, BundleError> {
        let shape = self.tensors.get(name).map(|tensor| &tensor.shape[..]);
        match shape {
            Some(&[elements]) => Ok(elements),
            _ => Err(self.refuse(format!("there is no list `{name}`"))),
        }
    }

    /// How many columns a matrix has.
    pub(super) fn columns(&self, name: &str) -> Result<usize, BundleError> {
        Ok(self.tensor(name, Dtype::F32, 2)?.shape[1])
    }

    /// Appends the rows of a matrix of finite numbers.
    pub(super) fn append_rows<const COLUMNS: usize>(
        &self,
        name: &str,
        rows: &mut Vec<[f32; COLUMNS]>,
    ) -> Result<(), BundleError> {
        let tensor = self.matrix_tensor(name, None, COLUMNS)?;
        let begin = rows.len();
        rows.resize(begin + tensor.shape[0], [0.0; COLUMNS]);
        let values = rows[begin..].as_flattened_mut();
        self.copy(name, tensor, cast_slice_mut(values))?;
        self.check_finite(name, values)
    }

    /// A matrix of finite numbers with `columns` columns and, where given, `rows` rows.
    pub(super) fn matrix(
        &self,
        name: &str,
        rows: Option<usize>,
        columns: usize,
    ) -> Result<Array2<f32>, BundleError> {
        let tensor = self.matrix_tensor(name, rows, columns)?;
        let mut values = vec![0.0; tensor.len() / size_of::<f32>()];
        self.copy(name, tensor, cast_slice_mut(&mut values))?;
        self.check_finite(name, &values)?;
        let rows = values.len().checked_div(columns).unwrap_or(0);
        Array2::from_shape_vec((rows, columns), values)
            .map_err(|error| self.refuse(format!("`{name}`: {error}")))
    }

    fn matrix_tensor(
        &self,
        name: &str,
        rows: Option<usize>,
        columns: usize,
    ) -> Result<&Tensor, BundleError> {
        let tensor = self.tensor(name, Dtype::F32, 2)?;
        let shape = &tensor.shape;
        if shape[1] != columns || rows.is_some_and(|rows| rows != shape[0]) {
            return Err(self.refuse(format!(
                "tensor `{name}` has shape {shape:?}, expected {rows:?} × {columns}"
            )));
        }
        Ok(tensor)
    }

    /// A column of `length` finite numbers, whichever way it travelled.
    pub(super) fn vector(&self, name: &str, length: usize) -> Result<Array1<f32>, BundleError> {
        self.finite_rows(name, length).map(Array1::from_vec)
    }

    /// The same as a list.
    pub(super) fn finite_rows(&self, name: &str, length: usize) -> Result<Vec<f32>, BundleError> {
        let values = self.rows(name)?;
        if values.len() != length {
            return Err(self.refuse(format!(
                "tensor `{name}` has length {}, expected {length}",
                values.len()
            )));
        }
        self.check_finite(name, &values)?;
        Ok(values)
    }

    pub(super) fn check_finite(&self, name: &str, values: &[f32]) -> Result<(), BundleError> {
        if all_finite(values) {
            Ok(())
        } else {
            Err(self.refuse(format!("tensor `{name}` holds a number that is not finite")))
        }
    }
}
