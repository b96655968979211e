//! Words to codes and back. Code 0 is "unknown", so that a word the training never saw still has a row.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Activity;
use super::index::Index;
use super::joined::Joined;
use super::text_terms::activity_terms;
use crate::error::CatalogError;

/// The code of every word that is not in the vocabulary.
pub const UNKNOWN: u16 = 0;
/// The most words of texts that are known, the most frequent: a word few activities have is like no other's.
const LIMIT_TEXT_TERMS: usize = 4_096;

/// The known words of one field, in a fixed order: word `i` has code `i + 1`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(into = "Joined")]
pub struct Vocabulary {
    terms: Joined,
    /// Of words their codes less 1.
    places: Index,
}

crate::json::travels! { Vocabulary as Joined }

impl From<Joined> for Vocabulary {
    fn from(mut terms: Joined) -> Self {
        terms.truncate(usize::from(u16::MAX));
        let mut places = Index::with_capacity(terms.len());
        for place in 0..terms.len() {
            // A word that is there twice has its first code.
            places.add(place as u32, |place| terms.bytes(place as usize));
        }
        Self { terms, places }
    }
}

impl From<Vocabulary> for Joined {
    fn from(vocabulary: Vocabulary) -> Self {
        vocabulary.terms
    }
}

impl Vocabulary {
    /// Learns a vocabulary from data: each distinct non-empty word that occurs at least `least` times, the most
    /// frequent first, ties in alphabetical order. A higher `least` forgets rare words; 1 keeps every one.
    ///
    /// # Errors
    /// [`CatalogError::VocabularyTooLarge`] beyond 65,535 words.
    pub fn learn<'a>(
        name: &'static str,
        words: impl IntoIterator<Item = &'a str>,
        least: usize,
    ) -> Result<Self, CatalogError> {
        let kept = most_frequent(words, least);
        let limit = usize::from(u16::MAX);
        if kept.len() > limit {
            return Err(CatalogError::VocabularyTooLarge {
                vocabulary: name,
                terms: kept.len(),
                limit,
            });
        }
        Ok(Joined::from_iter(kept).into())
    }

    /// The words of texts that at least two activities have, at most [`LIMIT_TEXT_TERMS`].
    fn of_texts(activities: &[Activity]) -> Self {
        let terms: Vec<String> = activities.iter().flat_map(activity_terms).collect();
        let mut kept = most_frequent(terms.iter().map(String::as_str), 2);
        kept.truncate(LIMIT_TEXT_TERMS);
        Joined::from_iter(kept).into()
    }

    /// The code of `word`, [`UNKNOWN`] if it has none.
    pub fn code(&self, word: &str) -> u16 {
        let word_at = |place| self.terms.bytes(place as usize);
        let place = self.places.find(word, word_at);
        place.map_or(UNKNOWN, |place| place as u16 + 1)
    }

    /// The code of an optional word.
    pub fn code_of(&self, word: Option<&str>) -> u16 {
        word.map_or(UNKNOWN, |word| self.code(word))
    }

    /// The word of a code; `None` for [`UNKNOWN`] and for codes beyond the vocabulary.
    pub fn term(&self, code: u16) -> Option<&str> {
        let place = usize::from(code).checked_sub(1)?;
        (place < self.terms.len()).then(|| self.terms.get(place))
    }

    /// All words in code order, without the unknown one.
    pub fn terms(&self) -> impl ExactSizeIterator<Item = &str> {
        self.terms.iter()
    }

    /// This vocabulary with the words it does not know yet appended.
    ///
    /// # Errors
    /// [`CatalogError::VocabularyTooLarge`] beyond 65,535 words.
    pub fn extended<'a>(
        &self,
        words: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, CatalogError> {
        let mut terms = self.terms.clone();
        let words = words.into_iter();
        terms.extend(words.filter(|word| self.code(word) == UNKNOWN));
        if terms.len() == self.terms.len() {
            return Ok(self.clone());
        }
        let limit = usize::from(u16::MAX);
        if terms.len() > limit {
            return Err(CatalogError::VocabularyTooLarge {
                vocabulary: "extended",
                terms: terms.len(),
                limit,
            });
        }
        Ok(terms.into())
    }

    /// Its words after as many as `shorter` has.
    fn beyond(&self, shorter: &Self) -> Self {
        let later = self.terms().skip(shorter.terms.len());
        later.collect::<Joined>().into()
    }

    /// Whether this vocabulary begins with the words of `shorter`.
    pub fn extends(&self, shorter: &Self) -> bool {
        self.terms.starts_with(&shorter.terms)
    }

    /// How many codes there are, the unknown one included: the number of rows of an embedding table.
    pub fn size(&self) -> usize {
        self.terms.len() + 1
    }

    fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

