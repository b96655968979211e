//! Learners of events: a whole training, and every model of its bundle on its own.

use std::collections::BTreeSet;

use triqueta::catalog::Activity;
use triqueta::engine::Engine;
use triqueta::event::{Body, Opinion};
use triqueta::feature::UserRow;
use triqueta::history::{Profile, Visitor};
use triqueta::model::MODEL_INPUTS;
use triqueta::rank::{Filters, Request, Slate};
use triqueta_trainer::Dataset;
use triqueta_trainer::choices::Lens;
use triqueta_trainer::progress::Silent;
use triqueta_trainer::publish::{draft_of_training, seal_draft};
use triqueta_trainer::replay::{VisitorKey, catalog_of};
use triqueta_trainer::train::{OptionalModel, Trained, model_scores, train};

use crate::city::{
    BLOCKS, DAY_MS, DAYS, START_MS, VISITORS, activity, checkerboard, dataset_of, event, quick,
    saved, trained,
};

fn engine_of(dataset: &Dataset, trained: Trained) -> Engine {
    let draft = draft_of_training(dataset, trained, 1).unwrap();
    let (id, files) = seal_draft(&draft).unwrap();
    Engine::open(&id, files).unwrap()
}

fn asked(now_ms: i64) -> Request {
    Request {
        limit: 20,
        now_ms,
        filters: Filters {
            include_past: true,
            ..Filters::default()
        },
        ..Request::default()
    }
}

fn is_sane(slate: &Slate) {
    let ids: BTreeSet<&str> = slate
        .items
        .iter()
        .map(|item| item.activity.as_str())
        .collect();
    assert_eq!(ids.len(), slate.items.len(), "something is offered twice");
    assert!(slate.items.iter().all(|item| item.score.is_finite()));
}

/// How each model of a training, and the blend of all, ranks what visitors chose in the last ten days among everything
/// open: by name, the share of pairs in the right order.
fn right_order(dataset: &Dataset, trained: &Trained) -> Vec<(String, f64)> {
    let catalog = catalog_of(dataset, trained.schema.words.clone()).unwrap();
    let items = Lens::items(&catalog);
    let activities = trained.models.activity_side(&items);
    let blend = trained.blend.resolve().unwrap();
    let mut lens = Lens::new(dataset, &trained.schema, &catalog, 14.0);
    let day = DAYS - 5;
    let now_ms = START_MS + day as i64 * DAY_MS;
    let mut hits = vec![(0.0, 0.0); MODEL_INPUTS.len() + 1];
    for visitor in 0..VISITORS {
        let key = VisitorKey::User(format!("u{visitor}"));
        let latest = (day * BLOCKS..(day + 1) * BLOCKS).map(|number| format!("a{number}"));
        let rows = latest.map(|id| catalog.row(&id.as_str().into()).unwrap());
        let choice = lens.choice(&key, now_ms, rows.collect());
        let models = model_scores(&trained.models, &items, &activities, &choice);
        let maturity = choice.viewpoint.maturity;
        for (column, (right, told)) in hits.iter_mut().enumerate() {
            let score = |place: usize| {
                let total = blend
                    .score(&models[place], &choice.pairs[place], maturity)
                    .total;
                models[place].get(column).copied().unwrap_or(total)
            };
            let own = score(visitor % BLOCKS);
            for other in (0..BLOCKS).filter(|&other| other != visitor % BLOCKS) {
                assert!(own.is_finite() && score(other).is_finite());
                *right += f64::from(u8::from(own > score(other)));
                *told += f64::from(u8::from(own != score(other)));
            }
        }
    }
    let names = MODEL_INPUTS.iter().map(|input| input.name).chain(["blend"]);
    // A model that says the same of everything is absent from this bundle.
    names
        .zip(hits)
        .filter(|(_, (_, told))| *told > 0.0)
        .map(|(name, (right, told))| (name.to_owned(), right / told))
        .collect()
}

