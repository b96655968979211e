//! Lists for everybody at once, by the engine the browser runs: for mail, for caches, for a look at a whole city.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, Float64Array, StringArray, UInt16Array};
use arrow_schema::{DataType, Field, Schema};
use triqueta::engine::Engine;
use triqueta::rank::Request;

use crate::dataset::table::TableWriter;
use crate::error::FileError;
use crate::progress::{Progress, check};
use crate::replay::{Replay, VisitorKey};
use crate::{Dataset, Result};

/// Visitors whose lists are written together.
const VISITORS_PER_BATCH: usize = 1_000;

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct BatchReport {
    /// Visitors of the data set.
    pub visitors: usize,
    /// Rows written.
    pub rows: usize,
}

#[derive(Default)]
struct Rows {
    visitor: Vec<String>,
    position: Vec<u16>,
    activity: Vec<String>,
    score: Vec<f32>,
    propensity: Vec<f64>,
    reason: Vec<String>,
}

impl Rows {
    fn columns(self) -> Vec<ArrayRef> {
        vec![
            Arc::new(StringArray::from(self.visitor)),
            Arc::new(UInt16Array::from(self.position)),
            Arc::new(StringArray::from(self.activity)),
            Arc::new(Float32Array::from(self.score)),
            Arc::new(Float64Array::from(self.propensity)),
            Arc::new(StringArray::from(self.reason)),
        ]
    }
}

/// Writes the list of every visitor of a data set to a Parquet file: visitor, position, activity, score, propensity,
/// reason. Visitors are as the data set's events up to the request's moment left them, in order of their id; the seed of
/// each is the request's plus the visitor's number. The file appears whole or not at all.
///
/// # Errors
/// A request out of range, [`FileError`] where the file cannot be written, or [`crate::TrainerError::Cancelled`].
pub fn recommend_all(
    engine: &Engine,
    dataset: &Dataset,
    request: &Request,
    out: &Path,
    progress: &dyn Progress,
) -> Result<BatchReport> {
    let bundle = engine.bundle();
    let mut replay = Replay::new(dataset, &bundle.catalog, bundle.counters.half_life_days);
    replay.advance_before(request.now_ms);
    let known = dataset
        .visitors
        .iter()
        .map(|visitor| VisitorKey::User(visitor.user.clone()));
    let keys: BTreeSet<VisitorKey> = known
        .chain(dataset.events.iter().map(VisitorKey::of))
        .collect();
    progress.begin("recommending", Some(keys.len() as u64));

    let partial = PathBuf::from(format!(
        "{}.unfinished-{}",
        out.display(),
        std::process::id()
    ));
    let written = write(engine, &replay, &keys, request, &partial, progress);
    if written.is_err() {
        // What remains of a failed attempt is of no use to anybody.
        let _ = std::fs::remove_file(&partial);
    }
    let rows = written?;
    std::fs::rename(&partial, out).map_err(FileError::at("rename", out))?;
    Ok(BatchReport {
        visitors: keys.len(),
        rows,
    })
}

fn write(
    engine: &Engine,
    replay: &Replay<'_>,
    keys: &BTreeSet<VisitorKey>,
    request: &Request,
    path: &Path,
    progress: &dyn Progress,
) -> Result<usize> {
    let field = |name: &str, data_type| Field::new(name, data_type, false);
    let schema = Schema::new(vec![
        field("visitor", DataType::Utf8),
        field("position", DataType::UInt16),
        field("activity", DataType::Utf8),
        field("score", DataType::Float32),
        field("propensity", DataType::Float64),
        field("reason", DataType::Utf8),
    ]);
    let mut writer = TableWriter::create(path, schema)?;
    let (mut rows, mut total) = (Rows::default(), 0);
    for (number, key) in keys.iter().enumerate() {
        check(progress)?;
        let request = Request {
            seed: (request.seed + number as u64) & ((1 << 53) - 1),
            ..request.clone()
        };
        for item in engine.recommend(&replay.visitor(key), &request)?.items {
            rows.visitor.push(match key {
                VisitorKey::User(user) => user.clone(),
                VisitorKey::Device(device) => device.to_string(),
            });
            rows.position.push(item.position);
            rows.activity.push(item.activity.0);
            rows.score.push(item.score);
            rows.propensity.push(item.propensity);
            rows.reason.push(item.reason.code);
            total += 1;
        }
        progress.advance(1);
        if number % VISITORS_PER_BATCH == VISITORS_PER_BATCH - 1 {
            writer.write(std::mem::take(&mut rows).columns())?;
        }
    }
    writer.write(rows.columns())?;
    writer.finish()?;
    Ok(total)
}