/// Words that occur at least `least` times, the most frequent first, ties in alphabetical order.
fn most_frequent<'a>(words: impl IntoIterator<Item = &'a str>, least: usize) -> Vec<&'a str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for word in words {
        if !word.is_empty() {
            *counts.entry(word).or_default() += 1;
        }
    }
    let mut kept: Vec<(&str, usize)> = counts
        .into_iter()
        .filter(|&(_, count)| count >= least)
        .collect();
    kept.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    kept.into_iter().map(|(word, _)| word).collect()
}

/// The vocabularies of a catalogue, one a field.
///
/// A training fixes them; a later catalogue publication may append words (a new organiser), never change a code. A model
/// table therefore has as many rows as its training knew words, and later words read its row 0.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Words {
    /// Types of activity.
    pub types: Vocabulary,
    /// Administrative areas.
    pub localities: Vocabulary,
    /// Effort levels.
    pub levels: Vocabulary,
    /// Tags of activities and interests of visitors.
    pub tags: Vocabulary,
    /// Organisers.
    pub organisers: Vocabulary,
    /// Series.
    pub series: Vocabulary,
    /// Words of titles and descriptions. Unlike the others, a later publication appends none.
    #[serde(skip_serializing_if = "Vocabulary::is_empty")]
    pub text: Vocabulary,
}

crate::json::object! {
    Words: strict
    { types, localities, levels, tags, organisers, series }
    { text }
}

