//! The immutable description of one bundle.

use serde::{Deserialize, Serialize};

use super::files::sha256_hex;
use crate::error::BundleError;
use crate::history::Profile;
use crate::json;
use crate::rank::Request;

/// The manifest format this engine reads and writes.
pub const MANIFEST_FORMAT: u32 = 1;
/// This engine's version: raised when a bundle can ask for something older engines cannot do. Since 2 an
/// activity is known by the words of its text too, and tastes have directions; since 3 texts are columns; since 4 how far
/// something was read says how to take its seconds; since 5 columns of few different values and lengths of lists are narrow;
/// since 6 what rows share travels once, and so do the words of a training; since 7 lists of codes travel once too, and what the
/// self-test asks and the schema's long lists are files of their own.
pub const ENGINE_VERSION: u32 = 7;

/// The largest manifest read, in bytes.
const LIMIT_BYTES: usize = 4 << 20;
/// The most files a bundle has.
const LIMIT_FILES: usize = 256;
/// The largest file a bundle may claim, in bytes.
const LIMIT_FILE_BYTES: u64 = 1 << 30;

/// How often a file changes, and when it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Weights and schema: once a training.
    Model,
    /// Activities and their vectors: once a publication.
    Catalogue,
    /// Live popularity: hourly.
    Counters,
    /// Titles and descriptions: read when shown.
    Texts,
}

json::words! { Group { Model = "model", Catalogue = "catalogue", Counters = "counters", Texts = "texts" } }

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its role, such as `schema` or `columns-0`; unique in the manifest.
    pub name: String,
    /// Its group.
    pub group: Group,
    /// Where it lies, relative to the registry folder.
    pub path: String,
    /// SHA-256, 64 hexadecimal digits.
    pub sha256: String,
    /// Length in bytes.
    pub bytes: u64,
}

json::object! { FileEntry: lenient { name, group, path, sha256, bytes } }

impl FileEntry {
    /// A file that is named by its content.
    pub(crate) fn of(name: String, group: Group, extension: &str, bytes: &[u8]) -> Self {
        let sha256 = sha256_hex(bytes);
        Self {
            name,
            group,
            path: format!("objects/{sha256}.{extension}"),
            sha256,
            bytes: bytes.len() as u64,
        }
    }
}

/// One section of an activity's vector row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Which model's vector it is.
    pub name: String,
    /// How many values it has.
    pub width: u32,
    /// How a value is stored: `f32`.
    pub dtype: String,
}

json::object! { Section: lenient { name, width, dtype } }

/// One offline figure, with what it takes to read it honestly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Name, such as `ndcg@10`.
    pub metric: String,
    /// What it was measured on and among which candidates.
    pub case: String,
    /// The model's value.
    pub value: f64,
    /// The value of random order.
    pub random: f64,
    /// The value of popularity.
    pub popularity: f64,
    /// How many queries.
    pub n: u64,
}

json::object! { Metric: lenient { metric, case, value, random, popularity, n } }

/// How the model was judged before it was published, by questions nothing that answered them had seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// SHA-256 of the answers, a file that stays with whoever publishes.
    pub answers: String,
    /// How many questions there were.
    pub questions: u64,
}

json::object! { Judgement: lenient { answers, questions } }

impl Judgement {
    /// Where the answers lie, relative to the folder of the bundle or registry: hidden, for no visitor needs them.
    pub fn path(&self) -> String {
        format!(".judged/{}.json", self.answers)
    }
}

/// One composition of the score a training compared, judged on choices it had not seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Composition {
    /// What a bundle of it holds.
    pub parts: Vec<String>,
    /// Mean negative log-likelihood of what was chosen.
    pub loss: f64,
    /// How far that is above the best composition's.
    pub above_best: f64,
    /// The standard error of this difference.
    pub standard_error: f64,
    /// How well it ranks what was chosen; older bundles do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranking: Option<RankingQuality>,
    /// Whether it is the one in this bundle.
    pub chosen: bool,
}

json::object! { Composition: lenient { parts, loss, above_best, standard_error, chosen } { ranking } }