/// What only content can tell: nobody has chosen these activities yet.
#[test]
fn every_model_of_a_bundle_finds_the_squares_of_a_checkerboard() {
    let dataset = checkerboard();
    let trained = trained(&dataset);
    let found = right_order(&dataset, &trained);
    let optional = OptionalModel::ALL.map(OptionalModel::name);
    for expected in optional.into_iter().chain(["two_tower_cosine"]) {
        assert!(found.iter().any(|(name, _)| name == expected), "{expected}");
    }
    // Models of ids cannot know an activity nobody has chosen; whoever speaks of it has to be right.
    let wrong: Vec<_> = found
        .iter()
        .filter(|(name, right)| *right < if name == "blend" { 0.95 } else { 0.7 })
        .collect();
    assert!(wrong.is_empty(), "{found:?}");
}

#[test]
fn strangers_and_words_nobody_has_heard_of_get_a_slate() {
    let dataset = checkerboard();
    let now_ms = START_MS + (DAYS as i64 - 3) * DAY_MS;
    let engine = engine_of(&dataset, trained(&dataset));
    let stranger = engine
        .recommend(&Visitor::default(), &asked(now_ms))
        .unwrap();
    assert!(!stranger.items.is_empty());
    is_sane(&stranger);
    // Tags, places and activities the training never saw.
    let mut visitor = Visitor {
        profile: Profile {
            tags: vec!["ópera barroca".into()],
            locality: Some("Marte".into()),
            level: Some("heroico".into()),
            ..Profile::default()
        },
        ..Visitor::default()
    };
    let gone = Activity {
        kind: Some("otra cosa".into()),
        tags: vec!["nunca vista".into()],
        organiser: Some("nadie".into()),
        ..activity(1)
    };
    let content = triqueta::catalog::Content::of(&gone, &dataset.city);
    visitor
        .history
        .observe(now_ms - 5, &saved("gone"), Some(&content));
    let slate = engine.recommend(&visitor, &asked(now_ms)).unwrap();
    assert!(!slate.items.is_empty());
    is_sane(&slate);
    let bundle = engine.bundle();
    let row = UserRow::of(&visitor, &bundle.schema, bundle.catalog.words(), now_ms);
    assert!(row.numbers.iter().all(|number| number.is_finite()));
}

/// The earliest moment an event can have.
const YEAR_2000_MS: i64 = 946_684_800_000;

/// Trains on something odd, publishes it, and asks for a list.
fn survives(case: &str, dataset: &Dataset) {
    let trained =
        train(dataset, &quick(1), &Silent).unwrap_or_else(|error| panic!("{case}: {error}"));
    assert!(trained.blend.resolve().is_ok(), "{case}");
    for (peer, metrics) in &trained.judged.metrics() {
        assert!(
            metrics.values().iter().all(|value| value.is_finite()),
            "{case}, {peer}"
        );
    }
    let engine = engine_of(dataset, trained);
    let now_ms = dataset.until_ms().unwrap_or(START_MS);
    let slate = engine
        .recommend(&Visitor::default(), &asked(now_ms))
        .unwrap();
    is_sane(&slate);
    assert_eq!(
        slate.items.is_empty(),
        dataset.activities.is_empty(),
        "{case}"
    );
}

