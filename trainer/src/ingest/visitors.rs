//! Rows to visitors.

use std::collections::HashMap;

use triqueta::history::Profile;

use super::cell::{Flaw, Kind};
use super::field::Field;
use super::mapping::{Mapping, VisitorBlock};
use super::reading::{Reading, Resolver};
use crate::Result;
use crate::dataset::VisitorRecord;

/// The longest user id an event may carry.
const LIMIT_USER_BYTES: usize = 128;

struct Fields {
    id: Field,
    tags: Option<Field>,
    locality: Option<Field>,
    availability: Option<Field>,
    level: Option<Field>,
    since: Option<Field>,
}

impl Fields {
    fn new(block: &VisitorBlock, resolver: &Resolver<'_>) -> Result<Self> {
        Ok(Self {
            id: resolver.field("id", &block.id)?,
            tags: resolver.optional("tags", block.tags.as_ref())?,
            locality: resolver.optional("locality", block.locality.as_ref())?,
            availability: resolver.optional("availability", block.availability.as_ref())?,
            level: resolver.optional("level", block.level.as_ref())?,
            since: resolver.optional("since", block.since.as_ref())?,
        })
    }
}

/// Reads the visitors, in the source's order; `None` where the source has no table of them.
pub(super) fn read(
    mapping: &Mapping,
    reading: &mut Reading<'_>,
) -> Result<Option<Vec<VisitorRecord>>> {
    let Some(block) = &mapping.visitors else {
        return Ok(None);
    };
    let mut visitors: Vec<VisitorRecord> = Vec::new();
    let mut rows: HashMap<String, usize> = HashMap::new();
    let table = reading.open(&block.table)?;
    let fields = Fields::new(block, &reading.resolver(&table))?;
    reading.each(table, |row, _| {
        let text = |field: &Option<Field>| field.as_ref().map_or(Ok(None), |field| field.text(row));
        let list = |field: &Option<Field>| {
            field
                .as_ref()
                .map_or(Ok(Vec::new()), |field| field.list(row))
        };
        let user = fields.id.needed(row)?;
        if user.len() > LIMIT_USER_BYTES || user.chars().any(char::is_control) {
            let detail = format!(
                "the id {user:?} is longer than {LIMIT_USER_BYTES} bytes or has control characters"
            );
            return Err(Flaw::new(Kind::VisitorImpossible, detail));
        }
        let profile = Profile {
            tags: list(&fields.tags)?,
            locality: text(&fields.locality)?,
            availability: list(&fields.availability)?,
            level: text(&fields.level)?,
            since_ms: fields
                .since
                .as_ref()
                .map_or(Ok(None), |field| field.time(row))?
                .map(|(time_ms, _)| time_ms),
            location: None,
        };
        let record = VisitorRecord { user, profile };
        if let Some(&at) = rows.get(&record.user) {
            let flaw = Flaw::new(Kind::VisitorDuplicate, format!("id {}", record.user));
            if let Some(earlier) = visitors.get_mut(at) {
                *earlier = record;
            }
            return Err(flaw);
        }
        rows.insert(record.user.clone(), visitors.len());
        visitors.push(record);
        Ok(())
    })?;
    Ok(Some(visitors))
}
