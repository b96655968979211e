//! What is seen while the questions are asked: sums and a few worst cases, so that memory does not grow with the log.

use std::collections::{BTreeMap, BTreeSet};

use triqueta::catalog::{Catalog, Row};
use triqueta::math::Random;
use triqueta::model::{Blend, Embedding, Score};

use super::examples::{Example, Examples, ShownActivity};
use super::exposure::Exposure;
use super::histogram::Histogram;
use super::tradeoff::Tradeoff;
use crate::Dataset;
use crate::choices::{Choice, positives};
use crate::evaluate::metrics::{Rank, Reliability};
use crate::evaluate::peers::{STACK, Sight, stack_score};

/// Length of the lists that are looked at.
pub(super) const LISTED: usize = 10;

/// What one run saw beside the ranks.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Positives of the visitor before each question.
    pub(super) positives_before: Vec<usize>,
    /// The displayed probability against what was chosen.
    pub(super) reliability: Reliability,
    /// Scores of what was chosen and of the others.
    pub(super) scores: Histogram,
    /// The lists of each peer.
    pub(super) lists: BTreeMap<&'static str, Exposure>,
    /// The same list at several weights of diversity.
    pub(super) tradeoff: Tradeoff,
    /// Where the score failed most.
    pub(super) examples: Examples,
}

/// Watches one run.
pub(crate) struct Observer<'a> {
    dataset: &'a Dataset,
    catalog: &'a Catalog,
    blend: &'a Blend,
    /// The words of each activity, as numbers: what likeness in lists is measured by.
    words: Vec<Vec<u32>>,
    /// When each visitor had their first positive, ascending.
    visitors_from_ms: Vec<i64>,
    offered: Vec<bool>,
    observed: Observed,
}

/// One question and what was answered.
pub(crate) struct Answered<'a> {
    /// Its number in the run.
    pub(crate) number: usize,
    /// Everything a peer may look at.
    pub(crate) sight: &'a Sight<'a>,
    /// The scores of every peer.
    pub(crate) scores: &'a [(&'static str, Vec<f32>)],
    /// The activities' points on the sphere, for reranking.
    pub(crate) embeddings: &'a [Embedding],
    /// How many chose each candidate by then.
    pub(crate) chosen_by: &'a [f32],
}

impl<'a> Observer<'a> {
    pub(crate) fn new(dataset: &'a Dataset, catalog: &'a Catalog, blend: &'a Blend) -> Self {
        let mut seen = BTreeSet::new();
        let firsts = positives(dataset, catalog)
            .into_iter()
            .filter_map(|positive| {
                let time_ms = positive.time_ms;
                seen.insert(positive.key).then_some(time_ms)
            });
        Self {
            dataset,
            catalog,
            blend,
            words: (0..catalog.len() as u32)
                .map(|row| words_of(catalog, Row(row)))
                .collect(),
            visitors_from_ms: firsts.collect(),
            offered: vec![false; catalog.len()],
            observed: Observed {
                positives_before: Vec::new(),
                reliability: Reliability::default(),
                scores: Histogram::default(),
                lists: BTreeMap::new(),
                tradeoff: Tradeoff::default(),
                examples: Examples::default(),
            },
        }
    }

    /// Takes in one question; what was chosen is the first candidate.
    pub(crate) fn see(&mut self, answered: &Answered<'_>) {
        let sight = answered.sight;
        let choice = sight.choice;
        self.observed
            .positives_before
            .push(choice.viewpoint.positives);
        choice
            .candidates
            .iter()
            .for_each(|row| self.offered[row.index()] = true);
        let visitors = self
            .visitors_from_ms
            .partition_point(|&from| from < choice.time_ms);
        for (peer, scores) in answered.scores {
            let list = first_places(scores, answered.number as u64);
            let exposure = self.observed.lists.entry(peer).or_default();
            exposure.add(&list, choice, &self.words, answered.chosen_by, visitors);
        }
        let scored = |(peer, scores): &(&str, Vec<f32>)| (*peer == STACK).then(|| scores.clone());
        let Some(scores) = answered.scores.iter().find_map(scored) else {
            return;
        };
        self.see_probabilities(&scores);
        let words = &self.words;
        self.observed
            .tradeoff
            .add(choice, &scores, answered.embeddings, words);
        let rank = Rank::of(&scores, 0);
        if self.observed.examples.wants(rank) {
            let example = self.example(answered.number, sight, &scores, rank);
            self.observed.examples.add(example);
        }
    }

