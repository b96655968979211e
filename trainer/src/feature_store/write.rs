//! From a data set to a feature store.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use arrow_schema::Schema as Table;
use serde::Serialize;
use sha2::{Digest, Sha256};
use triqueta::catalog::Catalog;
use triqueta::error::RecommenderError;
use triqueta::feature::{SCHEMA_VERSION, Schema};
use triqueta::math::Random;

use super::activities::{activity_columns, activity_table};
use super::examples::{Candidate, example_columns, example_table};
use super::manifest::{FileDigest, columns_of};
use super::viewpoints::{viewpoint_columns, viewpoint_table};
use super::{ACTIVITIES, EXAMPLES, RAW, SCHEMA, VIEWPOINTS};
use super::{FEATURES_FORMAT, FEATURES_MARK, FeaturesError, FeaturesManifest, Origin};
use crate::dataset::FreshFolder;
use crate::dataset::table::TableWriter;
use crate::digest::{hexadecimal, sha256_file};
use crate::error::FileError;
use crate::evaluate::up_to;
use crate::examples::{Bounds, Example, ExampleOptions, each_example, leaks};
use crate::progress::Progress;
use crate::replay::{catalog_of, schema_of, words_of};
use crate::{Dataset, Result};

/// The most rows held before they are written: a group of a table. Large groups compress and scan well, small ones need
/// less memory.
pub const ROWS_PER_GROUP: usize = 32_768;

/// How many examples are recomputed from their past before the folder appears.
const LOOKED_AT: usize = 16;

/// How a feature store is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeatureOptions {
    /// The examples.
    pub examples: ExampleOptions,
    /// Half-life of a signal in the history, days. Short follows the last click, long the whole past.
    pub history_half_life_days: f32,
}

