//! Does a slate do what a visitor expects: filters hold, history counts, feedback moves it, retraining keeps it?
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

use support::{DAY_MS, NOW_MS};
use triqueta::engine::Engine;
use triqueta::event::{ActivityId, Body, FavouriteAction, Opinion};
use triqueta::history::{History, Profile, Visitor};
use triqueta::math::Random;
use triqueta::rank::{Filters, Ranking, Request, Slate, Slot, Within};

fn request() -> Request {
    Request {
        limit: 20,
        now_ms: NOW_MS,
        seed: 1,
        ..Request::default()
    }
}

fn ids(slate: &Slate) -> Vec<&str> {
    slate
        .items
        .iter()
        .map(|item| item.activity.as_str())
        .collect()
}

#[test]
fn every_filter_holds_for_every_item() {
    let engine = support::engine(11, 400);
    let visitor = Visitor::default();
    let slate = |filters: Filters| {
        let slate = engine
            .recommend(
                &visitor,
                &Request {
                    filters,
                    limit: 200,
                    ..request()
                },
            )
            .unwrap();
        assert!(!slate.items.is_empty());
        let cards: Vec<_> = slate
            .items
            .iter()
            .map(|item| engine.card(&item.activity).unwrap())
            .collect();
        cards
    };
    let future = slate(Filters::default());
    assert!(
        future
            .iter()
            .all(|card| card.end_ms.unwrap_or(card.start_ms) >= NOW_MS)
    );
    assert!(
        slate(Filters {
            include_past: true,
            ..Filters::default()
        })
        .iter()
        .any(|card| card.start_ms < NOW_MS)
    );
    let types = vec!["deporte".to_owned()];
    assert!(
        slate(Filters {
            types,
            ..Filters::default()
        })
        .iter()
        .all(|card| card.kind.as_deref() == Some("deporte"))
    );
    let localities = vec!["Chapinero".to_owned(), "Santa Fe".to_owned()];
    let found = slate(Filters {
        localities: localities.clone(),
        ..Filters::default()
    });
    assert!(
        found
            .iter()
            .all(|card| localities.contains(card.locality.as_ref().unwrap()))
    );
    assert!(
        slate(Filters {
            free: true,
            ..Filters::default()
        })
        .iter()
        .all(|card| card.free == Some(true))
    );
    let cheap = slate(Filters {
        max_price: Some(10_000.0),
        ..Filters::default()
    });
    assert!(cheap.iter().all(|card| card.price.unwrap() <= 10_000.0));
    let (from_ms, to_ms) = (NOW_MS + 5 * DAY_MS, NOW_MS + 9 * DAY_MS);
    let dated = slate(Filters {
        from_ms: Some(from_ms),
        to_ms: Some(to_ms),
        ..Filters::default()
    });
    assert!(
        dated
            .iter()
            .all(|card| (from_ms..to_ms).contains(&card.start_ms))
    );
    let within = Within {
        lat: 4.62,
        lon: -74.07,
        km: 2.0,
    };
    assert!(
        slate(Filters {
            within: Some(within),
            ..Filters::default()
        })
        .iter()
        .all(|card| card.lat.is_some())
    );
    let tagged = slate(Filters {
        tags: vec!["música".into()],
        ..Filters::default()
    });
    assert!(
        tagged
            .iter()
            .all(|card| card.tags.contains(&"música".to_owned()))
    );
    let searched = slate(Filters {
        query: "MUSICA".into(),
        ..Filters::default()
    });
    assert_eq!(
        searched.len(),
        tagged.len(),
        "search knows no case and no accents"
    );
    let any = slate(Filters {
        types: vec!["*".into()],
        ..Filters::default()
    });
    assert_eq!(any.len(), future.len());
    let nothing = Filters {
        types: vec!["ópera".into()],
        ..Filters::default()
    };
    assert!(
        engine
            .recommend(
                &visitor,
                &Request {
                    filters: nothing,
                    ..request()
                }
            )
            .unwrap()
            .items
            .is_empty()
    );
}

#[test]
fn what_is_not_for_me_leaves_and_what_is_saved_can_be_left_out() {
    let engine = support::engine(12, 120);
    let mut visitor = Visitor::default();
    let first = engine.recommend(&visitor, &request()).unwrap().items[0]
        .activity
        .clone();
    let dislike = Body::Feedback {
        activity: first.clone(),
        opinion: Opinion::Dislike,
        shown: None,
    };
    engine.observe(&mut visitor, NOW_MS, &dislike);
    assert!(!ids(&engine.recommend(&visitor, &request()).unwrap()).contains(&first.as_str()));
    let saved = engine.recommend(&visitor, &request()).unwrap().items[0]
        .activity
        .clone();
    let save = Body::Favourite {
        activity: saved.clone(),
        action: FavouriteAction::Added,
        shown: None,
    };
    engine.observe(&mut visitor, NOW_MS, &save);
    let with = engine
        .recommend(
            &visitor,
            &Request {
                limit: 200,
                ..request()
            },
        )
        .unwrap();
    assert!(
        with.items
            .iter()
            .any(|item| item.activity == saved && item.favourite)
    );
    let filters = Filters {
        exclude_favourites: true,
        ..Filters::default()
    };
    let without = engine
        .recommend(
            &visitor,
            &Request {
                limit: 200,
                filters,
                ..request()
            },
        )
        .unwrap();
    assert!(!ids(&without).contains(&saved.as_str()));
    let filters = Filters {
        only_favourites: true,
        ..Filters::default()
    };
    assert_eq!(
        ids(&engine
            .recommend(
                &visitor,
                &Request {
                    filters,
                    ..request()
                }
            )
            .unwrap()),
        [saved.as_str()]
    );
}

