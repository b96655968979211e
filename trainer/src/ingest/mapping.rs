//! The mapping file: which tables a source has and what their columns mean.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use triqueta::catalog::{AvailabilityWindow, Place, Season};

use super::field_spec::FieldSpec;
use crate::Result;
use crate::digest::sha256;
use crate::error::{FileError, MappingError};

/// How a source becomes a [`crate::Dataset`]: the parsed mapping file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Version of the mapping language, 1.
    format: u32,
    /// What the data is called; part of every derived id, so that two sources never collide.
    pub name: String,
    /// SHA-256 of the file.
    #[serde(skip)]
    pub(super) sha256: String,
    /// Texts that mean "nothing".
    #[serde(default = "empty_texts")]
    pub(super) empty: Vec<String>,
    pub(super) city: CityBlock,
    pub(super) tables: BTreeMap<String, TableSpec>,
    pub(super) activities: ActivityBlock,
    pub(super) visitors: Option<VisitorBlock>,
    #[serde(default)]
    pub(super) events: Vec<EventBlock>,
    #[serde(default)]
    pub(super) words: WordBlock,
}

fn empty_texts() -> Vec<String> {
    vec![String::new()]
}

/// Name, clock and calendar.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CityBlock {
    pub(super) name: String,
    /// IANA name, such as `America/Bogota`.
    pub(super) time_zone: String,
    #[serde(default)]
    pub(super) currency: String,
    /// The middle of the activities where absent.
    pub(super) centre: Option<Place>,
    /// Rules, dates, or the name of a rule set; see [`super::holidays`].
    #[serde(default)]
    pub(super) holidays: Vec<String>,
    #[serde(default)]
    pub(super) seasons: Vec<Season>,
    #[serde(default)]
    pub(super) availability: Vec<AvailabilityWindow>,
}

/// One table: exactly one of `file`, `table` and `query`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableSpec {
    /// `.csv`, `.csv.gz`, `.jsonl`, `.jsonl.gz` or `.parquet` below the folder given.
    pub(super) file: Option<String>,
    /// Between the columns of a CSV file.
    #[serde(default = "comma")]
    pub(super) delimiter: char,
    /// A table or view of the database.
    pub(super) table: Option<String>,
    /// A SELECT for the database.
    pub(super) query: Option<String>,
}

fn comma() -> char {
    ','
}

/// Columns to [`triqueta::catalog::Activity`].
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ActivityBlock {
    pub(super) table: String,
    pub(super) id: FieldSpec,
    pub(super) title: FieldSpec,
    pub(super) start: FieldSpec,
    pub(super) end: Option<FieldSpec>,
    pub(super) description: Option<FieldSpec>,
    #[serde(rename = "type")]
    pub(super) kind: Option<FieldSpec>,
    pub(super) tags: Option<FieldSpec>,
    pub(super) locality: Option<FieldSpec>,
    pub(super) level: Option<FieldSpec>,
    pub(super) lat: Option<FieldSpec>,
    pub(super) lon: Option<FieldSpec>,
    pub(super) address: Option<FieldSpec>,
    pub(super) price: Option<FieldSpec>,
    pub(super) free: Option<FieldSpec>,
    pub(super) organiser: Option<FieldSpec>,
    pub(super) series: Option<FieldSpec>,
    pub(super) published: Option<FieldSpec>,
    /// Where no column tells: the first event anybody had with it.
    pub(super) published_from: Option<PublishedFrom>,
    pub(super) status: Option<FieldSpec>,
    pub(super) transit_m: Option<FieldSpec>,
    pub(super) link: Option<FieldSpec>,
    pub(super) image: Option<FieldSpec>,
    pub(super) contact: Option<FieldSpec>,
    pub(super) favourites: Option<FieldSpec>,
    pub(super) views: Option<FieldSpec>,
    /// Coordinates the source writes where it knows none.
    #[serde(default)]
    pub(super) unknown_places: Vec<Place>,
}

/// When an activity became visible, where no column tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PublishedFrom {
    /// With the first event anybody had with it.
    FirstEvent,
}

/// Columns to a visitor's profile. Without this block visitors are whoever has an event.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VisitorBlock {
    pub(super) table: String,
    pub(super) id: FieldSpec,
    pub(super) tags: Option<FieldSpec>,
    pub(super) locality: Option<FieldSpec>,
    pub(super) availability: Option<FieldSpec>,
    pub(super) level: Option<FieldSpec>,
    pub(super) since: Option<FieldSpec>,
}

