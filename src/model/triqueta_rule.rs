//! The present rule of Triqueta Digital, as its running code does it: the baseline every model is measured against and
//! the fallback of every bundle.
//!
//! `10·popularity + min(10·|tags in common|, 30) + 5·[same locality] + 3·[same level]`, at most 48 of 100. Words are
//! compared exactly. Past activities count like future ones and availability is not used; both are options here, off by
//! default because the running code does not have them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, City, Counters, Row};
use crate::history::Profile;

/// What the rule may do beyond the running code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleOptions {
    /// Add 3 where the activity starts in a declared part of the week (the requirement, never built).
    pub availability: bool,
    /// Skip activities that have begun (the requirement, never built).
    pub future_only: bool,
}

/// The rule's score and its parts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RuleScore {
    /// `10 · popularity`, 0 to 10.
    pub popularity: f32,
    /// 10 a tag in common, at most 30.
    pub tags: f32,
    /// How many tags are in common.
    pub tags_in_common: u16,
    /// 5 where the locality is the preferred one.
    pub locality: f32,
    /// 3 where the level is the preferred one.
    pub level: f32,
    /// 3 where [`RuleOptions::availability`] applies.
    pub availability: f32,
}

impl RuleScore {
    /// The sum, 0 to 100.
    pub fn total(&self) -> f32 {
        (self.popularity + self.tags + self.locality + self.level + self.availability).min(100.0)
    }
}

/// Scores one row; `None` where [`RuleOptions::future_only`] excludes it. `most_popular` is the largest
/// `positives + 0.1 · views` of the catalogue: popularity is relative to it.
pub fn triqueta_rule(
    profile: &Profile,
    catalog: &Catalog,
    counters: &Counters,
    most_popular: f32,
    row: Row,
    now_ms: i64,
    options: RuleOptions,
) -> Option<RuleScore> {
    let index = row.index();
    let columns = catalog.columns();
    if options.future_only && columns.start_ms[index] < now_ms {
        return None;
    }
    let count = |counts: &[f32]| counts.get(index).copied().unwrap_or(0.0);
    let raw = count(&counters.positives_total) + 0.1 * count(&counters.views_total);
    let words = catalog.words();
    let declared: BTreeSet<&str> = profile.tags.iter().map(String::as_str).collect();
    let in_common = catalog
        .tags(row)
        .iter()
        .filter_map(|&tag| words.tags.term(tag))
        .filter(|tag| declared.contains(tag))
        .count();
    let same = |wanted: Option<&str>, found: Option<&str>| wanted.is_some() && wanted == found;
    let locality = same(
        profile.locality.as_deref(),
        words.localities.term(columns.locality[index]),
    );
    let level = same(
        profile.level.as_deref(),
        words.levels.term(columns.level[index]),
    );
    let available =
        options.availability && is_available(profile, catalog.city(), columns.availability[index]);
    let points = |condition: bool, points: f32| if condition { points } else { 0.0 };
    Some(RuleScore {
        popularity: if most_popular > 0.0 {
            10.0 * (raw / most_popular).min(1.0)
        } else {
            0.0
        },
        tags: (10.0 * in_common as f32).min(30.0),
        tags_in_common: u16::try_from(in_common).unwrap_or(u16::MAX),
        locality: points(locality, 5.0),
        level: points(level, 3.0),
        availability: points(available, 3.0),
    })
}

fn is_available(profile: &Profile, city: &City, windows: u16) -> bool {
    let mut windows_of_profile = city.availability.iter().take(16).enumerate();
    windows_of_profile.any(|(index, window)| {
        windows & (1 << index) != 0 && profile.availability.contains(&window.name)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::catalog::{Activity, Words};

    const START_MS: i64 = 1_732_411_800_000;

    fn score(
        profile: &Profile,
        positives: f32,
        options: RuleOptions,
        now_ms: i64,
    ) -> Option<RuleScore> {
        let activity: Activity = serde_json::from_value(serde_json::json!({
            "id": "a", "title": "Jazz", "type": "cultura", "tags": ["jazz", "música", "noche", "arte"],
            "locality": "Chapinero", "level": "medio", "start_ms": START_MS,
        }))
        .unwrap();
        let words = Words::learn(std::slice::from_ref(&activity), [], 1).unwrap();
        let catalog = Catalog::build(City::default(), words, &[activity]).unwrap();
        let mut counters = Counters::new(1, START_MS, 14.0);
        counters.add(Row(0), START_MS, true, positives);
        triqueta_rule(profile, &catalog, &counters, 20.0, Row(0), now_ms, options)
    }

    fn profile(tags: &[&str]) -> Profile {
        Profile {
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            ..Profile::default()
        }
    }

    /// Seen in the running application: one tag in common, the preferred locality, popularity .2275.
    #[test]
    fn the_running_codes_example_scores_the_same() {
        let profile = Profile {
            locality: Some("Chapinero".into()),
            ..profile(&["jazz", "yoga"])
        };
        let score = score(&profile, 4.55, RuleOptions::default(), START_MS).unwrap();
        assert!((score.total() - 17.275).abs() < 1e-4, "{score:?}");
    }

    #[test]
    fn tags_count_at_most_thirty_and_words_must_match_exactly() {
        let all = score(
            &profile(&["jazz", "música", "noche", "arte"]),
            0.0,
            RuleOptions::default(),
            START_MS,
        )
        .unwrap();
        assert_eq!((all.tags, all.tags_in_common), (30.0, 4));
        let other_case = score(
            &profile(&["Jazz", "musica"]),
            0.0,
            RuleOptions::default(),
            START_MS,
        )
        .unwrap();
        assert_eq!(other_case.total(), 0.0);
    }

    #[test]
    fn the_highest_score_is_48() {
        let profile = Profile {
            locality: Some("Chapinero".into()),
            level: Some("medio".into()),
            ..profile(&["jazz", "música", "noche"])
        };
        assert_eq!(
            score(&profile, 100.0, RuleOptions::default(), START_MS)
                .unwrap()
                .total(),
            48.0
        );
    }

    #[test]
    fn past_activities_count_unless_asked_otherwise() {
        let future_only = RuleOptions {
            future_only: true,
            ..RuleOptions::default()
        };
        assert!(
            score(
                &Profile::default(),
                1.0,
                RuleOptions::default(),
                START_MS + 1
            )
            .is_some()
        );
        assert!(score(&Profile::default(), 1.0, future_only, START_MS + 1).is_none());
    }
}