/// A bundle trained anew, without the activities the visitor went to, still knows what they like.
#[test]
fn a_retrained_bundle_without_the_attended_activities_still_personalises() {
    let mut random = Random::new(21);
    let old: Vec<_> = (0..60)
        .map(|number| support::activity(&mut random, number))
        .collect();
    let new: Vec<_> = (1_000..1_200)
        .map(|number| support::activity(&mut random, number))
        .collect();
    let open = |activities: &[_], seed| {
        let (id, files) =
            support::sealed(&support::draft_of(&mut Random::new(seed), activities), &[]);
        Engine::open(&id, files).unwrap()
    };
    let (before, after) = (open(&old, 1), open(&new, 2));
    let mut visitor = Visitor::default();
    for activity in &old[..12] {
        let attended = Body::Attendance {
            activity: activity.id.clone(),
            attended: true,
            stars: None,
            comment: None,
        };
        before.observe(&mut visitor, NOW_MS - DAY_MS, &attended);
    }
    assert!(
        visitor
            .history
            .entries()
            .all(|(id, _)| after.content(id).is_none()),
        "the new bundle knows none of them"
    );
    let restored = History::restore(&visitor.history.snapshot()).unwrap();
    let known = Visitor {
        profile: Profile::default(),
        history: restored,
    };
    for ranking in [Ranking::Learned, Ranking::Content] {
        let request = Request {
            ranking,
            exploration_slots: Some(0),
            ..request()
        };
        let personal = after.recommend(&known, &request).unwrap();
        let plain = after.recommend(&Visitor::default(), &request).unwrap();
        assert_ne!(ids(&personal), ids(&plain), "{ranking:?}");
    }
}

#[test]
fn shown_items_carry_what_learning_needs() {
    let engine = support::engine(13, 200);
    let mut visitor = support::visitor(&mut Random::new(4), &engine, 30);
    visitor.profile.location = None;
    let slate = engine.recommend(&visitor, &request()).unwrap();
    for (position, item) in slate.items.iter().enumerate() {
        let shown = &item.shown;
        assert_eq!(
            (usize::from(item.position), usize::from(shown.position)),
            (position, position)
        );
        assert_eq!((&shown.slate, &shown.bundle), (&slate.id, &slate.bundle));
        assert_eq!(shown.features.len(), 16);
        assert!(item.propensity > 0.0 && item.propensity <= 1.0);
        assert_eq!(item.slot == Slot::Ranked, shown.pool.is_empty());
        assert!(item.slot == Slot::Exploration || item.propensity == 1.0);
        assert!(
            Body::Impression {
                shown: shown.clone()
            }
            .validate()
            .is_ok()
        );
        assert!(!item.reason.text.is_empty() && !item.reason.english.is_empty());
    }
    let explored = slate
        .items
        .iter()
        .filter(|item| item.slot == Slot::Exploration)
        .count();
    assert_eq!(explored, 2, "the declared slots, and no others");

    // Where the visitor is decides distances: their digest stays on the device.
    visitor.profile.location = Some(triqueta::catalog::Place {
        lat: 4.61,
        lon: -74.08,
    });
    let located = engine.recommend(&visitor, &request()).unwrap();
    assert!(
        located
            .items
            .iter()
            .all(|item| item.shown.features.is_empty())
    );
}

#[test]
fn a_trace_replays_to_the_same_bits() {
    let engine = support::engine(14, 150);
    let mut random = Random::new(9);
    for _ in 0..50 {
        let visitor = support::visitor(&mut random, &engine, 30);
        let trace = engine
            .trace(&visitor, &support::request(&mut random))
            .unwrap();
        let json = serde_json::to_string(&trace).unwrap();
        let read = serde_json::from_str(&json).unwrap();
        let replayed = engine.replay(&read).unwrap();
        assert_eq!(replayed, trace.slate);
        assert_eq!(replayed.digest(), trace.slate.digest());
    }
}

#[test]
fn similar_lists_leave_the_origin_out_and_name_it() {
    let engine = support::engine(15, 100);
    let origin = ActivityId("actividad-7".into());
    let slate = engine
        .similar(&Visitor::default(), &origin, &request())
        .unwrap();
    assert!(!slate.items.is_empty() && !ids(&slate).contains(&"actividad-7"));
    assert!(
        slate
            .items
            .iter()
            .all(|item| item.reason.text.contains("Actividad número 7"))
    );
    let unknown = engine.similar(&Visitor::default(), &"nowhere".into(), &request());
    assert_eq!(unknown.unwrap_err().code(), "REQUEST_UNKNOWN_ACTIVITY");
}

#[test]
fn impossible_requests_are_refused_by_name() {
    let engine = support::engine(16, 10);
    let bad = [
        Request {
            limit: 0,
            ..request()
        },
        Request {
            limit: 201,
            ..request()
        },
        Request {
            diversity: Some(f32::NAN),
            ..request()
        },
        Request {
            exploration_slots: Some(9),
            ..request()
        },
        Request {
            filters: Filters {
                max_price: Some(-1.0),
                ..Filters::default()
            },
            ..request()
        },
        Request {
            filters: Filters {
                within: Some(Within {
                    lat: 99.0,
                    lon: 0.0,
                    km: 1.0,
                }),
                ..Filters::default()
            },
            ..request()
        },
    ];
    for request in bad {
        assert_eq!(
            engine
                .recommend(&Visitor::default(), &request)
                .unwrap_err()
                .code(),
            "REQUEST_OUT_OF_RANGE"
        );
    }
    for now_ms in [i64::MIN, -1, i64::MAX] {
        assert!(
            engine
                .recommend(
                    &Visitor::default(),
                    &Request {
                        now_ms,
                        ..request()
                    }
                )
                .is_ok()
        );
    }
}
