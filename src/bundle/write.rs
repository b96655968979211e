//! Writing a bundle. There is one writer for a training, a catalogue publication and an hourly counter refresh: files are
//! named by their content, so what did not change keeps its name and is not downloaded again.

use super::files::Files;
use super::machine;
use super::manifest::{
    Composition, ENGINE_VERSION, FileEntry, Forced, Group, Judgement, MANIFEST_FORMAT, Manifest,
    Metric, Section,
};
use super::model::Model;
use super::neumf;
use super::open::Bundle;
use super::schema_numbers;
use super::texts;
use super::towers;
use super::trees;
use super::wide_deep;
use super::{collaborative, columns};
use crate::catalog::{Catalog, Counters, Texts};
use crate::error::BundleError;
use crate::feature::Schema;
use crate::model::{ActivitySide, BoostedTrees, EMBEDDING, Models};

/// Everything a bundle holds, before it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct BundleDraft {
    /// The feature schema.
    pub schema: Schema,
    /// Blend, popularity prior and policy.
    pub model: Model,
    /// The learned weights.
    pub models: Models,
    /// What takes a second look at the survivors.
    pub boosted_trees: Option<BoostedTrees>,
    /// The activities.
    pub catalog: Catalog,
    /// Their side of the learned models, one entry a row.
    pub activities: ActivitySide,
    /// Live popularity.
    pub counters: Counters,
    /// Titles and descriptions, one a row.
    pub texts: Texts,
    /// How many rows each shard has: the training's rows, then those published since. Sums to the catalogue's rows.
    pub shard_rows: Vec<u32>,
    /// Up to which moment the data reached, Unix ms.
    pub data_until_ms: i64,
    /// How many events the model learned from.
    pub events: u64,
    /// Seed of the training.
    pub seed: u64,
    /// Offline figures.
    pub metrics: Vec<Metric>,
    /// The compositions that were compared.
    pub compositions: Vec<Composition>,
    /// How the model was judged.
    pub judgement: Option<Judgement>,
    /// Whether it was published although it was refused.
    pub forced: Option<Forced>,
}

impl From<Bundle> for BundleDraft {
    /// The draft that writes an open bundle again, to change a part of it.
    fn from(bundle: Bundle) -> Self {
        let manifest = bundle.manifest;
        Self {
            schema: bundle.schema,
            model: bundle.model,
            models: bundle.models,
            boosted_trees: bundle.boosted_trees,
            catalog: bundle.catalog,
            activities: bundle.activities,
            counters: bundle.counters,
            texts: bundle.texts,
            shard_rows: manifest.shard_rows,
            data_until_ms: manifest.data_until_ms,
            events: manifest.events,
            seed: manifest.seed,
            metrics: manifest.metrics,
            compositions: manifest.compositions,
            judgement: manifest.judgement,
            forced: manifest.forced,
        }
    }
}

#[derive(Default)]
struct Writer {
    entries: Vec<FileEntry>,
    files: Files,
}

impl Writer {
    fn add(&mut self, name: String, group: Group, extension: &str, bytes: Vec<u8>) {
        let entry = FileEntry::of(name, group, extension, &bytes);
        self.files.insert(entry.path.clone(), bytes);
        self.entries.push(entry);
    }

    fn json<T: serde::Serialize>(
        &mut self,
        name: &str,
        group: Group,
        value: &T,
    ) -> Result<(), BundleError> {
        let bytes = serde_json::to_vec(value).map_err(|error| BundleError::Malformed {
            path: name.to_owned(),
            detail: error.to_string(),
        })?;
        self.add(name.to_owned(), group, "json", bytes);
        Ok(())
    }
}