/// How well a composition ranks what was chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RankingQuality {
    /// Mean NDCG at 10.
    pub ndcg_at_10: f64,
    /// How far that is below the NDCG of the composition with the least loss; less than 0 where it ranks better.
    pub below_best: f64,
    /// The standard error of this difference.
    pub standard_error: f64,
}

json::object! { RankingQuality: lenient { ndcg_at_10, below_best, standard_error } }

/// A publication against the gate's advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forced {
    /// Why it was published all the same, in the words of whoever did it.
    pub reason: String,
    /// What the gate refused it for.
    pub refused: Vec<String>,
}

json::object! { Forced: lenient { reason, refused } }

/// A visitor and a request whose slate the engine must reproduce, bit for bit, before it uses the bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelfTestCase {
    /// The visitor's profile.
    pub profile: Profile,
    /// The visitor's history, a snapshot.
    pub history: String,
    /// The request.
    pub request: Request,
    /// Digest of the slate: ids, score bits, propensities.
    pub digest: String,
}

json::object! { SelfTestCase: strict { profile, history, request, digest } }

/// A case of a self-test as it travels in a file of its own: of one publication to the next only digests change mostly, and those are
/// the manifest's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelfTestInput {
    /// The visitor's profile.
    pub profile: Profile,
    /// The visitor's history, a snapshot.
    pub history: String,
    /// The request.
    pub request: Request,
}

json::object! { SelfTestInput: strict { profile, history, request } }

/// The manifest. Unknown fields are ignored; a change that must not be ignored raises the format. What only whoever publishes
/// asks for a browser does not read either: the code for it would be downloaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`MANIFEST_FORMAT`].
    pub format: u32,
    /// The oldest engine that can use the bundle.
    pub engine: u32,
    /// SHA-256 of the file of the feature schema, without its long lists.
    pub schema_hash: String,
    /// Up to which moment the data reached, Unix ms. Data time, not the clock of the machine that trained.
    pub data_until_ms: i64,
    /// How many events the model learned from.
    pub events: u64,
    /// Seed of the training.
    pub seed: u64,
    /// Rows of the catalogue.
    pub rows: u32,
    /// Rows of each shard: those of the training, then those published since.
    pub shard_rows: Vec<u32>,
    /// The vector row's layout.
    pub sections: Vec<Section>,
    /// Offline figures.
    pub metrics: Vec<Metric>,
    /// The compositions that were compared; empty where there was nothing to compare them on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compositions: Vec<Composition>,
    /// How the model was judged; absent where nothing judged it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judgement: Option<Judgement>,
    /// Present where the model was published although the gate refused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced: Option<Forced>,
    /// The digest of each case of the self-test, whose cases are a file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub self_test_digests: Vec<String>,
    /// The self-test of a bundle that has all of it here, as all had until engine 6.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub self_test: Vec<SelfTestCase>,
    /// The files, in order of name.
    pub files: Vec<FileEntry>,
}

json::object! {
    Manifest: lenient
    {
        format, engine, schema_hash, data_until_ms, events, seed, rows, shard_rows, sections, files,
        #[cfg(not(target_arch = "wasm32"))] metrics,
    }
    {
        self_test_digests, self_test,
        #[cfg(not(target_arch = "wasm32"))] compositions,
        #[cfg(not(target_arch = "wasm32"))] judgement,
        #[cfg(not(target_arch = "wasm32"))] forced,
    }
}

impl Manifest {
    /// Reads a manifest and checks it against the id it is stored under.
    ///
    /// # Errors
    /// [`BundleError::Hash`] where the id is another, [`BundleError::Malformed`], [`BundleError::Format`] or
    /// [`BundleError::EngineTooOld`].
    pub fn from_json(id: &str, bytes: &[u8]) -> Result<Self, BundleError> {
        if bytes.len() <= LIMIT_BYTES && Self::id(bytes) != id {
            return Err(BundleError::Hash {
                path: Self::path(id),
            });
        }
        Self::read(id, bytes)
    }

