//! How does a source become a dataset?
//!
//! A mapping file says which tables a source has and what their columns mean; this module reads them strictly. Rows that
//! cannot be used are counted by kind with their first examples, and fail the import as a whole unless skipping them was
//! asked for: a silent half is worse than a clear no. Everything derived (ids, devices, visits) is a function of the
//! source, so importing twice gives the same dataset.

mod activities;
mod cell;
mod city;
mod events;
mod field;
mod field_spec;
mod holidays;
mod mapping;
mod reading;
mod report;
mod source;
mod time;
mod visitors;
pub(crate) mod words;

use std::collections::{BTreeMap, HashSet};

use triqueta::catalog::Activity;
use triqueta::event::{ActivityId, Event};
use triqueta::history::Profile;

use crate::Result;
use crate::dataset::{Dataset, Lineage, VisitorRecord};
use crate::error::ImportError;
use crate::progress::Progress;

pub use mapping::Mapping;
pub use report::{ImportReport, Tally};
pub use source::Origin;

use mapping::PublishedFrom;
use reading::Reading;
use report::Tallies;

/// Reads a source as its mapping says.
///
/// # Errors
/// [`ImportError`] if the source cannot be read or, unless `skip_bad_rows`, if any row cannot be used;
/// [`crate::error::MappingError`] if the mapping makes no sense; [`crate::TrainerError::Cancelled`] when asked to stop.
pub fn import(
    mapping: &Mapping,
    origin: Origin<'_>,
    skip_bad_rows: bool,
    progress: &dyn Progress,
) -> Result<(Dataset, ImportReport)> {
    let zone = city::zone(mapping)?;
    let mut reading = Reading {
        mapping,
        origin,
        zone,
        progress,
        problems: Tallies::default(),
        notes: Tallies::default(),
        sources: BTreeMap::new(),
    };
    let mut activities = activities::read(mapping, &mut reading)?;
    let visitors = visitors::read(mapping, &mut reading)?;
    let ids: HashSet<ActivityId> = activities
        .iter()
        .map(|activity| activity.id.clone())
        .collect();
    let users: Option<HashSet<String>> = visitors.as_ref().map(|visitors| {
        visitors
            .iter()
            .map(|visitor| visitor.user.clone())
            .collect()
    });
    let events = events::read(mapping, &mut reading, &ids, users.as_ref())?;

    let rows: BTreeMap<String, u64> = reading
        .sources
        .values()
        .map(|source| (source.name.clone(), source.rows))
        .collect();
    if reading.problems.total() > 0 && !skip_bad_rows {
        let (bad, total) = (reading.problems.total(), rows.values().sum());
        let summary = Tally::lines(&reading.problems.into_list());
        return Err(ImportError::BadRows {
            rows: bad,
            total,
            summary,
        }
        .into());
    }
    if activities.is_empty() {
        return Err(ImportError::Empty { what: "activities" }.into());
    }
    let mut visitors = visitors.unwrap_or_else(|| seen_visitors(&events));
    words::apply(
        &mapping.words,
        &mut activities,
        &mut visitors,
        &mut reading.notes,
    );
    if mapping.activities.published_from == Some(PublishedFrom::FirstEvent) {
        let times = events::first_times(&events);
        for activity in &mut activities {
            let first_ms = times.get(&activity.id).copied();
            activity.published_ms = activity.published_ms.or(first_ms);
        }
    }
    let (first_ms, last_ms) = span(&activities, &events);
    let city = city::city(mapping, &reading.zone, &activities, first_ms, last_ms)?;
    let lineage = Lineage {
        name: mapping.name.clone(),
        mapping_sha256: mapping.sha256.clone(),
        sources: reading.sources.into_values().collect(),
        skipped: reading.problems.counts(),
        simulated: false,
    };
    let dataset = Dataset::new(city, activities, visitors, events, lineage)?;
    let report = ImportReport {
        rows,
        activities: dataset.activities.len() as u64,
        visitors: dataset.visitors.len() as u64,
        events: dataset.events.len() as u64,
        from_ms: dataset.events.first().map(|event| event.time_ms),
        until_ms: dataset.until_ms(),
        problems: reading.problems.into_list(),
        notes: reading.notes.into_list(),
    };
    Ok((dataset, report))
}

/// Visitors of a source that has no table of them: whoever has an event, in the order of their first.
fn seen_visitors(events: &[Event]) -> Vec<VisitorRecord> {
    let mut seen = HashSet::new();
    events
        .iter()
        .filter_map(|event| event.user.as_ref())
        .filter(|user| seen.insert(user.as_str()))
        .map(|user| VisitorRecord {
            user: user.clone(),
            profile: Profile::default(),
        })
        .collect()
}

/// The first and last moment the data speaks of.
fn span(activities: &[Activity], events: &[Event]) -> (i64, i64) {
    let times = activities
        .iter()
        .flat_map(|activity| {
            [
                Some(activity.start_ms),
                activity.end_ms,
                activity.published_ms,
            ]
        })
        .flatten()
        .chain(events.iter().map(|event| event.time_ms));
    let (first, last) = times.fold((i64::MAX, i64::MIN), |(first, last), time| {
        (first.min(time), last.max(time))
    });
    (first.min(last), last.max(first))
}
