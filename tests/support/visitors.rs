//! Made-up visitors of the made-up city: what they do, and what they ask for.

use super::{DAY_MS, LEVELS, LOCALITIES, NOW_MS, TAGS, TYPES, pick};
use triqueta::catalog::Place;
use triqueta::engine::Engine;
use triqueta::event::{ActivityId, Body, FavouriteAction, Opinion, Source};
use triqueta::history::{Profile, Visitor};
use triqueta::math::Random;
use triqueta::rank::{Filters, Ranking, Request, Within};

/// A visitor who has done up to `most` things.
pub fn visitor(random: &mut Random, engine: &Engine, most: usize) -> Visitor {
    let some = |random: &mut Random, words: &[&str]| {
        (random.uniform() < 0.6).then(|| pick(random, words).to_owned())
    };
    let mut visitor = Visitor {
        profile: Profile {
            tags: (0..random.below(4))
                .map(|_| pick(random, &TAGS).to_owned())
                .collect(),
            locality: some(random, &LOCALITIES),
            availability: some(random, &["mañana", "tarde", "noche", "fin_de_semana"])
                .into_iter()
                .collect(),
            level: some(random, &LEVELS),
            since_ms: Some(NOW_MS - (random.below(400) as i64) * DAY_MS),
            location: (random.uniform() < 0.3).then_some(Place {
                lat: 4.61,
                lon: -74.08,
            }),
        },
        ..Visitor::default()
    };
    for _ in 0..random.below(most + 1) {
        let ids = engine.bundle().catalog.columns().id.len();
        let activity = ActivityId(format!("actividad-{}", random.below(ids.max(1))));
        let time_ms = NOW_MS - (random.uniform() * 100.0 * DAY_MS as f64) as i64;
        engine.observe(&mut visitor, time_ms, &body(random, activity));
    }
    visitor
}

pub fn body(random: &mut Random, activity: ActivityId) -> Body {
    let kind = random.below(6);
    body_of(kind, random, activity)
}

/// An event body of one of six kinds.
pub fn body_of(kind: usize, random: &mut Random, activity: ActivityId) -> Body {
    match kind {
        0 => Body::Favourite {
            activity,
            action: FavouriteAction::Added,
            shown: None,
        },
        1 => Body::Favourite {
            activity,
            action: FavouriteAction::Removed,
            shown: None,
        },
        2 => Body::Feedback {
            activity,
            opinion: Opinion::Like,
            shown: None,
        },
        3 => Body::Feedback {
            activity,
            opinion: Opinion::Dislike,
            shown: None,
        },
        4 => Body::Attendance {
            activity,
            attended: true,
            stars: Some(random.below(5) as u8 + 1),
            comment: None,
        },
        _ => Body::DetailView {
            activity,
            dwell_seconds: random.uniform() as f32 * 90.0,
            scroll_depth: random.uniform() as f32,
            external_click: random.uniform() < 0.3,
            source: Source::List,
            shown: None,
        },
    }
}

/// Any request a page could make.
pub fn request(random: &mut Random) -> Request {
    let maybe = |random: &mut Random| random.uniform() < 0.2;
    Request {
        limit: 1 + random.below(24) as u16,
        filters: Filters {
            types: if maybe(random) {
                vec![pick(random, &TYPES).into()]
            } else {
                vec![]
            },
            localities: if maybe(random) {
                vec![pick(random, &LOCALITIES).into()]
            } else {
                vec![]
            },
            free: maybe(random),
            max_price: maybe(random).then_some(20_000.0),
            from_ms: maybe(random).then_some(NOW_MS + 3 * DAY_MS),
            to_ms: maybe(random).then_some(NOW_MS + 20 * DAY_MS),
            within: maybe(random).then_some(Within {
                lat: 4.62,
                lon: -74.07,
                km: 3.0,
            }),
            include_past: maybe(random),
            exclude_favourites: maybe(random),
            ..Filters::default()
        },
        now_ms: NOW_MS + (random.uniform() * 10.0 * DAY_MS as f64) as i64,
        seed: random.next_u64() >> 11,
        ranking: [
            Ranking::Learned,
            Ranking::Learned,
            Ranking::Rule,
            Ranking::Popularity,
            Ranking::Content,
        ][random.below(5)],
        diversity: maybe(random).then(|| random.uniform() as f32),
        exploration_slots: maybe(random).then(|| random.below(4) as u8),
        placement: "home".into(),
    }
}