/// Rows of a table to events.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventBlock {
    pub(super) table: String,
    pub(super) user: FieldSpec,
    pub(super) activity: Option<FieldSpec>,
    pub(super) time: FieldSpec,
    /// What a row means: the first whose `when` holds.
    pub(super) body: Vec<BodyBlock>,
}

/// One meaning of a row.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BodyBlock {
    /// Column to text; all must be equal.
    #[serde(default)]
    pub(super) when: BTreeMap<String, String>,
    /// The kind of event, as on the wire.
    pub(super) kind: String,
    /// Fields with fixed values, as on the wire.
    #[serde(default)]
    pub(super) set: BTreeMap<String, toml::Value>,
    /// Fields taken from columns.
    #[serde(default)]
    pub(super) from: BTreeMap<String, FieldSpec>,
}

/// What is done to words, the same for activities and profiles.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WordBlock {
    /// Fields turned into lower case.
    pub(super) lower: Vec<WordField>,
    /// Fields in which spellings that differ only in case or accents become the most frequent of them.
    pub(super) unify: Vec<WordField>,
}

/// A field with a vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WordField {
    Tags,
    Type,
    Locality,
    Level,
    Organiser,
    Series,
    Availability,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// [`FileError`] if it cannot be read, [`MappingError`] if it is no mapping.
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(FileError::at("read", path))?;
        Self::parse(&text, path)
    }

    /// Parses a mapping; `path` is for messages.
    ///
    /// # Errors
    /// [`MappingError`] if it is no mapping.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let malformed = |detail: String| MappingError::Malformed {
            path: path.to_owned(),
            detail,
        };
        let mut mapping: Self =
            toml::from_str(text).map_err(|error| malformed(error.to_string()))?;
        if mapping.format != 1 {
            return Err(malformed(format!(
                "it has format {} and this build reads 1",
                mapping.format
            ))
            .into());
        }
        mapping.sha256 = sha256(text.as_bytes());
        mapping.check()?;
        Ok(mapping)
    }

    fn check(&self) -> Result<()> {
        for (name, table) in &self.tables {
            let given = [&table.file, &table.table, &table.query]
                .iter()
                .filter(|origin| origin.is_some())
                .count();
            if given != 1 {
                return Err(self.impossible(
                    &format!("[tables.{name}]"),
                    "give exactly one of `file`, `table` and `query`",
                ));
            }
            if !table.delimiter.is_ascii() {
                return Err(self.impossible(
                    &format!("[tables.{name}]"),
                    "`delimiter` must be one ASCII character",
                ));
            }
        }
        let blocks = self.events.iter().map(|block| ("[[events]]", &block.table));
        let visitors = self
            .visitors
            .iter()
            .map(|block| ("[visitors]", &block.table));
        for (block, table) in blocks
            .chain(visitors)
            .chain([("[activities]", &self.activities.table)])
        {
            if !self.tables.contains_key(table) {
                return Err(self.impossible(block, &format!("there is no [tables.{table}]")));
            }
        }
        if self.activities.lat.is_some() != self.activities.lon.is_some() {
            return Err(self.impossible("[activities]", "`lat` and `lon` come together"));
        }
        if self.activities.favourites.is_some() != self.activities.views.is_some() {
            return Err(self.impossible("[activities]", "`favourites` and `views` come together"));
        }
        for season in &self.city.seasons {
            if season.months.iter().any(|month| !(1..=12).contains(month)) {
                return Err(self.impossible("[city] seasons", "months are 1 to 12"));
            }
        }
        for window in &self.city.availability {
            let hours = window.from_hour < window.until_hour && window.until_hour <= 24;
            if !hours || window.weekdays.iter().any(|&day| day > 6) {
                let detail =
                    "weekdays are 0 (Monday) to 6, hours 0 to 24, the first before the second";
                return Err(self.impossible("[city] availability", detail));
            }
        }
        Ok(())
    }

    /// The error for an entry that makes no sense.
    pub(super) fn impossible(&self, at: &str, detail: &str) -> crate::TrainerError {
        MappingError::Impossible {
            name: self.name.clone(),
            at: at.to_owned(),
            detail: detail.to_owned(),
        }
        .into()
    }
}
