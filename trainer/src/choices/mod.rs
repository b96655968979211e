//! What could the visitor have chosen, and what did they choose?
//!
//! A choice is one positive signal seen as a decision: the visitor as they were just before, the activities that were
//! open to them, and the pair features of each, all computed by the serving code at that moment. The tower learns from
//! its viewpoint, the blend from its candidates, and the evaluation asks every model for the rank of what was chosen.

mod decisions;
mod label;
mod lens;
mod looked_at;
mod open;

use triqueta::catalog::Row;
use triqueta::feature::{ActivityRow, PairRow, UserRow};
use triqueta::history::Profile;
use triqueta::model::{ActivitySide, Models, Remembered, VisitorSide};

pub use decisions::{Decision, Positive, decisions, positives};
pub use label::{Label, view_weight};
pub use lens::Lens;
pub use looked_at::LookedAt;
pub use open::{Open, thin};

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
    /// The visitor's side of the learned models, from [`Lens::items`] and their side: the same bits as the engine makes
    /// of the whole row.
    pub fn visitor_side(
        &self,
        models: &Models,
        items: &[ActivityRow],
        activities: &ActivitySide,
    ) -> VisitorSide {
        // The last item stands for activities the catalogue does not know.
        let known = items.len().saturating_sub(1);
        let remembered: Vec<Remembered<'_>> = self
            .history
            .iter()
            .map(|&(number, weight)| {
                let number = number as usize;
                Remembered {
                    activity: &items[number],
                    embedding: activities.embeddings[number],
                    row: (number < known).then_some(number),
                    weight,
                }
            })
            .collect();
        models.visitor_side(&self.user, &remembered)
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
    use triqueta::event::{Body, SessionId, Source};
    use triqueta::math::Random;

    use super::*;
    use crate::replay::catalog_of;
    use crate::testing::{START_MS, activity, dataset_of, disliked, event, saved};

    #[test]
    fn a_decision_begins_with_the_first_thing_done() {
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
        assert_eq!(found, [(0, 0), (1, 1_000), (2, 50_000)]);
    }

    #[test]
    fn what_was_passed_by_is_an_alternative_though_it_was_chosen_in_a_later_visit() {
        let activities: Vec<_> = (0..4)
            .map(|number| activity(number, &mut Random::new(1)))
            .collect();
        let viewed = |number: u64, user: &str, activity: &str| {
            let shown = serde_json::from_value(serde_json::json!({
                "activity": activity, "slate": "s", "bundle": "b", "variant": "v", "position": 1,
                "propensity": 1.0, "policy": 1, "features": "", "history": "", "replayable": true,
            }))
            .unwrap();
            event(
                number,
                user,
                START_MS + number as i64,
                Body::Viewed { shown },
            )
        };
        let mut events = vec![
            viewed(0, "u1", "a0"),
            viewed(1, "u1", "a1"),
            viewed(2, "u1", "a2"),
            event(3, "u1", START_MS + 1_000, saved("a1")),
            event(4, "u1", START_MS + 9_000, saved("a2")),
        ];
        events[4].session = SessionId::new([9; 16]);
        let dataset = dataset_of(activities, Vec::new(), events);
        let words = Words::learn(&dataset.activities, [], 1).unwrap();
        let catalog = catalog_of(&dataset, words).unwrap();
        let positives = positives(&dataset, &catalog);
        let looked_at = LookedAt::of(&dataset, &catalog, &positives);
        let first = positives[0].session;
        assert_eq!(looked_at.in_session(first), [Row(0), Row(2)]);
        assert!(looked_at.in_session(SessionId::new([9; 16])).is_empty());
    }
}
