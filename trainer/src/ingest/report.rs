//! What an import found: counts, problems by kind with their first examples, and things worth knowing.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use super::cell::{Flaw, Kind};

/// Examples kept of each kind.
const EXAMPLES: usize = 3;

/// The outcome of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// Rows read, by table.
    pub rows: BTreeMap<String, u64>,
    /// Activities in the dataset.
    pub activities: u64,
    /// Visitors in the dataset.
    pub visitors: u64,
    /// Events in the dataset.
    pub events: u64,
    /// Time of the first event, Unix ms.
    pub from_ms: Option<i64>,
    /// Time of the last event, Unix ms.
    pub until_ms: Option<i64>,
    /// Rows that were left out.
    pub problems: Vec<Tally>,
    /// Things that were changed or taken as unknown and that somebody should know of.
    pub notes: Vec<Tally>,
}

/// How often one kind of thing was met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Its stable code.
    pub code: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// How often.
    pub count: u64,
    /// The first few, with file and line.
    pub examples: Vec<String>,
}

impl Tally {
    /// The tallies as indented lines for people.
    pub fn lines(tallies: &[Self]) -> String {
        let mut text = String::new();
        for tally in tallies {
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "  {} × {}: {}",
                tally.count, tally.code, tally.meaning
            );
            for example in &tally.examples {
                let _ = writeln!(text, "      {example}");
            }
        }
        text.truncate(text.trim_end().len());
        text
    }
}

/// Counts while reading.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    kinds: BTreeMap<Kind, (u64, Vec<String>)>,
}

impl Tallies {
    /// Counts one; the example is made only while examples are kept.
    pub(super) fn add(&mut self, kind: Kind, example: impl FnOnce() -> String) {
        let (count, examples) = self.kinds.entry(kind).or_default();
        *count += 1;
        if examples.len() < EXAMPLES {
            let example = example();
            if !examples.contains(&example) {
                examples.push(example);
            }
        }
    }

    /// Counts a flaw of a row.
    pub(super) fn flaw(&mut self, source: &str, line: u64, flaw: &Flaw) {
        self.add(flaw.kind, || {
            format!("{source}, line {line}: {}", flaw.detail)
        });
    }

    /// How many were counted.
    pub(super) fn total(&self) -> u64 {
        self.kinds.values().map(|(count, _)| count).sum()
    }

    pub(super) fn counts(&self) -> BTreeMap<String, u64> {
        self.kinds
            .iter()
            .map(|(kind, (count, _))| (kind.describe().0.to_owned(), *count))
            .collect()
    }

    pub(super) fn into_list(self) -> Vec<Tally> {
        let tally = |(kind, (count, examples)): (Kind, (u64, Vec<String>))| {
            let (code, meaning) = kind.describe();
            Tally {
                code,
                meaning,
                count,
                examples,
            }
        };
        self.kinds.into_iter().map(tally).collect()
    }
}
