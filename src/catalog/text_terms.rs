//! The words a text is known by, for likeness of texts (Salton and Buckley 1988).
//!
//! A title and a description are their rarest known words, as many as tell an activity from others: a frequent word says
//! nothing, and history has to remember the words too.

use super::Activity;
use super::fold_text::fold_text;
use super::vocabulary::{UNKNOWN, Vocabulary};
use crate::math::sort;

/// The most words an activity's text is known by. Few keep history small; with more, what all activities say drowns it.
pub const TEXT_TERMS: usize = 12;
/// Letters a word has at least.
const LEAST_LETTERS: usize = 3;

/// The distinct words of texts in alphabetical order, without case, accents, short words and numbers.
pub fn text_terms<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let folded: Vec<String> = texts.into_iter().map(fold_text).collect();
    let words = folded
        .iter()
        .flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric()));
    let mut terms: Vec<&str> = words
        .filter(|word| word.chars().count() >= LEAST_LETTERS)
        .filter(|word| !word.chars().all(|letter| letter.is_ascii_digit()))
        .collect();
    sort(&mut terms, |a, b| a < b);
    terms.dedup();
    terms.into_iter().map(str::to_owned).collect()
}

/// The words of an activity's title and description.
pub(super) fn activity_terms(activity: &Activity) -> Vec<String> {
    text_terms([activity.title.as_str(), &activity.description])
}

/// The codes of the rarest known words, ascending, at most [`TEXT_TERMS`]. A vocabulary begins with the most frequent.
pub(crate) fn text_codes<'a>(
    terms: impl IntoIterator<Item = &'a String>,
    vocabulary: &Vocabulary,
) -> Vec<u16> {
    let codes = terms.into_iter().map(|term| vocabulary.code(term));
    let mut known: Vec<u16> = codes.filter(|&code| code != UNKNOWN).collect();
    sort(&mut known, |a, b| a < b);
    known.dedup();
    known.drain(..known.len().saturating_sub(TEXT_TERMS));
    known
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn words_are_told_without_case_accents_numbers_and_short_ones() {
        let texts = [
            "Caminata al Cerro — ¡Monserrate, 3152 m!",
            "2º día: CAMINATA",
        ];
        assert_eq!(
            text_terms(texts),
            ["caminata", "cerro", "dia", "monserrate"]
        );
    }

    #[test]
    fn the_rarest_words_are_kept() {
        let words: Vec<String> = (0..20).map(|number| format!("word{number:02}")).collect();
        let vocabulary = Vocabulary::learn("words", words.iter().map(String::as_str), 1).unwrap();
        let unknown = "nobody".to_owned();
        let codes = text_codes(words.iter().chain([&unknown]), &vocabulary);
        assert_eq!(codes, (9..=20).collect::<Vec<u16>>());
        assert!(text_codes([&unknown], &vocabulary).is_empty());
    }
}
