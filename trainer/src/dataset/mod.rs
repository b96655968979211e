//! What is there to learn from?
//!
//! A dataset is one city's activities, visitors and interaction events in the recommender's own types, whatever they
//! were imported from. On disk it is a folder of Parquet files that any data tool opens, and a `dataset.json` with the
//! city, the digests of the files and where everything came from. A folder appears whole or not at all.

mod columns;
mod folder;
mod lineage;
mod log;
mod store;
pub(crate) mod table;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use triqueta::catalog::{Activity, City};
use triqueta::error::CatalogError;
use triqueta::event::Event;
use triqueta::history::Profile;

use crate::Result;
use crate::error::DatasetError;

pub use folder::FreshFolder;
pub use lineage::{Lineage, SourceTable};
pub use log::{EVENT_LOG_MARK, EventLog, LastRead};
pub use store::{FORMAT, MANIFEST};

/// A visitor as the source knows them: an id of the source and what they said about themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VisitorRecord {
    /// The source's id; [`Event::user`] of this visitor's events.
    pub user: String,
    /// What the visitor said. The location is never stored.
    pub profile: Profile,
}

/// One city's data, ready to be learned from.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// The city: clock, calendar, seasons.
    pub city: City,
    /// What can be offered, in the source's order.
    pub activities: Vec<Activity>,
    /// Who was seen, in the source's order. Events of visitors without a record are allowed.
    pub visitors: Vec<VisitorRecord>,
    /// What happened, by time and then id; ids are unique.
    pub events: Vec<Event>,
    /// Where it came from.
    pub lineage: Lineage,
}

impl Dataset {
    /// Puts a dataset together: validates every activity and event, refuses repeated activity and visitor ids, sorts the
    /// events by (time, id) and keeps the first of each event id.
    ///
    /// # Errors
    /// The first thing that breaks a contract, by its own code.
    pub fn new(
        city: City,
        activities: Vec<Activity>,
        visitors: Vec<VisitorRecord>,
        events: Vec<Event>,
        lineage: Lineage,
    ) -> Result<Self> {
        let mut ids = HashSet::with_capacity(activities.len());
        for activity in &activities {
            activity.validate()?;
            if !ids.insert(&activity.id) {
                return Err(CatalogError::DuplicateId {
                    activity: activity.id.0.clone(),
                }
                .into());
            }
        }
        let mut users = HashSet::with_capacity(visitors.len());
        for visitor in &visitors {
            if !users.insert(visitor.user.as_str()) {
                return Err(DatasetError::DuplicateVisitor {
                    user: visitor.user.clone(),
                }
                .into());
            }
        }
        let mut dataset = Self {
            city,
            activities,
            visitors,
            events: Vec::new(),
            lineage,
        };
        dataset.extend(events)?;
        Ok(dataset)
    }

    /// Adds events, such as those a server collected since the import, and restores the order. An event whose id is
    /// already there is left out; the number of those that were added is returned.
    ///
    /// # Errors
    /// The first event that breaks its contract; then nothing is added.
    pub fn extend(&mut self, events: Vec<Event>) -> Result<usize> {
        for event in &events {
            event.validate()?;
        }
        let before = self.events.len();
        self.events.extend(events);
        // Stable, so that of two events with one id the one that was there first stays first.
        self.events.sort_by_key(|event| (event.time_ms, event.id));
        let mut seen = HashSet::with_capacity(self.events.len());
        self.events.retain(|event| seen.insert(event.id));
        Ok(self.events.len() - before)
    }

    /// The time of the latest event: "now" as far as the data knows, `None` without events.
    pub fn until_ms(&self) -> Option<i64> {
        self.events.last().map(|event| event.time_ms)
    }
}
