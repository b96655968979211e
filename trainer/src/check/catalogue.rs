//! Activities and visitors as such: times, prices, repeats, and who has no events.

use std::collections::{BTreeSet, HashMap, HashSet};

use triqueta::event::ActivityId;

use super::finding::{Finding, Found, Note, Severity};
use crate::dataset::Dataset;

/// A price this many times the usual one is probably in other units.
const PRICE_FACTOR: f32 = 20.0;
/// Prices needed before one can be called unusual.
const PRICES: usize = 10;
const DAY_MS: i64 = 86_400_000;
/// Longer than a year is a programme, not an activity.
const LONG_DAYS: i64 = 366;

pub(super) fn check(dataset: &Dataset, findings: &mut Vec<Finding>) {
    empty(dataset, findings);
    times(dataset, findings);
    prices(dataset, findings);
    repeats(dataset, findings);
    without_events(dataset, findings);
}

fn empty(dataset: &Dataset, findings: &mut Vec<Finding>) {
    let mut found = Found::default();
    if dataset.activities.is_empty() {
        found.add(String::new);
    }
    found.examples.clear();
    let effect = "there is nothing to recommend";
    found.report(
        1,
        Note {
            code: "ACTIVITIES_NONE",
            severity: Severity::Error,
            what: "no activities".into(),
            effect,
            repair: None,
        },
        findings,
    );
}

fn times(dataset: &Dataset, findings: &mut Vec<Finding>) {
    let (mut backwards, mut long, mut late) =
        (Found::default(), Found::default(), Found::default());
    for activity in &dataset.activities {
        let length_ms = activity.end_ms.map(|end_ms| end_ms - activity.start_ms);
        if length_ms.is_some_and(|length_ms| length_ms < 0) {
            backwards.add(|| format!("activity {}", activity.id));
        }
        if let Some(length_ms) = length_ms.filter(|&length_ms| length_ms > LONG_DAYS * DAY_MS) {
            long.add(|| format!("activity {}: {} days", activity.id, length_ms / DAY_MS));
        }
        if activity
            .published_ms
            .is_some_and(|published_ms| published_ms > activity.start_ms)
        {
            late.add(|| format!("activity {}", activity.id));
        }
    }
    let all = dataset.activities.len();
    let effect = "the dataset cannot be published";
    let repair = Some("forgets the end");
    let what = "activities that end before they start";
    backwards.report(
        all,
        Note {
            code: "ACTIVITY_ENDS_BEFORE_START",
            severity: Severity::Error,
            what: what.into(),
            effect,
            repair,
        },
        findings,
    );
    let effect = "they count as upcoming for that long";
    long.report(
        all,
        Note {
            code: "ACTIVITY_LONG",
            severity: Severity::Info,
            what: "activities longer than a year".into(),
            effect,
            repair: None,
        },
        findings,
    );
    let effect = "they are never open for a visitor before they begin";
    let what = "activities published after they started";
    late.report(
        all,
        Note {
            code: "ACTIVITY_PUBLISHED_LATE",
            severity: Severity::Info,
            what: what.into(),
            effect,
            repair: None,
        },
        findings,
    );
}

fn prices(dataset: &Dataset, findings: &mut Vec<Finding>) {
    let mut paid: Vec<f32> = dataset
        .activities
        .iter()
        .filter_map(|activity| activity.price)
        .filter(|&price| price > 0.0)
        .collect();
    paid.sort_by(f32::total_cmp);
    let Some(&usual) = paid.get(paid.len() / 2).filter(|_| paid.len() >= PRICES) else {
        return;
    };
    let mut found = Found::default();
    for activity in &dataset.activities {
        if let Some(price) = activity.price
            && (price > usual * PRICE_FACTOR
                || (price > 0.0 && price < usual / PRICE_FACTOR / PRICE_FACTOR))
        {
            found.add(|| {
                format!(
                    "activity {} costs {price}, the usual price is {usual}",
                    activity.id
                )
            });
        }
    }
    let effect =
        "price features and the price filter are off for it, and scaling is off for the others";
    let what = "prices far from the usual one, probably in other units";
    found.report(
        paid.len(),
        Note {
            code: "PRICE_OUTLIER",
            severity: Severity::Warning,
            what: what.into(),
            effect,
            repair: None,
        },
        findings,
    );
}

fn repeats(dataset: &Dataset, findings: &mut Vec<Finding>) {
    /// Title, start and place.
    type Key<'a> = (&'a str, i64, Option<(u64, u64)>);
    let mut first: HashMap<Key<'_>, &ActivityId> = HashMap::new();
    let mut found = Found::default();
    for activity in &dataset.activities {
        let point = activity
            .place
            .map(|place| (place.lat.to_bits(), place.lon.to_bits()));
        match first.entry((activity.title.as_str(), activity.start_ms, point)) {
            std::collections::hash_map::Entry::Occupied(entry) => {
                found.add(|| format!("{} and {}: {}", entry.get(), activity.id, activity.title));
            }
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(&activity.id);
            }
        }
    }
    let effect = "it is shown twice, and what is learned of it is split";
    let what = "activities with the same title, start and place under several ids";
    found.report(
        dataset.activities.len(),
        Note {
            code: "ACTIVITY_REPEATED",
            severity: Severity::Warning,
            what: what.into(),
            effect,
            repair: None,
        },
        findings,
    );
}

fn without_events(dataset: &Dataset, findings: &mut Vec<Finding>) {
    let touched: HashSet<&ActivityId> = dataset
        .events
        .iter()
        .filter_map(|event| event.body.activity())
        .collect();
    let mut found = Found::default();
    for activity in dataset
        .activities
        .iter()
        .filter(|activity| !touched.contains(&activity.id))
    {
        found.add(|| activity.id.to_string());
    }
    let effect = "only their content speaks for them";
    let what = "activities without events";
    found.report(
        dataset.activities.len(),
        Note {
            code: "ACTIVITY_WITHOUT_EVENTS",
            severity: Severity::Info,
            what: what.into(),
            effect,
            repair: None,
        },
        findings,
    );

    let seen: BTreeSet<&str> = dataset
        .events
        .iter()
        .filter_map(|event| event.user.as_deref())
        .collect();
    let mut found = Found::default();
    for visitor in dataset
        .visitors
        .iter()
        .filter(|visitor| !seen.contains(visitor.user.as_str()))
    {
        found.add(|| visitor.user.clone());
    }
    let effect = "nothing is learned from them";
    let what = "visitors without events";
    found.report(
        dataset.visitors.len(),
        Note {
            code: "VISITOR_WITHOUT_EVENTS",
            severity: Severity::Info,
            what: what.into(),
            effect,
            repair: None,
        },
        findings,
    );
}
