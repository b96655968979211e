//! Does an activity speak of what is searched for? Every word of the query must occur in its title or in one of its words.
//!
//! Of types, tags, organisers and localities there are few: each word of the query is looked for in all of them once, and an
//! activity's title is read only where these do not answer.

use crate::catalog::{Catalog, Row, Texts, Titles, Vocabulary, fold_text};
use crate::math::sort;

/// A query, ready to test rows.
pub(super) struct Search<'a> {
    catalog: &'a Catalog,
    titles: Titles<'a>,
    sought: Vec<Sought>,
}

/// One word of a query, and of each code whether its word contains it.
struct Sought {
    word: String,
    tags: Vec<bool>,
    types: Vec<bool>,
    organisers: Vec<bool>,
    localities: Vec<bool>,
}

impl Sought {
    /// The words of a query, each once.
    fn all(query: &str, catalog: &Catalog) -> Vec<Self> {
        let words = catalog.words();
        let folded = |vocabulary: &Vocabulary| -> Vec<String> {
            // The unknown one is no word.
            std::iter::once(String::new())
                .chain(vocabulary.terms().map(fold_text))
                .collect()
        };
        let (tags, types) = (folded(&words.tags), folded(&words.types));
        let (organisers, localities) = (folded(&words.organisers), folded(&words.localities));
        let mut sought: Vec<&str> = query.split_whitespace().collect();
        sort(&mut sought, |a, b| a < b);
        sought.dedup();
        let sought = sought.into_iter().map(|word| {
            let among = |terms: &[String]| terms.iter().map(|term| term.contains(word)).collect();
            Self {
                tags: among(&tags),
                types: among(&types),
                organisers: among(&organisers),
                localities: among(&localities),
                word: word.to_owned(),
            }
        });
        sought.collect()
    }

    /// Whether a word of an activity contains it.
    fn is_among_words(&self, catalog: &Catalog, row: Row) -> bool {
        let (columns, index) = (catalog.columns(), row.index());
        self.types[usize::from(columns.content(index).kind)]
            || self.organisers[usize::from(columns.content(index).organiser)]
            || self.localities[usize::from(columns.place(index).locality)]
            || (catalog.tags(row).iter()).any(|&tag| self.tags[usize::from(tag)])
    }
}

impl<'a> Search<'a> {
    /// Nothing where nothing is searched for.
    pub(super) fn new(query: &str, catalog: &'a Catalog, texts: &'a Texts) -> Option<Self> {
        let query = fold_text(query);
        if query.trim().is_empty() {
            return None;
        }
        Some(Self {
            catalog,
            titles: texts.titles(),
            sought: Sought::all(&query, catalog),
        })
    }

    /// Whether each word of the query occurs in what the activity is called or in a word of it.
    pub(super) fn finds(&self, row: Row) -> bool {
        let mut title = None;
        self.sought.iter().all(|sought| {
            sought.is_among_words(self.catalog, row)
                || title
                    .get_or_insert_with(|| fold_text(&self.titles.get(row)))
                    .contains(&sought.word)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::catalog::{Activity, City, Text, Words};
    use crate::math::Random;

    const WORDS: [&str; 6] = ["Música", "jazz", "El Parque", "año", "x", ""];

    fn activity(number: usize, random: &mut Random) -> Activity {
        let mut word = || WORDS[random.below(WORDS.len())];
        let given = |word: &'static str| (!word.is_empty()).then_some(word);
        let (title, tags) = (
            format!("{} {}", word(), word()),
            [word(), word()].into_iter().filter_map(given),
        );
        serde_json::from_value(serde_json::json!({
            "id": number.to_string(), "title": title, "tags": tags.collect::<Vec<_>>(), "start_ms": 0,
            "type": given(word()), "organiser": given(word()), "locality": given(word()),
        }))
        .unwrap()
    }

    /// All that is searched, in one piece.
    fn searched(activity: &Activity) -> String {
        let words = activity.tags.iter().chain(&activity.kind);
        let words = words.chain(&activity.organiser).chain(&activity.locality);
        words.fold(fold_text(&activity.title), |all, word| {
            all + " " + &fold_text(word)
        })
    }

    #[test]
    fn every_word_of_a_query_is_looked_for_in_title_and_words() {
        let mut random = Random::new(8);
        let activities: Vec<Activity> = (0..200)
            .map(|number| activity(number, &mut random))
            .collect();
        let words = Words::learn(&activities, [], 1).unwrap();
        let catalog = Catalog::build(City::default(), words, &activities).unwrap();
        let texts: Texts = activities.iter().map(Text::of).collect();
        let mut found = 0;
        for query in [
            "MUSICA",
            "músi az",
            "parque ano",
            "el parque",
            "x x",
            "l P",
            "zj",
            "ño",
        ] {
            let search = Search::new(query, &catalog, &texts).unwrap();
            for (row, activity) in (0..).map(Row).zip(&activities) {
                let searched = searched(activity);
                let expected = fold_text(query)
                    .split_whitespace()
                    .all(|word| searched.contains(word));
                assert_eq!(search.finds(row), expected, "`{query}` in `{searched}`");
                found += u32::from(expected);
            }
        }
        assert!((100..1_500).contains(&found), "{found}");
        assert!(Search::new(" \t", &catalog, &texts).is_none());
    }
}
