//! What the simulation promises: determinism, validity, consent, position bias.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::collections::BTreeSet;

use triqueta::event::{Body, Event, Grade};

use super::*;

fn small(seed: u64) -> Simulation {
    let plan = Plan {
        seed,
        day: Day::parse("2026-11-22").unwrap(),
        visitors: 300,
    };
    Simulation::run(plan, &mut |_| true).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_events_and_another_seed_others() {
    let (first, again, other) = (small(1), small(1), small(2));
    assert_eq!(first, again);
    assert_ne!(first.events(0), other.events(0));
    let ids: BTreeSet<_> = first
        .uploads()
        .flat_map(|(_, events)| events)
        .map(|event| event.id)
        .collect();
    assert_eq!(
        ids.len(),
        first
            .uploads()
            .map(|(_, events)| events.len())
            .sum::<usize>()
    );
}

#[test]
fn every_event_is_valid_on_the_wire_numbered_without_gaps_and_in_the_past() {
    let simulation = small(3);
    for (visitor, events) in simulation.uploads() {
        for (number, event) in events.iter().enumerate() {
            let json = serde_json::to_string(event).unwrap();
            assert_eq!(&Event::from_json(&json).unwrap(), event);
            assert_eq!(
                (event.sequence, event.device),
                (number as u64 + 1, visitor.device)
            );
            assert!(event.consent.allows_upload() && event.user == visitor.user);
            assert!(
                event.time_ms >= visitor.since_ms && event.time_ms < simulation.plan.day.start_ms()
            );
        }
        assert!(events.is_sorted_by_key(|event| (event.time_ms, event.id)));
    }
}

#[test]
fn consent_decides_what_is_kept_and_what_may_leave() {
    let simulation = small(4);
    let count = |grade| {
        simulation
            .visitors
            .iter()
            .filter(|visitor| visitor.consent.grade == grade)
            .count()
    };
    assert!(count(Grade::None) > 20 && count(Grade::Device) > 40 && count(Grade::Upload) > 100);
    for (number, visitor) in simulation.visitors.iter().enumerate() {
        assert_eq!(
            simulation.events(number).is_empty(),
            visitor.consent.grade == Grade::None
        );
        assert!(visitor.uploads() || visitor.user.is_none());
    }
    assert_eq!(simulation.uploads().count(), count(Grade::Upload));
}

#[test]
fn only_what_was_announced_and_ahead_is_shown_and_every_kind_of_event_occurs() {
    let simulation = small(5);
    let mut kinds = BTreeSet::new();
    let (mut seen_at_top, mut seen_below) = ([0_usize; 2], [0_usize; 2]);
    for event in simulation.uploads().flat_map(|(_, events)| events) {
        kinds.insert(
            serde_json::to_value(&event.body).unwrap()["kind"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
        let Some(shown) = event.body.shown() else {
            continue;
        };
        let activity = &simulation.activities[simulation.index[&shown.activity]];
        assert!(
            activity.published_ms.unwrap() <= event.time_ms
                && activity.start_ms > event.time_ms - HOUR_MS
        );
        let seen = if shown.position % 10 < 3 {
            &mut seen_at_top
        } else {
            &mut seen_below
        };
        match event.body {
            Body::Impression { .. } => seen[0] += 1,
            Body::Viewed { .. } => seen[1] += 1,
            _ => {}
        }
    }
    assert_eq!(kinds.len(), 10, "{kinds:?}");
    let share = |[shown, viewed]: [usize; 2]| viewed as f64 / shown as f64;
    assert!(share(seen_at_top) > share(seen_below) + 0.15);
}

#[test]
fn too_many_visitors_and_a_stop_are_errors_with_codes() {
    let plan = Plan {
        seed: 1,
        day: Day::parse("2026-11-22").unwrap(),
        visitors: 0,
    };
    assert_eq!(
        Simulation::run(plan, &mut |_| true).unwrap_err().code(),
        "DEMO_VISITORS"
    );
    let plan = Plan {
        visitors: 50,
        ..plan
    };
    assert_eq!(
        Simulation::run(plan, &mut |_| false).unwrap_err().code(),
        "DEMO_INTERRUPTED"
    );
}
