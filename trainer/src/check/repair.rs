//! What can be put right without knowing more than the data.

use std::collections::{BTreeMap, HashSet};

use triqueta::event::{ActivityId, Body};

use super::events::{is_in_future, names_unknown_activity, repeated};
use super::places::doubts;
use crate::dataset::Dataset;
use crate::ingest::words::unify_all;

/// Does what the findings' `repair` lines say, and nothing else.
pub fn repair(mut dataset: Dataset, now_ms: i64) -> Dataset {
    let doubts = doubts(&dataset);
    for (activity, doubt) in dataset.activities.iter_mut().zip(doubts) {
        if doubt.is_some() {
            activity.place = None;
        }
        activity.end_ms = activity
            .end_ms
            .filter(|&end_ms| end_ms >= activity.start_ms);
    }
    unify_all(&mut dataset.activities, &mut dataset.visitors);

    let known: HashSet<&ActivityId> = dataset
        .activities
        .iter()
        .map(|activity| &activity.id)
        .collect();
    let starts: BTreeMap<&ActivityId, i64> = dataset
        .activities
        .iter()
        .map(|activity| (&activity.id, activity.start_ms))
        .collect();
    dataset.events.retain(|event| {
        let has_attended = matches!(event.body, Body::Attendance { attended: true, .. });
        let start_ms = event
            .body
            .activity()
            .and_then(|activity| starts.get(activity))
            .copied();
        let is_foretold = has_attended && start_ms.is_some_and(|start_ms| event.time_ms < start_ms);
        !(is_in_future(event, now_ms) || names_unknown_activity(event, &known) || is_foretold)
    });
    let repeated: HashSet<usize> = repeated(&dataset.events).into_iter().collect();
    let mut at = 0;
    dataset.events.retain(|_| {
        at += 1;
        !repeated.contains(&(at - 1))
    });

    let mut first: BTreeMap<ActivityId, i64> = BTreeMap::new();
    for event in &dataset.events {
        if let Some(activity) = event.body.activity() {
            first.entry(activity.clone()).or_insert(event.time_ms);
        }
    }
    for activity in &mut dataset.activities {
        if let (Some(published_ms), Some(&first_ms)) =
            (activity.published_ms, first.get(&activity.id))
        {
            activity.published_ms = Some(published_ms.min(first_ms));
        }
    }
    dataset
}
