//! The registry folder: what a web server hands out as it is.
//!
//! Objects and manifests are written first, the channel last and by renaming: a reader sees the old state or the new one,
//! never a half of each, and a failed publication leaves the old one in place.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use triqueta::bundle::{CHANNEL_FORMAT, Channel, Files, Manifest, Variant};
use triqueta::catalog::Place;
use triqueta::engine::{ActivityCard, Engine};
use triqueta::error::{BundleError, RecommenderError};
use triqueta::history::Visitor;
use triqueta::rank::{Filters, Ranking, Request};

use crate::error::{FileError, Result};
use crate::gate::Answers;

use super::signing::{SIGNATURES, Signer, SigningError, signatures};

/// How long a published channel is valid: after this a device that reaches the network stops trusting it.
pub const CHANNEL_LIFETIME_DAYS: i64 = 365;

const CHANNEL: &str = "channel.json";
const FALLBACK: &str = "fallback.json";
const LOCK: &str = ".lock";
const LOG: &str = "publications.jsonl";
const FALLBACK_ACTIVITIES: u16 = 60;
/// Smaller files are not worth a compressed copy.
const LEAST_COMPRESSED_BYTES: usize = 512;

/// A folder of bundles and the channel that names the current ones.
#[derive(Debug, Clone)]
pub struct Registry {
    folder: PathBuf,
    signers: Arc<[Signer]>,
}

/// One line of the registry's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Publication {
    /// The channel's sequence after it.
    pub sequence: u64,
    /// Which variant it changed.
    pub variant: String,
    /// The bundle it made current.
    pub bundle: String,
    /// `training`, `catalogue` or `counters`.
    pub kind: String,
    /// When, Unix ms.
    pub published_ms: i64,
    /// Bytes of all files of the bundle.
    pub bytes: u64,
    /// Bytes of those that were not there before: what a visitor downloads anew.
    pub new_bytes: u64,
    /// Why it was published although the gate refused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced: Option<String>,
}

/// What `fallback.json` holds: a list for browsers that cannot run the engine.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fallback {
    generated_ms: i64,
    centre: Option<Place>,
    activities: Vec<ActivityCard>,
}

