//! Reading a bundle: every file checked, every part consistent with the others, or a typed error.

use super::files::Files;
use super::machine;
use super::manifest::{FileEntry, Manifest, SelfTestCase, SelfTestInput};
use super::model::Model;
use super::neumf;
use super::schema_numbers;
use super::texts;
use super::towers;
use super::trees;
use super::wide_deep;
use super::{collaborative, columns};
use crate::catalog::{Blob, Catalog, Columns, Counters, Row, Texts, Words};
use crate::error::{BundleError, RecommenderError};
use crate::feature::{ActivityRow, Schema};
use crate::json;
use crate::model::{ActivitySide, BoostedTrees, Models};

/// Since this engine the words of a catalogue travel without those that its schema has.
const WORDS_BEYOND: u32 = 6;
/// Since this engine all that rows share travels once, lists of codes too.
const SHARED_ONCE: u32 = 7;

/// An open bundle: everything the engine needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    /// The bundle's id.
    pub id: String,
    /// Its manifest.
    pub manifest: Manifest,
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
    /// What the self-test asks, not read yet: few openings run it. Empty where the manifest has it, or nobody.
    self_test: Blob,
}

fn json<T: json::FromJson>(entry: &FileEntry, bytes: &Blob) -> Result<T, BundleError> {
    json::read(&bytes.whole()).map_err(|error| BundleError::Malformed {
        path: entry.path.clone(),
        detail: error.to_string(),
    })
}

impl Bundle {
    /// The name of the file that the self-test is.
    pub(crate) const SELF_TEST: &str = "self_test";

    /// What an engine must reproduce before it uses this bundle.
    ///
    /// # Errors
    /// [`BundleError::Malformed`] where it cannot be read.
    pub fn self_test(&self) -> Result<Vec<SelfTestCase>, BundleError> {
        let Ok(entry) = self.manifest.file(Self::SELF_TEST) else {
            return Ok(self.manifest.self_test.clone());
        };
        let inputs: Vec<SelfTestInput> = json(entry, &self.self_test)?;
        let digests = &self.manifest.self_test_digests;
        if inputs.len() != digests.len() {
            return Err(BundleError::Malformed {
                path: entry.path.clone(),
                detail: format!("{} cases for {} digests", inputs.len(), digests.len()),
            });
        }
        let cases = inputs.into_iter().zip(digests);
        let case = |(input, digest): (SelfTestInput, &String)| SelfTestCase {
            profile: input.profile,
            history: input.history,
            request: input.request,
            digest: digest.clone(),
        };
        Ok(cases.map(case).collect())
    }

    /// Opens the bundle `id` from `files`, which hold its manifest and every file it lists. Each but those of texts, neighbours and the
    /// self-test is given up once it is read, so that a bundle never lies in memory twice. The self-test is the engine's (see
    /// [`crate::engine::Engine::open`]).
    ///
    /// # Errors
    /// [`BundleError`] or [`crate::error::CatalogError`] for the first thing that does not fit.
    pub fn open(id: &str, files: Files) -> Result<Self, RecommenderError> {
        let manifest = files.manifest(id)?;
        Self::of(id, manifest, files)
    }

