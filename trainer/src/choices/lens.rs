//! The serving code's view of a data set, moment by moment.

use std::borrow::Cow;

use triqueta::catalog::{Catalog, Counters, Row};
use triqueta::event::ActivityId;
use triqueta::feature::{ActivityRow, CommonTaste, PairSide, Prepared, Schema, UserRow};
use triqueta::history::Visitor;

use super::{Choice, Open, Viewpoint};
use crate::Dataset;
use crate::replay::{Replay, VisitorKey};

/// Sees a data set as the serving code saw it, moment by moment.
#[derive(Debug)]
pub struct Lens<'a> {
    replay: Replay<'a>,
    schema: Cow<'a, Schema>,
    learned: &'a [(i64, CommonTaste)],
    catalog: &'a Catalog,
    prepared: Prepared,
    published: Option<Published<'a>>,
}

/// Counters as of their last publication instead of live.
#[derive(Debug)]
struct Published<'a> {
    replay: Replay<'a>,
    every_ms: i64,
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
            schema: Cow::Borrowed(schema),
            learned: &[],
            catalog,
            prepared,
            published: None,
        }
    }

    /// The common taste as it was learned again and again, each from a moment on, in order of time.
    pub fn with_common_tastes(mut self, learned: &'a [(i64, CommonTaste)]) -> Self {
        self.learned = learned;
        self
    }

    /// Counters as of their last publication, which happens each full `every_ms`: what a browser can know. The visitor's
    /// own history stays live, as it is on their device.
    pub fn with_counters_published(mut self, dataset: &'a Dataset, every_ms: i64) -> Self {
        let half_life_days = self.replay.counters().half_life_days;
        let replay = Replay::new(dataset, self.catalog, half_life_days);
        self.published = Some(Published {
            replay,
            every_ms: every_ms.max(1),
        });
        self
    }

    /// The counters of the last moment looked at.
    pub fn counters(&self) -> &Counters {
        self.published
            .as_ref()
            .map_or(self.replay.counters(), |published| {
                published.replay.counters()
            })
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
        let user = UserRow::of(&visitor, &self.schema, self.catalog.words(), time_ms);
        compact(user, self.catalog)
    }

    /// A visitor and some activities as they were just before a moment. Live counts are read with the decay they have by
    /// then.
    pub fn choice(&mut self, key: &VisitorKey, time_ms: i64, candidates: Vec<Row>) -> Choice {
        self.advance(time_ms);
        let visitor = self.replay.visitor(key);
        self.seen_by(&visitor, time_ms, candidates)
    }

    /// The same of a visitor who is changed first, such as one of whom something is forgotten. What others did stays.
    pub fn changed_choice(
        &mut self,
        key: &VisitorKey,
        time_ms: i64,
        candidates: Vec<Row>,
        change: impl FnOnce(&Visitor) -> Visitor,
    ) -> Choice {
        self.advance(time_ms);
        let visitor = change(&self.replay.visitor(key));
        self.seen_by(&visitor, time_ms, candidates)
    }

    fn advance(&mut self, time_ms: i64) {
        self.replay.advance_before(time_ms);
        if let Some(Published { replay, every_ms }) = &mut self.published {
            replay.advance_before(time_ms - time_ms.rem_euclid(*every_ms));
        }
        let counters = self
            .published
            .as_ref()
            .map_or(self.replay.counters(), |published| {
                published.replay.counters()
            });
        self.prepared.refresh(self.catalog, counters);
        while let [(from_ms, taste), later @ ..] = self.learned
            && *from_ms <= time_ms
        {
            self.schema.to_mut().common_taste = taste.clone();
            self.learned = later;
        }
    }

    fn seen_by(&self, visitor: &Visitor, time_ms: i64, candidates: Vec<Row>) -> Choice {
        let (schema, catalog, counters) = (&*self.schema, self.catalog, self.counters());
        let user = UserRow::of(visitor, schema, catalog.words(), time_ms);
        let side = PairSide::new(&user, visitor, schema, catalog, time_ms);
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

    /// What a visitor could have chosen instead of `row`, as the protocols ask it: everything open they had no positive
    /// signal for, `row` first.
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

    /// The same for learning: of the others only those the visitor had not acted on at all. What was chosen never had
    /// been, and "they have read it before" would tell it from the rest.
    pub fn untouched_candidates(
        &mut self,
        open: &Open,
        key: &VisitorKey,
        row: Row,
        time_ms: i64,
    ) -> Vec<Row> {
        let mut candidates = self.candidates(open, key, row, time_ms);
        let acted = |row| {
            self.replay
                .entry(key, row)
                .is_some_and(|entry| entry.last_ms().is_some())
        };
        candidates.retain(|&candidate| candidate == row || !acted(candidate));
        candidates
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