impl Default for FeatureOptions {
    fn default() -> Self {
        Self {
            examples: ExampleOptions::default(),
            history_half_life_days: 180.0,
        }
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeatureSummary {
    /// What it is.
    pub manifest: FeaturesManifest,
    /// Examples by part of the data.
    pub by_split: BTreeMap<&'static str, u64>,
    /// Examples that were recomputed from their past alone and came out the same.
    pub looked_at: usize,
}

/// Writes a feature store, replacing an older one at `folder`. The schema is learned from the training part only.
///
/// # Errors
/// [`FeaturesError::Leak`] where an example knows the future; [`crate::error::DatasetError::Occupied`] where something
/// else lies at `folder`, [`FileError`] where it cannot be written, [`crate::TrainerError::Cancelled`].
pub fn write_features(
    dataset: &Dataset,
    options: &FeatureOptions,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<FeatureSummary> {
    let fresh = FreshFolder::beside(folder, FEATURES_MARK)?;
    let asked = options.examples;
    let bounds = Bounds::of(dataset, &asked);
    let schema = learned_schema(dataset, &bounds, options.history_half_life_days)?;
    let catalog = catalog_of(dataset, schema.words.extended(&dataset.activities)?)?;
    progress.begin("writing the snapshot", None);
    dataset.save(&fresh.path().join(RAW))?;
    let schema_sha256 = write_schema(&schema, &fresh.path().join(SCHEMA))?;
    let origin = Origin {
        dataset: dataset.lineage.clone(),
        events: dataset.events.len() as u64,
        events_sha256: events_sha256(dataset)?,
        until_ms: dataset.until_ms(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        schema_version: SCHEMA_VERSION,
        schema_sha256,
    };
    let mut tables = Tables::create(fresh.path(), &catalog, &origin, asked.seed)?;
    let mut sample = Sample::new(asked.seed);
    let mut by_split = BTreeMap::new();
    let counts = each_example(dataset, &schema, &catalog, &asked, progress, |example| {
        *by_split.entry(example.split.name()).or_insert(0) += 1;
        sample.offer(&example);
        tables.push(example)
    })?;
    let columns = tables.finish()?;
    let half_life = asked.counter_half_life_days;
    let found = leaks(
        dataset,
        &schema,
        &catalog,
        half_life,
        &sample.kept,
        progress,
    )?;
    if let Some(first) = found.first() {
        return Err(FeaturesError::Leak {
            count: found.len(),
            number: first.number,
            feature: first.feature.clone(),
            found: first.found,
            past: first.past,
        }
        .into());
    }
    let manifest = FeaturesManifest {
        format: FEATURES_FORMAT,
        origin,
        options: asked,
        bounds,
        counts,
        columns,
        files: digests(fresh.path())?,
    };
    write_json(&manifest, &fresh.path().join(FEATURES_MARK))?;
    fresh.commit()?;
    Ok(FeatureSummary {
        manifest,
        by_split,
        looked_at: sample.kept.len(),
    })
}

/// Vocabularies and tag weights of what was known when the training part ended.
fn learned_schema(dataset: &Dataset, bounds: &Bounds, half_life_days: f32) -> Result<Schema> {
    let past = up_to(dataset, bounds.train_until_ms);
    let catalog = catalog_of(&past, words_of(&past)?)?;
    Ok(schema_of(&catalog, half_life_days))
}

fn events_sha256(dataset: &Dataset) -> Result<String> {
    let mut hash = Sha256::new();
    for event in &dataset.events {
        let line = serde_json::to_vec(event).map_err(|error| {
            FileError::at("write", Path::new(FEATURES_MARK))(std::io::Error::other(error))
        })?;
        hash.update(&line);
        hash.update(b"\n");
    }
    Ok(hexadecimal(&hash.finalize()))
}

/// Writes the schema as its hash is taken of; returns the hash.
fn write_schema(schema: &Schema, path: &Path) -> Result<String> {
    let hash = schema.hash().map_err(RecommenderError::from)?;
    let json = serde_json::to_vec(schema)
        .map_err(|error| FileError::at("write", path)(std::io::Error::other(error)))?;
    fs::write(path, json).map_err(FileError::at("write", path))?;
    Ok(hash)
}

fn write_json(manifest: &FeaturesManifest, path: &Path) -> Result<()> {
    let mut json = serde_json::to_vec_pretty(manifest)
        .map_err(|error| FileError::at("write", path)(std::io::Error::other(error)))?;
    json.push(b'\n');
    fs::write(path, json).map_err(FileError::at("write", path))?;
    Ok(())
}

/// Every file that was written, by name; of the snapshot its own list, which names the others.
fn digests(folder: &Path) -> Result<BTreeMap<String, FileDigest>> {
    let snapshot = format!("{RAW}/{}", crate::dataset::MANIFEST);
    let names = [ACTIVITIES, VIEWPOINTS, EXAMPLES, SCHEMA, &snapshot];
    names
        .into_iter()
        .map(|name| {
            let (sha256, bytes) = sha256_file(&folder.join(name))?;
            Ok((name.to_owned(), FileDigest { bytes, sha256 }))
        })
        .collect()
}

/// The two tables that grow with the log, and what waits to be written to them.
struct Tables<'a> {
    catalog: &'a Catalog,
    viewpoints: TableWriter,
    examples: TableWriter,
    columns: BTreeMap<String, Vec<super::Column>>,
    waiting: Vec<Example>,
    candidates: Vec<Candidate>,
}

impl<'a> Tables<'a> {
    fn create(folder: &Path, catalog: &'a Catalog, origin: &Origin, seed: u64) -> Result<Self> {
        let mut columns = BTreeMap::new();
        let metadata = origin.metadata(seed);
        let mut create = |name: &str, table: Table| {
            columns.insert(name.to_owned(), columns_of(&table));
            TableWriter::with_metadata(&folder.join(name), table, metadata.clone())
        };
        let mut activities = create(ACTIVITIES, activity_table())?;
        activities.write(activity_columns(catalog))?;
        activities.finish()?;
        Ok(Self {
            viewpoints: create(VIEWPOINTS, viewpoint_table())?,
            examples: create(EXAMPLES, example_table())?,
            catalog,
            columns,
            waiting: Vec::new(),
            candidates: Vec::new(),
        })
    }

    fn push(&mut self, mut example: Example) -> Result<()> {
        self.candidates.extend(Candidate::of(&example));
        example.rows = Vec::new();
        example.pairs = Vec::new();
        self.waiting.push(example);
        if self.candidates.len() >= ROWS_PER_GROUP {
            self.write()?;
        }
        Ok(())
    }

    fn write(&mut self) -> Result<()> {
        if !self.waiting.is_empty() {
            self.viewpoints
                .write_group(viewpoint_columns(&self.waiting))?;
            let columns = example_columns(&self.candidates, self.catalog);
            self.examples.write_group(columns)?;
            self.waiting.clear();
            self.candidates.clear();
        }
        Ok(())
    }

    fn finish(mut self) -> Result<BTreeMap<String, Vec<super::Column>>> {
        self.write()?;
        self.viewpoints.finish()?;
        self.examples.finish()?;
        Ok(self.columns)
    }
}

/// A few examples, each of the log equally likely (reservoir sampling, Vitter 1985).
struct Sample {
    kept: Vec<Example>,
    seen: usize,
    random: Random,
}

impl Sample {
    fn new(seed: u64) -> Self {
        Self {
            kept: Vec::new(),
            seen: 0,
            random: Random::new(seed),
        }
    }

    fn offer(&mut self, example: &Example) {
        if example.copy > 0 {
            return;
        }
        self.seen += 1;
        if self.kept.len() < LOOKED_AT {
            self.kept.push(example.clone());
        } else if let Some(place) = self.kept.get_mut(self.random.below(self.seen)) {
            *place = example.clone();
        }
    }
}
