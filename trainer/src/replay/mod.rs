//! What did the browser know at that moment?
//!
//! Learning and evaluation walk a data set's events in order of time and rebuild, with the serving code itself, the
//! visitor's history and the live counters as they stood just before each moment. Nothing that happens at or after a
//! moment can reach what is computed for it: events of equal time do not see each other, an activity is known from its
//! publication on, and its density counts only what had been published by then.

mod schema;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use triqueta::catalog::{Activity, Catalog, Content, Counters, NO_TIME, Row, Words};
use triqueta::event::{Body, DeviceId, Event};
use triqueta::history::{Entry, History, Profile, Visitor};

use crate::{Dataset, Result};

pub use schema::{schema_of, words_of};

const DAY_MS: i64 = 86_400_000;

/// Who did it: the signed-in user where there is one, otherwise the device.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VisitorKey {
    /// [`Event::user`].
    User(String),
    /// [`Event::device`].
    Device(DeviceId),
}

impl VisitorKey {
    /// Whose event it is.
    pub fn of(event: &Event) -> Self {
        event
            .user
            .as_ref()
            .map_or(Self::Device(event.device), |user| Self::User(user.clone()))
    }
}

/// The catalogue of a data set for learning: row `i` is activity `i`, and the density of a row counts what had been
/// published no later than the activity itself. A publication should use the same, so that serving sees what was learned.
///
/// # Errors
/// The first activity that breaks the catalogue's contract.
pub fn catalog_of(dataset: &Dataset, words: Words) -> Result<Catalog> {
    let catalog = Catalog::build(dataset.city.clone(), words, &dataset.activities)?;
    let mut columns = catalog.columns().clone();
    columns.density = densities(&dataset.activities).into();
    let removed = catalog.removed().to_vec();
    Ok(Catalog::from_columns(
        dataset.city.clone(),
        catalog.words().clone(),
        columns,
        removed,
    )?)
}

/// How many other activities lay in the 3 × 3 cells of 0.01 degree around each when it was published; 0 where the place
/// is unknown. Without a publication time an activity counts as known from the beginning.
fn densities(activities: &[Activity]) -> Vec<f32> {
    let published = |activity: &Activity| activity.published_ms.unwrap_or(NO_TIME);
    let mut order: Vec<usize> = (0..activities.len()).collect();
    order.sort_by_key(|&index| (published(&activities[index]), index));
    let mut counts: BTreeMap<(i32, i32), u32> = BTreeMap::new();
    let mut densities = vec![0.0; activities.len()];
    let cell = |activity: &Activity| {
        let place = activity.place?;
        Some((
            (place.lat as f32 * 100.0).floor() as i32,
            (place.lon as f32 * 100.0).floor() as i32,
        ))
    };
    for together in order.chunk_by(|&a, &b| published(&activities[a]) == published(&activities[b]))
    {
        let located: Vec<(usize, (i32, i32))> = together
            .iter()
            .filter_map(|&index| Some((index, cell(&activities[index])?)))
            .collect();
        for &(_, cell) in &located {
            *counts.entry(cell).or_default() += 1;
        }
        for (index, (north, east)) in located {
            let around = (-1..=1).flat_map(|dn| (-1..=1).map(move |de| (north + dn, east + de)));
            let count: u32 = around.filter_map(|cell| counts.get(&cell)).sum();
            densities[index] = count.saturating_sub(1) as f32;
        }
    }
    densities
}

/// A walk through a data set's events.
#[derive(Debug)]
pub struct Replay<'a> {
    events: &'a [Event],
    catalog: &'a Catalog,
    contents: Vec<Content>,
    profiles: HashMap<&'a str, &'a Profile>,
    numbers: HashMap<VisitorKey, usize>,
    visitors: Vec<Visitor>,
    counters: Counters,
    counted: HashSet<(usize, Row)>,
    viewed: HashSet<(usize, Row, i64)>,
    next: usize,
}

impl<'a> Replay<'a> {
    /// Starts before the first event. Counts halve every `counter_half_life_days`.
    pub fn new(dataset: &'a Dataset, catalog: &'a Catalog, counter_half_life_days: f32) -> Self {
        let start_ms = dataset.events.first().map_or(0, |event| event.time_ms);
        Self {
            events: &dataset.events,
            catalog,
            contents: (0..catalog.len() as u32)
                .map(|row| catalog.content(Row(row)))
                .collect(),
            profiles: dataset
                .visitors
                .iter()
                .map(|record| (record.user.as_str(), &record.profile))
                .collect(),
            numbers: HashMap::new(),
            visitors: Vec::new(),
            counters: seeded_counters(dataset, catalog, start_ms, counter_half_life_days),
            counted: HashSet::new(),
            viewed: HashSet::new(),
            next: 0,
        }
    }

