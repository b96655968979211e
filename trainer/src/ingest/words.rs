//! The same word written differently: `Música`, `música`, `musica`.
//!
//! Activities and profiles are treated alike, so that a visitor's tag meets the activity's tag. Nothing is translated and
//! nothing is invented: of the spellings that occur the most frequent one wins, on activities before profiles.

use std::collections::BTreeMap;

use triqueta::catalog::Activity;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::cell::Kind;
use super::mapping::{WordBlock, WordField};
use super::report::Tallies;
use crate::dataset::VisitorRecord;

/// The word without case and accents: what two spellings of one word share.
pub(crate) fn fold(word: &str) -> String {
    word.trim()
        .nfd()
        .filter(|&letter| !is_combining_mark(letter))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Applies the rules of the mapping.
pub(super) fn apply(
    rules: &WordBlock,
    activities: &mut [Activity],
    visitors: &mut [VisitorRecord],
    notes: &mut Tallies,
) {
    for &field in &rules.lower {
        each(field, activities, visitors, &mut |word, _| {
            *word = word.to_lowercase()
        });
    }
    for &field in &rules.unify {
        unify(field, activities, visitors, &mut |word, winner| {
            notes.add(Kind::WordUnified, || format!("{word:?} became {winner:?}"));
        });
    }
    if !(rules.lower.is_empty() && rules.unify.is_empty()) {
        remove_all_repeats(activities, visitors);
    }
}

/// Unifies the spellings of every field.
pub(crate) fn unify_all(activities: &mut [Activity], visitors: &mut [VisitorRecord]) {
    use WordField::{Level, Locality, Organiser, Tags, Type};
    for field in [Tags, Type, Locality, Level, Organiser] {
        unify(field, activities, visitors, &mut |_, _| ());
    }
    remove_all_repeats(activities, visitors);
}

fn unify(
    field: WordField,
    activities: &mut [Activity],
    visitors: &mut [VisitorRecord],
    changed: &mut dyn FnMut(&str, &str),
) {
    // Each folded word's spellings, with how often activities and profiles use them.
    let mut spellings: BTreeMap<String, BTreeMap<String, (usize, usize)>> = BTreeMap::new();
    each(field, activities, visitors, &mut |word, of_activity| {
        let counts = spellings
            .entry(fold(word))
            .or_default()
            .entry(word.clone())
            .or_default();
        *(if of_activity {
            &mut counts.0
        } else {
            &mut counts.1
        }) += 1;
    });
    let winners: BTreeMap<String, String> = spellings
        .into_iter()
        .filter(|(_, spellings)| spellings.len() > 1)
        .filter_map(|(folded, spellings)| {
            // Ties go to the spelling with more accents, then to the alphabet.
            let accents = |word: &str| word.chars().filter(|letter| !letter.is_ascii()).count();
            let winner = spellings
                .into_iter()
                .max_by(|(a, a_counts), (b, b_counts)| {
                    a_counts
                        .cmp(b_counts)
                        .then(accents(a).cmp(&accents(b)))
                        .then(b.cmp(a))
                })?;
            Some((folded, winner.0))
        })
        .collect();
    each(field, activities, visitors, &mut |word, _| {
        if let Some(winner) = winners.get(&fold(word))
            && winner != word
        {
            changed(word, winner);
            word.clone_from(winner);
        }
    });
}

/// Two spellings in one list are one word now.
fn remove_all_repeats(activities: &mut [Activity], visitors: &mut [VisitorRecord]) {
    activities
        .iter_mut()
        .for_each(|activity| remove_repeats(&mut activity.tags));
    for visitor in visitors {
        remove_repeats(&mut visitor.profile.tags);
        remove_repeats(&mut visitor.profile.availability);
    }
}

/// Calls `change` with every word of a field and whether it is an activity's.
fn each(
    field: WordField,
    activities: &mut [Activity],
    visitors: &mut [VisitorRecord],
    change: &mut dyn FnMut(&mut String, bool),
) {
    for activity in activities {
        let words: Vec<&mut String> = match field {
            WordField::Tags => activity.tags.iter_mut().collect(),
            WordField::Type => activity.kind.iter_mut().collect(),
            WordField::Locality => activity.locality.iter_mut().collect(),
            WordField::Level => activity.level.iter_mut().collect(),
            WordField::Organiser => activity.organiser.iter_mut().collect(),
            WordField::Series => activity.series.iter_mut().collect(),
            WordField::Availability => Vec::new(),
        };
        words.into_iter().for_each(|word| change(word, true));
    }
    for VisitorRecord { profile, .. } in visitors {
        let words: Vec<&mut String> = match field {
            WordField::Tags => profile.tags.iter_mut().collect(),
            WordField::Locality => profile.locality.iter_mut().collect(),
            WordField::Level => profile.level.iter_mut().collect(),
            WordField::Availability => profile.availability.iter_mut().collect(),
            WordField::Type | WordField::Organiser | WordField::Series => Vec::new(),
        };
        words.into_iter().for_each(|word| change(word, false));
    }
}

fn remove_repeats(words: &mut Vec<String>) {
    let mut seen: Vec<String> = Vec::with_capacity(words.len());
    words.retain(|word| {
        let is_new = !seen.contains(word);
        if is_new {
            seen.push(word.clone());
        }
        is_new
    });
}
