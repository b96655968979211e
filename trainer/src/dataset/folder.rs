//! A folder that appears whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::error::{DatasetError, FileError};

/// A temporary folder beside its target. [`FreshFolder::commit`] renames it into the target's place, after renaming an
/// older one away; dropped before that, by an error or an interrupt, it vanishes and the target stays as it was. Whoever
/// is killed outright leaves `.<name>.unfinished-<process>` behind, which nobody reads.
#[derive(Debug)]
pub struct FreshFolder {
    target: PathBuf,
    temporary: PathBuf,
    marker: &'static str,
    committed: bool,
}

impl FreshFolder {
    /// Makes the temporary folder. An existing target may be replaced only if it is empty or holds a file named
    /// `marker`, which says that it is of the kind about to be written.
    ///
    /// # Errors
    /// [`DatasetError::Occupied`] if the target is something else, [`FileError`] if the system refuses.
    pub fn beside(target: &Path, marker: &'static str) -> Result<Self> {
        if target.exists() && !is_replaceable(target, marker) {
            return Err(DatasetError::Occupied {
                path: target.to_owned(),
            }
            .into());
        }
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(FileError::at("create", parent))?;
        let name = target
            .file_name()
            .unwrap_or(target.as_os_str())
            .to_string_lossy();
        let temporary = parent.join(format!(".{name}.unfinished-{}", std::process::id()));
        if temporary.exists() {
            fs::remove_dir_all(&temporary).map_err(FileError::at("replace", &temporary))?;
        }
        fs::create_dir(&temporary).map_err(FileError::at("create", &temporary))?;
        Ok(Self {
            target: target.to_owned(),
            temporary,
            marker,
            committed: false,
        })
    }

    /// Whether the target may be written, to be asked before long work.
    ///
    /// # Errors
    /// [`DatasetError::Occupied`] if something else is there.
    pub fn check(target: &Path, marker: &str) -> Result<()> {
        if target.exists() && !is_replaceable(target, marker) {
            return Err(DatasetError::Occupied {
                path: target.to_owned(),
            }
            .into());
        }
        Ok(())
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// Puts the folder in the target's place.
    ///
    /// # Errors
    /// [`DatasetError::Occupied`] if something else took the place meanwhile, [`FileError`] if the system refuses; the
    /// target is then what it was.
    pub fn commit(mut self) -> Result<()> {
        if !self.target.exists() {
            fs::rename(&self.temporary, &self.target)
                .map_err(FileError::at("rename", &self.target))?;
            self.committed = true;
            return Ok(());
        }
        if !is_replaceable(&self.target, self.marker) {
            return Err(DatasetError::Occupied {
                path: self.target.clone(),
            }
            .into());
        }
        let old = self.temporary.with_extension("replaced");
        fs::rename(&self.target, &old).map_err(FileError::at("rename", &self.target))?;
        if let Err(cause) = fs::rename(&self.temporary, &self.target) {
            let restored = fs::rename(&old, &self.target);
            restored.map_err(FileError::at("restore", &self.target))?;
            return Err(FileError::at("rename", &self.target)(cause).into());
        }
        self.committed = true;
        fs::remove_dir_all(&old).map_err(FileError::at("remove", &old))?;
        Ok(())
    }
}

impl Drop for FreshFolder {
    fn drop(&mut self) {
        if !self.committed {
            // Nothing can be done about a failure here, and the target is untouched.
            let _ = fs::remove_dir_all(&self.temporary);
        }
    }
}

fn is_replaceable(target: &Path, marker: &str) -> bool {
    let is_empty = fs::read_dir(target).is_ok_and(|mut entries| entries.next().is_none());
    is_empty || target.join(marker).is_file()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_abandoned_folder_leaves_nothing_behind() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("data");
        let fresh = FreshFolder::beside(&target, "marker").unwrap();
        fs::write(fresh.path().join("half"), "half").unwrap();
        drop(fresh);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn its_own_kind_is_replaced_and_anything_else_is_not() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("data");
        for text in ["first", "second"] {
            let fresh = FreshFolder::beside(&target, "marker").unwrap();
            fs::write(fresh.path().join("marker"), text).unwrap();
            fresh.commit().unwrap();
        }
        assert_eq!(fs::read_to_string(target.join("marker")).unwrap(), "second");
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);

        fs::remove_file(target.join("marker")).unwrap();
        fs::write(target.join("letters"), "mine").unwrap();
        assert_eq!(
            FreshFolder::beside(&target, "marker").unwrap_err().code(),
            "DATASET_OCCUPIED"
        );
        assert_eq!(fs::read_to_string(target.join("letters")).unwrap(), "mine");
    }
}
