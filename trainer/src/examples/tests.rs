#![allow(clippy::unwrap_used)]

use triqueta::catalog::{Activity, Catalog, Row};
use triqueta::event::{Body, Source};
use triqueta::feature::{PAIR_FEATURES, Schema};
use triqueta::history::Visitor;
use triqueta::math::Random;

use super::*;
use crate::Dataset;
use crate::choices::{Label, Lens};
use crate::negatives::Mixture;
use crate::progress::Silent;
use crate::replay::{catalog_of, schema_of, words_of};
use crate::testing::{self, DAY_MS, START_MS};

struct City {
    dataset: Dataset,
    catalog: Catalog,
    schema: Schema,
}

fn city(dataset: Dataset) -> City {
    let catalog = catalog_of(&dataset, words_of(&dataset).unwrap()).unwrap();
    City {
        schema: schema_of(&catalog, 60.0),
        catalog,
        dataset,
    }
}

impl City {
    fn examples(&self, options: &ExampleOptions) -> Vec<Example> {
        let mut examples = Vec::new();
        let each = |example| {
            examples.push(example);
            Ok(())
        };
        each_example(
            &self.dataset,
            &self.schema,
            &self.catalog,
            options,
            &Silent,
            each,
        )
        .unwrap();
        examples
    }

    fn leaks(&self, examples: &[Example]) -> Vec<Leak> {
        leaks(
            &self.dataset,
            &self.schema,
            &self.catalog,
            14.0,
            examples,
            &Silent,
        )
        .unwrap()
    }
}

/// A log with two canaries: an activity that everybody chooses, announced in the middle of the log, and a visitor who
/// changes their taste then. Whoever sees the future sees them early.
fn with_canaries() -> City {
    let mut dataset = testing::dataset(120, 7);
    let late_ms = dataset.events[60].time_ms;
    let mut canary = Activity {
        published_ms: Some(late_ms),
        start_ms: late_ms + 40 * DAY_MS,
        organiser: Some("o3".into()),
        ..testing::activity(900, &mut Random::new(9))
    };
    canary.tags = vec!["música".into()];
    dataset.activities.push(canary);
    let events = (0..20).flat_map(|visitor| {
        let at = late_ms + 1_000 + visitor;
        let number = 5_000 + 10 * visitor as u64;
        let user = format!("u{visitor}");
        [
            testing::event(number, &user, at, testing::saved("a900")),
            testing::event(number + 1, &user, at + 60_000, testing::disliked("a3")),
        ]
    });
    dataset.extend(events.collect()).unwrap();
    city(dataset)
}

#[test]
fn no_feature_of_an_example_knows_its_future() {
    let city = with_canaries();
    let examples = city.examples(&ExampleOptions::default());
    let sample: Vec<Example> = examples.iter().step_by(6).cloned().collect();
    assert!(sample.len() > 15 && sample.iter().any(|example| example.rows.len() == 5));
    assert_eq!(city.leaks(&sample), []);
    // What is drawn beside a decision was open then.
    let columns = city.catalog.columns();
    for example in &examples {
        for row in &example.rows {
            assert!(columns.published_ms(row.index()) <= example.time_ms);
            assert!(
                *row == example.rows[0] || columns.date(row.index()).start_ms > example.time_ms
            );
        }
    }
}

#[test]
fn planted_leaks_are_caught_and_named() {
    let city = with_canaries();
    let examples = city.examples(&ExampleOptions::default());
    let sample: Vec<&Example> = examples[..60].iter().step_by(6).collect();
    let end_ms = city.dataset.until_ms().unwrap() + 1;
    let mut caught = std::collections::BTreeSet::new();
    for honest in sample {
        // A maker that looks a day ahead, one that counts the whole log, and one that joins the future in by hand.
        let mut lens = Lens::new(&city.dataset, &city.schema, &city.catalog, 14.0);
        let ahead = lens.choice(&honest.key, honest.time_ms + DAY_MS, honest.rows.clone());
        let late = lens.choice(&honest.key, end_ms, honest.rows.clone());
        let with_views = |mut example: Example| {
            let views = PAIR_FEATURES.iter().position(|f| f.name == "views_log");
            example.pairs[0][views.unwrap()] += 1.0;
            example
        };
        let leaky = [
            Example {
                viewpoint: ahead.viewpoint,
                ..honest.clone()
            },
            Example {
                pairs: late.pairs,
                ..honest.clone()
            },
            with_views(honest.clone()),
        ];
        for (maker, example) in leaky.into_iter().enumerate() {
            let found = city.leaks(&[example]);
            assert!(maker == 0 || !found.is_empty(), "{maker}");
            caught.extend(found.into_iter().map(|leak| {
                leak.feature
                    .split('[')
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            }));
        }
    }
    for feature in [
        "history",
        "pair_positives_log",
        "pair_views_log",
        "user_positives_log",
    ] {
        assert!(caught.contains(feature), "{feature}: {caught:?}");
    }
}

