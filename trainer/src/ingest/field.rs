//! One field of the target: where its value stands in a row and how it is written there.

use std::collections::BTreeMap;
use std::fmt;

use jiff::tz::TimeZone;
use serde::de::{self, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

use super::cell::{Cell, Flaw, Kind};
use super::time::{TimeFormat, at_clock};
use crate::digest::{hexadecimal, sha256_texts};

/// A field as the mapping file states it: the name of a column, or a table with more to say.
#[derive(Debug, Clone, Default)]
pub(super) struct FieldSpec(pub(super) FieldOptions);

/// Everything that can be said of a field. Exactly one of the first four.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FieldOptions {
    /// The column.
    column: Option<String>,
    /// The first of these columns that is not empty.
    first_of: Vec<String>,
    /// The same text for every row.
    constant: Option<String>,
    /// 16 hexadecimal digits from these columns: an id for a source that has none.
    digest: Vec<String>,
    /// Between the words of a list.
    separator: Option<String>,
    /// Source text to our text.
    map: BTreeMap<String, String>,
    /// What becomes of texts that are not in `map`.
    unmapped: Unmapped,
    /// Formats tried in order; `iso` where none is given.
    time: OneOrMore,
    /// IANA zone of times without one; the city's where absent.
    zone: Option<String>,
    /// A column that holds the time of day for a date.
    clock: Option<String>,
    /// Which time of day in that column, from 0.
    clock_nth: usize,
    /// Numbers are multiplied by it.
    scale: Option<f64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Unmapped {
    #[default]
    Keep,
    Error,
    Drop,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    #[default]
    None,
    One(TimeFormat),
    More(Vec<TimeFormat>),
}

impl<'de> Deserialize<'de> for FieldSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = FieldSpec;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the name of a column, or a table with `column`, `first_of`, `constant` or `digest`")
            }
            fn visit_str<E: de::Error>(self, column: &str) -> Result<FieldSpec, E> {
                Ok(FieldSpec(FieldOptions {
                    column: Some(column.to_owned()),
                    ..FieldOptions::default()
                }))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FieldSpec, A::Error> {
                let options = FieldOptions::deserialize(MapAccessDeserializer::new(map))?;
                let origins = [
                    options.column.is_some(),
                    !options.first_of.is_empty(),
                    options.constant.is_some(),
                    !options.digest.is_empty(),
                ];
                if origins.into_iter().filter(|&given| given).count() != 1 {
                    return Err(de::Error::custom(
                        "give exactly one of `column`, `first_of`, `constant` and `digest`",
                    ));
                }
                Ok(FieldSpec(options))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// What resolving a field against a header may find wrong.
pub(super) enum Unresolved {
    /// A column the source does not have.
    Column(String),
    /// A time zone nobody knows.
    Zone(String),
}

/// A field bound to the columns of one table.
#[derive(Debug, Clone)]
pub(super) struct Field {
    name: &'static str,
    origin: Origin,
    empty: Vec<String>,
    separator: Option<String>,
    map: BTreeMap<String, String>,
    unmapped: Unmapped,
    formats: Vec<TimeFormat>,
    zone: TimeZone,
    clock: Option<(usize, usize)>,
    scale: Option<f64>,
}

#[derive(Debug, Clone)]
enum Origin {
    FirstOf(Vec<usize>),
    Digest(Vec<usize>),
    Constant(Cell),
}

/// What every field of a mapping shares.
pub(super) struct Surroundings<'a> {
    pub(super) columns: &'a [String],
    pub(super) empty: &'a [String],
    pub(super) zone: &'a TimeZone,
}

impl FieldSpec {
    /// Finds the columns.
    pub(super) fn resolve(
        &self,
        name: &'static str,
        around: &Surroundings<'_>,
    ) -> Result<Field, Unresolved> {
        let options = &self.0;
        let position = |column: &String| {
            around
                .columns
                .iter()
                .position(|found| found == column)
                .ok_or_else(|| Unresolved::Column(column.clone()))
        };
        let origin = if let Some(constant) = &options.constant {
            Origin::Constant(Cell::Text(constant.clone()))
        } else if !options.digest.is_empty() {
            Origin::Digest(
                options
                    .digest
                    .iter()
                    .map(position)
                    .collect::<Result<_, _>>()?,
            )
        } else {
            Origin::FirstOf(
                options
                    .column
                    .iter()
                    .chain(&options.first_of)
                    .map(position)
                    .collect::<Result<_, _>>()?,
            )
        };
        let zone = match &options.zone {
            Some(zone) => TimeZone::get(zone).map_err(|_| Unresolved::Zone(zone.clone()))?,
            None => around.zone.clone(),
        };
        Ok(Field {
            name,
            origin,
            empty: around.empty.to_vec(),
            separator: options.separator.clone(),
            map: options.map.clone(),
            unmapped: options.unmapped,
            formats: match &options.time {
                OneOrMore::None => vec![TimeFormat::Iso],
                OneOrMore::One(format) => vec![format.clone()],
                OneOrMore::More(formats) => formats.clone(),
            },
            zone,
            clock: options
                .clock
                .as_ref()
                .map(position)
                .transpose()?
                .map(|column| (column, options.clock_nth)),
            scale: options.scale,
        })
    }
}

impl Field {
    fn cell(&self, row: &[Cell]) -> Cell {
        match &self.origin {
            Origin::Constant(cell) => cell.clone(),
            Origin::Digest(columns) => {
                let texts: Vec<String> = columns
                    .iter()
                    .map(|&column| row.get(column).and_then(Cell::text).unwrap_or_default())
                    .collect();
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                Cell::Text(
                    hexadecimal(&sha256_texts(&texts))
                        .chars()
                        .take(16)
                        .collect(),
                )
            }
            Origin::FirstOf(columns) => {
                let cells = columns.iter().filter_map(|&column| row.get(column));
                cells
                    .into_iter()
                    .find(|cell| !self.is_empty(cell))
                    .cloned()
                    .unwrap_or(Cell::Null)
            }
        }
    }

    fn is_empty(&self, cell: &Cell) -> bool {
        match cell {
            Cell::Null => true,
            Cell::Text(text) => self.empty.iter().any(|empty| empty == text.trim()),
            Cell::Number(value) => value.is_nan(),
            _ => false,
        }
    }

    fn flaw(&self, kind: Kind, cell: &Cell) -> Flaw {
        let shown: String = match cell {
            Cell::List(words) => words.join(", "),
            other => other.text().unwrap_or_default(),
        };
        Flaw::new(
            kind,
            format!(
                "`{}` is {:?}",
                self.name,
                shown.chars().take(60).collect::<String>()
            ),
        )
    }

    fn translate(&self, text: String) -> Result<Option<String>, Flaw> {
        if self.map.is_empty() {
            return Ok(Some(text));
        }
        match (self.map.get(&text), self.unmapped) {
            (Some(ours), _) => Ok(Some(ours.clone()).filter(|ours| !ours.is_empty())),
            (None, Unmapped::Keep) => Ok(Some(text)),
            (None, Unmapped::Drop) => Ok(None),
            (None, Unmapped::Error) => Err(self.flaw(Kind::FieldUnmapped, &Cell::Text(text))),
        }
    }

    /// The value as text; `None` if it is empty.
    pub(super) fn text(&self, row: &[Cell]) -> Result<Option<String>, Flaw> {
        let cell = self.cell(row);
        match cell.text().filter(|_| !self.is_empty(&cell)) {
            Some(text) => self.translate(text),
            None => Ok(None),
        }
    }

    /// The value as text that must be there.
    pub(super) fn needed(&self, row: &[Cell]) -> Result<String, Flaw> {
        self.text(row)?
            .ok_or_else(|| Flaw::new(Kind::FieldMissing, format!("`{}` is empty", self.name)))
    }

    /// The value as a list of distinct words in the source's order.
    pub(super) fn list(&self, row: &[Cell]) -> Result<Vec<String>, Flaw> {
        let cell = self.cell(row);
        let words: Vec<String> = match (&cell, &self.separator) {
            (Cell::List(words), _) => words.clone(),
            (other, Some(separator)) => other
                .text()
                .unwrap_or_default()
                .split(separator.as_str())
                .map(str::to_owned)
                .collect(),
            (other, None) => other.text().into_iter().collect(),
        };
        let mut kept: Vec<String> = Vec::with_capacity(words.len());
        for word in words {
            let word = word.trim().to_owned();
            if self.empty.contains(&word) || word.is_empty() {
                continue;
            }
            if let Some(word) = self.translate(word)?
                && !kept.contains(&word)
            {
                kept.push(word);
            }
        }
        Ok(kept)
    }

    /// The value as a number.
    pub(super) fn number(&self, row: &[Cell]) -> Result<Option<f64>, Flaw> {
        let cell = self.cell(row);
        if self.is_empty(&cell) {
            return Ok(None);
        }
        let value = match &cell {
            Cell::Integer(value) => Some(*value as f64),
            Cell::Number(value) => Some(*value),
            Cell::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        match value.filter(|value: &f64| value.is_finite()) {
            Some(value) => Ok(Some(value * self.scale.unwrap_or(1.0))),
            None => Err(self.flaw(Kind::FieldNumber, &cell)),
        }
    }

    /// The value as true or false.
    pub(super) fn boolean(&self, row: &[Cell]) -> Result<Option<bool>, Flaw> {
        if let Cell::Boolean(value) = self.cell(row) {
            return Ok(Some(value));
        }
        let Some(text) = self.text(row)? else {
            return Ok(None);
        };
        match text.to_lowercase().as_str() {
            "true" | "t" | "1" | "yes" | "y" | "sí" | "si" | "verdadero" => Ok(Some(true)),
            "false" | "f" | "0" | "no" | "n" | "falso" => Ok(Some(false)),
            _ => Err(self.flaw(Kind::FieldBoolean, &Cell::Text(text))),
        }
    }

    /// The value as Unix ms, and whether its time of day could not be read.
    pub(super) fn time(&self, row: &[Cell]) -> Result<Option<(i64, bool)>, Flaw> {
        let cell = self.cell(row);
        if self.is_empty(&cell) {
            return Ok(None);
        }
        let Some(time_ms) = self
            .formats
            .iter()
            .find_map(|format| format.parse(&cell, &self.zone))
        else {
            return Err(self.flaw(Kind::FieldTime, &cell));
        };
        let Some((column, nth)) = self.clock else {
            return Ok(Some((time_ms, false)));
        };
        let clock = row.get(column).and_then(Cell::text).unwrap_or_default();
        match at_clock(time_ms, &clock, nth, &self.zone) {
            Some(time_ms) => Ok(Some((time_ms, false))),
            None => Ok(Some((time_ms, true))),
        }
    }

    /// The value as Unix ms that must be there, and whether its time of day could not be read.
    pub(super) fn needed_time(&self, row: &[Cell]) -> Result<(i64, bool), Flaw> {
        self.time(row)?
            .ok_or_else(|| Flaw::new(Kind::FieldMissing, format!("`{}` is empty", self.name)))
    }
}
