//! What could the visitor have chosen, and what did they choose?
//!
//! A choice is one positive signal seen as a decision: the visitor as they were just before, the activities that were
//! open to them, and the pair features of each, all computed by the serving code at that moment. The tower learns from
//! its viewpoint, the blend from its candidates, and the evaluation asks every model for the rank of what was chosen.

mod lens;
mod open;

use std::collections::{HashMap, HashSet};

use triqueta::catalog::{Catalog, Row};
use triqueta::event::{Body, Event, Opinion, SessionId};
use triqueta::feature::{PairRow, UserRow};
use triqueta::history::Profile;
use triqueta::model::{Embedding, TwoTower};

use crate::Dataset;
use crate::replay::{Replay, VisitorKey};

pub use lens::Lens;
pub use open::{Open, thin};

/// One positive signal: the first that stands for a visitor and an activity.
#[derive(Debug, Clone, PartialEq)]
pub struct Positive {
    /// When the decision began, Unix ms: the first thing recorded of the activity in the visit it was chosen in. What the
    /// page records between showing an activity and its being chosen (a look, an opened detail) would give the choice away.
    pub time_ms: i64,
    /// Who.
    pub key: VisitorKey,
    /// What.
    pub row: Row,
}

/// Every positive of a data set, in order of time. Activities the catalogue does not know are left out.
pub fn positives(dataset: &Dataset, catalog: &Catalog) -> Vec<Positive> {
    let mut replay = Replay::new(dataset, catalog, 1.0);
    let mut seen = HashSet::new();
    let mut visits = Visits::default();
    let mut positives = Vec::new();
    loop {
        let together = replay.upcoming();
        let Some(first) = together.first() else {
            positives.sort_by_key(|positive: &Positive| positive.time_ms);
            return positives;
        };
        let time_ms = first.time_ms;
        replay.advance_before(time_ms.saturating_add(1));
        for event in together {
            let Some(row) = event
                .body
                .activity()
                .and_then(|activity| catalog.row(activity))
            else {
                continue;
            };
            let key = VisitorKey::of(event);
            let time_ms = visits.met(&key, event, row);
            if replay.is_chosen(&key, row) && seen.insert((key.clone(), row)) {
                positives.push(Positive { time_ms, key, row });
            }
        }
    }
}

/// When each visitor met each activity in their present visit.
#[derive(Default)]
struct Visits(HashMap<VisitorKey, (SessionId, HashMap<Row, i64>)>);

impl Visits {
    /// When the decision that `event` belongs to began: the first event of this visit about the activity since it was
    /// last decided on.
    fn met(&mut self, key: &VisitorKey, event: &Event, row: Row) -> i64 {
        if !self
            .0
            .get(key)
            .is_some_and(|(session, _)| *session == event.session)
        {
            self.0.insert(key.clone(), (event.session, HashMap::new()));
        }
        let Some((_, met)) = self.0.get_mut(key) else {
            return event.time_ms;
        };
        let time_ms = *met.entry(row).or_insert(event.time_ms);
        let undecided = match &event.body {
            Body::Impression { .. } | Body::Viewed { .. } | Body::DetailView { .. } => true,
            Body::Feedback { opinion, .. } => *opinion == Opinion::Maybe,
            _ => false,
        };
        if !undecided {
            met.remove(&row);
        }
        time_ms
    }
}

/// A visitor at one moment, compact: the history is a list of activities by number, embedded when it is needed.
#[derive(Debug, Clone, PartialEq)]
pub struct Viewpoint {
    /// The visitor's row without its history.
    pub user: UserRow,
    /// Number of the activity in [`Lens::items`], and its weight, in the serving code's order.
    pub history: Vec<(u32, f32)>,
    /// [`UserRow::maturity`].
    pub maturity: f32,
    /// Activities with a positive signal that stands; 0 is a cold visitor.
    pub positives: usize,
}

impl Viewpoint {
    /// The visitor's point on the sphere, from the embeddings of [`Lens::items`]: the same bits as
    /// [`TwoTower::embed_user`] of the whole row.
    pub fn embed(&self, model: &TwoTower, items: &[Embedding]) -> Embedding {
        let history = self
            .history
            .iter()
            .map(|&(item, weight)| (&items[item as usize], weight));
        model
            .user
            .forward(&model.user_input(&self.user, &TwoTower::pool(history)))
    }
}

/// One decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// When, Unix ms.
    pub time_ms: i64,
    /// Who, as they were just before.
    pub viewpoint: Viewpoint,
    /// What they told about themselves.
    pub profile: Profile,
    /// What was open, what was chosen first.
    pub candidates: Vec<Row>,
    /// The pair features of each candidate.
    pub pairs: Vec<PairRow>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use triqueta::catalog::Words;
    use triqueta::event::Source;
    use triqueta::math::Random;

    use super::*;
    use crate::replay::catalog_of;
    use crate::testing::{START_MS, activity, dataset_of, disliked, event, saved};

    #[test]
    fn a_decision_begins_when_the_activity_is_first_met_in_the_visit() {
        let activities: Vec<_> = (0..3)
            .map(|number| activity(number, &mut Random::new(1)))
            .collect();
        let ids: Vec<String> = activities
            .iter()
            .map(|activity| activity.id.0.clone())
            .collect();
        let opened = Body::DetailView {
            activity: ids[0].as_str().into(),
            dwell_seconds: 40.0,
            scroll_depth: 1.0,
            external_click: false,
            source: Source::Recommendation,
            shown: None,
        };
        let events = vec![
            event(0, "u1", START_MS, opened),
            event(1, "u1", START_MS + 1_000, saved(&ids[1])),
            event(2, "u1", START_MS + 40_000, saved(&ids[0])),
            event(3, "u1", START_MS + 50_000, disliked(&ids[2])),
            event(4, "u1", START_MS + 90_000, saved(&ids[2])),
        ];
        let dataset = dataset_of(activities, Vec::new(), events);
        let words = Words::learn(&dataset.activities, [], 1).unwrap();
        let catalog = catalog_of(&dataset, words).unwrap();
        let found: Vec<(u32, i64)> = positives(&dataset, &catalog)
            .iter()
            .map(|positive| (positive.row.0, positive.time_ms - START_MS))
            .collect();
        assert_eq!(found, [(0, 0), (1, 1_000), (2, 90_000)]);
    }
}