#[test]
fn odd_logs_train_publish_and_serve() {
    let full = checkerboard();
    let with = |activities: &[Activity], events| dataset_of(activities.to_vec(), events).unwrap();
    let few = &full.activities[..30];
    let everything_saved = (0..20).flat_map(|number| {
        (0..3).map(move |visitor| {
            let at = START_MS + (number / 3 + 1) * DAY_MS + visitor;
            let body = saved(&format!("a{number}"));
            event(
                (number * 3 + visitor) as u64,
                &format!("u{visitor}"),
                at,
                body,
            )
        })
    });
    let one_user = full
        .events
        .iter()
        .filter(|event| event.user.as_deref() == Some("u1"));
    let constant: Vec<Activity> = (0..30)
        .map(|number| Activity {
            id: format!("a{number}").as_str().into(),
            published_ms: Some(START_MS - 1),
            ..activity(0)
        })
        .collect();
    let constant_events = (0..60).map(|number| {
        let body = saved(&format!("a{}", number % 30));
        event(
            number,
            &format!("u{}", number % 7),
            START_MS + number as i64,
            body,
        )
    });
    let no_said = (0..30).map(|number| {
        let body = Body::Feedback {
            activity: format!("a{number}").as_str().into(),
            opinion: Opinion::Dislike,
            shown: None,
        };
        event(number, "u1", START_MS + number as i64 * 1_000, body)
    });
    let cases = [
        ("no activities", with(&[], vec![])),
        ("no events", with(few, vec![])),
        (
            "one activity",
            with(&few[..1], vec![event(1, "u1", START_MS + 5, saved("a0"))]),
        ),
        (
            "one user",
            with(&full.activities, one_user.cloned().collect()),
        ),
        ("all positive", with(few, everything_saved.collect())),
        ("only rejections", with(few, no_said.collect())),
        (
            "constant features",
            with(&constant, constant_events.collect()),
        ),
        (
            "events about nothing known",
            with(few, vec![event(1, "u1", START_MS, saved("gone"))]),
        ),
    ];
    for (case, dataset) in &cases {
        survives(case, dataset);
    }
}

#[test]
fn repeated_and_shuffled_events_change_nothing() {
    let dataset = checkerboard();
    let mut events = dataset.events.clone();
    events.extend(dataset.events.clone());
    events.reverse();
    let again = dataset_of(dataset.activities.clone(), events).unwrap();
    assert_eq!(again, dataset);
}

#[test]
fn broken_clocks_train_and_serve() {
    let full = checkerboard();
    let moved = |by_ms: i64, each: usize| {
        let events = full.events.iter().enumerate().map(|(number, original)| {
            if number % each == 0 {
                let at = (original.time_ms + by_ms).max(YEAR_2000_MS);
                let user = original.user.clone().unwrap();
                event(number as u64, &user, at, original.body.clone())
            } else {
                original.clone()
            }
        });
        dataset_of(full.activities.clone(), events.collect()).unwrap()
    };
    survives("decided before the announcement", &moved(-400 * DAY_MS, 5));
    survives("a clock that was never set", &moved(-START_MS, 7));
    survives("years ahead", &moved(3_000 * DAY_MS, 5));
    survives("everything early", &moved(-20 * DAY_MS, 1));
    let in_1970 = event(1, "u1", 5, saved("a0"));
    let refused = dataset_of(full.activities.clone(), vec![in_1970]);
    assert_eq!(refused.unwrap_err().code(), "EVENT_OUT_OF_RANGE");
}

#[test]
fn what_is_not_a_number_is_refused_by_name() {
    let full = checkerboard();
    let refused = |activity: Activity| {
        let error = dataset_of(vec![activity], vec![]).unwrap_err();
        assert!(error.code().len() > 5, "{error}");
    };
    for price in [f32::NAN, f32::INFINITY, -1.0] {
        refused(Activity {
            price: Some(price),
            ..activity(0)
        });
    }
    let mut nowhere = activity(0);
    nowhere.place.as_mut().unwrap().lat = f64::NAN;
    refused(nowhere);
    let read = Body::DetailView {
        activity: "a0".into(),
        dwell_seconds: f32::NAN,
        scroll_depth: 0.5,
        external_click: false,
        source: triqueta::event::Source::List,
        shown: None,
    };
    let error = dataset_of(
        full.activities.clone(),
        vec![event(1, "u1", START_MS, read)],
    );
    assert_eq!(error.unwrap_err().code(), "EVENT_OUT_OF_RANGE");
    // Weights that are not numbers never leave in a bundle.
    let mut trained = trained(&full);
    trained.blend.inputs[0].weight = f32::NAN;
    let sealed = draft_of_training(&full, trained, 1).and_then(|draft| seal_draft(&draft));
    assert!(sealed.is_err());
}
