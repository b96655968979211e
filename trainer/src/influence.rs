//! How much can one device say? What a device sends is its own word: it can make up visits, visitors and times. So a training
//! takes at most so much from each, however much it sent.
//!
//! What is bounded is how many activities a device has a say about (opening, saving, rating, attending …): over all time, by
//! a draw that depends on the seed, the device and the activity alone. About one activity a device speaks for one visitor, the
//! one it named last: names cost nothing either. What was only shown is no say; it counts beside a say of the same visit.
//!
//! A cap of one leaves each device a single activity, which is fair to everybody and teaches next to nothing of tastes; with a
//! cap above what the busiest visitor did nothing is left out, and one device can be as much of a training as it likes to send.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use triqueta::event::{ActivityId, DeviceId, Event};
use triqueta::history::Action;
use triqueta::math::{Digest, Random};

use crate::Dataset;
use crate::replay::VisitorKey;

/// Activities a device has a say about, unless another cap is asked for. No visitor of the data sets we measure on has as many:
/// the busiest of Meetup Montana has 485, of a demo city of 3,000 visitors 110.
pub const INFLUENCE_CAP: usize = 500;

/// What a cap left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct LeftOut {
    /// Devices that had more to say.
    pub devices: usize,
    /// Their events that do not count.
    pub events: usize,
}

/// Leaves out what devices say beyond `cap` activities each.
pub fn cap_influence(dataset: &mut Dataset, cap: usize, seed: u64) -> LeftOut {
    let kept = sayings(&dataset.events, cap, seed);
    let mut devices = HashSet::new();
    let before = dataset.events.len();
    dataset.events.retain(|event| {
        let Some(activity) = said_of(event) else {
            return true;
        };
        let speaker = kept.get(&(event.device, activity.clone()));
        let counts = speaker.is_some_and(|speaker| *speaker == VisitorKey::of(event));
        if !counts {
            devices.insert(event.device);
        }
        counts
    });
    LeftOut {
        devices: devices.len(),
        events: before - dataset.events.len(),
    }
}

/// The activity an event has a say about.
fn said_of(event: &Event) -> Option<&ActivityId> {
    if Action::of(&event.body).is_empty() {
        return None;
    }
    event.body.activity()
}

/// What each device may say something about, and for whom.
fn sayings(events: &[Event], cap: usize, seed: u64) -> HashMap<(DeviceId, ActivityId), VisitorKey> {
    let mut speakers: HashMap<DeviceId, HashMap<ActivityId, VisitorKey>> = HashMap::new();
    for event in events {
        if let Some(activity) = said_of(event) {
            let said = speakers.entry(event.device).or_default();
            said.insert(activity.clone(), VisitorKey::of(event));
        }
    }
    let mut kept = HashMap::new();
    for (device, said) in speakers {
        let mut said: Vec<(u64, ActivityId, VisitorKey)> = said
            .into_iter()
            .map(|(activity, speaker)| (draw(seed, device, &activity), activity, speaker))
            .collect();
        if said.len() > cap {
            said.sort_by(|left, right| (left.0, &left.1).cmp(&(right.0, &right.1)));
            said.truncate(cap);
        }
        kept.extend(
            said.into_iter()
                .map(|(_, activity, speaker)| ((device, activity), speaker)),
        );
    }
    kept
}

