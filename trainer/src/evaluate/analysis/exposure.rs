//! What do the lists of one recommender show?

use serde::Serialize;

use super::observer::listed_words;
use crate::choices::Choice;
use crate::evaluate::metrics::{
    coverage, gini, intra_list_diversity, self_information, set_cosine,
};

/// Sums over lists.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Exposure {
    /// How often each activity was shown; after closing, of the offered ones only.
    counts: Vec<u64>,
    lists: usize,
    diversity: f64,
    novelty: f64,
}

/// What the lists of a recommender show. Lists hold the first ten of each question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListFigures {
    /// Who made them.
    pub model: String,
    /// Share of the offered activities that are in any list.
    pub coverage: f64,
    /// Intra-list diversity: mean of one less the cosine over pairs of a list, of tags, type, organiser and locality.
    pub diversity: f64,
    /// Novelty: mean self-information of what is shown, bits.
    pub novelty: f64,
    /// Gini coefficient of exposure over the offered activities.
    pub gini: f64,
}

impl ListFigures {
    /// The names of the metrics, in the order of [`ListFigures::values`].
    pub const NAMES: [&str; 4] = ["coverage", "diversity", "novelty", "gini"];

    /// The metrics as numbers.
    pub fn values(&self) -> [f64; 4] {
        [self.coverage, self.diversity, self.novelty, self.gini]
    }
}

impl Exposure {
    pub(super) fn add(
        &mut self,
        list: &[usize],
        choice: &Choice,
        words: &[Vec<u32>],
        chosen_by: &[f32],
        visitors: usize,
    ) {
        self.counts.resize(words.len(), 0);
        let mut novelty = 0.0;
        for &candidate in list {
            self.counts[choice.candidates[candidate].index()] += 1;
            novelty += self_information(f64::from(chosen_by[candidate]), visitors as f64);
        }
        self.lists += 1;
        self.novelty += novelty / list.len().max(1) as f64;
        self.diversity += diversity(list, choice, words);
    }

    /// Leaves out what was never offered: nobody could have shown it.
    pub(super) fn close(&mut self, offered: &[bool]) {
        self.counts.resize(offered.len(), 0);
        let shown = self
            .counts
            .iter()
            .zip(offered)
            .filter(|(_, offered)| **offered);
        self.counts = shown.map(|(&count, _)| count).collect();
    }

    pub(super) fn figures(&self, model: &str) -> ListFigures {
        let lists = self.lists.max(1) as f64;
        ListFigures {
            model: model.to_owned(),
            coverage: coverage(&self.counts),
            diversity: self.diversity / lists,
            novelty: self.novelty / lists,
            gini: gini(&self.counts),
        }
    }
}

/// Intra-list diversity of a list of candidates.
pub(super) fn diversity(list: &[usize], choice: &Choice, words: &[Vec<u32>]) -> f64 {
    intra_list_diversity(&listed_words(list, choice, words), |a, b| set_cosine(a, b))
}
