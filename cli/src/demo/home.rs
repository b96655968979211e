//! Where does a demo city live? In a folder with a mark that says which city it is, so that a second run is fast and
//! nothing else is ever touched.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use triqueta::catalog::Activity;
use triqueta::math::Digest;

use super::error::{DemoError, Result};
use super::simulate::Plan;
use super::taste::TASTE_VERSION;

const MARK: &str = "demo.json";
const STORE: &str = "events.sqlite";
const REGISTRY: &str = "registry";
/// The format of the mark.
const FORMAT: u32 = 1;

/// Which city a folder holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mark {
    format: u32,
    seed: u64,
    day: String,
    visitors: usize,
    taste_version: u32,
    /// Digest of the activities: another repertoire is another city.
    programme: String,
    /// Whether all simulated events are in the store.
    pub(super) events_sent: bool,
}

impl Mark {
    pub(super) fn of(plan: Plan, activities: &[Activity]) -> Self {
        let mut digest = Digest::default();
        for activity in activities {
            digest
                .text(&activity.title)
                .text(&activity.description)
                .text(&activity.address);
            digest
                .integer(activity.start_ms as u64)
                .integer(activity.published_ms.unwrap_or(0) as u64);
        }
        Self {
            format: FORMAT,
            seed: plan.seed,
            day: plan.day.to_string(),
            visitors: plan.visitors,
            taste_version: TASTE_VERSION.0,
            programme: digest.hexadecimal(),
            events_sent: false,
        }
    }

    fn same_city(&self, other: &Self) -> bool {
        Self {
            events_sent: false,
            ..self.clone()
        } == Self {
            events_sent: false,
            ..other.clone()
        }
    }
}

/// The folder of a demo city.
#[derive(Debug, Clone)]
pub(super) struct Home {
    folder: PathBuf,
    pub(super) mark: Mark,
}

impl Home {
    /// Moves in: keeps what belongs to this city, clears what belonged to another one or all of it where `fresh`.
    ///
    /// # Errors
    /// [`DemoError::Occupied`] if the folder holds something else, [`DemoError::File`] if the system refuses.
    pub(super) fn open(folder: &Path, mark: Mark, fresh: bool) -> Result<Self> {
        let mut home = Self {
            folder: folder.to_owned(),
            mark,
        };
        match fs::read(folder.join(MARK)) {
            Ok(bytes) => match serde_json::from_slice::<Mark>(&bytes) {
                Ok(found) if found.same_city(&home.mark) && !fresh => home.mark = found,
                _ => home.clear()?,
            },
            Err(_) if home.is_empty() => {}
            Err(_) => {
                return Err(DemoError::Occupied {
                    path: folder.to_owned(),
                });
            }
        }
        let registry = home.registry();
        fs::create_dir_all(&registry).map_err(|cause| refused("create", &registry, cause))?;
        home.write_mark()?;
        Ok(home)
    }

    pub(super) fn store(&self) -> PathBuf {
        self.folder.join(STORE)
    }

    pub(super) fn registry(&self) -> PathBuf {
        self.folder.join(REGISTRY)
    }

    /// Notes that every simulated event is in the store.
    pub(super) fn note_events_sent(&mut self) -> Result<()> {
        self.mark.events_sent = true;
        self.write_mark()
    }

    fn is_empty(&self) -> bool {
        fs::read_dir(&self.folder).map_or(true, |mut entries| entries.next().is_none())
    }

    /// Deletes what a demo writes, and nothing else.
    fn clear(&self) -> Result<()> {
        let registry = self.registry();
        let mut outcomes = vec![(fs::remove_dir_all(&registry), registry)];
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let file = self.folder.join(format!("{STORE}{suffix}"));
            outcomes.push((fs::remove_file(&file), file));
        }
        for (outcome, path) in outcomes {
            match outcome {
                Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                    return Err(refused("clear", &path, cause));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes beside and renames: a mark is whole or not there.
    fn write_mark(&self) -> Result<()> {
        let (path, partial) = (
            self.folder.join(MARK),
            self.folder.join("demo.json.partial"),
        );
        let text = serde_json::to_vec_pretty(&self.mark)
            .map_err(|error| refused("write", &path, error.into()))?;
        fs::write(&partial, text).map_err(|cause| refused("write", &partial, cause))?;
        fs::rename(&partial, &path).map_err(|cause| refused("write", &path, cause))
    }
}

fn refused(action: &'static str, path: &Path, cause: std::io::Error) -> DemoError {
    DemoError::File {
        action,
        path: path.to_owned(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::demo::calendar::Day;
    use crate::demo::schedule::activities;

    fn mark(seed: u64) -> Mark {
        let day = Day::parse("2026-11-22").unwrap();
        Mark::of(
            Plan {
                seed,
                day,
                visitors: 10,
            },
            &activities(seed, day).unwrap(),
        )
    }

    #[test]
    fn the_same_city_is_kept_and_another_one_starts_from_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("demo");
        let mut home = Home::open(&path, mark(1), false).unwrap();
        fs::write(home.store(), "events").unwrap();
        home.note_events_sent().unwrap();
        let again = Home::open(&path, mark(1), false).unwrap();
        assert!(again.mark.events_sent && again.store().exists());
        let other = Home::open(&path, mark(2), false).unwrap();
        assert!(!other.mark.events_sent && !other.store().exists() && other.registry().is_dir());
        fs::write(other.store(), "events").unwrap();
        assert!(!Home::open(&path, mark(2), true).unwrap().store().exists());
    }

    #[test]
    fn a_folder_with_something_else_is_never_touched() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.txt"), "ten years of work").unwrap();
        let error = Home::open(folder.path(), mark(1), true).unwrap_err();
        assert_eq!(error.code(), "DEMO_OCCUPIED");
        assert!(folder.path().join("thesis.txt").exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
