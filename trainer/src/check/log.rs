//! The log of events as a whole: whether there is anything to learn, what is missing in it, and who dominates it.

use std::collections::HashMap;

use triqueta::event::{ActivityId, Body, DeviceId, Event, FavouriteAction, Opinion};

use super::events::CLOCK_MS;
use super::finding::{Finding, Found, Note, Severity};
use crate::dataset::Dataset;

const HOUR_MS: i64 = 3_600_000;
/// From this share of all positive events on, one organiser, activity or visitor drowns the others.
const SKEW: f64 = 0.5;
/// More than this many events by one visitor in an hour were not made by a person.
const HOURLY: usize = 500;

pub(super) fn check(dataset: &Dataset, findings: &mut Vec<Finding>) {
    amount(dataset, findings);
    sequences(dataset, findings);
    skew(dataset, findings);
    machines(dataset, findings);
}

/// Whether the event says that the visitor wants the activity.
fn is_positive(body: &Body) -> bool {
    match body {
        Body::Favourite { action, .. } => *action == FavouriteAction::Added,
        Body::Feedback { opinion, .. } => *opinion == Opinion::Like,
        Body::Rating { stars, .. } => *stars >= 4,
        Body::Attendance { attended, .. } => *attended,
        _ => false,
    }
}

fn amount(dataset: &Dataset, findings: &mut Vec<Finding>) {
    let positive = dataset
        .events
        .iter()
        .filter(|event| is_positive(&event.body))
        .count();
    let mut none = Found::default();
    if positive == 0 {
        none.add(|| format!("{} events of other kinds", dataset.events.len()));
    }
    let effect = "no model can be trained; content and the present rule still rank";
    let what = "nobody saved, liked, attended or rated anything well";
    none.report(
        1,
        Note {
            code: "EVENTS_WITHOUT_POSITIVE",
            severity: Severity::Error,
            what: what.into(),
            effect,
            repair: None,
        },
        findings,
    );
}

fn sequences(dataset: &Dataset, findings: &mut Vec<Finding>) {
    let mut devices: HashMap<DeviceId, Vec<(u64, i64)>> = HashMap::new();
    for event in &dataset.events {
        devices
            .entry(event.device)
            .or_default()
            .push((event.sequence, event.time_ms));
    }
    let mut devices: Vec<_> = devices.into_iter().collect();
    devices.sort_unstable_by_key(|(device, _)| *device);
    let (mut order, mut lost) = (Found::default(), Found::default());
    for (device, mut events) in devices {
        events.sort_unstable();
        for pair in events.windows(2) {
            let &[(before, before_ms), (after, after_ms)] = pair else {
                continue;
            };
            if after_ms.saturating_add(CLOCK_MS) < before_ms || before == after {
                order.add(|| format!("device {device}, number {after}"));
            }
            for _ in before + 1..after.min(before + 10_000) {
                lost.add(|| format!("device {device}, number {}", before + 1));
            }
        }
    }
    let all = dataset.events.len();
    let effect = "histories are replayed in an order that did not happen";
    let what = "a device's events whose numbers and times disagree: its clock was changed, or numbers were reused";
    order.report(
        all,
        Note {
            code: "EVENT_OUT_OF_ORDER",
            severity: Severity::Warning,
            what: what.into(),
            effect,
            repair: None,
        },
        findings,
    );
    let effect = "histories have holes; where impressions are lost, rates look too high";
    let what = "numbers missing between a device's events: events lost on the way (estimate)";
    lost.report(
        all,
        Note {
            code: "EVENT_LOST",
            severity: Severity::Info,
            what: what.into(),
            effect,
            repair: None,
        },
        findings,
    );
}

fn skew(dataset: &Dataset, findings: &mut Vec<Finding>) {
    let organisers: HashMap<&ActivityId, &str> = dataset
        .activities
        .iter()
        .filter_map(|activity| Some((&activity.id, activity.organiser.as_deref()?)))
        .collect();
    let positive: Vec<&Event> = dataset
        .events
        .iter()
        .filter(|event| is_positive(&event.body))
        .collect();
    let of_organiser = |event: &Event| {
        event
            .body
            .activity()
            .and_then(|id| organisers.get(id))
            .map(|organiser| (*organiser).to_owned())
    };
    let of_activity = |event: &Event| event.body.activity().map(ToString::to_string);
    let of_visitor = |event: &Event| event.user.clone();
    type Group<'a> = &'a dyn Fn(&Event) -> Option<String>;
    let groups: [(&str, Group<'_>, &str); 3] = [
        ("SKEW_ORGANISER", &of_organiser, "one organiser"),
        ("SKEW_ACTIVITY", &of_activity, "one activity"),
        ("SKEW_VISITOR", &of_visitor, "one visitor"),
    ];
    for (code, group, name) in groups {
        let mut counts: HashMap<String, u64> = HashMap::new();
        for key in positive.iter().filter_map(|event| group(event)) {
            *counts.entry(key).or_default() += 1;
        }
        let Some((key, count)) = counts.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)))
        else {
            continue;
        };
        if counts.len() > 1 && *count as f64 > SKEW * positive.len() as f64 {
            let found = Found {
                count: *count,
                examples: vec![key.clone()],
            };
            let effect = "averages are about it alone; judge the others apart";
            let what = format!("{name} has most of the positive events");
            found.report(
                positive.len(),
                Note {
                    code,
                    severity: Severity::Warning,
                    what: what.into(),
                    effect,
                    repair: None,
                },
                findings,
            );
        }
    }
}

fn machines(dataset: &Dataset, findings: &mut Vec<Finding>) {
    let mut hours: HashMap<(DeviceId, i64), usize> = HashMap::new();
    for event in &dataset.events {
        *hours
            .entry((event.device, event.time_ms.div_euclid(HOUR_MS)))
            .or_default() += 1;
    }
    let mut busy: Vec<_> = hours
        .into_iter()
        .filter(|(_, count)| *count > HOURLY)
        .collect();
    busy.sort_unstable();
    let mut found = Found::default();
    for ((device, _), count) in busy {
        found.add(|| format!("device {device}: {count} in an hour"));
    }
    let effect = "a script's clicks are learned as taste";
    let what = "hours with more events of one device than a person makes";
    found.report(
        dataset.events.len(),
        Note {
            code: "DEVICE_INHUMAN",
            severity: Severity::Warning,
            what: what.into(),
            effect,
            repair: None,
        },
        findings,
    );
}