    /// The calibration's own weighting: what was chosen and all others together count the same in a question.
    fn see_probabilities(&mut self, scores: &[f32]) {
        let other = 0.5 / scores.len().saturating_sub(1).max(1) as f64;
        for (candidate, &score) in scores.iter().enumerate() {
            let chosen = candidate == 0;
            let weight = if chosen { 0.5 } else { other };
            let probability = f64::from(self.blend.probability(score));
            self.observed.reliability.add(probability, chosen, weight);
            let logit = self.blend.calibration_slope * score + self.blend.calibration_offset;
            self.observed.scores.add(f64::from(logit), chosen, weight);
        }
    }

    fn example(&self, number: usize, sight: &Sight<'_>, scores: &[f32], rank: Rank) -> Example {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
        let shown = |&candidate: &usize| self.shown(sight, candidate);
        let above = order.iter().take(rank.above.min(Examples::ABOVE));
        Example {
            question: number,
            rank: rank.above + 1,
            candidates: scores.len(),
            positives_before: sight.choice.viewpoint.positives,
            chosen: shown(&0),
            above: above.map(shown).collect(),
        }
    }

    fn shown(&self, sight: &Sight<'_>, candidate: usize) -> ShownActivity {
        let row = sight.choice.candidates[candidate];
        let score: Score = stack_score(sight, candidate);
        let title = self.dataset.activities.get(row.index());
        ShownActivity {
            title: title.map_or_else(String::new, |activity| activity.title.clone()),
            starts_in_days: (self.catalog.columns().date(row.index()).start_ms
                - sight.choice.time_ms) as f64
                / 86_400_000.0,
            contributions: ShownActivity::named(&score.contributions),
            score: score.total,
        }
    }

    /// What was seen, with the activities nobody was shown counted in.
    pub(crate) fn finish(mut self, speaking: &BTreeSet<&'static str>) -> Observed {
        self.observed
            .lists
            .retain(|peer, _| speaking.contains(peer));
        for exposure in self.observed.lists.values_mut() {
            exposure.close(&self.offered);
        }
        self.observed.tradeoff.close(&self.offered);
        self.observed
    }
}

/// The candidates in the first places, equal scores in an order drawn by the question's number.
fn first_places(scores: &[f32], number: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    Random::new(number).shuffle(&mut order);
    let number = |score: f32| {
        if score.is_nan() {
            f32::NEG_INFINITY
        } else {
            score
        }
    };
    // Stable, so that the drawn order decides among equals.
    order.sort_by(|&a, &b| number(scores[b]).total_cmp(&number(scores[a])));
    order.truncate(LISTED);
    order
}

/// Tags, type, organiser and locality of an activity as one sorted set of numbers; unknown ones are left out.
fn words_of(catalog: &Catalog, row: Row) -> Vec<u32> {
    let columns = catalog.columns();
    let index = row.index();
    let kinds = [
        columns.content(index).kind,
        columns.content(index).organiser,
        columns.place(index).locality,
    ];
    let number = |kind: usize, code: u16| ((kind as u32) << 16) | u32::from(code);
    let coded = kinds.iter().enumerate().filter(|(_, code)| **code != 0);
    let mut words: Vec<u32> = coded.map(|(kind, &code)| number(kind + 1, code)).collect();
    words.extend(
        catalog
            .tags(row)
            .iter()
            .filter(|&&tag| tag != 0)
            .map(|&tag| number(0, tag)),
    );
    words.sort_unstable();
    words.dedup();
    words
}

/// The words of the activities in a list.
pub(super) fn listed_words<'w>(
    list: &[usize],
    choice: &Choice,
    words: &'w [Vec<u32>],
) -> Vec<&'w [u32]> {
    list.iter()
        .map(|&candidate| words[choice.candidates[candidate].index()].as_slice())
        .collect()
}