impl Registry {
    /// The registry in a folder, which is made when something is published.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            signers: Arc::new([]),
        }
    }

    /// The same, whose channels are signed by each of these keys.
    pub fn signed_by(self, signers: Vec<Signer>) -> Self {
        Self {
            signers: signers.into(),
            ..self
        }
    }

    /// Waits until no other publication is under way and keeps others waiting until the file is dropped, or the process
    /// ends however it ends. Whoever changes what is current holds it from reading to publishing: otherwise a slow counter
    /// refresh would take a catalogue back that was published meanwhile.
    ///
    /// # Errors
    /// [`FileError`] where the folder cannot be written.
    pub fn lock(&self) -> Result<File> {
        fs::create_dir_all(&self.folder).map_err(FileError::at("create", &self.folder))?;
        let path = self.folder.join(LOCK);
        let file = File::create(&path).map_err(FileError::at("create", &path))?;
        file.lock().map_err(FileError::at("lock", &path))?;
        Ok(file)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The channel, if anything was published.
    ///
    /// # Errors
    /// [`FileError`] where it cannot be read, [`BundleError`] where it is not a channel.
    pub fn channel(&self) -> Result<Option<Channel>> {
        let path = self.folder.join(CHANNEL);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(
                Channel::from_json(&bytes).map_err(RecommenderError::from)?,
            )),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(FileError::at("read", &path)(cause).into()),
        }
    }

    /// Reads a bundle's manifest and every file it lists.
    ///
    /// # Errors
    /// [`BundleError::Missing`] for files that are not there, other [`BundleError`]s for a damaged manifest.
    pub fn files(&self, id: &str) -> Result<Files> {
        let mut files = Files::default();
        let path = Manifest::path(id);
        let bytes = self.read(&path)?;
        let manifest = Manifest::from_json(id, &bytes).map_err(RecommenderError::from)?;
        files.insert(path, bytes);
        for entry in &manifest.files {
            files.insert(entry.path.clone(), self.read(&entry.path)?);
        }
        Ok(files)
    }

    /// What the current bundle of a variant was judged by; `None` where nothing is published or nothing judged it. A
    /// variant that is new is to be compared with the default one.
    ///
    /// # Errors
    /// [`BundleError`] or [`crate::gate::GateError`] where what was published is damaged.
    pub fn answers(&self, variant: &str) -> Result<Option<Answers>> {
        let Some(channel) = self.channel()? else {
            return Ok(None);
        };
        let current = channel.bundle(variant).or(channel.bundle("default"));
        let id = current.map_err(RecommenderError::from)?;
        let manifest = self.read(&Manifest::path(id))?;
        let manifest = Manifest::from_json(id, &manifest).map_err(RecommenderError::from)?;
        let Some(judgement) = &manifest.judgement else {
            return Ok(None);
        };
        let bytes = self.read(&judgement.path())?;
        Ok(Some(Answers::from_json(judgement, &bytes)?))
    }

    fn read(&self, path: &str) -> Result<Vec<u8>> {
        fs::read(self.folder.join(path)).map_err(|cause| match cause.kind() {
            std::io::ErrorKind::NotFound => RecommenderError::from(BundleError::Missing {
                path: path.to_owned(),
            })
            .into(),
            _ => FileError::at("read", &self.folder.join(path))(cause).into(),
        })
    }

    /// Opens the current bundle of a variant, self-test included.
    ///
    /// # Errors
    /// [`BundleError::Missing`] where nothing was published, and whatever the engine refuses.
    pub fn engine(&self, variant: &str) -> Result<Engine> {
        let missing = || {
            RecommenderError::from(BundleError::Missing {
                path: self.folder.join(CHANNEL).display().to_string(),
            })
        };
        let channel = self.channel()?.ok_or_else(missing)?;
        let id = channel.bundle(variant).map_err(RecommenderError::from)?;
        Ok(Engine::open(id, self.files(id)?)?.with_variant(variant))
    }

    /// Makes a sealed bundle the current one of a variant, without a question: whoever has trained it goes through
    /// [`crate::publish::publish_training`]. The bundle is opened from what was written before the channel
    /// names it, so that a disk fault cannot be published.
    ///
    /// # Errors
    /// [`FileError`] where the folder cannot be written (the old channel stays), [`SigningError::Unsigned`], or whatever the
    /// engine refuses.
    pub fn publish(
        &self,
        id: &str,
        files: &Files,
        variant: &str,
        kind: &str,
        now_ms: i64,
    ) -> Result<Publication> {
        let previous = self.channel()?;
        let signed_before = self.signatures()?;
        if self.signers.is_empty() && signed_before.is_some() {
            let folder = self.folder.clone();
            return Err(SigningError::Unsigned { folder }.into());
        }
        let (mut bytes, mut new_bytes) = (0, 0);
        for (path, content) in files.iter() {
            if path.starts_with('.') {
                self.write(&self.folder.join(path), content)?;
                continue;
            }
            bytes += content.len() as u64;
            new_bytes += self.write_immutable(path, content)?;
        }
        let engine = Engine::open(id, self.files(id)?)?;
        let sequence = previous.as_ref().map_or(1, |channel| channel.sequence + 1);
        let mut variants = previous.map(|channel| channel.variants).unwrap_or_default();
        let weight = variants.get(variant).map_or(1, |variant| variant.weight);
        variants.insert(
            variant.to_owned(),
            Variant {
                bundle: id.to_owned(),
                weight,
            },
        );
        if !variants.contains_key("default") {
            variants.insert(
                "default".to_owned(),
                Variant {
                    bundle: id.to_owned(),
                    weight: 1,
                },
            );
        }
        let expires_ms = now_ms + CHANNEL_LIFETIME_DAYS * 86_400_000;
        let channel = Channel {
            format: CHANNEL_FORMAT,
            sequence,
            expires_ms,
            variants,
        };
        if channel
            .variants
            .get("default")
            .is_some_and(|current| current.bundle == id)
        {
            self.write_mutable(FALLBACK, &json(&fallback(&engine, now_ms)?)?)?;
        }
        let channel = json(&channel)?;
        self.write_signatures(&channel, &signed_before.unwrap_or_default())?;
        self.write_mutable(CHANNEL, &channel)?;
        let (variant, kind) = (variant.to_owned(), kind.to_owned());
        let publication = Publication {
            sequence,
            variant,
            bundle: id.to_owned(),
            kind,
            published_ms: now_ms,
            bytes,
            new_bytes,
            forced: engine
                .bundle()
                .manifest
                .forced
                .as_ref()
                .map(|forced| forced.reason.clone()),
        };
        self.log(&publication)?;
        Ok(publication)
    }

    /// Signs the channel as it lies there, such as by the old key and a new one while pages change keys.
    ///
    /// # Errors
    /// [`BundleError::Missing`] where nothing was published, [`FileError`] where the folder cannot be written.
    pub fn sign(&self) -> Result<()> {
        let channel = self.read(CHANNEL)?;
        Channel::from_json(&channel).map_err(RecommenderError::from)?;
        self.write_signatures(&channel, "")
    }

    fn signatures(&self) -> Result<Option<String>> {
        let path = self.folder.join(SIGNATURES);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(FileError::at("read", &path)(cause).into()),
        }
    }

    fn write_signatures(&self, channel: &[u8], before: &str) -> Result<()> {
        if self.signers.is_empty() {
            return Ok(());
        }
        self.write_mutable(
            SIGNATURES,
            signatures(&self.signers, channel, before).as_bytes(),
        )
    }

    /// Everything published so far, oldest first.
    ///
    /// # Errors
    /// [`FileError`] where the log cannot be read. Lines that are damaged are left out.
    pub fn publications(&self) -> Result<Vec<Publication>> {
        let path = self.folder.join(LOG);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text
                .lines()
                .filter_map(|line| serde_json::from_str(line).ok())
                .collect()),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(cause) => Err(FileError::at("read", &path)(cause).into()),
        }
    }

    fn log(&self, publication: &Publication) -> Result<()> {
        let path = self.folder.join(LOG);
        let mut line = json(publication)?;
        line.push(b'\n');
        let mut file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(FileError::at("write", &path))?;
        file.write_all(&line)
            .map_err(FileError::at("write", &path))?;
        Ok(())
    }

    /// Writes a content-addressed file and its compressed copies unless they are there; gives the bytes written.
    fn write_immutable(&self, path: &str, content: &[u8]) -> Result<u64> {
        let target = self.folder.join(path);
        if fs::read(&target).is_ok_and(|found| found == content) {
            return Ok(0);
        }
        if content.len() >= LEAST_COMPRESSED_BYTES {
            let appended =
                |extension: &str| PathBuf::from(format!("{}.{extension}", target.display()));
            self.write(
                &appended("gz"),
                &gzip(content).map_err(FileError::at("compress", &target))?,
            )?;
            self.write(
                &appended("br"),
                &brotli(content).map_err(FileError::at("compress", &target))?,
            )?;
        }
        self.write(&target, content)?;
        Ok(content.len() as u64)
    }

    fn write_mutable(&self, name: &str, content: &[u8]) -> Result<()> {
        self.write(&self.folder.join(name), content)
    }

    /// Writes beside the target, syncs, renames.
    fn write(&self, target: &Path, content: &[u8]) -> Result<()> {
        let folder = target.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder).map_err(FileError::at("create", folder))?;
        let partial = PathBuf::from(format!(
            "{}.partial-{}",
            target.display(),
            std::process::id()
        ));
        let written = File::create(&partial).and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        });
        if let Err(cause) = written {
            let _ = fs::remove_file(&partial);
            return Err(FileError::at("write", target)(cause).into());
        }
        fs::rename(&partial, target).map_err(FileError::at("rename", target))?;
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(FileError::at("write", folder))?;
        Ok(())
    }
}

