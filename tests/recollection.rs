//! Is a list made with what was kept of earlier lists the list made from nothing?
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use triqueta::catalog::{NO_TIME, Row, RowSet};
use triqueta::engine::{Engine, Recollection};
use triqueta::event::ActivityId;
use triqueta::history::{History, Visitor};
use triqueta::math::Random;
use triqueta::rank::{Announced, Filter, Filters};

/// Cities that give the same ids to other activities: what is remembered of an id changes under the same visitor.
fn of_every_model() -> [Engine; 2] {
    [21, 22]
        .map(|seed| support::engine_of(&support::with_every_model(support::draft(seed, 60), seed)))
}

/// The same of which not all survivors are scored, with directions of taste.
fn of_shortlists() -> [Engine; 2] {
    [23, 24].map(|seed| {
        let mut draft = support::draft(seed, 500);
        draft.boosted_trees = None;
        draft.model.policy.survivors = 60;
        support::engine_of(&support::with_taste(draft, &mut Random::new(seed)))
    })
}

#[test]
fn a_list_with_what_was_kept_is_the_list_from_nothing() {
    kept_is_from_nothing(&of_every_model());
    kept_is_from_nothing(&of_shortlists());
}

fn kept_is_from_nothing(engines: &[Engine; 2]) {
    for seed in 0..20 {
        let mut random = Random::new(seed);
        let mut recollection = Recollection::default();
        let mut visitor = support::visitor(&mut random, &engines[0], 30);
        for step in 0..40 {
            let engine = &engines[usize::from(random.below(6) == 0)];
            let activity = ActivityId(format!("actividad-{}", random.below(70)));
            match random.below(9) {
                0 => drop(visitor.history.forget(&activity)),
                1 => visitor.profile = support::visitor(&mut random, engine, 0).profile,
                2 if step % 10 == 9 => visitor = Visitor::default(),
                3 => recollection.begin_another(),
                _ => {
                    let body = support::body(&mut random, activity);
                    let time_ms = support::NOW_MS - random.below(1_000_000_000) as i64;
                    engines[random.below(2)].observe(&mut visitor, time_ms, &body);
                }
            }
            let request = support::request(&mut random);
            let kept = engine
                .recommend_recalling(&visitor, &request, &mut recollection)
                .unwrap();
            assert_eq!(
                kept,
                engine.recommend(&visitor, &request).unwrap(),
                "seed {seed}, step {step}"
            );
        }
    }
}

#[test]
fn nothing_is_remembered_of_activities_once_another_visitor_begins() {
    let [engine, _] = of_shortlists();
    let mut random = Random::new(26);
    let visitor = support::visitor(&mut random, &engine, 30);
    let request = support::request(&mut random);
    let mut recollection = Recollection::default();
    let first = engine.recommend_recalling(&visitor, &request, &mut recollection);
    // All ids begin so.
    let remembers =
        |recollection: &Recollection| format!("{recollection:?}").contains("actividad-");
    assert!(remembers(&recollection));
    recollection.begin_another();
    assert!(!remembers(&recollection));
    // What is known of the catalogue is what it was.
    let again = engine.recommend_recalling(&visitor, &request, &mut recollection);
    assert_eq!(first.unwrap(), again.unwrap());
}

#[test]
fn what_is_over_is_left_out_at_the_moment_it_is() {
    let engine = support::engine_of(&support::draft(25, 300));
    let (catalog, texts) = (&engine.bundle().catalog, &engine.bundle().texts);
    let history = History::default();
    let columns = catalog.columns();
    let over_ms = |row: Row| match columns.end_ms[row.index()] {
        NO_TIME => columns.date(row.index()).start_ms,
        end_ms => end_ms,
    };
    let listed = |announced: &mut Announced, now_ms: i64, filters: &Filters| {
        let mut rows = RowSet::default();
        Filter::new(filters, catalog, texts, &history, now_ms).list(announced, &mut rows);
        rows
    };
    let unpublished = Filters {
        include_unpublished: true,
        ..Filters::default()
    };
    let past = Filters {
        include_past: true,
        ..Filters::default()
    };
    let mut announced = Announced::default();
    let (mut now_ms, mut seen) = (support::NOW_MS, 0);
    loop {
        let rows = listed(&mut announced, now_ms, &Filters::default());
        let Some(first_over_ms) = rows.rows().map(over_ms).min() else {
            break;
        };
        // What is over at a moment is there until then; whoever looks back or asks for more is answered anew.
        for (moment, filters) in [
            (first_over_ms, &Filters::default()),
            (first_over_ms + 1, &Filters::default()),
            (first_over_ms, &Filters::default()),
            (first_over_ms, &unpublished),
            (first_over_ms, &past),
        ] {
            let kept = listed(&mut announced, moment, filters);
            assert_eq!(kept, listed(&mut Announced::default(), moment, filters));
        }
        let next = listed(&mut announced, first_over_ms + 1, &Filters::default());
        assert!(next.len() < rows.len());
        (now_ms, seen) = (first_over_ms + 1, seen + 1);
    }
    assert!(seen > 50, "{seen} moments");
}
