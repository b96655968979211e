//! One thing that was found, and the list of them as a table.

use std::borrow::Cow;
use std::fmt::{self, Write};

use serde::Serialize;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Learning works and is worse for it.
    Warning,
    /// Learning cannot work, or would learn something false.
    Error,
}

/// One kind of thing that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Its stable code.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// How often it was found.
    pub count: u64,
    /// Of how many looked at.
    pub of: u64,
    /// What was found.
    pub what: String,
    /// What it does to the learning.
    pub effect: &'static str,
    /// What `triqueta check --repair` does about it; absent where it takes somebody who knows the data.
    pub repair: Option<&'static str>,
    /// The first few.
    pub examples: Vec<String>,
}

/// Examples kept of each kind.
pub(super) const EXAMPLES: usize = 3;

/// Counts one kind of thing and keeps its first examples.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) count: u64,
    pub(super) examples: Vec<String>,
}

impl Found {
    pub(super) fn add(&mut self, example: impl FnOnce() -> String) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(example());
        }
    }

    /// Adds the finding to the list if anything was found among `of`.
    pub(super) fn report(self, of: usize, note: Note, findings: &mut Vec<Finding>) {
        if self.count > 0 {
            let Note {
                code,
                severity,
                what,
                effect,
                repair,
            } = note;
            let (count, examples) = (self.count, self.examples);
            findings.push(Finding {
                code,
                severity,
                count,
                of: of as u64,
                what: what.into_owned(),
                effect,
                repair,
                examples,
            });
        }
    }
}

/// The words of a finding.
pub(super) struct Note {
    pub(super) code: &'static str,
    pub(super) severity: Severity,
    pub(super) what: Cow<'static, str>,
    pub(super) effect: &'static str,
    pub(super) repair: Option<&'static str>,
}

/// Everything a check found, the gravest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckReport {
    /// Activities looked at.
    pub activities: u64,
    /// Visitors looked at.
    pub visitors: u64,
    /// Events looked at.
    pub events: u64,
    /// What was found.
    pub findings: Vec<Finding>,
}

impl CheckReport {
    /// The gravest severity found.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} activities, {} visitors, {} events",
            self.activities, self.visitors, self.events
        )?;
        if self.findings.is_empty() {
            return write!(formatter, "\nnothing to complain about");
        }
        let width = self
            .findings
            .iter()
            .map(|finding| finding.code.len())
            .max()
            .unwrap_or(0);
        for finding in &self.findings {
            let severity = match finding.severity {
                Severity::Error => "ERROR  ",
                Severity::Warning => "warning",
                Severity::Info => "info   ",
            };
            let share = format!("{}/{}", finding.count, finding.of);
            write!(
                formatter,
                "\n{severity}  {:width$}  {share:>13}  {}",
                finding.code, finding.what
            )?;
            let mut indent =
                |label: &str, text: &str| write!(formatter, "\n{:9}{label}: {text}", "");
            indent("effect", finding.effect)?;
            if let Some(repair) = finding.repair {
                indent("--repair", repair)?;
            }
            if !finding.examples.is_empty() {
                let mut examples = String::new();
                for (index, example) in finding.examples.iter().enumerate() {
                    write!(examples, "{}{example}", if index == 0 { "" } else { " · " })?;
                }
                indent("such as", &examples)?;
            }
        }
        Ok(())
    }
}