impl BundleDraft {
    /// Writes every file and a manifest that still lacks its self-test (see [`crate::engine::seal`]).
    ///
    /// # Errors
    /// [`BundleError::Malformed`] where the parts do not fit each other or hold numbers that are not finite.
    pub fn write(&self) -> Result<(Manifest, Files), BundleError> {
        let rows = self.catalog.len();
        let shards: u64 = self.shard_rows.iter().map(|&rows| u64::from(rows)).sum();
        if self.activities.len() != rows || self.texts.len() != rows || shards != rows as u64 {
            return Err(BundleError::Malformed {
                path: "draft".into(),
                detail: format!(
                    "{rows} rows, {} vectors, {} texts, {shards} in shards",
                    self.activities.len(),
                    self.texts.len()
                ),
            });
        }
        if !self.texts.are_sound() {
            return Err(BundleError::Malformed {
                path: "texts".into(),
                detail: "the lengths of a field do not cover it".into(),
            });
        }
        let mut writer = Writer::default();
        let schema = schema_numbers::short(&self.schema);
        writer.json("schema", Group::Model, &schema)?;
        let bytes = schema_numbers::write(&self.schema, "schema_numbers")?;
        writer.add("schema_numbers".into(), Group::Model, "safetensors", bytes);
        writer.json("model", Group::Model, &self.model)?;
        writer.add(
            "towers".into(),
            Group::Model,
            "safetensors",
            towers::write(&self.models.two_tower, "towers")?,
        );
        if let Some(boosted) = &self.boosted_trees {
            let bytes = trees::write(boosted, "trees")?;
            writer.add("trees".into(), Group::Model, "safetensors", bytes);
        }
        if let Some(factors) = &self.models.matrix_factorization {
            let bytes = collaborative::write_factors(factors, "factors")?;
            writer.add("factors".into(), Group::Model, "safetensors", bytes);
        }
        if let Some(neighbours) = &self.models.item_neighbours {
            let bytes = collaborative::write_neighbours(neighbours, "neighbours")?;
            writer.add("neighbours".into(), Group::Model, "safetensors", bytes);
        }
        if let Some(model) = &self.models.factorization_machine {
            let bytes = machine::write(model, "machine")?;
            writer.add("machine".into(), Group::Model, "safetensors", bytes);
        }
        if let Some(model) = &self.models.neural_collaborative_filtering {
            let bytes = neumf::write(model, "neumf")?;
            writer.add("neumf".into(), Group::Model, "safetensors", bytes);
        }
        if let Some(model) = &self.models.wide_deep {
            let bytes = wide_deep::write(model, "wide_deep")?;
            writer.add("wide_deep".into(), Group::Model, "safetensors", bytes);
        }
        let words = self.catalog.words();
        let later = words.beyond(&self.schema.words);
        // As whoever opens the bundle puts them together.
        let is_whole = (self.schema.words.followed_by(&later)).is_ok_and(|whole| whole == *words);
        if !is_whole {
            return Err(BundleError::Malformed {
                path: "words".into(),
                detail: "they do not begin with the training's, or repeat a word".into(),
            });
        }
        writer.json("words", Group::Catalogue, &later)?;
        let mut from = 0;
        for (shard, &shard_rows) in self.shard_rows.iter().enumerate() {
            let until = from + shard_rows as usize;
            let bytes = columns::write(self.catalog.columns(), from, until, "columns")?;
            writer.add(
                format!("columns-{shard}"),
                Group::Catalogue,
                "safetensors",
                bytes,
            );
            let bytes =
                columns::write_vectors(&self.activities.embeddings[from..until], "vectors")?;
            writer.add(
                format!("vectors-{shard}"),
                Group::Catalogue,
                "safetensors",
                bytes,
            );
            let bytes = texts::write(&self.texts, from..until, "texts")?;
            writer.add(format!("texts-{shard}"), Group::Texts, "safetensors", bytes);
            from = until;
        }
        let bytes = columns::write_volatile(&self.catalog, "volatile")?;
        writer.add("volatile".into(), Group::Catalogue, "safetensors", bytes);
        let bytes = columns::counters_bytes(&self.counters, "counters")?;
        writer.add("counters".into(), Group::Counters, "safetensors", bytes);
        writer.entries.sort_by(|a, b| a.name.cmp(&b.name));
        let manifest = Manifest {
            format: MANIFEST_FORMAT,
            engine: ENGINE_VERSION,
            schema_hash: schema.hash()?,
            data_until_ms: self.data_until_ms,
            events: self.events,
            seed: self.seed,
            rows: rows as u32,
            shard_rows: self.shard_rows.clone(),
            sections: vec![Section {
                name: "two_tower".into(),
                width: EMBEDDING as u32,
                dtype: "f32".into(),
            }],
            metrics: self.metrics.clone(),
            compositions: self.compositions.clone(),
            judgement: self.judgement.clone(),
            forced: self.forced.clone(),
            self_test_digests: Vec::new(),
            self_test: Vec::new(),
            files: writer.entries,
        };
        Ok((manifest, writer.files))
    }
}