impl Words {
    /// Learns every vocabulary from the activities, and tags also from the visitors' declared interests. A word becomes
    /// known at its first occurrence; a tag only visitors declare must occur `least_declared` times, because nothing
    /// matches it yet.
    ///
    /// # Errors
    /// [`CatalogError::VocabularyTooLarge`] beyond 65,535 words in one field.
    pub fn learn<'a>(
        activities: &'a [Activity],
        declared: impl IntoIterator<Item = &'a str>,
        least_declared: usize,
    ) -> Result<Self, CatalogError> {
        let tags = Vocabulary::learn(
            "tags",
            activities
                .iter()
                .flat_map(|a| a.tags.iter().map(String::as_str)),
            1,
        )?;
        let declared = declared
            .into_iter()
            .filter(|word| tags.code(word) == UNKNOWN);
        let declared = Vocabulary::learn("tags", declared, least_declared)?;
        Ok(Self {
            types: Vocabulary::learn(
                "types",
                activities.iter().filter_map(|a| a.kind.as_deref()),
                1,
            )?,
            localities: Vocabulary::learn(
                "localities",
                activities.iter().filter_map(|a| a.locality.as_deref()),
                1,
            )?,
            levels: Vocabulary::learn(
                "levels",
                activities.iter().filter_map(|a| a.level.as_deref()),
                1,
            )?,
            tags: tags.extended(declared.terms())?,
            organisers: Vocabulary::learn(
                "organisers",
                activities.iter().filter_map(|a| a.organiser.as_deref()),
                1,
            )?,
            series: Vocabulary::learn(
                "series",
                activities.iter().filter_map(|a| a.series.as_deref()),
                1,
            )?,
            text: Vocabulary::of_texts(activities),
        })
    }

    /// The same vocabularies with the words of further activities appended; no code changes.
    ///
    /// # Errors
    /// [`CatalogError::VocabularyTooLarge`] beyond 65,535 words in one field.
    pub fn extended(&self, activities: &[Activity]) -> Result<Self, CatalogError> {
        self.followed_by(&Self::learn(activities, [], 1)?)
    }

    /// The same vocabularies with the words of others appended, but for those of texts; no code changes.
    ///
    /// # Errors
    /// [`CatalogError::VocabularyTooLarge`] beyond 65,535 words in one field.
    pub fn followed_by(&self, more: &Self) -> Result<Self, CatalogError> {
        Ok(Self {
            types: self.types.extended(more.types.terms())?,
            localities: self.localities.extended(more.localities.terms())?,
            levels: self.levels.extended(more.levels.terms())?,
            tags: self.tags.extended(more.tags.terms())?,
            organisers: self.organisers.extended(more.organisers.terms())?,
            series: self.series.extended(more.series.terms())?,
            text: self.text.clone(),
        })
    }

    /// The words that `trained`, which this extends, has not got: what to append to it.
    pub fn beyond(&self, trained: &Self) -> Self {
        Self {
            types: self.types.beyond(&trained.types),
            localities: self.localities.beyond(&trained.localities),
            levels: self.levels.beyond(&trained.levels),
            tags: self.tags.beyond(&trained.tags),
            organisers: self.organisers.beyond(&trained.organisers),
            series: self.series.beyond(&trained.series),
            text: Vocabulary::default(),
        }
    }

    /// Whether every code of `trained` means the same here.
    pub fn extends(&self, trained: &Self) -> bool {
        self.types.extends(&trained.types)
            && self.localities.extends(&trained.localities)
            && self.levels.extends(&trained.levels)
            && self.tags.extends(&trained.tags)
            && self.organisers.extends(&trained.organisers)
            && self.series.extends(&trained.series)
            && self.text == trained.text
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn learned_order_is_frequency_then_alphabet_and_unknown_is_zero() {
        let vocabulary =
            Vocabulary::learn("tags", ["teatro", "música", "arte", "música", ""], 1).unwrap();
        let terms: Vec<&str> = vocabulary.terms().collect();
        assert_eq!(terms, ["música", "arte", "teatro"]);
        assert_eq!(vocabulary.code("música"), 1);
        assert_eq!(vocabulary.code("Música"), UNKNOWN);
        assert_eq!(vocabulary.term(3), Some("teatro"));
        assert_eq!(vocabulary.term(UNKNOWN), None);
        assert_eq!(vocabulary.size(), 4);
    }

    #[test]
    fn appended_words_change_no_code() {
        let trained = Vocabulary::learn("tags", ["b", "a", "b"], 1).unwrap();
        let longer = trained.extended(["a", "c"]).unwrap();
        assert_eq!(longer.terms().collect::<Vec<_>>(), ["b", "a", "c"]);
        assert!(longer.extends(&trained) && !trained.extends(&longer));
    }

    #[test]
    fn words_beyond_a_training_are_appended_to_it_again() {
        let vocabulary =
            |words: &[&str]| Vocabulary::from(words.iter().copied().collect::<Joined>());
        let trained = Words {
            tags: vocabulary(&["b", "a"]),
            text: vocabulary(&["séptima"]),
            ..Words::default()
        };
        let later = Words {
            tags: vocabulary(&["b", "a", "c"]),
            series: vocabulary(&["d"]),
            ..trained.clone()
        };
        let beyond = later.beyond(&trained);
        assert_eq!(beyond.tags, vocabulary(&["c"]));
        assert_eq!(trained.followed_by(&beyond).unwrap(), later);
        assert_eq!(trained.beyond(&trained), Words::default());
    }

    #[test]
    fn survives_json() {
        let vocabulary = Vocabulary::learn("tags", ["b", "a", "b"], 1).unwrap();
        let json = serde_json::to_string(&vocabulary).unwrap();
        assert_eq!(
            crate::json::read::<Vocabulary>(json.as_bytes()).unwrap(),
            vocabulary
        );
    }
}