    /// The same with a manifest that was read before, of the files that it lists.
    ///
    /// # Errors
    /// As [`Bundle::open`].
    pub fn of(id: &str, manifest: Manifest, mut files: Files) -> Result<Self, RecommenderError> {
        let mut take = |entry: &FileEntry| {
            // Parts of the same bytes are one file.
            let shared = manifest.files.iter().filter(|file| file.path == entry.path);
            if shared.count() > 1 {
                files.verified(entry).cloned()
            } else {
                files.take_verified(entry)
            }
        };
        let entry = manifest.file("schema")?;
        let bytes = take(entry)?;
        let mut schema: Schema = json(entry, &bytes)?;
        // The hash of a schema is that of its file, which has been verified.
        if entry.sha256 != manifest.schema_hash {
            return Err(BundleError::Schema {
                expected: manifest.schema_hash.clone(),
                found: entry.sha256.clone(),
            }
            .into());
        }
        if let Ok(entry) = manifest.file("schema_numbers") {
            schema = schema_numbers::read(schema, &entry.path, &take(entry)?)?;
        }
        schema.check()?;
        let entry = manifest.file("model")?;
        let bytes = take(entry)?;
        let model: Model = json(entry, &bytes)?;
        model.blend.resolve()?;
        model.policy.check()?;
        let entry = manifest.file("towers")?;
        let bytes = take(entry)?;
        let mut models = Models::from(towers::read(&entry.path, &bytes)?);
        if let Ok(entry) = manifest.file("machine") {
            let bytes = take(entry)?;
            models.factorization_machine = Some(machine::read(&entry.path, &bytes, &schema)?);
        }
        if let Ok(entry) = manifest.file("neumf") {
            let neumf = neumf::read(&entry.path, &take(entry)?, &schema)?;
            models.neural_collaborative_filtering = Some(neumf);
        }
        if let Ok(entry) = manifest.file("wide_deep") {
            let wide_deep = wide_deep::read(&entry.path, &take(entry)?, &schema)?;
            models.wide_deep = Some(wide_deep);
        }
        let boosted_trees = match manifest.files.iter().find(|file| file.name == "trees") {
            Some(entry) => Some(trees::read(&entry.path, &take(entry)?)?),
            None => None,
        };
        let entry = manifest.file("words")?;
        let bytes = take(entry)?;
        let mut words: Words = json(entry, &bytes)?;
        if manifest.engine >= WORDS_BEYOND {
            words = schema.words.followed_by(&words)?;
        } else if !words.extends(&schema.words) {
            return Err(BundleError::Malformed {
                path: entry.path.clone(),
                detail: "its words do not begin with the training's".into(),
            }
            .into());
        }
        let (mut table, mut vectors, mut texts) =
            (Columns::default(), Vec::new(), Texts::default());
        let entry = manifest.file("volatile")?;
        let bytes = take(entry)?;
        let removed = columns::read_volatile(&mut table, &entry.path, &bytes)?;
        for entry in manifest.shards("columns") {
            columns::append(&mut table, &entry.path, &take(entry)?)?;
            // A shard that many files name would be rows without end.
            if table.id.len() > removed.len() {
                return Err(BundleError::Malformed {
                    path: entry.path.clone(),
                    detail: format!("more rows than the {} there are", removed.len()),
                }
                .into());
            }
        }
        for entry in manifest.shards("vectors") {
            columns::append_vectors(&mut vectors, &entry.path, &take(entry)?)?;
        }
        for entry in manifest.shards("texts") {
            texts::append(&mut texts, &entry.path, &take(entry)?)?;
        }
        let mut catalog = Catalog::from_columns(schema.city.clone(), words, table, removed)?;
        if manifest.engine < SHARED_ONCE {
            catalog = catalog.sharing();
        }
        let rows = catalog.len();
        if rows != manifest.rows as usize || vectors.len() != rows || texts.len() != rows {
            return Err(BundleError::Malformed {
                path: Manifest::path(id),
                detail: format!(
                    "{rows} rows, {} vectors, {} texts for {}",
                    vectors.len(),
                    texts.len(),
                    manifest.rows
                ),
            }
            .into());
        }
        if let Ok(entry) = manifest.file("factors") {
            let bytes = take(entry)?;
            let factors = collaborative::read_factors(&entry.path, &bytes, rows)?;
            models.matrix_factorization = Some(factors);
        }
        if let Ok(entry) = manifest.file("neighbours") {
            let bytes = take(entry)?;
            let neighbours = collaborative::read_neighbours(&entry.path, &bytes, rows)?;
            models.item_neighbours = Some(neighbours);
        }
        let activity_rows = (0..rows as u32).map(|row| ActivityRow::of_row(&catalog, Row(row)));
        let activities = ActivitySide::of_embedded(&models, vectors, activity_rows);
        let entry = manifest.file("counters")?;
        let bytes = take(entry)?;
        let counters = columns::read_counters(rows, &entry.path, &bytes)?;
        let self_test = match manifest.file(Self::SELF_TEST) {
            Ok(entry) => take(entry)?,
            Err(_) => Blob::default(),
        };
        let id = id.to_owned();
        Ok(Self {
            id,
            manifest,
            schema,
            model,
            models,
            boosted_trees,
            catalog,
            activities,
            counters,
            texts,
            self_test,
        })
    }
}