    /// Takes in every event before `time_ms`, none at or after it. Time never runs backwards: an earlier moment than the
    /// last one changes nothing.
    pub fn advance_before(&mut self, time_ms: i64) {
        while let Some(event) = self
            .events
            .get(self.next)
            .filter(|event| event.time_ms < time_ms)
        {
            self.apply(event);
            self.next += 1;
        }
    }

    /// The events of the next moment, which have not been taken in; empty at the end.
    pub fn upcoming(&self) -> &'a [Event] {
        let rest = &self.events[self.next..];
        let together = rest
            .iter()
            .take_while(|event| event.time_ms == rest[0].time_ms)
            .count();
        &rest[..together]
    }

    /// What was known of a visitor; a newcomer has their profile only.
    pub fn visitor(&self, key: &VisitorKey) -> Cow<'_, Visitor> {
        match self.numbers.get(key) {
            Some(&number) => Cow::Borrowed(&self.visitors[number]),
            None => Cow::Owned(self.newcomer(key)),
        }
    }

    /// Everybody who did anything so far, in order of their first event.
    pub fn visitors(&self) -> &[Visitor] {
        &self.visitors
    }

    /// The live counters. They may date from the last change: whoever reads them decays them to their own moment.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// What was known of a visitor and an activity, `None` where the visitor never met it.
    pub fn entry(&self, key: &VisitorKey, row: Row) -> Option<&Entry> {
        let visitor = &self.visitors[*self.numbers.get(key)?];
        visitor.history.entry(self.catalog.id(row))
    }

    /// Whether the visitor has a positive signal for the activity that stands.
    pub fn is_chosen(&self, key: &VisitorKey, row: Row) -> bool {
        self.entry(key, row).is_some_and(Entry::is_positive)
    }

    fn newcomer(&self, key: &VisitorKey) -> Visitor {
        let profile = match key {
            VisitorKey::User(user) => self.profiles.get(user.as_str()).copied().cloned(),
            VisitorKey::Device(_) => None,
        };
        Visitor {
            profile: profile.unwrap_or_default(),
            history: History::default(),
        }
    }

    fn apply(&mut self, event: &Event) {
        let Some(activity) = event.body.activity() else {
            return;
        };
        let key = VisitorKey::of(event);
        let number = match self.numbers.get(&key) {
            Some(&number) => number,
            None => {
                let newcomer = self.newcomer(&key);
                self.visitors.push(newcomer);
                self.numbers.insert(key, self.visitors.len() - 1);
                self.visitors.len() - 1
            }
        };
        let row = self.catalog.row(activity);
        let content = row.map(|row| &self.contents[row.index()]);
        let history = &mut self.visitors[number].history;
        history.observe(event.time_ms, &event.body, content);
        let Some(row) = row else { return };
        if history
            .entry(activity.as_str())
            .is_some_and(|entry| entry.is_positive())
            && self.counted.insert((number, row))
        {
            self.counters.advance(event.time_ms);
            self.counters.add(row, event.time_ms, true, 1.0);
        }
        let opened = matches!(event.body, Body::DetailView { .. });
        if opened
            && self
                .viewed
                .insert((number, row, event.time_ms.div_euclid(DAY_MS)))
        {
            self.counters.advance(event.time_ms);
            self.counters.add(row, event.time_ms, false, 1.0);
        }
    }
}

/// Zero, or what the source had counted before events were collected.
fn seeded_counters(
    dataset: &Dataset,
    catalog: &Catalog,
    as_of_ms: i64,
    half_life_days: f32,
) -> Counters {
    let mut counters = Counters::new(catalog.len(), as_of_ms, half_life_days);
    for activity in &dataset.activities {
        if let (Some((favourites, views)), Some(row)) =
            (activity.seed_counts, catalog.row(&activity.id))
        {
            counters.add(row, as_of_ms, true, favourites);
            counters.add(row, as_of_ms, false, views);
        }
    }
    counters
}

/// The live counters as of a moment, for publication: a visitor counts once an activity as positive, from their first
/// positive signal on, and once an activity and day as a view of its detail, so that nobody can inflate them alone.
pub fn counters_of(
    dataset: &Dataset,
    catalog: &Catalog,
    as_of_ms: i64,
    half_life_days: f32,
) -> Counters {
    let mut replay = Replay::new(dataset, catalog, half_life_days);
    replay.advance_before(as_of_ms.saturating_add(1));
    replay.counters.advance(as_of_ms);
    replay.counters
}
