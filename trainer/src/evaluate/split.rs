//! Past and future: a data set cut at a moment.

use std::collections::BTreeMap;

use triqueta::history::Action;

use crate::Dataset;

/// The moment that leaves this share of the signals (events that say something about an activity) at or before it,
/// interpolated between neighbours; `None` without signals.
pub fn quantile_ms(dataset: &Dataset, share: f64) -> Option<i64> {
    let signals = dataset
        .events
        .iter()
        .filter(|event| !Action::of(&event.body).is_empty());
    let times: Vec<i64> = signals.map(|event| event.time_ms).collect();
    let last = times.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let (low, high) = (times[below], times[(below + 1).min(last)]);
    Some(low + ((high - low) as f64 * (place - below as f64)) as i64)
}

/// What was known at a moment: the events up to it, and the activities published by then. An activity without a
/// publication time is known from its first event on.
pub fn up_to(dataset: &Dataset, time_ms: i64) -> Dataset {
    let until = dataset
        .events
        .partition_point(|event| event.time_ms <= time_ms);
    let mut first = BTreeMap::new();
    for event in &dataset.events {
        if let Some(activity) = event.body.activity() {
            first.entry(activity).or_insert(event.time_ms);
        }
    }
    let known_from = |activity: &triqueta::catalog::Activity| {
        activity
            .published_ms
            .or_else(|| first.get(&activity.id).copied())
            .unwrap_or(i64::MAX)
    };
    Dataset {
        city: dataset.city.clone(),
        activities: dataset
            .activities
            .iter()
            .filter(|activity| known_from(activity) <= time_ms)
            .cloned()
            .collect(),
        visitors: dataset.visitors.clone(),
        events: dataset.events[..until].to_vec(),
        lineage: dataset.lineage.clone(),
    }
}
