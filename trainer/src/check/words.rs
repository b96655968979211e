//! Vocabularies: empty ones, lonely words, and one word in several spellings.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Finding, Found, Note, Severity};
use crate::dataset::Dataset;
use crate::ingest::words::fold;

/// A vocabulary: its name and every word of activities, and of profiles.
struct Words<'a> {
    name: &'static str,
    of_activities: Vec<&'a str>,
    of_profiles: Vec<&'a str>,
}

pub(super) fn check(dataset: &Dataset, findings: &mut Vec<Finding>) {
    for words in vocabularies(dataset) {
        let known: BTreeSet<&str> = words.of_activities.iter().copied().collect();
        let mut thin = Found::default();
        match known.len() {
            0 => thin.count = 1,
            1 => thin.add(|| known.iter().copied().collect()),
            _ => {}
        }
        let (code, what) = if known.is_empty() {
            (
                "VOCABULARY_EMPTY",
                format!("no activity has any {}", words.name),
            )
        } else {
            (
                "VOCABULARY_OF_ONE",
                format!("every activity with any {} has the same", words.name),
            )
        };
        let severity = if words.name == "tag" {
            Severity::Warning
        } else {
            Severity::Info
        };
        let effect = "it cannot tell activities apart; filters on it are useless";
        thin.report(
            known.len().max(1),
            Note {
                code,
                severity,
                what: what.into(),
                effect,
                repair: None,
            },
            findings,
        );
        spellings(&words, findings);
        unmet(&words, &known, findings);
    }
}

fn vocabularies(dataset: &Dataset) -> [Words<'_>; 5] {
    let activities = &dataset.activities;
    let profiles = || dataset.visitors.iter().map(|visitor| &visitor.profile);
    [
        Words {
            name: "type",
            of_activities: activities
                .iter()
                .filter_map(|activity| activity.kind.as_deref())
                .collect(),
            of_profiles: Vec::new(),
        },
        Words {
            name: "tag",
            of_activities: activities
                .iter()
                .flat_map(|activity| &activity.tags)
                .map(String::as_str)
                .collect(),
            of_profiles: profiles()
                .flat_map(|profile| &profile.tags)
                .map(String::as_str)
                .collect(),
        },
        Words {
            name: "locality",
            of_activities: activities
                .iter()
                .filter_map(|activity| activity.locality.as_deref())
                .collect(),
            of_profiles: profiles()
                .filter_map(|profile| profile.locality.as_deref())
                .collect(),
        },
        Words {
            name: "level",
            of_activities: activities
                .iter()
                .filter_map(|activity| activity.level.as_deref())
                .collect(),
            of_profiles: profiles()
                .filter_map(|profile| profile.level.as_deref())
                .collect(),
        },
        Words {
            name: "organiser",
            of_activities: activities
                .iter()
                .filter_map(|activity| activity.organiser.as_deref())
                .collect(),
            of_profiles: Vec::new(),
        },
    ]
}

fn spellings(words: &Words<'_>, findings: &mut Vec<Finding>) {
    let mut groups: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for word in words.of_activities.iter().chain(&words.of_profiles) {
        groups.entry(fold(word)).or_default().insert(word);
    }
    let mut found = Found::default();
    for spellings in groups.values().filter(|spellings| spellings.len() > 1) {
        found.add(|| spellings.iter().copied().collect::<Vec<_>>().join(" / "));
    }
    let what = format!(
        "{} spellings that differ only in case or accents",
        words.name
    );
    let effect =
        "one taste is learned as several, and a visitor's word does not meet the activity's";
    let repair = Some("turns each into its most frequent spelling");
    found.report(
        groups.len(),
        Note {
            code: "WORD_SPELLINGS",
            severity: Severity::Warning,
            what: what.into(),
            effect,
            repair,
        },
        findings,
    );
}

fn unmet(words: &Words<'_>, known: &BTreeSet<&str>, findings: &mut Vec<Finding>) {
    let wished: BTreeSet<&str> = words.of_profiles.iter().copied().collect();
    let mut found = Found::default();
    for word in wished.iter().filter(|word| !known.contains(*word)) {
        found.add(|| (*word).to_owned());
    }
    let what = format!("{} words of profiles that no activity has", words.name);
    let effect = "they match nothing";
    found.report(
        wished.len(),
        Note {
            code: "WORD_UNMET",
            severity: Severity::Info,
            what: what.into(),
            effect,
            repair: None,
        },
        findings,
    );
}
