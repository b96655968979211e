//! Does any feature know the future?
//!
//! Each example is computed again from a data set in which its future never happened: no event at or after its moment, no
//! activity published after it; only the vocabularies are the training's, as they are for every visitor. A feature that comes out otherwise was told something it could not have known. The check
//! is of examples, not of the code that made them: it holds for any maker, and for what is read back from a file.

use std::collections::{BTreeMap, HashSet};

use triqueta::catalog::{Catalog, Row};
use triqueta::event::ActivityId;
use triqueta::feature::{CONTEXT_NUMBERS, PAIR_FEATURES, PairRow, Schema, USER_NUMBERS};

use super::Example;
use crate::choices::{Lens, Viewpoint};
use crate::progress::{Progress, check};
use crate::replay::catalog_of;
use crate::{Dataset, Result};

/// One feature that knows more than its moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Leak {
    /// The example's number.
    pub number: u64,
    /// Its moment, Unix ms.
    pub time_ms: i64,
    /// The feature, such as `user_positives_log`, `pair_views_log[a7]` or `history[a3]`.
    pub feature: String,
    /// What the example says.
    pub found: f32,
    /// What the past says; NaN where it knows no such thing.
    pub past: f32,
}

/// Every feature of `examples` that the past alone does not give, bit for bit; copies are passed over. Each costs one
/// replay of the log up to its moment: a sample of a log is enough to catch what is wrong in the making.
///
/// # Errors
/// The first activity that breaks the catalogue's contract; [`crate::TrainerError::Cancelled`].
pub fn leaks(
    dataset: &Dataset,
    schema: &Schema,
    catalog: &Catalog,
    counter_half_life_days: f32,
    examples: &[Example],
    progress: &dyn Progress,
) -> Result<Vec<Leak>> {
    let mut leaks = Vec::new();
    progress.begin("looking for leaks", Some(examples.len() as u64));
    for example in examples.iter().filter(|example| example.copy == 0) {
        check(progress)?;
        let past = before(dataset, example.time_ms);
        let known = catalog_of(&past, catalog.words().clone())?;
        let mut lens = Lens::new(&past, schema, &known, counter_half_life_days);
        let ids = example.rows.iter().map(|&row| catalog.id(row));
        let rows: Vec<Row> = ids.filter_map(|id| known.row(&id.into())).collect();
        let choice = lens.choice(&example.key, example.time_ms, rows);
        let found = named(&example.viewpoint, &example.rows, &example.pairs, catalog);
        let expected = named(&choice.viewpoint, &choice.candidates, &choice.pairs, &known);
        let features: HashSet<&String> = found.keys().chain(expected.keys()).collect();
        let mut features: Vec<&String> = features.into_iter().collect();
        features.sort_unstable();
        for feature in features {
            let value = |of: &BTreeMap<String, f32>| of.get(feature).copied().unwrap_or(f32::NAN);
            let (found, past) = (value(&found), value(&expected));
            if found.to_bits() != past.to_bits() {
                leaks.push(Leak {
                    number: example.number,
                    time_ms: example.time_ms,
                    feature: feature.clone(),
                    found,
                    past,
                });
            }
        }
        progress.advance(1);
    }
    Ok(leaks)
}

/// The data set as it was just before a moment. An activity somebody did something with was known, whatever its
/// publication time says.
fn before(dataset: &Dataset, time_ms: i64) -> Dataset {
    let until = dataset
        .events
        .partition_point(|event| event.time_ms < time_ms);
    let events = dataset.events[..until].to_vec();
    let met: HashSet<&ActivityId> = dataset.events[..until]
        .iter()
        .filter_map(|event| event.body.activity())
        .collect();
    let known = |activity: &&triqueta::catalog::Activity| {
        activity
            .published_ms
            .is_none_or(|published_ms| published_ms <= time_ms)
            || met.contains(&activity.id)
    };
    Dataset {
        city: dataset.city.clone(),
        activities: dataset.activities.iter().filter(known).cloned().collect(),
        visitors: dataset.visitors.clone(),
        events,
        lineage: dataset.lineage.clone(),
    }
}

/// All features by name, in words instead of codes: two catalogues may number them differently.
fn named(
    viewpoint: &Viewpoint,
    rows: &[Row],
    pairs: &[PairRow],
    catalog: &Catalog,
) -> BTreeMap<String, f32> {
    let (user, words) = (&viewpoint.user, catalog.words());
    let mut features = BTreeMap::new();
    let mut put = |name: String, value: f32| {
        *features.entry(name).or_insert(0.0) += value;
    };
    for (name, value) in USER_NUMBERS.iter().zip(user.numbers) {
        put(format!("user_{name}"), value);
    }
    for (name, value) in CONTEXT_NUMBERS.iter().zip(user.context.numbers) {
        put(format!("context_{name}"), value);
    }
    put("context_season".into(), f32::from(user.context.season));
    put("context_weekday".into(), f32::from(user.context.weekday));
    for &tag in &user.tags {
        let word = words.tags.term(tag).unwrap_or_default();
        put(format!("user_tags[{word}]"), 1.0);
    }
    let word = |term: Option<&str>| term.unwrap_or("unknown").to_owned();
    let locality = word(words.localities.term(user.locality));
    put(format!("user_locality[{locality}]"), 1.0);
    let level = word(words.levels.term(user.level));
    put(format!("user_level[{level}]"), 1.0);
    put("user_availability".into(), f32::from(user.availability));
    put("maturity".into(), viewpoint.maturity);
    put("positives".into(), viewpoint.positives as f32);
    for &(number, weight) in &viewpoint.history {
        let known = (number as usize) < catalog.len();
        let id = if known {
            catalog.id(Row(number))
        } else {
            "unknown"
        };
        put(format!("history[{id}]"), weight);
    }
    for (&row, pair) in rows.iter().zip(pairs) {
        let id = catalog.id(row);
        for (feature, &value) in PAIR_FEATURES.iter().zip(pair) {
            put(format!("pair_{}[{id}]", feature.name), value);
        }
    }
    features
}
