//! What could the visitor have chosen, and what did they choose?
//!
//! A choice is one positive signal seen as a decision: the visitor as they were just before, the activities that were
//! open to them, and the pair features of each, all computed by the serving code at that moment. The tower learns from
//! its viewpoint, the blend from its candidates, and the evaluation asks every model for the rank of what was chosen.

mod lens;
mod open;

use std::collections::HashSet;

use triqueta::catalog::{Catalog, Row};
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
    /// When, Unix ms.
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
    let mut positives = Vec::new();
    loop {
        let together = replay.upcoming();
        let Some(first) = together.first() else {
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
            if replay.is_chosen(&key, row) && seen.insert((key.clone(), row)) {
                positives.push(Positive { time_ms, key, row });
            }
        }
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
