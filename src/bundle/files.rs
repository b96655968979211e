//! A bundle's files by path, wherever they lie, and their check against the manifest: length first, then SHA-256.

use std::sync::OnceLock;

use litemap::LiteMap;
use sha2::{Digest, Sha256};

use super::manifest::{FileEntry, Manifest};
use crate::catalog::Blob;
use crate::error::BundleError;

/// SHA-256 as 64 hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Files by path relative to the registry folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Files(LiteMap<String, File>);

#[derive(Debug, Clone, Eq)]
struct File {
    bytes: Blob,
    /// SHA-256 of the bytes, worked out once.
    sha256: OnceLock<String>,
    /// Whether that is not even asked for.
    is_trusted: bool,
}

impl File {
    fn sha256(&self) -> &str {
        self.sha256.get_or_init(|| sha256_hex(&self.bytes.whole()))
    }
}

impl PartialEq for File {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Files {
    /// Adds a file. A second one at the same path replaces the first.
    pub fn insert(&mut self, path: impl Into<String>, bytes: impl Into<Blob>) {
        self.put(path, bytes, OnceLock::new(), false);
    }

    /// The same of a file whose SHA-256 the caller has worked out from these bytes, where something faster than this crate
    /// is at hand, such as a browser's own.
    pub fn insert_hashed(
        &mut self,
        path: impl Into<String>,
        bytes: impl Into<Blob>,
        sha256: String,
    ) {
        self.put(path, bytes, OnceLock::from(sha256), false);
    }

    /// The same of a file that the caller verified before and kept where nobody changes it: of a listed one only the length is
    /// looked at again.
    pub fn insert_trusted(&mut self, path: impl Into<String>, bytes: impl Into<Blob>) {
        self.put(path, bytes, OnceLock::new(), true);
    }

    fn put(
        &mut self,
        path: impl Into<String>,
        bytes: impl Into<Blob>,
        sha256: OnceLock<String>,
        is_trusted: bool,
    ) {
        let file = File {
            bytes: bytes.into(),
            sha256,
            is_trusted,
        };
        self.0.insert(path.into(), file);
    }

    /// Takes a file out.
    pub fn remove(&mut self, path: &str) {
        self.0.remove(path);
    }

    /// The bytes at a path; nothing where they do not lie in memory.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.0.get(path).and_then(|file| file.bytes.in_memory())
    }

    /// All files that lie in memory in order of path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0
            .iter()
            .filter_map(|(path, file)| Some((path.as_str(), file.bytes.in_memory()?)))
    }

    /// The bytes of a listed file, checked against the manifest's length and hash.
    ///
    /// # Errors
    /// [`BundleError::Missing`], [`BundleError::Length`] or [`BundleError::Hash`].
    pub fn verified(&self, entry: &FileEntry) -> Result<&Blob, BundleError> {
        let path = || entry.path.clone();
        let Some(file) = self.0.get(&entry.path) else {
            return Err(BundleError::Missing { path: path() });
        };
        let found = file.bytes.len() as u64;
        if found != entry.bytes {
            return Err(BundleError::Length {
                path: path(),
                expected: entry.bytes,
                found,
            });
        }
        if !file.is_trusted && file.sha256() != entry.sha256 {
            return Err(BundleError::Hash { path: path() });
        }
        Ok(&file.bytes)
    }

    /// The manifest of the bundle `id`, its bytes checked against the id.
    ///
    /// # Errors
    /// [`BundleError::Missing`], and as [`Manifest::from_json`].
    pub fn manifest(&self, id: &str) -> Result<Manifest, BundleError> {
        let path = Manifest::path(id);
        let Some(file) = self.0.get(&path) else {
            return Err(BundleError::Missing { path });
        };
        if !file.is_trusted && Manifest::id_of(file.sha256()) != id {
            return Err(BundleError::Hash { path });
        }
        Manifest::read(id, &file.bytes.whole())
    }

    /// Takes out a listed file, checked in the same way.
    ///
    /// # Errors
    /// As [`Files::verified`].
    pub fn take_verified(&mut self, entry: &FileEntry) -> Result<Blob, BundleError> {
        self.verified(entry)?;
        let file = self.0.remove(&entry.path);
        Ok(file.map(|file| file.bytes).unwrap_or_default())
    }

    /// Checks every file the manifest lists.
    ///
    /// # Errors
    /// As [`Files::verified`], for the first file that does not fit.
    pub fn verify_all(&self, manifest: &Manifest) -> Result<(), BundleError> {
        manifest
            .files
            .iter()
            .try_for_each(|entry| self.verified(entry).map(|_| ()))
    }
}
