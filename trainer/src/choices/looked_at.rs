//! What did the visitor look at when they chose?
//!
//! Where a log tells what was visible on the screen, the honest alternatives of a choice are the others that were looked
//! at in the same visit: what was never shown was never turned down, and learning from it would learn what the last
//! recommender liked to show.

use std::collections::{HashMap, HashSet};

use triqueta::catalog::{Catalog, Row};
use triqueta::event::{Body, SessionId};

use super::Positive;
use crate::Dataset;

/// What was visible, by visit, less what was chosen in it.
#[derive(Debug, Clone, Default)]
pub struct LookedAt {
    by_session: HashMap<SessionId, Vec<Row>>,
}

impl LookedAt {
    /// Reads a data set's visits. What the visitor chose in the same visit is no alternative.
    pub fn of(dataset: &Dataset, catalog: &Catalog, positives: &[Positive]) -> Self {
        let chosen: HashSet<(SessionId, Row)> = positives
            .iter()
            .map(|positive| (positive.session, positive.row))
            .collect();
        let mut by_session: HashMap<SessionId, Vec<Row>> = HashMap::new();
        for event in &dataset.events {
            let Body::Viewed { shown } = &event.body else {
                continue;
            };
            let Some(row) = catalog.row(&shown.activity) else {
                continue;
            };
            if !chosen.contains(&(event.session, row)) {
                by_session.entry(event.session).or_default().push(row);
            }
        }
        for rows in by_session.values_mut() {
            rows.sort_unstable();
            rows.dedup();
        }
        Self { by_session }
    }

    /// What was looked at in a visit and not chosen in it, ascending.
    pub fn in_session(&self, session: SessionId) -> &[Row] {
        self.by_session.get(&session).map_or(&[], Vec::as_slice)
    }
}
