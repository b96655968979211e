//! What a training answered to the questions it was judged by: who was asked what is left out, but for a digest that
//! finds the same question in another training.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use triqueta::bundle::{Judgement, sha256_hex};
use triqueta::catalog::Catalog;

use super::departure::Departure;
use super::problem::GateError;
use crate::evaluate::{
    Difference, POPULARITY, RULE, Rank, STACK, Worth, popularity_so_far, slices,
};
use crate::train::Judged;

/// The format this build reads and writes.
const FORMAT: u32 = 1;
/// Resamples of the bootstrap.
pub(super) const DRAWS: usize = 2_000;
/// Whose answers are kept: the bundle's score, and what it must not be worse than.
const KEPT: [&str; 3] = [STACK, POPULARITY, RULE];

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Digest of the visitor, the moment and the candidates, 16 hexadecimal digits.
    pub id: String,
    /// Which questions are the same visitor's: a number within these answers.
    pub visitor: u32,
    /// Whether the visitor had no positive before.
    pub new_visitor: bool,
    /// Candidates but for what was chosen.
    pub others: usize,
}

/// How a part of the questions fares against chance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SliceAnswer {
    /// What it is cut by.
    pub by: String,
    /// Its value.
    pub name: String,
    /// Questions.
    pub n: usize,
    /// Mean NDCG at 10 of the score.
    pub ndcg10: f64,
    /// How much better than chance.
    pub over_random: Difference,
    /// Whether it is dead.
    pub dead: bool,
}

/// Everything a training is judged by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    /// The format.
    pub format: u32,
    /// The questions in order of time.
    pub questions: Vec<Question>,
    /// By peer, the rank of what was chosen in each question, by models that had not seen it.
    pub ranks: BTreeMap<String, Vec<Rank>>,
    /// The parts of the questions.
    pub slices: Vec<SliceAnswer>,
    /// What storing did to the final weights.
    pub stored: Departure,
}

impl Answers {
    /// The answers of a training about the activities of a catalogue.
    pub fn of(judged: &Judged, catalog: &Catalog, stored: Departure) -> Self {
        let keys: BTreeSet<_> = judged.queries.iter().map(|query| &query.key).collect();
        let visitors: BTreeMap<_, u32> = keys.into_iter().zip(0..).collect();
        let asked = judged.queries.iter().zip(&judged.choices);
        let questions = asked.map(|(query, choice)| Question {
            id: format!("{:016x}", query.id),
            visitor: visitors[&query.key],
            new_visitor: choice.viewpoint.positives == 0,
            others: choice.candidates.len() - 1,
        });
        let kept = |name: &str| Some((name.to_owned(), judged.ranks.get(name)?.clone()));
        let mut answers = Self {
            format: FORMAT,
            questions: questions.collect(),
            ranks: KEPT.into_iter().filter_map(kept).collect(),
            slices: Vec::new(),
            stored,
        };
        answers.slices = answers.cut(judged, catalog);
        answers
    }

    fn cut(&self, judged: &Judged, catalog: &Catalog) -> Vec<SliceAnswer> {
        let worth = |ranks: Option<&Vec<Rank>>| match ranks {
            Some(ranks) => ranks.iter().map(|rank| rank.ndcg(10)).collect(),
            None => self.by_chance().map(|rank| rank.ndcg(10)).collect(),
        };
        let before: Vec<usize> = judged
            .choices
            .iter()
            .map(|choice| choice.viewpoint.positives)
            .collect();
        let unheard_of: Vec<bool> = judged
            .choices
            .iter()
            .map(|choice| popularity_so_far(choice)[0] == 0.0)
            .collect();
        let worth = Worth {
            model: worth(self.ranks.get(STACK)),
            random: worth(None),
            popularity: worth(self.ranks.get(POPULARITY)),
        };
        let found = slices(
            &judged.queries,
            catalog,
            &before,
            &unheard_of,
            &worth,
            DRAWS,
        );
        let told = found.into_iter().filter(|slice| !slice.too_few);
        told.map(|slice| SliceAnswer {
            by: slice.by.to_owned(),
            name: slice.name,
            n: slice.n,
            ndcg10: slice.ndcg10.mean,
            over_random: slice.over_random,
            dead: slice.dead,
        })
        .collect()
    }

    /// What chance makes of each question.
    fn by_chance(&self) -> impl Iterator<Item = Rank> + '_ {
        self.questions.iter().map(|question| Rank {
            above: 0,
            tied: question.others,
            others: question.others,
        })
    }

    /// The answers as bytes, and what ties them to their bundle.
    ///
    /// # Errors
    /// [`GateError::Damaged`] where a number cannot be written as JSON.
    pub fn to_json(&self) -> Result<(Judgement, Vec<u8>), GateError> {
        let bytes = serde_json::to_vec(self).map_err(|error| GateError::Damaged {
            path: "answers".into(),
            detail: error.to_string(),
        })?;
        let judgement = Judgement {
            answers: sha256_hex(&bytes),
            questions: self.questions.len() as u64,
        };
        Ok((judgement, bytes))
    }

    /// Reads answers and checks that they are those a manifest names.
    ///
    /// # Errors
    /// [`GateError`] where they are not, or do not hold together.
    pub fn from_json(judgement: &Judgement, bytes: &[u8]) -> Result<Self, GateError> {
        let refuse = |detail: String| GateError::Damaged {
            path: judgement.path(),
            detail,
        };
        if sha256_hex(bytes) != judgement.answers {
            return Err(refuse("its SHA-256 is another".into()));
        }
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let version: Version =
            serde_json::from_slice(bytes).map_err(|error| refuse(error.to_string()))?;
        if version.format != FORMAT {
            return Err(GateError::Format {
                path: judgement.path(),
                found: version.format,
                supported: FORMAT,
            });
        }
        let answers: Self =
            serde_json::from_slice(bytes).map_err(|error| refuse(error.to_string()))?;
        let fits = |ranks: &Vec<Rank>| ranks.len() == answers.questions.len();
        if !answers.ranks.values().all(fits) {
            return Err(refuse("ranks and questions differ in number".into()));
        }
        Ok(answers)
    }
}