fn draw(seed: u64, device: DeviceId, activity: &ActivityId) -> u64 {
    let mut digest = Digest::default();
    digest
        .integer(seed)
        .text(&device.to_string())
        .text(activity.as_str());
    Random::new(digest.value()).next_u64()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::choices::positives;
    use crate::replay::{catalog_of, counters_of, words_of};
    use crate::testing::{self, DAY_MS, START_MS, disliked, said, saved};

    const MANY: u64 = 10_000;

    /// The small city with what somebody made up: so many events, the device, name, activity and moment of each.
    fn with(made_up: impl Fn(u64) -> Event) -> Dataset {
        let mut dataset = testing::own_devices(testing::dataset(60, 1));
        dataset.extend((0..MANY).map(made_up).collect()).unwrap();
        dataset
    }

    fn moment(number: u64) -> i64 {
        START_MS + (number as i64 % 90) * DAY_MS + number as i64
    }

    /// How often an activity counts as chosen, and how many choices there are to learn from.
    fn learned(dataset: &Dataset) -> (f32, usize) {
        let catalog = catalog_of(dataset, words_of(dataset).unwrap()).unwrap();
        let counters = counters_of(dataset, &catalog, START_MS + 100 * DAY_MS, 1e9);
        let row = catalog.row(&"a0".into()).unwrap();
        (
            counters.positives[row.index()],
            positives(dataset, &catalog).len(),
        )
    }

    #[test]
    fn one_device_moves_popularity_and_choices_by_one_however_much_it_makes_up_and_many_by_many() {
        let (favourites, choices) = learned(&testing::own_devices(testing::dataset(60, 1)));
        let name = |number: u64| format!("made-up-{number}");
        let alone = |number| said(number, 1, &name(number), moment(number), saved("a0"));
        let crowd = |number| said(number, number, &name(number), moment(number), saved("a0"));
        for (mut dataset, more, left_out) in [(with(alone), 1, MANY - 1), (with(crowd), MANY, 0)] {
            let out = cap_influence(&mut dataset, INFLUENCE_CAP, 0);
            let devices = usize::from(left_out > 0);
            let events = left_out as usize;
            assert_eq!(out, LeftOut { devices, events });
            let (now, choices_now) = learned(&dataset);
            assert!((now - favourites - more as f32).abs() < 0.5, "{now}");
            assert_eq!(choices_now - choices, more as usize);
        }
    }

    #[test]
    fn a_device_has_a_say_about_so_many_activities_and_which_is_drawn() {
        let everywhere = |number: u64| {
            let activity = format!("a{}", number % 60);
            said(number, 1, "u", moment(number), saved(&activity))
        };
        let kept = |cap, seed| {
            let mut dataset = with(everywhere);
            let out = cap_influence(&mut dataset, cap, seed);
            let own = dataset
                .events
                .iter()
                .filter(|event| event.user.as_deref() == Some("u"));
            let activities: std::collections::BTreeSet<String> = own
                .filter_map(|event| said_of(event).map(|activity| activity.0.clone()))
                .collect();
            assert_eq!(activities.len(), cap.min(60));
            assert_eq!(out.events == 0, cap >= 60);
            activities
        };
        assert_eq!(kept(7, 1), kept(7, 1));
        assert_ne!(kept(7, 1), kept(7, 2));
        assert!(
            kept(7, 1).is_subset(&kept(8, 1)),
            "who may say more says that too"
        );
        kept(1, 1);
        kept(60, 1);
        kept(usize::MAX, 1);
    }

    #[test]
    fn whoever_signs_in_keeps_what_they_say_then_and_what_was_shown_stays() {
        let mut dataset = testing::own_devices(testing::dataset(60, 1));
        let before = dataset.events.clone();
        assert_eq!(
            cap_influence(&mut dataset, INFLUENCE_CAP, 0),
            LeftOut::default()
        );
        assert_eq!(dataset.events, before, "nobody of the city says too much");

        let anonymous = Event {
            user: None,
            ..said(1, 5, "", START_MS, disliked("a3"))
        };
        let session = said(
            2,
            5,
            "u",
            START_MS + 1,
            serde_json::from_value(serde_json::json!({
                "kind": "session", "device_type": "mobile", "browser": "x", "locale": "es",
            }))
            .unwrap(),
        );
        let signed_in = said(3, 5, "u", START_MS + 2, saved("a3"));
        dataset
            .extend(vec![anonymous.clone(), session.clone(), signed_in.clone()])
            .unwrap();
        let out = cap_influence(&mut dataset, INFLUENCE_CAP, 0);
        assert_eq!(
            out,
            LeftOut {
                devices: 1,
                events: 1
            }
        );
        assert!(!dataset.events.contains(&anonymous));
        assert!(dataset.events.contains(&session) && dataset.events.contains(&signed_in));
    }
}
