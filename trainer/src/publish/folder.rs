//! A trained bundle between `train` and `publish`: its files and a note which one it is.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use triqueta::bundle::{Files, Manifest};
use triqueta::error::{BundleError, RecommenderError};

use crate::dataset::FreshFolder;
use crate::error::{FileError, Result};

/// The file that marks a folder as a trained bundle.
pub const BUNDLE_MARK: &str = "bundle.json";

#[derive(Serialize, Deserialize)]
struct Mark {
    bundle: String,
}

/// Writes a sealed bundle into a folder, which appears whole or not at all.
///
/// # Errors
/// [`FileError`] where the folder cannot be written, [`crate::error::DatasetError::Occupied`] where something else is
/// there.
pub fn save_bundle(folder: &Path, id: &str, files: &Files) -> Result<()> {
    let fresh = FreshFolder::beside(folder, BUNDLE_MARK)?;
    for (path, bytes) in files.iter() {
        let target = fresh.path().join(path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(FileError::at("create", parent))?;
        }
        fs::write(&target, bytes).map_err(FileError::at("write", &target))?;
    }
    let target = fresh.path().join(BUNDLE_MARK);
    let mark = serde_json::json!({"bundle": id}).to_string();
    fs::write(&target, mark).map_err(FileError::at("write", &target))?;
    fresh.commit()
}

/// Reads a trained bundle back: its id and files.
///
/// # Errors
/// [`BundleError`] where the folder is not a whole bundle.
pub fn load_bundle(folder: &Path) -> Result<(String, Files)> {
    let refuse = |error: BundleError| RecommenderError::from(error);
    let read = |path: &str| {
        let missing = |_| {
            refuse(BundleError::Missing {
                path: folder.join(path).display().to_string(),
            })
        };
        fs::read(folder.join(path)).map_err(missing)
    };
    let mark: Mark = serde_json::from_slice(&read(BUNDLE_MARK)?).map_err(|error| {
        refuse(BundleError::Malformed {
            path: BUNDLE_MARK.into(),
            detail: error.to_string(),
        })
    })?;
    let path = Manifest::path(&mark.bundle);
    let bytes = read(&path)?;
    let manifest = Manifest::from_json(&mark.bundle, &bytes).map_err(refuse)?;
    let mut files = Files::default();
    files.insert(path, bytes);
    for entry in &manifest.files {
        files.insert(entry.path.clone(), read(&entry.path)?);
    }
    if let Some(judgement) = &manifest.judgement {
        files.insert(judgement.path(), read(&judgement.path())?);
    }
    Ok((mark.bundle, files))
}
