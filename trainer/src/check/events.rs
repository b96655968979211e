//! Single events against the catalogue, the clock and each other.

use std::collections::{HashMap, HashSet};

use triqueta::catalog::Activity;
use triqueta::event::{ActivityId, Body, Event};

use super::finding::{Finding, Found, Note, Severity};
use crate::dataset::Dataset;

/// Clocks differ; this much is forgiven.
pub(super) const CLOCK_MS: i64 = 5 * 60 * 1_000;
const HOUR_MS: i64 = 3_600_000;

pub(super) fn check(dataset: &Dataset, now_ms: i64, findings: &mut Vec<Finding>) {
    against_catalogue(dataset, findings);
    against_clock(dataset, now_ms, findings);
    repeats(dataset, findings);
}

/// The events [`super::repair`] drops for the catalogue's sake.
pub(super) fn names_unknown_activity(event: &Event, known: &HashSet<&ActivityId>) -> bool {
    event
        .body
        .activity()
        .is_some_and(|activity| !known.contains(activity))
}

fn against_catalogue(dataset: &Dataset, findings: &mut Vec<Finding>) {
    let known: HashMap<&ActivityId, &Activity> = dataset
        .activities
        .iter()
        .map(|activity| (&activity.id, activity))
        .collect();
    let ids: HashSet<&ActivityId> = known.keys().copied().collect();
    let users: HashSet<&str> = dataset
        .visitors
        .iter()
        .map(|visitor| visitor.user.as_str())
        .collect();
    let (mut unknown, mut strangers) = (Found::default(), Found::default());
    let (mut early, mut ended, mut foretold) =
        (Found::default(), Found::default(), Found::default());
    for event in &dataset.events {
        if event
            .user
            .as_deref()
            .is_some_and(|user| !users.contains(user))
        {
            strangers.add(|| format!("visitor {}", event.user.as_deref().unwrap_or_default()));
        }
        if names_unknown_activity(event, &ids) {
            unknown.add(|| describe(event));
        }
        let Some(activity) = event.body.activity().and_then(|id| known.get(id)) else {
            continue;
        };
        if activity
            .published_ms
            .is_some_and(|published_ms| event.time_ms < published_ms)
        {
            early.add(|| describe(event));
        }
        let is_wish = matches!(
            event.body,
            Body::Favourite { .. } | Body::Feedback { .. } | Body::Impression { .. }
        );
        if is_wish && event.time_ms > activity.end_ms.unwrap_or(activity.start_ms + 12 * HOUR_MS) {
            ended.add(|| describe(event));
        }
        let has_attended = matches!(event.body, Body::Attendance { attended: true, .. });
        if has_attended && event.time_ms < activity.start_ms {
            foretold.add(|| describe(event));
        }
    }
    let all = dataset.events.len();
    let effect = "nothing can be learned from them: what they were about is gone";
    let what = "events of activities that are not in the dataset";
    unknown.report(
        all,
        Note {
            code: "EVENT_UNKNOWN_ACTIVITY",
            severity: Severity::Warning,
            what: what.into(),
            effect,
            repair: Some("drops these events"),
        },
        findings,
    );
    let effect = "their profile counts as empty";
    let what = "events of visitors without a record";
    strangers.report(
        all,
        Note {
            code: "EVENT_UNKNOWN_VISITOR",
            severity: Severity::Info,
            what: what.into(),
            effect,
            repair: None,
        },
        findings,
    );
    let effect = "an evaluation by time would offer what nobody could know of yet";
    let what = "events before their activity was published";
    let repair = Some("moves the publication to the first event");
    early.report(
        all,
        Note {
            code: "EVENT_BEFORE_PUBLICATION",
            severity: Severity::Warning,
            what: what.into(),
            effect,
            repair,
        },
        findings,
    );
    let effect = "they say little about choosing what is still to come";
    let what = "saved, judged or shown after the activity was over";
    ended.report(
        all,
        Note {
            code: "EVENT_AFTER_END",
            severity: Severity::Info,
            what: what.into(),
            effect,
            repair: None,
        },
        findings,
    );
    let effect = "attendance is taken as fact and cannot be one yet";
    let what = "attended before the activity began";
    foretold.report(
        all,
        Note {
            code: "ATTENDANCE_BEFORE_START",
            severity: Severity::Warning,
            what: what.into(),
            effect,
            repair: Some("drops these events"),
        },
        findings,
    );
}

/// The events [`super::repair`] drops because of the clock.
pub(super) fn is_in_future(event: &Event, now_ms: i64) -> bool {
    event.time_ms > now_ms.saturating_add(CLOCK_MS)
}

fn against_clock(dataset: &Dataset, now_ms: i64, findings: &mut Vec<Finding>) {
    let mut future = Found::default();
    for event in dataset
        .events
        .iter()
        .filter(|event| is_in_future(event, now_ms))
    {
        future.add(|| describe(event));
    }
    let effect = "they count as the newest of all, and popularity is measured at their time";
    let what = "events later than now: a clock that is wrong, or seconds taken for milliseconds";
    let repair = Some("drops these events");
    future.report(
        dataset.events.len(),
        Note {
            code: "EVENT_IN_FUTURE",
            severity: Severity::Error,
            what: what.into(),
            effect,
            repair,
        },
        findings,
    );
}

/// The positions of events that say again what the same visitor's last word on the same activity was.
pub(super) fn repeated(events: &[Event]) -> Vec<usize> {
    let mut last: HashMap<(String, &ActivityId, u8), String> = HashMap::new();
    let mut repeated = Vec::new();
    for (at, event) in events.iter().enumerate() {
        let word = match &event.body {
            Body::Favourite { action, .. } => (0, format!("{action:?}")),
            Body::Feedback { opinion, .. } => (1, format!("{opinion:?}")),
            Body::Rating { stars, .. } => (2, format!("{stars}")),
            Body::Attendance { attended, .. } => (3, format!("{attended}")),
            _ => continue,
        };
        let Some(activity) = event.body.activity() else {
            continue;
        };
        let who = event
            .user
            .clone()
            .unwrap_or_else(|| event.device.to_string());
        let before = last.insert((who, activity, word.0), word.1.clone());
        if before == Some(word.1) {
            repeated.push(at);
        }
    }
    repeated
}

fn repeats(dataset: &Dataset, findings: &mut Vec<Finding>) {
    let mut found = Found::default();
    for event in repeated(&dataset.events)
        .into_iter()
        .filter_map(|at| dataset.events.get(at))
    {
        found.add(|| describe(event));
    }
    let effect = "one opinion counts several times, and the activity looks more popular than it is";
    let what = "the same visitor said the same of the same activity again";
    let repair = Some("keeps the first");
    found.report(
        dataset.events.len(),
        Note {
            code: "EVENT_REPEATED",
            severity: Severity::Warning,
            what: what.into(),
            effect,
            repair,
        },
        findings,
    );
}

fn describe(event: &Event) -> String {
    let activity = event
        .body
        .activity()
        .map(ToString::to_string)
        .unwrap_or_default();
    let who = event
        .user
        .clone()
        .unwrap_or_else(|| format!("device {}", event.device));
    format!("visitor {who}, activity {activity}, {} ms", event.time_ms)
}
