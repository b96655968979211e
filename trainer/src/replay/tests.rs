#![allow(clippy::unwrap_used)]
use super::*;
use crate::choices::Lens;
use crate::testing::{self, DAY_MS as DAY, START_MS};
use triqueta::feature::Schema;
use triqueta::math::Random;

/// Everything the serving code sees of a visitor and all activities at a moment.
fn seen(dataset: &Dataset, time_ms: i64) -> String {
    // Vocabularies and tag weights are the training's, not the moment's: the same for both sides.
    let words = Words::learn(&testing::dataset(60, 1).activities, [], 1).unwrap();
    let catalog = catalog_of(dataset, words.clone()).unwrap();
    let counts = vec![3; words.tags.size()];
    let schema = Schema::new(dataset.city.clone(), words, &counts, 100, 30.0);
    let mut lens = Lens::new(dataset, &schema, &catalog, 14.0);
    let known = |row: &Row| catalog.columns().published_ms(row.index()) <= time_ms;
    let rows = (0..catalog.len() as u32).map(Row).filter(known).collect();
    let choice = lens.choice(&VisitorKey::User("u1".into()), time_ms, rows);
    format!("{:?}", (choice.viewpoint, choice.pairs))
}

#[test]
fn nothing_from_the_moment_on_changes_what_was_known_at_it() {
    let dataset = testing::dataset(60, 1);
    let now_ms = dataset.events[30].time_ms;
    let before = seen(&dataset, now_ms);

    let mut planted = dataset.clone();
    let open = dataset.activities[3].id.as_str();
    let late = testing::activity(900, &mut Random::new(9));
    planted.activities.push(triqueta::catalog::Activity {
        published_ms: Some(now_ms + 1),
        ..late
    });
    let others =
        (0..50).map(|n| testing::event(2_000 + n, &format!("u{n}"), now_ms, testing::saved(open)));
    let own = [
        testing::event(1_000, "u1", now_ms, testing::saved(open)),
        testing::event(1_001, "u1", now_ms + 1, testing::disliked("a4")),
        testing::event(1_002, "u1", now_ms + DAY, testing::saved("a900")),
    ];
    planted.extend(others.chain(own).collect()).unwrap();
    assert_eq!(seen(&planted, now_ms), before);
    assert_ne!(seen(&planted, now_ms + 1), seen(&dataset, now_ms + 1));
}

#[test]
fn the_past_does_change_it() {
    let dataset = testing::dataset(60, 1);
    let now_ms = dataset.events[30].time_ms;
    let mut other = dataset.clone();
    other
        .extend(vec![testing::event(
            1_000,
            "u7",
            now_ms - 1,
            testing::saved("a3"),
        )])
        .unwrap();
    assert_ne!(seen(&other, now_ms), seen(&dataset, now_ms));
}

#[test]
fn counters_count_a_visitor_once_and_decay() {
    let activities = vec![testing::activity(0, &mut Random::new(1))];
    let event =
        |number, user, day: i64, body| testing::event(number, user, START_MS + day * DAY, body);
    let unsave = Body::Favourite {
        activity: "a0".into(),
        action: triqueta::event::FavouriteAction::Removed,
        shown: None,
    };
    let events = vec![
        event(0, "u0", 0, testing::saved("a0")),
        event(1, "u0", 1, unsave),
        event(2, "u0", 2, testing::saved("a0")),
        event(3, "u1", 10, testing::saved("a0")),
    ];
    let dataset = testing::dataset_of(activities, vec![], events);
    let words = Words::learn(&dataset.activities, [], 1).unwrap();
    let catalog = catalog_of(&dataset, words).unwrap();
    let counters = counters_of(&dataset, &catalog, START_MS + 10 * DAY, 10.0);
    assert_eq!(counters.positives_total, vec![2.0].into());
    assert!((counters.positives[0] - 1.5).abs() < 1e-5);
    assert_eq!(
        counters_of(&dataset, &catalog, START_MS - 1, 10.0).positives,
        vec![0.0].into()
    );
}

#[test]
fn density_counts_only_what_was_published() {
    let mut random = Random::new(2);
    let at = |number, published_ms, random: &mut Random| triqueta::catalog::Activity {
        published_ms,
        place: Some(triqueta::catalog::Place {
            lat: 4.6,
            lon: -74.07,
        }),
        ..testing::activity(number, random)
    };
    let activities = vec![
        at(0, Some(20), &mut random),
        at(1, Some(10), &mut random),
        at(2, None, &mut random),
    ];
    let dataset = testing::dataset_of(activities, vec![], vec![]);
    let words = Words::learn(&dataset.activities, [], 1).unwrap();
    assert_eq!(
        catalog_of(&dataset, words).unwrap().columns().density,
        vec![2.0, 1.0, 0.0].into()
    );
}
