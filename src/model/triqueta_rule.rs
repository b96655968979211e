//! The present rule of Triqueta Digital, as its running code does it: the baseline every model is measured against and
//! the fallback of every bundle.
//!
//! `10·popularity + min(10·|tags in common|, 30) + 5·[same locality] + 3·[same level]`, at most 48 of 100. Words are
//! compared exactly. Past activities count like future ones and availability is not used; both are options here, off by
//! default because the running code does not have them.

use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, Counters, Row, Vocabulary};
use crate::history::Profile;
use crate::math::{Column, larger};

/// What the rule may do beyond the running code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleOptions {
    /// Add 3 where the activity starts in a declared part of the week (the requirement, never built).
    pub availability: bool,
    /// Skip activities that have begun (the requirement, never built).
    pub future_only: bool,
}

crate::json::object! { RuleOptions: strict { availability, future_only } }

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

/// The rule for one visitor, to score many activities by: words are compared once a request.
#[derive(Debug, Clone)]
pub struct TriquetaRule<'a> {
    catalog: &'a Catalog,
    counters: &'a Counters,
    most_popular: f32,
    now_ms: i64,
    options: RuleOptions,
    /// Of each code, whether it is one that the visitor declared.
    tags: Vec<bool>,
    localities: Vec<bool>,
    levels: Vec<bool>,
    /// The declared parts of the week, a bit each.
    windows: u16,
}

impl<'a> TriquetaRule<'a> {
    /// `most_popular` is what [`Self::most_popular`] says of these counters.
    pub fn new(
        profile: &Profile,
        catalog: &'a Catalog,
        counters: &'a Counters,
        most_popular: f32,
        now_ms: i64,
        options: RuleOptions,
    ) -> Self {
        let words = catalog.words();
        let city = catalog.city();
        let windows = city.availability.iter().take(16).enumerate();
        let declared = windows.filter(|(_, window)| profile.availability.contains(&window.name));
        Self {
            catalog,
            counters,
            most_popular,
            now_ms,
            options,
            tags: declared_codes(&words.tags, &profile.tags),
            localities: declared_codes(&words.localities, profile.locality.as_slice()),
            levels: declared_codes(&words.levels, profile.level.as_slice()),
            windows: declared.fold(0, |windows, (index, _)| windows | 1 << index),
        }
    }

    /// How popular the most popular activity is, which the popularity of others is relative to.
    pub fn most_popular(counters: &Counters) -> f32 {
        let counts = counters.positives_total.iter();
        let counts = counts.zip(counters.views_total.iter());
        let popularity = counts.map(|(&positives, &views)| popularity(positives, views));
        popularity.fold(0.0, larger)
    }

    /// The score of a row; `None` where [`RuleOptions::future_only`] excludes it.
    pub fn score(&self, row: Row) -> Option<RuleScore> {
        let index = row.index();
        let columns = self.catalog.columns();
        if self.options.future_only && columns.date(index).start_ms < self.now_ms {
            return None;
        }
        let count = |counts: &Column<f32>| counts.get(index).copied().unwrap_or(0.0);
        let counters = self.counters;
        let raw = popularity(
            count(&counters.positives_total),
            count(&counters.views_total),
        );
        let tags = self.catalog.tags(row).iter();
        let in_common = tags.filter(|&&tag| self.tags[usize::from(tag)]).count();
        let is_available =
            self.options.availability && columns.date(index).availability & self.windows != 0;
        let points = |condition: bool, points: f32| if condition { points } else { 0.0 };
        Some(RuleScore {
            popularity: if self.most_popular > 0.0 {
                10.0 * (raw / self.most_popular).min(1.0)
            } else {
                0.0
            },
            tags: (10.0 * in_common as f32).min(30.0),
            tags_in_common: u16::try_from(in_common).unwrap_or(u16::MAX),
            locality: points(
                self.localities[usize::from(columns.place(index).locality)],
                5.0,
            ),
            level: points(self.levels[usize::from(columns.content(index).level)], 3.0),
            availability: points(is_available, 3.0),
        })
    }
}

/// How popular an activity is that was chosen and viewed so often, ever.
fn popularity(positives: f32, views: f32) -> f32 {
    positives + 0.1 * views
}

/// Of each code of a vocabulary, whether its word is one of these; the unknown one is nobody's.
fn declared_codes(vocabulary: &Vocabulary, declared: &[String]) -> Vec<bool> {
    let known = vocabulary
        .terms()
        .map(|term| declared.iter().any(|word| word == term));
    std::iter::once(false).chain(known).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::catalog::{Activity, City, Words};

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
        TriquetaRule::new(profile, &catalog, &counters, 20.0, now_ms, options).score(Row(0))
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

    #[test]
    fn the_most_popular_is_chosen_and_viewed_most() {
        let mut counters = Counters::new(3, START_MS, 14.0);
        assert_eq!(TriquetaRule::most_popular(&counters), 0.0);
        for (row, positives, views) in [(0, 3.0, 10.0), (1, 2.0, 30.0), (2, 4.0, 0.0)] {
            counters.add(Row(row), START_MS, true, positives);
            counters.add(Row(row), START_MS, false, views);
        }
        assert_eq!(TriquetaRule::most_popular(&counters), 5.0);
    }
}
