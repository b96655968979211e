//! A bundle's files, from storage or from the network, to an open engine.
//!
//! What is verified once is kept with a mark: a later visit of a module of the same version takes it as it is, but for the lengths of
//! files, because hashing and the self-test cost more than all the rest of opening. Whatever then does not open is looked at again
//! in full; what opens is as safe as the browser's database.

use futures_util::future::try_join_all;
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};

use super::hash;
use super::network::{self, Cached};
use super::state::key;
use super::storage::Storage;
use super::swap::{Problem, UNREACHABLE, problem, unreachable};
use crate::bundle::{Bundle, ENGINE_VERSION, FileEntry, Files, Manifest};
use crate::engine::Engine;
use crate::error::BundleError;
use crate::wasm::array;

/// How long all files may take that are under way together.
const FILE_LIMIT_MS: i64 = 180_000;

/// An open bundle and where its files came from.
pub(super) struct Built {
    pub(super) engine: Engine,
    /// The paths of all its files.
    pub(super) paths: Vec<String>,
    /// Those that came from the network.
    pub(super) fresh: Vec<(String, Uint8Array)>,
    /// Whether an earlier visit kept it all, mark included.
    pub(super) is_kept: bool,
}

/// A file as it arrived.
struct Held {
    bytes: Uint8Array,
    /// Nothing where it is trusted.
    sha256: Option<String>,
    is_fresh: bool,
}

impl Held {
    async fn stored(bytes: Uint8Array, is_verified: bool) -> Self {
        let sha256 = if is_verified {
            None
        } else {
            Some(hash::sha256(&bytes).await)
        };
        Self {
            bytes,
            sha256,
            is_fresh: false,
        }
    }

    async fn downloaded(base: Option<&str>, path: &str, cached: Cached) -> Result<Self, Problem> {
        let Some(base) = base else {
            let path = path.to_owned();
            return Err(problem(&BundleError::Missing { path }.into()));
        };
        let url = format!("{base}/{path}");
        let bytes = network::get(&url, cached, FILE_LIMIT_MS).await;
        let bytes = bytes.map_err(unreachable)?;
        Ok(Self {
            sha256: Some(hash::sha256(&bytes).await),
            bytes,
            is_fresh: true,
        })
    }

    fn fits(&self, entry: &FileEntry) -> bool {
        let found = self.sha256.as_ref();
        found.is_none_or(|found| *found == entry.sha256)
            && u64::from(self.bytes.length()) == entry.bytes
    }

    /// Whether it is a manifest of this id.
    fn is_named(&self, id: &str) -> bool {
        let found = self.sha256.as_ref();
        found.is_none_or(|found| Manifest::id_of(found) == id)
    }
}

/// What is kept to say that a module of this version and kind has verified a bundle.
pub(super) fn mark(id: &str) -> String {
    let kind = if cfg!(target_feature = "simd128") {
        "vectors"
    } else {
        "scalars"
    };
    let version = env!("CARGO_PKG_VERSION");
    format!("{id} by {version} engine {ENGINE_VERSION} with {kind}")
}

/// Whether an earlier visit of this module verified and kept the bundle `id`.
pub(super) async fn is_marked(storage: &Storage, id: &str) -> bool {
    let verified = storage.text(key::VERIFIED).await;
    verified.is_some_and(|verified| verified == mark(id))
}

/// Opens the bundle `id` from what is stored and, where the folder it is offered in is given, what is not.
pub(super) async fn open(
    storage: &Storage,
    base: Option<&str>,
    id: &str,
) -> Result<Built, Problem> {
    if is_marked(storage, id).await {
        match build(storage, base, id, true).await {
            Err(problem) if problem.0 != UNREACHABLE => {}
            finished => return finished,
        }
        // What was verified does not open: it is looked at again.
    }
    build(storage, base, id, false).await
}

async fn build(
    storage: &Storage,
    base: Option<&str>,
    id: &str,
    is_verified: bool,
) -> Result<Built, Problem> {
    let (mut files, mut fresh) = (Files::default(), Vec::new());
    let (manifest, held) = manifest(storage, base, id, is_verified).await?;
    let mut entries: Vec<&FileEntry> = manifest.files.iter().collect();
    // Parts of the same bytes are one file.
    entries.sort_unstable_by_key(|entry| &entry.path);
    entries.dedup_by_key(|entry| &entry.path);
    let paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    let stored = storage.values_of("files", &paths).await.unwrap_or_default();
    let stored = stored
        .into_iter()
        .map(stored_bytes)
        .chain(std::iter::repeat(None));
    let known = entries.iter().zip(stored);
    let wholes = known.map(|(entry, stored)| whole(base, entry, stored, is_verified));
    let taken = try_join_all(wholes).await?;
    for (entry, held) in entries.iter().zip(taken) {
        let Held {
            bytes,
            sha256,
            is_fresh,
        } = held;
        match sha256 {
            Some(sha256) => files.insert_hashed(&entry.path, array::blob(bytes.clone()), sha256),
            None => files.insert_trusted(&entry.path, array::blob(bytes.clone())),
        }
        files
            .verified(entry)
            .map_err(|error| problem(&error.into()))?;
        if is_fresh {
            fresh.push((entry.path.clone(), bytes));
        }
    }
    let path = Manifest::path(id);
    let paths = paths.into_iter().map(str::to_owned).chain([path.clone()]);
    let paths = paths.collect();
    if held.is_fresh {
        fresh.push((path, held.bytes));
    }
    let is_kept = is_verified && fresh.is_empty();
    let bundle = Bundle::of(id, manifest, files);
    let engine = bundle.and_then(if is_kept { Engine::new } else { Engine::tested });
    Ok(Built {
        engine: engine.map_err(|error| problem(&error))?,
        paths,
        fresh,
        is_kept,
    })
}

/// The manifest, whose name begins as the hash of its bytes, and those bytes.
async fn manifest(
    storage: &Storage,
    base: Option<&str>,
    id: &str,
    is_verified: bool,
) -> Result<(Manifest, Held), Problem> {
    let path = Manifest::path(id);
    let stored = storage.get("files", &path).await.ok();
    let mut held = match stored.and_then(stored_bytes) {
        Some(bytes) => Held::stored(bytes, is_verified).await,
        None => Held::downloaded(base, &path, Cached::Trusted).await?,
    };
    if !held.is_named(id) {
        held = Held::downloaded(base, &path, Cached::Ignored).await?;
    }
    let manifest = if held.is_named(id) {
        Manifest::read(id, &held.bytes.to_vec())
    } else {
        Err(BundleError::Hash { path })
    };
    let manifest = manifest.map_err(|error| problem(&error.into()))?;
    Ok((manifest, held))
}

/// A file as the manifest has it, where that can be had; the last that arrived otherwise.
///
/// What does not fit is asked for once more, past every copy on the way: a damaged answer is cached for as long as a whole
/// one would be.
async fn whole(
    base: Option<&str>,
    entry: &FileEntry,
    stored: Option<Uint8Array>,
    is_verified: bool,
) -> Result<Held, Problem> {
    if let Some(bytes) = stored {
        let held = Held::stored(bytes, is_verified).await;
        if held.fits(entry) || base.is_none() {
            return Ok(held);
        }
    }
    let held = Held::downloaded(base, &entry.path, Cached::Trusted).await?;
    if held.fits(entry) {
        return Ok(held);
    }
    Held::downloaded(base, &entry.path, Cached::Ignored).await
}

fn stored_bytes(value: JsValue) -> Option<Uint8Array> {
    value.dyn_into().ok()
}
