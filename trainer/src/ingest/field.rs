//! One field of the target, bound to a table: its value in a row.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::cell::{Cell, Flaw, Kind};
use super::field_spec::Unmapped;
use super::time::{TimeFormat, at_clock};
use crate::digest::{hexadecimal, sha256_texts};

/// A field bound to the columns of one table.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) origin: Origin,
    pub(super) empty: Vec<String>,
    pub(super) separator: Option<String>,
    pub(super) map: BTreeMap<String, String>,
    pub(super) unmapped: Unmapped,
    pub(super) formats: Vec<TimeFormat>,
    pub(super) zone: TimeZone,
    pub(super) clock: Option<(usize, usize)>,
    pub(super) scale: Option<f64>,
}

#[derive(Debug, Clone)]
pub(super) enum Origin {
    FirstOf(Vec<usize>),
    Digest(Vec<usize>),
    Constant(Cell),
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
