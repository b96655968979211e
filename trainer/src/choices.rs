//! What could the visitor have chosen, and what did they choose?
//!
//! A choice is one positive signal seen as a decision: the visitor as they were just before, the activities that were
//! open to them, and the pair features of each, all computed by the serving code at that moment. The tower learns from
//! its viewpoint, the blend from its candidates, and the evaluation asks every model for the rank of what was chosen.

use std::collections::HashSet;

use triqueta::catalog::{Catalog, NO_TIME, Row, Status};
use triqueta::event::ActivityId;
use triqueta::feature::{ActivityRow, PairRow, PairSide, Prepared, Schema, UserRow};
use triqueta::history::Profile;
use triqueta::math::Random;
use triqueta::model::{Embedding, TwoTower};

use crate::Dataset;
use crate::replay::{Replay, VisitorKey};

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

/// Which activities are open at a moment: published by then, and starting after it but within the horizon.
#[derive(Debug, Clone)]
pub struct Open {
    by_start: Vec<(i64, Row)>,
    published_ms: Vec<i64>,
    horizon_ms: i64,
}

impl Open {
    /// Prepares a catalogue. A short horizon asks "what next?", a long one mixes next week with next season.
    pub fn new(catalog: &Catalog, horizon_days: f64) -> Self {
        let shown = |row: &Row| matches!(catalog.status(*row), Status::Active | Status::Inactive);
        let columns = catalog.columns();
        let mut by_start: Vec<(i64, Row)> = catalog
            .live_rows()
            .filter(shown)
            .map(|row| (columns.start_ms[row.index()], row))
            .collect();
        by_start.sort_unstable();
        Self {
            by_start,
            published_ms: columns.published_ms.clone(),
            horizon_ms: (horizon_days * 86_400_000.0) as i64,
        }
    }

    /// The open rows in ascending order.
    pub fn at(&self, time_ms: i64) -> Vec<Row> {
        let from = self
            .by_start
            .partition_point(|&(start_ms, _)| start_ms <= time_ms);
        let until = self
            .by_start
            .partition_point(|&(start_ms, _)| start_ms < time_ms.saturating_add(self.horizon_ms));
        let starting = self.by_start.get(from..until).unwrap_or_default();
        let mut rows: Vec<Row> = starting
            .iter()
            .map(|&(_, row)| row)
            .filter(|row| self.published_ms[row.index()] <= time_ms)
            .collect();
        rows.sort_unstable();
        rows
    }

    /// Whether a positive at this moment can be learned from: its activity had been published *before*. Where a source
    /// knows no publication times and the first event stands for it, the first positive of an activity is told from all
    /// others by "nobody before", and would give itself away.
    pub fn can_be_chosen(&self, row: Row, time_ms: i64) -> bool {
        self.published_ms[row.index()] == NO_TIME || self.published_ms[row.index()] < time_ms
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

/// Sees a data set as the serving code saw it, moment by moment.
#[derive(Debug)]
pub struct Lens<'a> {
    replay: Replay<'a>,
    schema: &'a Schema,
    catalog: &'a Catalog,
    prepared: Prepared,
}

impl<'a> Lens<'a> {
    /// Starts before the first event.
    pub fn new(
        dataset: &'a Dataset,
        schema: &'a Schema,
        catalog: &'a Catalog,
        counter_half_life_days: f32,
    ) -> Self {
        let replay = Replay::new(dataset, catalog, counter_half_life_days);
        let prepared = Prepared::new(schema, catalog, replay.counters());
        Self {
            replay,
            schema,
            catalog,
            prepared,
        }
    }

    /// The activities histories refer to: the catalogue's rows, then one row for all activities it does not know.
    pub fn items(catalog: &Catalog) -> Vec<ActivityRow> {
        let mut items: Vec<ActivityRow> = (0..catalog.len() as u32)
            .map(|row| ActivityRow::of_row(catalog, Row(row)))
            .collect();
        items.push(ActivityRow::of_content(
            &Default::default(),
            catalog.city(),
            catalog.words(),
        ));
        items
    }

    /// The replay, which has taken in what came before the last moment looked at.
    pub fn replay(&self) -> &Replay<'a> {
        &self.replay
    }

    /// A visitor as they were just before a moment.
    pub fn viewpoint(&mut self, key: &VisitorKey, time_ms: i64) -> Viewpoint {
        self.replay.advance_before(time_ms);
        let visitor = self.replay.visitor(key);
        let user = UserRow::of(&visitor, self.schema, self.catalog.words(), time_ms);
        compact(user, self.catalog)
    }

    /// A visitor and some activities as they were just before a moment. Live counts are read with the decay they have by
    /// then.
    pub fn choice(&mut self, key: &VisitorKey, time_ms: i64, candidates: Vec<Row>) -> Choice {
        self.replay.advance_before(time_ms);
        let visitor = self.replay.visitor(key);
        let (schema, catalog) = (self.schema, self.catalog);
        let user = UserRow::of(&visitor, schema, catalog.words(), time_ms);
        let counters = self.replay.counters();
        self.prepared.refresh(catalog, counters);
        let side = PairSide::new(&user, &visitor.profile, schema, catalog, time_ms);
        let pair = |&row: &Row| side.row(catalog, &self.prepared, counters, schema, row);
        let pairs = candidates.iter().map(pair).collect();
        Choice {
            time_ms,
            viewpoint: compact(user, catalog),
            profile: visitor.profile.clone(),
            candidates,
            pairs,
        }
    }

    /// What a visitor could have chosen instead of `row`: everything open they had no positive signal for, `row` first.
    pub fn candidates(
        &mut self,
        open: &Open,
        key: &VisitorKey,
        row: Row,
        time_ms: i64,
    ) -> Vec<Row> {
        self.replay.advance_before(time_ms);
        let others = open.at(time_ms).into_iter();
        let others = others.filter(|&other| other != row && !self.replay.is_chosen(key, other));
        std::iter::once(row).chain(others).collect()
    }
}

fn compact(mut user: UserRow, catalog: &Catalog) -> Viewpoint {
    let unknown = catalog.len() as u32;
    let number = |id: &ActivityId| catalog.row(id).map_or(unknown, |row| row.0);
    let history = user
        .history
        .iter()
        .map(|past| (number(&past.id), past.weight))
        .collect();
    let maturity = user.maturity();
    let positives = user.history.iter().filter(|past| past.positive).count();
    user.history = Vec::new();
    Viewpoint {
        user,
        history,
        maturity,
        positives,
    }
}

/// At most `limit` candidates: the first, which was chosen, and an even draw of the others, in their order.
pub fn thin(candidates: Vec<Row>, limit: usize, seed: u64) -> Vec<Row> {
    if candidates.len() <= limit.max(2) {
        return candidates;
    }
    let mut others: Vec<usize> = (1..candidates.len()).collect();
    Random::new(seed).shuffle(&mut others);
    others.truncate(limit.max(2) - 1);
    others.sort_unstable();
    std::iter::once(0)
        .chain(others)
        .map(|index| candidates[index])
        .collect()
}
