//! How do events come out of a store that still takes them? A part at a time, each event once: a folder of Parquet files,
//! and an `events.json` that says which of them count and how far the store was read.
//!
//! A part counts once `events.json` names it, which is replaced in one step: whoever is killed before leaves a file that does
//! not count and that the next one removes.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use triqueta::event::{DeviceId, Event, EventId};

use super::columns;
use super::store::FileDigest;
use super::table::{self, ROWS_PER_BATCH, TableWriter};
use crate::Result;
use crate::digest::sha256_file;
use crate::error::{DatasetError, FileError};

/// The file that makes a folder such a log.
pub const EVENT_LOG_MARK: &str = "events.json";
/// The format this build writes, and the newest it reads.
const FORMAT: u32 = 1;

/// `events.json`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Contents {
    format: u32,
    /// The store that is read, by its own name; unknown where an older build began the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    store: Option<String>,
    /// Everything up to here of the store was read.
    reached: i64,
    /// The event that stood there; unknown where it was taken out since, or an older build read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<LastRead>,
    parts: Vec<Part>,
}

/// The event that was read last.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct LastRead {
    /// Its id.
    pub id: EventId,
    /// Whose it is.
    pub device: DeviceId,
    /// When it happened, Unix ms.
    pub time_ms: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Part {
    file: String,
    events: u64,
    #[serde(flatten)]
    digest: FileDigest,
}

/// Events that were taken out of a store so far.
#[derive(Debug)]
pub struct EventLog {
    folder: PathBuf,
    contents: Contents,
}

impl EventLog {
    /// Opens the log, or begins one where there is nothing.
    ///
    /// # Errors
    /// [`DatasetError::Occupied`] if something else is there, [`DatasetError::Format`] or [`DatasetError::Damaged`] if it
    /// cannot be read, [`FileError`] if the system refuses.
    pub fn open_or_begin(folder: &Path) -> Result<Self> {
        super::FreshFolder::check(folder, EVENT_LOG_MARK)?;
        fs::create_dir_all(folder).map_err(FileError::at("create", folder))?;
        if folder.join(EVENT_LOG_MARK).exists() {
            let log = Self::open(folder)?;
            log.remove_what_does_not_count()?;
            return Ok(log);
        }
        Ok(Self {
            folder: folder.to_owned(),
            contents: Contents {
                format: FORMAT,
                ..Contents::default()
            },
        })
    }

