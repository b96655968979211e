//! Is a list made with what was kept of earlier lists the list made from nothing?
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use triqueta::engine::{Engine, Recollection};
use triqueta::event::ActivityId;
use triqueta::history::Visitor;
use triqueta::math::Random;

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
            match random.below(8) {
                0 => drop(visitor.history.forget(&activity)),
                1 => visitor.profile = support::visitor(&mut random, engine, 0).profile,
                2 if step % 10 == 9 => visitor = Visitor::default(),
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
