//! What does a disk still hold after the power went? At the least what was synced, and it never holds what a sync failed on:
//! the system forgets such pages, and a later sync that works says nothing of them.

use std::collections::HashMap;
use std::path::Path;

use crate::trace::Step;

/// A folder of files, as programs see it and as the disk holds it.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    files: Vec<File>,
    /// Which file a name leads to: for programs, and on the disk.
    seen: HashMap<String, usize>,
    held: HashMap<String, usize>,
}

#[derive(Debug, Default)]
struct File {
    held: Vec<u8>,
    /// What no sync has brought to the disk yet.
    pending: Vec<Change>,
}

#[derive(Debug)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate(usize),
}

impl Disk {
    /// Holds the files of a folder.
    pub(crate) fn of(folder: &Path) -> Self {
        let mut disk = Self::default();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let file = File {
                held: std::fs::read(&path).unwrap(),
                ..File::default()
            };
            let name = path.to_str().unwrap().to_owned();
            disk.seen.insert(name.clone(), disk.files.len());
            disk.held.insert(name, disk.files.len());
            disk.files.push(file);
        }
        disk
    }

    pub(crate) fn take(&mut self, step: &Step) {
        match step {
            Step::Create { path } => {
                if !self.seen.contains_key(path) {
                    self.seen.insert(path.clone(), self.files.len());
                    self.files.push(File::default());
                }
            }
            Step::Unlink { path } => {
                self.seen.remove(path);
            }
            Step::Write {
                path,
                offset,
                bytes,
            } => self.change(
                path,
                Change::Write {
                    offset: *offset,
                    bytes: bytes.clone(),
                },
            ),
            Step::Truncate { path, length } => self.change(path, Change::Truncate(*length)),
            Step::Sync { path, worked } => match self.seen.get(path) {
                Some(&file) => self.files[file].sync(*worked),
                // The folder itself: which names there are.
                None if *worked => self.held.clone_from(&self.seen),
                None => {}
            },
            Step::Rename | Step::Answer(_) => {}
        }
    }

    fn change(&mut self, path: &str, change: Change) {
        // A file that was unlinked while open leaves nothing.
        if let Some(&file) = self.seen.get(path) {
            self.files[file].pending.push(change);
        }
    }

    /// Writes what is left into another folder, and of what was not synced the first `kept` changes of each file.
    pub(crate) fn leave(&self, folder: &Path, kept: usize) {
        for (name, &file) in &self.held {
            let file = &self.files[file];
            let mut content = file.held.clone();
            for change in file.pending.iter().take(kept) {
                change.apply(&mut content);
            }
            let name = Path::new(name).file_name().unwrap();
            std::fs::write(folder.join(name), content).unwrap();
        }
    }
}

impl File {
    fn sync(&mut self, worked: bool) {
        for change in self.pending.drain(..) {
            if worked {
                change.apply(&mut self.held);
            }
        }
    }
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { offset, bytes } => {
                let end = offset + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*offset..end].copy_from_slice(bytes);
            }
            Self::Truncate(length) => content.resize(*length, 0),
        }
    }
}