fn fallback(engine: &Engine, now_ms: i64) -> Result<Fallback> {
    let request = Request {
        limit: FALLBACK_ACTIVITIES,
        filters: Filters::default(),
        now_ms,
        ranking: Ranking::Rule,
        ..Request::default()
    };
    let mut slate = engine.recommend(&Visitor::default(), &request)?;
    if slate.items.is_empty() {
        // Everything is over: what was popular is still a better page than an empty one.
        let mut past = Request {
            ranking: Ranking::Popularity,
            ..request
        };
        past.filters.include_past = true;
        slate = engine.recommend(&Visitor::default(), &past)?;
    }
    let activities = slate
        .items
        .iter()
        .filter_map(|item| engine.card(&item.activity))
        .collect();
    Ok(Fallback {
        generated_ms: now_ms,
        centre: engine.bundle().schema.city.centre,
        activities,
    })
}

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| {
        RecommenderError::from(BundleError::Malformed {
            path: "registry".into(),
            detail: error.to_string(),
        })
        .into()
    })
}

fn gzip(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

fn brotli(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let quality = if content.len() > 4 << 20 { 9 } else { 11 };
    brotli::CompressorWriter::new(&mut compressed, 1 << 16, quality, 22).write_all(content)?;
    Ok(compressed)
}