    /// The same of bytes whose hash the caller has compared with the id.
    ///
    /// # Errors
    /// As [`Manifest::from_json`], but for the hash.
    pub fn read(id: &str, bytes: &[u8]) -> Result<Self, BundleError> {
        let path = Self::path(id);
        let refuse = |detail: String| BundleError::Malformed {
            path: path.clone(),
            detail,
        };
        if bytes.len() > LIMIT_BYTES {
            return Err(refuse(format!(
                "{} bytes, more than {LIMIT_BYTES}",
                bytes.len()
            )));
        }
        struct Versions {
            format: u32,
            engine: u32,
        }
        json::object! { Versions: lenient { format, engine } }
        // What a later engine wrote may be nothing that this one can read: then its versions alone say so.
        let manifest = json::read::<Self>(bytes);
        let versions = match &manifest {
            Ok(manifest) => Ok(Versions {
                format: manifest.format,
                engine: manifest.engine,
            }),
            Err(_) => json::read(bytes),
        };
        let versions = versions.map_err(|error| refuse(error.to_string()))?;
        if versions.format != MANIFEST_FORMAT {
            return Err(BundleError::Format {
                what: "manifest",
                found: versions.format,
                supported: MANIFEST_FORMAT,
            });
        }
        if versions.engine > ENGINE_VERSION {
            return Err(BundleError::EngineTooOld {
                needed: versions.engine,
                engine: ENGINE_VERSION,
            });
        }
        let manifest = manifest.map_err(|error| refuse(error.to_string()))?;
        manifest.check().map_err(refuse)?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), String> {
        if self.files.len() > LIMIT_FILES {
            return Err(format!(
                "{} files, more than {LIMIT_FILES}",
                self.files.len()
            ));
        }
        for (index, file) in self.files.iter().enumerate() {
            if file.bytes > LIMIT_FILE_BYTES {
                return Err(format!(
                    "`{}` claims {} bytes, more than {LIMIT_FILE_BYTES}",
                    file.name, file.bytes
                ));
            }
            let is_plain =
                |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
            if file.path.starts_with('/')
                || file.path.contains("..")
                || !file.path.chars().all(is_plain)
            {
                return Err(format!("`{}` is not a plain relative path", file.path));
            }
            if self.files[..index]
                .iter()
                .any(|other| other.name == file.name)
            {
                return Err(format!("two files are named `{}`", file.name));
            }
        }
        Ok(())
    }

    /// The manifest as the bytes that are stored and hashed.
    ///
    /// # Errors
    /// [`BundleError::Malformed`] where a number cannot be written as JSON.
    pub fn to_json(&self) -> Result<Vec<u8>, BundleError> {
        serde_json::to_vec_pretty(self).map_err(|error| BundleError::Malformed {
            path: "manifest".into(),
            detail: error.to_string(),
        })
    }

    /// The id of a manifest's bytes: the first 32 hexadecimal digits of their SHA-256.
    pub fn id(bytes: &[u8]) -> String {
        Self::id_of(&sha256_hex(bytes)).to_owned()
    }

    /// The id that goes with the SHA-256 of a manifest's bytes, in hexadecimal digits.
    pub fn id_of(sha256: &str) -> &str {
        sha256.get(..32).unwrap_or(sha256)
    }

    /// Where the manifest of an id lies, relative to the registry folder.
    pub fn path(id: &str) -> String {
        format!("manifests/{id}.json")
    }

    /// The file of a role.
    ///
    /// # Errors
    /// [`BundleError::Missing`] where the manifest lists none.
    pub fn file(&self, name: &str) -> Result<&FileEntry, BundleError> {
        let found = self.files.iter().find(|file| file.name == name);
        found.ok_or_else(|| BundleError::Missing {
            path: name.to_owned(),
        })
    }

    /// The files whose role is `prefix-0`, `prefix-1`, … in order: the shards of one table.
    pub fn shards<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a FileEntry> {
        (0..).map_while(move |index| self.file(&format!("{prefix}-{index}")).ok())
    }
}
