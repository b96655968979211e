//! The names and sizes of everything a model sees.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{ACTIVITY_NUMBERS, CONTEXT_NUMBERS, CommonTaste, PAIR_FEATURES, USER_NUMBERS};
use crate::catalog::{City, Words};
use crate::error::BundleError;

/// Raised whenever the meaning of a feature changes without its name changing.
pub const SCHEMA_VERSION: u32 = 1;

/// What a training fixed about features: the city's calendar, the vocabularies and a few learned constants.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Schema {
    /// [`SCHEMA_VERSION`] of the code that wrote it.
    pub version: u32,
    /// The city's clock, calendar and parts of the week.
    pub city: City,
    /// The words the training knew. A catalogue may know more.
    pub words: Words,
    /// How informative each tag is, by code: `ln((n + 1) / (1 + activities with it))`, at least 0; entry 0 is 0.
    pub tag_idf: Vec<f32>,
    /// The same of each word of texts. Empty where a training knew none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub text_idf: Vec<f32>,
    /// Days after which a signal in the history counts half. Short: the last clicks decide. Long: the whole past does.
    pub half_life_days: f32,
    /// What becomes of activities whoever sees them; empty where the log does not tell.
    #[serde(skip_serializing_if = "CommonTaste::is_empty")]
    pub common_taste: CommonTaste,
    /// Names of the features, so that a reader in another language knows the columns.
    pub names: Names,
}

crate::json::object! {
    Schema: strict
    { version, city, words, tag_idf, half_life_days, names }
    { text_idf, common_taste }
}

/// The names of the numeric features, in column order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Names {
    /// Columns of [`super::UserRow::numbers`].
    pub user: Vec<String>,
    /// Columns of [`super::ContextRow::numbers`].
    pub context: Vec<String>,
    /// Columns of [`super::ActivityRow::numbers`].
    pub activity: Vec<String>,
    /// Columns of [`super::PairRow`], or as many of the first as the writer knew.
    pub pair: Vec<String>,
}

crate::json::object! { Names: strict { user, context, activity, pair } }

impl Names {
    fn current() -> Self {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self {
            user: owned(&USER_NUMBERS),
            context: owned(&CONTEXT_NUMBERS),
            activity: owned(&ACTIVITY_NUMBERS),
            pair: PAIR_FEATURES
                .iter()
                .map(|feature| feature.name.to_owned())
                .collect(),
        }
    }
}

impl Schema {
    /// The schema of a training on a catalogue with these words; `tag_counts[code]` activities carry each tag, out of
    /// `activities`.
    pub fn new(
        city: City,
        words: Words,
        tag_counts: &[u32],
        activities: usize,
        half_life_days: f32,
    ) -> Self {
        let mut tag_idf: Vec<f32> = tag_counts
            .iter()
            .map(|&count| idf(count, activities))
            .collect();
        tag_idf.resize(words.tags.size(), idf(0, activities));
        tag_idf[0] = 0.0;
        Self {
            version: SCHEMA_VERSION,
            city,
            words,
            tag_idf,
            text_idf: Vec::new(),
            half_life_days,
            common_taste: CommonTaste::default(),
            names: Names::current(),
        }
    }

    /// The same schema, that also knows how many of so many activities have each word of texts.
    pub fn with_text_counts(mut self, counts: &[u32], activities: usize) -> Self {
        self.text_idf = counts.iter().map(|&count| idf(count, activities)).collect();
        if let Some(unknown) = self.text_idf.first_mut() {
            *unknown = 0.0;
        }
        self
    }

    /// How informative a word of texts is; 0 for one the training did not know.
    pub fn text_idf(&self, word: u16) -> f32 {
        let known = self.text_idf.get(usize::from(word));
        known.copied().unwrap_or(0.0)
    }

    /// How informative a tag is. Tags newer than the training count as the rarest it knew.
    pub fn idf(&self, tag: u16) -> f32 {
        match self.tag_idf.get(usize::from(tag)) {
            Some(&idf) => idf,
            None => self.tag_idf.iter().copied().fold(0.0, f32::max),
        }
    }

    /// SHA-256 of the schema's JSON, 64 hexadecimal digits. A bundle's is of what of it travels as JSON.
    ///
    /// # Errors
    /// [`BundleError::Malformed`] where the schema holds a number JSON cannot.
    pub fn hash(&self) -> Result<String, BundleError> {
        let json = serde_json::to_vec(self).map_err(|error| BundleError::Malformed {
            path: "schema".into(),
            detail: error.to_string(),
        })?;
        Ok(Sha256::digest(&json)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect())
    }

    /// Checks that this engine computes the features the schema names.
    ///
    /// # Errors
    /// [`BundleError::Format`] for another schema version, [`BundleError::Malformed`] for other columns or sizes.
    pub fn check(&self) -> Result<(), BundleError> {
        if self.version != SCHEMA_VERSION {
            return Err(BundleError::Format {
                what: "schema",
                found: self.version,
                supported: SCHEMA_VERSION,
            });
        }
        let refuse = |detail: &str| {
            Err(BundleError::Malformed {
                path: "schema".into(),
                detail: detail.into(),
            })
        };
        let current = Names::current();
        // New pair features are appended, and a bundle that lacks them gives them no weight.
        let expected = Names {
            pair: current
                .pair
                .into_iter()
                .take(self.names.pair.len())
                .collect(),
            ..current
        };
        if self.names != expected {
            return refuse("it names other features than this engine computes");
        }
        if self.tag_idf.len() != self.words.tags.size()
            || self.tag_idf.iter().any(|idf| !idf.is_finite())
        {
            return refuse("tag weights do not fit the vocabulary");
        }
        let fits = [0, self.words.text.size()].contains(&self.text_idf.len());
        if !fits || self.text_idf.iter().any(|idf| !idf.is_finite()) {
            return refuse("the weights of words do not fit the vocabulary");
        }
        if !self.common_taste.is_sound() {
            return refuse("the common taste is not made of numbers in order");
        }
        if !(self.half_life_days > 0.0 && self.half_life_days.is_finite()) {
            return refuse("the half-life is not above 0");
        }
        Ok(())
    }
}

/// How informative a word is that so many of the activities have.
fn idf(count: u32, activities: usize) -> f32 {
    crate::math::ln((activities as f32 + 1.0) / (1.0 + count as f32)).max(0.0)
}