#[test]
fn a_label_known_later_is_not_learned_before() {
    let mut dataset = testing::dataset(100, 3);
    let opened = Body::DetailView {
        activity: dataset.activities[2].id.clone(),
        dwell_seconds: 50.0,
        scroll_depth: 1.0,
        external_click: false,
        source: Source::List,
        shown: None,
    };
    let end_ms = dataset.until_ms().unwrap();
    let events = vec![
        testing::event(7_000, "u50", START_MS + 2 * DAY_MS, opened.clone()),
        testing::event(7_001, "u51", START_MS + 2 * DAY_MS, opened),
        testing::event(7_002, "u51", end_ms, testing::saved("a2")),
    ];
    dataset.extend(events).unwrap();
    let examples = city(dataset).examples(&ExampleOptions::default());
    let of = |user: &str| {
        let key = VisitorKey::User(user.into());
        examples.iter().find(|example| example.key == key).unwrap()
    };
    let (read, saved) = (of("u50"), of("u51"));
    assert_eq!(read.time_ms, saved.time_ms);
    assert_eq!((read.split, saved.split), (Split::Train, Split::Test));
    assert_eq!(saved.label, Label::WANTED);
    assert!(read.label.value == 1.0 && read.label.weight < 0.6 && read.rows.len() == 5);
    let count = |split| {
        examples
            .iter()
            .filter(|example| example.split == split)
            .count()
    };
    let parts = [Split::Train, Split::Validation, Split::Test].map(count);
    assert!(
        parts[0] > parts[2] && parts[2] > parts[1] && parts[1] > 0,
        "{parts:?}"
    );
}

#[test]
fn the_same_seed_draws_the_same_and_another_draws_others() {
    let city = city(testing::dataset(80, 3));
    let with = |seed| {
        city.examples(&ExampleOptions {
            seed,
            negatives: Mixture {
                hard: 0.25,
                ..Mixture::default()
            },
            copies: 1,
            ..ExampleOptions::default()
        })
    };
    let first = with(1);
    assert_eq!(first, with(1));
    assert_ne!(first, with(2));
    let rejected = first
        .iter()
        .find(|example| example.label == Label::REJECTED);
    assert_eq!(rejected.unwrap().rows.len(), 1);
    assert!(
        first
            .iter()
            .all(|example| (example.copy == 0) || example.split == Split::Train)
    );
}

#[test]
fn copies_hide_part_of_a_visitor_and_statistics_agree_with_what_is_left() {
    let mut visitor = Visitor::default();
    let activities: Vec<Activity> = (0..30)
        .map(|number| testing::activity(number, &mut Random::new(number as u64)))
        .collect();
    for (activity, second) in activities.iter().zip(0..) {
        let content = triqueta::catalog::Content::of(activity, &testing::city());
        let body = testing::saved(activity.id.as_str());
        visitor
            .history
            .observe(START_MS + second, &body, Some(&content));
    }
    visitor.profile.tags = vec!["música".into(), "arte".into()];
    let nothing = Augmentation {
        forget: 0.0,
        truncate: 0.0,
        undeclare: 0.0,
    };
    let everything = Augmentation {
        forget: 1.0,
        truncate: 1.0,
        undeclare: 1.0,
    };
    let mut random = Random::new(5);
    assert_eq!(nothing.apply(&visitor, &mut random), visitor);
    assert_eq!(everything.apply(&visitor, &mut random), Visitor::default());
    // Truncation alone keeps the latest.
    let truncated = Augmentation {
        truncate: 1.0,
        ..nothing
    };
    let mut kept = std::collections::BTreeSet::new();
    for _ in 0..40 {
        let left = truncated.apply(&visitor, &mut random).history;
        let oldest = 30 - left.len();
        let latest = |number: usize| left.entry(activities[number].id.as_str()).is_some();
        assert!((0..30).all(|number| latest(number) == (number >= oldest)));
        kept.insert(left.len());
    }
    assert!(kept.len() > 15, "{kept:?}");
    let half = Augmentation {
        forget: 0.5,
        ..nothing
    };
    let left: usize = (0..40)
        .map(|_| half.apply(&visitor, &mut random).history.len())
        .sum();
    assert!((500..700).contains(&left), "{left}");

    let city = city(testing::dataset(100, 3));
    let copied = city.examples(&ExampleOptions {
        copies: 2,
        augmentation: everything,
        ..ExampleOptions::default()
    });
    assert!(copied.iter().any(|example| example.viewpoint.positives > 0));
    for example in copied.iter().filter(|example| example.copy > 0) {
        let user = &example.viewpoint.user;
        assert!(example.viewpoint.history.is_empty() && user.tags.is_empty());
        assert_eq!((example.viewpoint.positives, user.numbers[0]), (0, 0.0));
    }
}

#[test]
fn empty_and_impossible_logs_give_no_examples() {
    let mut nothing = testing::dataset(20, 1);
    nothing.events.clear();
    assert!(
        city(nothing)
            .examples(&ExampleOptions::default())
            .is_empty()
    );
    let empty = testing::dataset_of(vec![], vec![], vec![]);
    assert!(city(empty).examples(&ExampleOptions::default()).is_empty());
    // Everything was decided before it was announced: a broken clock.
    let mut early = testing::dataset(40, 1);
    for activity in &mut early.activities {
        activity.published_ms = Some(START_MS + 900 * DAY_MS);
    }
    assert!(city(early).examples(&ExampleOptions::default()).is_empty());
    // One activity: nothing to draw beside it.
    let mut one = testing::dataset(40, 1);
    one.activities.truncate(1);
    let examples = city(one).examples(&ExampleOptions::default());
    assert!(examples.iter().all(|example| example.rows == [Row(0)]));
}
