//! A small invented city for tests: visitors with a taste in organisers and places, and a log of what they saved.

#![allow(clippy::unwrap_used)]

mod made_events;

use triqueta::catalog::{Activity, City, OffsetInterval, Season};
use triqueta::event::{ActivityId, Body, DeviceId, Event, Opinion};
use triqueta::history::Profile;
use triqueta::math::Random;

use crate::{Dataset, Lineage, VisitorRecord};

pub(crate) use made_events::{event, saved};

pub(crate) const START_MS: i64 = 1_700_000_000_000;
pub(crate) const DAY_MS: i64 = 86_400_000;

pub(crate) fn city() -> City {
    let window = |name: &str, weekdays: Vec<u8>, from_hour: u8, until_hour: u8| {
        serde_json::from_value(serde_json::json!({
            "name": name, "weekdays": weekdays, "from_hour": from_hour, "until_hour": until_hour,
        }))
        .unwrap()
    };
    City {
        name: "Test".into(),
        offsets: vec![OffsetInterval {
            from_ms: 0,
            minutes: -300,
        }],
        seasons: vec![Season {
            name: "seca".into(),
            months: vec![12, 1, 2],
        }],
        availability: vec![
            window("noche", (0..7).collect(), 18, 24),
            window("fin_de_semana", vec![5, 6], 0, 24),
        ],
        centre: Some(triqueta::catalog::Place {
            lat: 4.6,
            lon: -74.07,
        }),
        ..City::default()
    }
}

pub(crate) fn activity(number: usize, random: &mut Random) -> Activity {
    let organiser = random.below(6);
    let tags = ["música", "teatro", "danza", "arte", "cine", "yoga"];
    let day = number as i64 / 2;
    serde_json::from_value(serde_json::json!({
        "id": format!("a{number}"),
        "title": format!("Activity {number}"),
        "type": (["cultura", "deporte", "recreación"][organiser % 3]),
        "tags": [tags[organiser], tags[random.below(6)]],
        "locality": (["Chapinero", "Suba", "Usaquén"][organiser / 2]),
        "level": (["bajo", "medio", "alto"][random.below(3)]),
        "place": {"lat": 4.55 + 0.03 * organiser as f64, "lon": -74.07 + 0.001 * random.uniform()},
        "start_ms": START_MS + (day + 10) * DAY_MS + random.below(24) as i64 * 3_600_000,
        "published_ms": START_MS + day * DAY_MS - 1,
        "price": ([0.0, 20_000.0, 50_000.0][random.below(3)]),
        "organiser": format!("o{organiser}"),
        "series": format!("s{}", random.below(4)),
    }))
    .unwrap()
}

/// What happens on the device of this number, under the name of a visitor.
pub(crate) fn said(number: u64, device: u64, user: &str, time_ms: i64, body: Body) -> Event {
    let mut bytes = [7; 16];
    bytes[..8].copy_from_slice(&device.to_le_bytes());
    Event {
        device: DeviceId::new(bytes),
        ..event(1_000_000 + number, user, time_ms, body)
    }
}

/// The data set with a device of their own for every visitor; otherwise they share one.
pub(crate) fn own_devices(mut dataset: Dataset) -> Dataset {
    for event in &mut dataset.events {
        let mut bytes = [9; 16];
        let user = event.user.as_deref().unwrap_or_default();
        bytes[..user.len()].copy_from_slice(user.as_bytes());
        event.device = DeviceId::new(bytes);
    }
    dataset
}

pub(crate) fn disliked(activity: &str) -> Body {
    Body::Feedback {
        activity: ActivityId::from(activity),
        opinion: Opinion::Dislike,
        shown: None,
    }
}

pub(crate) fn dataset_of(
    activities: Vec<Activity>,
    visitors: Vec<VisitorRecord>,
    events: Vec<Event>,
) -> Dataset {
    Dataset::new(city(), activities, visitors, events, Lineage::default()).unwrap()
}

/// `saves` events by 20 visitors over activities of which two are published a day. Each visitor prefers the open
/// activities of one organiser, four times out of five.
pub(crate) fn dataset(saves: usize, seed: u64) -> Dataset {
    let mut random = Random::new(seed);
    let days = (saves / 6).max(8);
    let activities: Vec<Activity> = (0..days * 2 + 20)
        .map(|number| activity(number, &mut random))
        .collect();
    let visitors = (0..20).map(|visitor| VisitorRecord {
        user: format!("u{visitor}"),
        profile: Profile {
            tags: vec![["música", "teatro", "danza", "arte", "cine", "yoga"][visitor % 6].into()],
            ..Profile::default()
        },
    });
    let mut events = Vec::new();
    for number in 0..saves {
        let time_ms =
            START_MS + DAY_MS * (1 + (number * days / saves.max(1)) as i64) + number as i64 * 1_000;
        let visitor = random.below(20);
        let open: Vec<&Activity> = activities
            .iter()
            .filter(|activity| activity.published_ms < Some(time_ms) && activity.start_ms > time_ms)
            .collect();
        let liked: Vec<&&Activity> = open
            .iter()
            .filter(|activity| activity.organiser.as_deref() == Some(&format!("o{}", visitor % 6)))
            .collect();
        let chosen = if !liked.is_empty() && random.uniform() < 0.8 {
            liked[random.below(liked.len())]
        } else {
            &open[random.below(open.len())]
        };
        let body = if random.uniform() < 0.1 {
            disliked(chosen.id.as_str())
        } else {
            saved(chosen.id.as_str())
        };
        events.push(event(number as u64, &format!("u{visitor}"), time_ms, body));
    }
    dataset_of(activities, visitors.collect(), events)
}
