//! What a hidden taste looks at in an activity, as numbers, and the appeal that only the simulation knows.

use std::collections::BTreeMap;

use triqueta::catalog::{Activity, City, Place};
use triqueta::math::{Digest, Random};

/// One activity as the simulated visitors see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Whether its type is `cultura`.
    pub culture: bool,
    /// Number of its type.
    pub kind: usize,
    /// Numbers of its tags, ascending.
    pub tags: Vec<usize>,
    /// Number of its level, if it has one.
    pub level: Option<usize>,
    /// Number of its organiser.
    pub organiser: usize,
    /// Number of its series, if it belongs to one.
    pub series: Option<usize>,
    /// Where it takes place.
    pub place: Place,
    /// Price in thousands of pesos.
    pub price_thousands: f64,
    /// Start, Unix ms.
    pub start_ms: i64,
    /// Whether it starts on a weekend or a public holiday.
    pub day_off: bool,
    /// The city's availability windows it starts in, one bit each.
    pub windows: u16,
    /// How good it is: about standard normal, known to nobody outside the simulation.
    pub appeal: f64,
}

/// Words by number.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Names {
    /// Types.
    pub kinds: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Levels.
    pub levels: Vec<String>,
    /// Organisers.
    pub organisers: Vec<String>,
    /// Series.
    pub series: Vec<String>,
}

impl Names {
    /// The words of a programme, each list in order.
    pub fn of(activities: &[Activity]) -> Self {
        let distinct = |words: &mut dyn Iterator<Item = &String>| {
            words
                .map(|word| (word.clone(), ()))
                .collect::<BTreeMap<_, _>>()
                .into_keys()
                .collect::<Vec<_>>()
        };
        Self {
            kinds: distinct(
                &mut activities
                    .iter()
                    .filter_map(|activity| activity.kind.as_ref()),
            ),
            tags: distinct(&mut activities.iter().flat_map(|activity| &activity.tags)),
            levels: distinct(
                &mut activities
                    .iter()
                    .filter_map(|activity| activity.level.as_ref()),
            ),
            organisers: distinct(
                &mut activities
                    .iter()
                    .filter_map(|activity| activity.organiser.as_ref()),
            ),
            series: distinct(
                &mut activities
                    .iter()
                    .filter_map(|activity| activity.series.as_ref()),
            ),
        }
    }

    /// The number of a tag.
    pub fn tag(&self, word: &str) -> Option<usize> {
        number(&self.tags, Some(word))
    }
}

fn number(words: &[String], word: Option<&str>) -> Option<usize> {
    word.and_then(|word| {
        words
            .binary_search_by(|known| known.as_str().cmp(word))
            .ok()
    })
}

impl Facts {
    /// The facts of an activity. Its appeal is drawn from the seed, mostly per series or pattern, a little per date.
    pub fn of(activity: &Activity, names: &Names, city: &City, seed: u64) -> Self {
        let local = city.local_time(activity.start_ms);
        let mut tags: Vec<usize> = activity
            .tags
            .iter()
            .filter_map(|tag| names.tag(tag))
            .collect();
        tags.sort_unstable();
        let pattern = activity.series.as_deref().unwrap_or(&activity.title);
        let shared = Random::new(Digest::default().integer(seed).text(pattern).value()).normal();
        let own =
            Random::new(Digest::default().integer(seed).text(&activity.id.0).value()).normal();
        Self {
            culture: activity.kind.as_deref() == Some("cultura"),
            kind: number(&names.kinds, activity.kind.as_deref()).unwrap_or(0),
            tags,
            level: number(&names.levels, activity.level.as_deref()),
            organiser: number(&names.organisers, activity.organiser.as_deref()).unwrap_or(0),
            series: number(&names.series, activity.series.as_deref()),
            place: activity.place.unwrap_or(Place {
                lat: 4.6270,
                lon: -74.0660,
            }),
            price_thousands: f64::from(activity.price.unwrap_or(0.0)) / 1_000.0,
            start_ms: activity.start_ms,
            day_off: local.is_weekend() || city.is_holiday(local),
            windows: city.availability(local),
            appeal: 0.85 * shared + 0.5 * own,
        }
    }

    /// How many tags two activities share, over how many they have together.
    pub fn overlap(&self, other: &Self) -> f64 {
        let shared = self
            .tags
            .iter()
            .filter(|tag| other.tags.contains(tag))
            .count();
        let together = self.tags.len() + other.tags.len() - shared;
        if together == 0 {
            0.0
        } else {
            shared as f64 / together as f64
        }
    }
}
