//! One Parquet file: columns out, columns in.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use crate::Result;
use crate::error::{DatasetError, FileError};

/// Rows turned into columns at once: large enough to compress well, small enough for text offsets of 32 bits.
pub(super) const ROWS_PER_BATCH: usize = 65_536;

/// Writes batches of one schema.
pub(crate) struct TableWriter {
    inner: ArrowWriter<File>,
    schema: SchemaRef,
    path: PathBuf,
}

impl TableWriter {
    pub(crate) fn create(path: &Path, schema: Schema) -> Result<Self> {
        Self::with_metadata(path, schema, Vec::new())
    }

    /// With names and values that the file itself carries.
    pub(crate) fn with_metadata(
        path: &Path,
        schema: Schema,
        metadata: Vec<(String, String)>,
    ) -> Result<Self> {
        let metadata: Vec<KeyValue> = metadata
            .into_iter()
            .map(|(key, value)| KeyValue::new(key, value))
            .collect();
        let file = File::create(path).map_err(FileError::at("create", path))?;
        let schema = Arc::new(schema);
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_key_value_metadata((!metadata.is_empty()).then_some(metadata))
            .build();
        let inner = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))
            .map_err(|error| write_error(path, error))?;
        Ok(Self {
            inner,
            schema,
            path: path.to_owned(),
        })
    }

    /// Columns in the schema's order.
    pub(crate) fn write(&mut self, columns: Vec<ArrayRef>) -> Result<()> {
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)
            .map_err(|error| write_error(&self.path, error.into()))?;
        self.inner
            .write(&batch)
            .map_err(|error| write_error(&self.path, error))
    }

    /// The same, as a group of rows of its own, which leaves memory at once.
    pub(crate) fn write_group(&mut self, columns: Vec<ArrayRef>) -> Result<()> {
        self.write(columns)?;
        self.inner
            .flush()
            .map_err(|error| write_error(&self.path, error))
    }

    /// Writes the footer and waits until the disk has everything.
    pub(crate) fn finish(self) -> Result<()> {
        let file = self
            .inner
            .into_inner()
            .map_err(|error| write_error(&self.path, error))?;
        file.sync_all()
            .map_err(FileError::at("write", &self.path))?;
        Ok(())
    }
}

/// A full disk reaches us wrapped: it is unwrapped so that its own advice is given.
fn write_error(path: &Path, error: ParquetError) -> crate::TrainerError {
    let cause = match error {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(cause) => *cause,
            Err(other) => std::io::Error::other(other.to_string()),
        },
        other => std::io::Error::other(other.to_string()),
    };
    FileError::at("write", path)(cause).into()
}

/// Reads a file batch by batch.
pub(super) fn read(path: &Path, mut each: impl FnMut(Columns<'_>) -> Result<()>) -> Result<()> {
    for batch in batches(path)? {
        each(Columns::of(&batch?, path))?;
    }
    Ok(())
}

/// The batches of a file.
pub(crate) fn batches(path: &Path) -> Result<impl Iterator<Item = Result<RecordBatch>> + use<>> {
    let file = File::open(path).map_err(FileError::at("read", path))?;
    let path = path.to_owned();
    let damaged = move |detail: String| DatasetError::Damaged {
        path: path.clone(),
        detail,
    };
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(|builder| builder.with_batch_size(ROWS_PER_BATCH).build())
        .map_err(|error| damaged(error.to_string()))?;
    Ok(reader.map(move |batch| batch.map_err(|error| damaged(error.to_string()).into())))
}

/// The columns of one batch, by name.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'a> {
    batch: &'a RecordBatch,
    path: &'a Path,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(batch: &'a RecordBatch, path: &'a Path) -> Self {
        Self { batch, path }
    }

    pub(crate) fn rows(&self) -> usize {
        self.batch.num_rows()
    }

    pub(crate) fn damaged(&self, detail: impl Into<String>) -> crate::TrainerError {
        DatasetError::Damaged {
            path: self.path.to_owned(),
            detail: detail.into(),
        }
        .into()
    }

    /// A column of this array type.
    pub(crate) fn get<T: Array + 'static>(&self, name: &str) -> Result<&'a T> {
        let column = self
            .batch
            .column_by_name(name)
            .ok_or_else(|| self.damaged(format!("no column `{name}`")))?;
        column.as_any().downcast_ref().ok_or_else(|| {
            self.damaged(format!(
                "the column `{name}` has the type {}",
                column.data_type()
            ))
        })
    }
}
