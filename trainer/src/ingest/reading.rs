//! The one loop every table goes through: progress, interruption, flaws counted with file and line.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::cell::{Cell, Flaw, Kind};
use super::field::Field;
use super::field_spec::{FieldSpec, Surroundings, Unresolved};
use super::mapping::Mapping;
use super::report::Tallies;
use super::source::{self, Origin, Table};
use crate::Result;
use crate::dataset::SourceTable;
use crate::error::ImportError;
use crate::progress::{self, Progress};

const ROWS_PER_CHECK: u64 = 1_000;

/// What accumulates while tables are read.
pub(super) struct Reading<'a> {
    pub(super) mapping: &'a Mapping,
    pub(super) origin: Origin<'a>,
    pub(super) zone: TimeZone,
    pub(super) progress: &'a dyn Progress,
    pub(super) problems: Tallies,
    pub(super) notes: Tallies,
    pub(super) sources: BTreeMap<String, SourceTable>,
}

/// Finds the columns of a table's fields.
pub(super) struct Resolver<'a> {
    mapping: &'a Mapping,
    zone: &'a TimeZone,
    table: &'a str,
    columns: &'a [String],
}

impl<'a> Reading<'a> {
    /// Opens a table of the mapping.
    pub(super) fn open(&self, name: &str) -> Result<Table> {
        self.progress.begin(&format!("reading {name}"), None);
        progress::check(self.progress)?;
        source::open(self.mapping, name, self.origin, self.progress)
    }

    /// The resolver of an opened table.
    pub(super) fn resolver<'b>(&'b self, table: &'b Table) -> Resolver<'b> {
        Resolver {
            mapping: self.mapping,
            zone: &self.zone,
            table: &table.name,
            columns: &table.columns,
        }
    }

    /// Calls `row` with the cells of each record and a place for notes. Flaws are counted.
    pub(super) fn each(
        &mut self,
        table: Table,
        mut row: impl FnMut(&[Cell], &mut dyn FnMut(Kind, String)) -> std::result::Result<(), Flaw>,
    ) -> Result<()> {
        self.progress
            .begin(&format!("reading {}", table.name), table.total);
        let mut rows = 0_u64;
        for record in table.records {
            let record = record?;
            rows += 1;
            self.progress.advance(record.units);
            if rows.is_multiple_of(ROWS_PER_CHECK) {
                progress::check(self.progress)?;
            }
            let (name, notes) = (&table.name, &mut self.notes);
            let mut note = |kind: Kind, detail: String| {
                notes.add(kind, || format!("{name}, line {}: {detail}", record.line))
            };
            if let Err(flaw) = record.cells.and_then(|cells| row(&cells, &mut note)) {
                self.problems.flaw(&table.name, record.line, &flaw);
            }
        }
        let source = SourceTable {
            name: table.name.clone(),
            rows,
            sha256: table.sha256,
        };
        self.sources.insert(table.name, source);
        Ok(())
    }
}

impl Resolver<'_> {
    /// Binds a field.
    pub(super) fn field(&self, name: &'static str, spec: &FieldSpec) -> Result<Field> {
        let around = Surroundings {
            columns: self.columns,
            empty: &self.mapping.empty,
            zone: self.zone,
        };
        spec.resolve(name, &around)
            .map_err(|unresolved| match unresolved {
                Unresolved::Column(column) => self.missing(column),
                Unresolved::Zone(zone) => self
                    .mapping
                    .impossible(name, &format!("`{zone}` is no time zone")),
            })
    }

    /// The number of a column.
    pub(super) fn column(&self, column: &str) -> Result<usize> {
        let found = self.columns.iter().position(|name| name == column);
        found.ok_or_else(|| self.missing(column.to_owned()))
    }

    fn missing(&self, column: String) -> crate::TrainerError {
        let found = self.columns.join(", ");
        ImportError::ColumnMissing {
            source_name: self.table.to_owned(),
            column,
            found,
        }
        .into()
    }

    /// Binds a field that the mapping may leave out.
    pub(super) fn optional(
        &self,
        name: &'static str,
        spec: Option<&FieldSpec>,
    ) -> Result<Option<Field>> {
        spec.map(|spec| self.field(name, spec)).transpose()
    }
}
