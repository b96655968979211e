//! Coordinates that cannot be, or probably are not, where the activity is.

use std::collections::{BTreeMap, BTreeSet};

use triqueta::catalog::distance_km;
use triqueta::catalog::{Activity, Place};

use super::finding::{Finding, Found, Note, Severity};
use crate::dataset::Dataset;
use crate::ingest::words::fold;

/// "Far" is at least this many kilometres from the middle …
const FAR_KM: f64 = 60.0;
/// … and this many times as far as nine of ten activities.
const FAR_FACTOR: f64 = 4.0;
/// A point is suspicious from this many activities on, if they claim this many different addresses or localities.
const PILE: usize = 8;
const PILE_NAMES: usize = 3;

/// Why a coordinate is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    Zero,
    Swapped,
    Far,
    Piled,
}

pub(super) fn check(dataset: &Dataset, findings: &mut Vec<Finding>) {
    let all = dataset.activities.len();
    let mut kinds: BTreeMap<&'static str, Found> = BTreeMap::new();
    let mut missing = Found::default();
    let doubts = doubts(dataset);
    for (activity, doubt) in dataset.activities.iter().zip(&doubts) {
        let Some(place) = activity.place else {
            missing.add(|| format!("activity {}", activity.id));
            continue;
        };
        let code = match doubt {
            None => continue,
            Some(Doubt::Zero) => "PLACE_ZERO",
            Some(Doubt::Swapped) => "PLACE_SWAPPED",
            Some(Doubt::Far) => "PLACE_FAR",
            Some(Doubt::Piled) => "PLACE_PILED",
        };
        kinds
            .entry(code)
            .or_default()
            .add(|| format!("activity {} at {}, {}", activity.id, place.lat, place.lon));
    }
    for (code, found) in kinds {
        let what = match code {
            "PLACE_ZERO" => "coordinates 0, 0: a missing value written as a number",
            "PLACE_SWAPPED" => {
                "latitude and longitude look swapped: the other way round they lie near the middle"
            }
            "PLACE_FAR" => "coordinates far from everything else",
            _ => {
                "many activities with different addresses at one exact point: a stand-in coordinate"
            }
        };
        let effect = "distances from and to it are false";
        found.report(
            all,
            Note {
                code,
                severity: Severity::Warning,
                what: what.into(),
                effect,
                repair: Some("forgets these coordinates"),
            },
            findings,
        );
    }
    let severity = if missing.count * 5 > all as u64 {
        Severity::Warning
    } else {
        Severity::Info
    };
    let effect = "their distance is unknown, the other features decide";
    missing.report(
        all,
        Note {
            code: "PLACE_MISSING",
            severity,
            what: "activities without coordinates".into(),
            effect,
            repair: None,
        },
        findings,
    );
}

/// The doubt about each activity's coordinates, in order.
pub(super) fn doubts(dataset: &Dataset) -> Vec<Option<Doubt>> {
    let centre = dataset.city.centre;
    let far_km = far_limit(&dataset.activities, centre);
    let piles = piles(&dataset.activities);
    let doubt = |activity: &Activity| {
        let place = activity.place?;
        if place.lat == 0.0 && place.lon == 0.0 {
            return Some(Doubt::Zero);
        }
        if piles.contains(&point(place)) {
            return Some(Doubt::Piled);
        }
        let centre = centre?;
        if distance_km(centre, place) <= far_km {
            return None;
        }
        let swapped = Place {
            lat: place.lon,
            lon: place.lat,
        };
        let would_fit = swapped.is_valid() && distance_km(centre, swapped) <= far_km;
        Some(if would_fit {
            Doubt::Swapped
        } else {
            Doubt::Far
        })
    };
    dataset.activities.iter().map(doubt).collect()
}

fn far_limit(activities: &[Activity], centre: Option<Place>) -> f64 {
    let Some(centre) = centre else {
        return f64::INFINITY;
    };
    let mut distances: Vec<f64> = activities
        .iter()
        .filter_map(|activity| activity.place)
        .map(|place| distance_km(centre, place))
        .collect();
    distances.sort_by(f64::total_cmp);
    // With few activities an outlier is itself among the "nine of ten".
    let last = distances.len().saturating_sub(1);
    let common_at = if distances.len() < 10 {
        last / 2
    } else {
        last * 9 / 10
    };
    let common = distances.get(common_at).copied().unwrap_or(0.0);
    FAR_KM.max(FAR_FACTOR * common)
}

fn point(place: Place) -> (u64, u64) {
    (place.lat.to_bits(), place.lon.to_bits())
}

/// Points that many activities with different names of the place share.
fn piles(activities: &[Activity]) -> BTreeSet<(u64, u64)> {
    let mut points: BTreeMap<(u64, u64), (usize, BTreeSet<String>)> = BTreeMap::new();
    for activity in activities {
        if let Some(place) = activity.place {
            let (count, names) = points.entry(point(place)).or_default();
            *count += 1;
            let name = if activity.address.is_empty() {
                activity.locality.as_deref()
            } else {
                Some(&*activity.address)
            };
            names.extend(name.map(fold));
        }
    }
    let is_pile =
        |(count, names): &(usize, BTreeSet<String>)| *count >= PILE && names.len() >= PILE_NAMES;
    points
        .into_iter()
        .filter(|(_, pile)| is_pile(pile))
        .map(|(point, _)| point)
        .collect()
}
