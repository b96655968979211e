//! Is the history what it promises: a fold that forgets, bounds and restores exactly?
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use proptest::prelude::*;
use triqueta::catalog::Content;
use triqueta::event::{ActivityId, Body, FavouriteAction, Opinion, Source};
use triqueta::history::{History, LIMIT_ENTRIES};
use triqueta::math::Random;

const NOW_MS: i64 = 1_795_359_600_000;

fn content(activity: &ActivityId) -> Content {
    Content {
        title: activity.0.clone(),
        tags: vec!["música".into()],
        start_ms: NOW_MS,
        ..Content::default()
    }
}

fn fold(events: &[(u8, u8, i64)]) -> History {
    let mut history = History::default();
    for &(activity, kind, age_ms) in events {
        let body = support::body_of(
            usize::from(kind % 6),
            &mut Random::new(u64::from(kind)),
            ActivityId(format!("a{activity}")),
        );
        let content = body.activity().map(content);
        history.observe(NOW_MS - age_ms, &body, content.as_ref());
    }
    history
}

fn events() -> impl Strategy<Value = Vec<(u8, u8, i64)>> {
    prop::collection::vec((0..12_u8, any::<u8>(), 0..10_000_000_i64), 0..14)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_order_of_events_does_not_matter(events in events(), seed in any::<u64>()) {
        let mut shuffled = events.clone();
        triqueta::math::Random::new(seed).shuffle(&mut shuffled);
        prop_assert_eq!(fold(&events), fold(&shuffled));
    }

    #[test]
    fn the_same_actions_twice_change_nothing(events in events()) {
        let twice: Vec<_> = events.iter().chain(&events).copied().collect();
        prop_assert_eq!(fold(&events), fold(&twice));
    }

    #[test]
    fn forgetting_is_as_if_it_had_never_been_met(events in events(), activity in 0..12_u8) {
        let mut forgotten = fold(&events);
        forgotten.forget(&ActivityId(format!("a{activity}")));
        let without: Vec<_> = events.into_iter().filter(|event| event.0 != activity).collect();
        prop_assert_eq!(forgotten, fold(&without));
    }

    #[test]
    fn a_snapshot_restores_to_the_same_history(events in events()) {
        let history = fold(&events);
        let restored = History::restore(&history.snapshot()).unwrap();
        prop_assert_eq!(restored.digest(), history.digest());
        prop_assert_eq!(restored, history);
    }

    #[test]
    fn interest_only_fades(events in events(), earlier in 0..100_000_000_i64, later in 0..100_000_000_i64) {
        let history = fold(&events);
        let (earlier, later) = (earlier.min(later), earlier.max(later));
        for (_, entry) in history.entries() {
            let (before, after) = (entry.weight(NOW_MS + earlier, 30.0), entry.weight(NOW_MS + later, 30.0));
            prop_assert!(after.abs() <= before.abs() + 1e-5 || before.signum() != after.signum() || before == 0.0);
        }
    }

    #[test]
    fn no_text_makes_restoring_panic(text in ".{0,200}") {
        let _ = History::restore(&text);
    }
}

#[test]
fn later_words_replace_earlier_ones() {
    let history = fold(&[(1, 2, 2_000), (1, 3, 1_000)]);
    let entry = history.entry("a1").unwrap();
    assert!(entry.is_disliked() && !entry.is_liked() && entry.weight(NOW_MS, 30.0) < 0.0);
    let saved = fold(&[(1, 0, 2_000), (1, 1, 1_000)]);
    assert!(!saved.entry("a1").unwrap().is_favourite());
}

