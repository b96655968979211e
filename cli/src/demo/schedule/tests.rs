//! The programme as a reader would check it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn sunday() -> Day {
    Day::parse("2026-11-22").unwrap()
}

#[test]
fn the_programme_is_large_mixed_and_reaches_six_weeks_ahead() {
    for (seed, day) in [
        (1, sunday()),
        (2, sunday()),
        (1, Day::parse("2027-04-30").unwrap()),
    ] {
        let activities = activities(seed, day).unwrap();
        let now_ms = day.start_ms();
        assert!(
            (400..=600).contains(&activities.len()),
            "{}",
            activities.len()
        );
        let ahead = activities
            .iter()
            .filter(|activity| activity.start_ms >= now_ms)
            .count();
        assert!(ahead >= 100, "{ahead}");
        assert!(
            activities
                .iter()
                .all(|activity| activity.published_ms.unwrap() < activity.start_ms.min(now_ms))
        );
        let first = activities.first().unwrap().start_ms;
        let last = activities.last().unwrap().start_ms;
        assert!(first >= now_ms - 119 * DAY_MS && last < now_ms + 49 * DAY_MS);
        let share = |wanted: &dyn Fn(&Activity) -> bool| {
            activities
                .iter()
                .filter(|activity| wanted(activity))
                .count() as f64
                / activities.len() as f64
        };
        for kind in ["cultura", "deporte", "recreacion"] {
            assert!(
                share(&|activity| activity.kind.as_deref() == Some(kind)) > 0.15,
                "{kind}"
            );
        }
        for locality in ["Chapinero", "Santa Fe", "La Candelaria"] {
            assert!(
                share(&|activity| activity.locality.as_deref() == Some(locality)) > 0.15,
                "{locality}"
            );
        }
        assert!((0.35..0.75).contains(&share(&|activity| activity.is_free() == Some(true))));
        assert!((0.3..0.8).contains(&share(&|activity| activity.series.is_some())));
    }
}

#[test]
fn every_activity_is_valid_at_a_venue_and_at_a_human_hour() {
    let venues = venues().unwrap();
    let city = bogota(sunday());
    for activity in activities(7, sunday()).unwrap() {
        activity.validate().unwrap();
        let venue = venues
            .values()
            .find(|venue| Some(venue.place) == activity.place)
            .unwrap();
        assert_eq!(activity.locality.as_deref(), Some(venue.locality.as_str()));
        assert!(activity.address.starts_with(&venue.name));
        let hour = city.local_time(activity.start_ms).hour;
        assert!((6..=21).contains(&hour), "{}: {hour}", activity.title);
    }
}

#[test]
fn texts_are_clean_spanish_without_leftovers() {
    for activity in activities(3, sunday()).unwrap() {
        for text in [&activity.title, &activity.description, &activity.address] {
            assert!(!text.contains(['{', '}', '|', '\n']), "{text}");
            assert!(!text.contains("  ") && text.trim() == text, "{text:?}");
            for wrong in [" de el ", " a el ", "..", ",.", " .", " ,", "¿ ", " en en "] {
                assert!(!text.contains(wrong), "{wrong:?} in {text}");
            }
        }
        assert!(
            activity.title.len() <= 120 && activity.description.ends_with('.'),
            "{}",
            activity.title
        );
        assert!(
            (80..600).contains(&activity.description.len()),
            "{}",
            activity.description
        );
    }
}

#[test]
fn only_series_repeat_their_titles() {
    let activities = activities(5, sunday()).unwrap();
    let mut seen: BTreeMap<&str, &Option<String>> = BTreeMap::new();
    for activity in &activities {
        if let Some(series) = seen.insert(&activity.title, &activity.series) {
            assert!(
                series.is_some() && *series == activity.series,
                "{}",
                activity.title
            );
        }
    }
    let patterns: BTreeSet<&str> = activities
        .iter()
        .map(|activity| activity.title.split(':').next().unwrap_or_default())
        .collect();
    assert!(patterns.len() >= 80, "{}", patterns.len());
}

#[test]
fn the_same_seed_and_day_give_the_same_programme() {
    let first = activities(9, sunday()).unwrap();
    assert_eq!(first, activities(9, sunday()).unwrap());
    assert_ne!(first, activities(10, sunday()).unwrap());
}
