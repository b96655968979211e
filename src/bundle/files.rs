//! A bundle's files in memory, by path, and their check against the manifest: length first, then SHA-256.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::manifest::{FileEntry, Manifest};
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
pub struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    /// Adds a file. A second one at the same path replaces the first.
    pub fn insert(&mut self, path: impl Into<String>, bytes: Vec<u8>) {
        self.0.insert(path.into(), bytes);
    }

    /// Takes a file out.
    pub fn remove(&mut self, path: &str) {
        self.0.remove(path);
    }

    /// The bytes at a path.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.0.get(path).map(Vec::as_slice)
    }

    /// All files in order of path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0
            .iter()
            .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// The bytes of a listed file, checked against the manifest's length and hash.
    ///
    /// # Errors
    /// [`BundleError::Missing`], [`BundleError::Length`] or [`BundleError::Hash`].
    pub fn verified(&self, entry: &FileEntry) -> Result<&[u8], BundleError> {
        let bytes = self.get(&entry.path).ok_or_else(|| BundleError::Missing {
            path: entry.path.clone(),
        })?;
        if bytes.len() as u64 != entry.bytes {
            return Err(BundleError::Length {
                path: entry.path.clone(),
                expected: entry.bytes,
                found: bytes.len() as u64,
            });
        }
        if sha256_hex(bytes) != entry.sha256 {
            return Err(BundleError::Hash {
                path: entry.path.clone(),
            });
        }
        Ok(bytes)
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