#[test]
fn what_was_saved_stays_saved_however_often_it_is_opened_again() {
    let mut history = History::default();
    let saved = Body::Favourite {
        activity: "a1".into(),
        action: FavouriteAction::Added,
        shown: None,
    };
    history.observe(NOW_MS, &saved, None);
    for number in 1..=40 {
        let opened = Body::DetailView {
            activity: "a1".into(),
            dwell_seconds: number as f32,
            scroll_depth: 0.5,
            external_click: true,
            source: Source::Recommendation,
            shown: None,
        };
        history.observe(NOW_MS + number, &opened, None);
    }
    let entry = history.entry("a1").unwrap();
    assert!(entry.is_favourite() && entry.signals().len() <= 16);
    assert_eq!(entry.read_seconds(), Some(40));
    let restored = History::restore(&history.snapshot()).unwrap();
    assert_eq!(restored, history);
}

#[test]
fn the_history_is_bounded_and_drops_the_longest_untouched() {
    let mut history = History::default();
    for number in 0..LIMIT_ENTRIES + 50 {
        let activity = ActivityId(format!("a{number:04}"));
        let body = Body::Feedback {
            activity: activity.clone(),
            opinion: Opinion::Like,
            shown: None,
        };
        history.observe(NOW_MS + number as i64, &body, Some(&content(&activity)));
    }
    assert_eq!(history.len(), LIMIT_ENTRIES);
    assert!(history.entry("a0049").is_none() && history.entry("a0050").is_some());
}

#[test]
fn of_a_snapshot_with_too_much_the_longest_untouched_are_dropped_at_once() {
    let mut one = History::default();
    let activity = ActivityId("a".into());
    let body = Body::Feedback {
        activity: activity.clone(),
        opinion: Opinion::Like,
        shown: None,
    };
    one.observe(NOW_MS, &body, Some(&content(&activity)));
    let mut snapshot: serde_json::Value = serde_json::from_str(&one.snapshot()).unwrap();
    let entries = snapshot["entries"].as_object_mut().unwrap();
    let mut template = entries.remove("a").unwrap();
    let number = 40 * LIMIT_ENTRIES;
    for entry in 0..number {
        // Each moment twice, and no order among the names.
        let id = format!("a{:05}", entry * 7_919 % number);
        template["last_impression_ms"] = (entry as i64 / 2).into();
        entries.insert(id, template.clone());
    }
    let history = History::restore(&snapshot.to_string()).unwrap();
    assert_eq!(history.len(), LIMIT_ENTRIES);
    for entry in 0..number {
        let id = format!("a{:05}", entry * 7_919 % number);
        assert_eq!(
            history.entry(&id).is_some(),
            entry >= number - LIMIT_ENTRIES,
            "{id}"
        );
    }
}

#[test]
fn damaged_and_newer_snapshots_are_told_apart() {
    let code = |text: &str| History::restore(text).unwrap_err().code();
    assert_eq!(code(""), "HISTORY_MALFORMED");
    assert_eq!(
        code(r#"{"v":1,"entries":{"a":{"content":1}}}"#),
        "HISTORY_MALFORMED"
    );
    assert_eq!(code(r#"{"v":2,"entries":[]}"#), "HISTORY_VERSION");
}

#[test]
fn looks_are_counted_apart_from_what_was_rendered_and_old_snapshots_have_none() {
    let shown = serde_json::json!({
        "activity": "a1", "slate": "s", "bundle": "b", "variant": "v", "position": 1,
        "propensity": 1.0, "policy": 1, "features": "", "history": "", "replayable": true,
    });
    let shown = || serde_json::from_value(shown.clone()).unwrap();
    let mut history = History::default();
    history.observe(NOW_MS, &Body::Impression { shown: shown() }, None);
    let rendered = history.clone();
    history.observe(NOW_MS + 1, &Body::Viewed { shown: shown() }, None);
    let entry = history.entry("a1").unwrap();
    assert_eq!(
        (entry.impressions, entry.views, entry.last_ms()),
        (1, 1, None)
    );
    assert_ne!(history.digest().value(), rendered.digest().value());
    assert!(!rendered.snapshot().contains("views"));
    assert_eq!(History::restore(&history.snapshot()).unwrap(), history);
}