    /// Opens a log that is there.
    ///
    /// # Errors
    /// As [`Self::open_or_begin`], and [`FileError`] if there is none.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(EVENT_LOG_MARK);
        let json = fs::read(&path).map_err(FileError::at("read", &path))?;
        let contents: Contents =
            serde_json::from_slice(&json).map_err(|error| DatasetError::Damaged {
                path: path.clone(),
                detail: error.to_string(),
            })?;
        if contents.format > FORMAT {
            return Err(DatasetError::Format {
                path,
                found: contents.format,
                supported: FORMAT,
            }
            .into());
        }
        Ok(Self {
            folder: folder.to_owned(),
            contents,
        })
    }

    /// Goes on only with the store the log was begun with; a log that knows none takes this one's name.
    ///
    /// # Errors
    /// [`DatasetError::OtherStore`].
    pub fn go_on_with(&mut self, store: &str) -> Result<()> {
        let known = self.contents.store.get_or_insert_with(|| store.to_owned());
        if known != store {
            let path = self.folder.clone();
            return Err(DatasetError::OtherStore { path }.into());
        }
        Ok(())
    }

    /// Up to where the store was read.
    pub fn reached(&self) -> i64 {
        self.contents.reached
    }

    /// The event at [`Self::reached`]; unknown where it was taken out since, or an older build read it.
    pub fn last(&self) -> Option<LastRead> {
        self.contents.last
    }

    /// What to say where the store has lost [`Self::last`].
    pub fn store_went_back(&self) -> DatasetError {
        let path = self.folder.clone();
        DatasetError::StoreWentBack { path }
    }

    /// Adds what was read next, up to `reached`. When this returns it survives a crash.
    ///
    /// # Errors
    /// [`FileError`] if the system refuses: then nothing was added.
    pub fn append(&mut self, reached: i64, events: &[Event]) -> Result<()> {
        let mut contents = self.contents.clone();
        if let Some(last) = events.last() {
            let file = format!("part-{reached:020}.parquet");
            contents.parts.push(self.write_part(file, events)?);
            contents.last = Some(LastRead {
                id: last.id,
                device: last.device,
                time_ms: last.time_ms,
            });
        }
        contents.reached = reached;
        self.replace(contents)
    }

    /// Takes events out again, such as those of devices that withdrew since; says how many.
    ///
    /// # Errors
    /// [`DatasetError::Damaged`] if a part is not what was written, [`FileError`] if the system refuses; what was not yet
    /// taken out is the next time.
    pub fn forget(&mut self, mut is_over: impl FnMut(&Event) -> bool) -> Result<u64> {
        let (mut forgotten, mut replaced) = (0, Vec::new());
        let mut last = self.contents.last;
        let mut kept = Vec::with_capacity(self.contents.parts.len());
        for part in &self.contents.parts {
            let mut events = self.read_part(part)?;
            events.retain(|event| {
                let is_over = is_over(event);
                last.take_if(|last| is_over && last.id == event.id);
                !is_over
            });
            let gone = part.events - events.len() as u64;
            if gone == 0 {
                kept.push(part.clone());
                continue;
            }
            forgotten += gone;
            if !events.is_empty() {
                // Under another name, so that the old one counts until the new one does.
                let file = format!("{}-.parquet", part.file.trim_end_matches(".parquet"));
                kept.push(self.write_part(file, &events)?);
            }
            replaced.push(part.file.clone());
        }
        self.replace(Contents {
            parts: kept,
            last,
            ..self.contents.clone()
        })?;
        for file in replaced {
            let path = self.folder.join(file);
            fs::remove_file(&path).map_err(FileError::at("remove", &path))?;
        }
        Ok(forgotten)
    }

    /// Every event, in the store's order.
    ///
    /// # Errors
    /// [`DatasetError::Damaged`] if a part is not what was written, [`FileError`] if the system refuses.
    pub fn read(&self) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        for part in &self.contents.parts {
            events.extend(self.read_part(part)?);
        }
        Ok(events)
    }

    /// A part that was replaced may hold what was withdrawn.
    fn remove_what_does_not_count(&self) -> Result<()> {
        let failed = |error| FileError::at("read", &self.folder)(error);
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let name = name.to_string_lossy();
            let is_part = name.starts_with("part-") && name.ends_with(".parquet");
            if is_part && !self.contents.parts.iter().any(|part| part.file == *name) {
                let path = self.folder.join(&*name);
                fs::remove_file(&path).map_err(FileError::at("remove", &path))?;
            }
        }
        Ok(())
    }

    fn write_part(&self, file: String, events: &[Event]) -> Result<Part> {
        let path = self.folder.join(&file);
        let mut writer = TableWriter::create(&path, columns::event_schema())?;
        for rows in events.chunks(ROWS_PER_BATCH) {
            let columns = columns::event_columns(rows)
                .map_err(|error| FileError::at("write", &path)(std::io::Error::other(error)))?;
            writer.write(columns)?;
        }
        writer.finish()?;
        let (sha256, bytes) = sha256_file(&path)?;
        Ok(Part {
            file,
            events: events.len() as u64,
            digest: FileDigest { bytes, sha256 },
        })
    }

    fn read_part(&self, part: &Part) -> Result<Vec<Event>> {
        let path = self.folder.join(&part.file);
        let (sha256, bytes) = sha256_file(&path)?;
        if (bytes, &sha256) != (part.digest.bytes, &part.digest.sha256) {
            let detail = "it is not the file that was written".to_owned();
            return Err(DatasetError::Damaged { path, detail }.into());
        }
        let mut events = Vec::new();
        table::read(&path, |columns| columns::read_events(columns, &mut events))?;
        Ok(events)
    }

    /// In one step, here and on the disk: the old contents count until the new ones are whole.
    fn replace(&mut self, contents: Contents) -> Result<()> {
        let path = self.folder.join(EVENT_LOG_MARK);
        let fresh = path.with_extension("unfinished");
        let write = || {
            let mut file = File::create(&fresh)?;
            serde_json::to_writer_pretty(&mut file, &contents)?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            fs::rename(&fresh, &path)?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(FileError::at("write", &path))?;
        self.contents = contents;
        Ok(())
    }
}
