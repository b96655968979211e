//! Choices as groups of sparse features: what is known of the visitor, shared by the group, and of what was chosen and a
//! few of the activities that were open beside it.

use triqueta::catalog::Row;
use triqueta::feature::{ActivityRow, PairRow};
use triqueta::math::Random;
use triqueta::model::{Feature, FeatureSpace};

use super::factorization_machine::{Group, Groups};
use crate::choices::Choice;
use crate::evaluate::pair_column;
use crate::negatives::{Mixture, OpenSampler};

/// How groups are made of choices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct GroupOptions {
    /// What a choice is learned from, among what was open then.
    pub(super) negatives: Mixture,
    /// Share of the codes that are replaced by "unknown" while learning. What `n` activities and visitors have is hidden at
    /// least `1 / (1 + n)` of the time. 0 leaves the rows of unknown words as they were drawn, 1 knows no words.
    pub(super) dropout: f64,
}

/// A group is a choice with fresh negatives.
pub(super) struct ChoiceGroups<'a> {
    space: &'a FeatureSpace,
    options: GroupOptions,
    choices: &'a [&'a Choice],
    visitors: Vec<Vec<Feature>>,
    items: Vec<Vec<Feature>>,
    /// Standardised; empty for a model that does not see the two together.
    pairs: Vec<Vec<PairRow>>,
    popularity: Vec<Vec<f32>>,
    /// By row of the model: how many activities and choices have the feature, and the row it is hidden behind.
    hidden: Vec<(f64, u32)>,
}

impl<'a> ChoiceGroups<'a> {
    /// Of choices, the chosen activity first in each. `scaling` are mean and scale of the pair features, for a model that
    /// sees them.
    pub(super) fn new(
        space: &'a FeatureSpace,
        items: &[ActivityRow],
        choices: &'a [&'a Choice],
        options: GroupOptions,
        scaling: Option<(PairRow, PairRow)>,
    ) -> Self {
        let visitor = |choice: &&Choice| {
            let view = &choice.viewpoint;
            let history = view.history.iter();
            space.visitor(
                &view.user,
                history.map(|&(item, weight)| (&items[item as usize], weight)),
            )
        };
        let standardised = |(mean, scale): (PairRow, PairRow)| -> Vec<Vec<PairRow>> {
            let standardise = |pair: &PairRow| {
                let mut x = *pair;
                for (column, x) in x.iter_mut().enumerate() {
                    *x = (*x - mean[column]) * scale[column];
                }
                x
            };
            let of_choice = |choice: &&Choice| choice.pairs.iter().map(standardise).collect();
            choices.iter().map(of_choice).collect()
        };
        let popularity = |choice: &&Choice| {
            let pairs = choice.pairs.iter().skip(1);
            pairs
                .map(|pair| libm::expm1f(pair_column(pair, "positives_total_log")))
                .collect()
        };
        let features: Vec<Vec<Feature>> = items.iter().map(|item| space.activity(item)).collect();
        let mut counts = vec![0.0; space.size()];
        let visitors: Vec<Vec<Feature>> = choices.iter().map(visitor).collect();
        for &(feature, _) in features.iter().chain(&visitors).flatten() {
            counts[feature as usize] += 1.0;
        }
        Self {
            visitors,
            pairs: scaling.map_or_else(Vec::new, standardised),
            popularity: choices.iter().map(popularity).collect(),
            hidden: counts.into_iter().zip(space.unknown_rows()).collect(),
            items: features,
            space,
            options,
            choices,
        }
    }

    /// The features with some of their codes replaced by the unknown one.
    fn hide(
        &self,
        features: &[Feature],
        dropout: f64,
        random: &mut Random,
        into: &mut Vec<Feature>,
    ) {
        let from = into.len();
        for &(feature, x) in features {
            let (count, unknown) = self.hidden[feature as usize];
            let chance = if dropout > 0.0 {
                dropout.max(1.0 / (1.0 + count))
            } else {
                0.0
            };
            let hides = unknown != feature && random.uniform() < chance;
            let feature = if hides { unknown } else { feature };
            match into[from..].iter_mut().find(|other| other.0 == feature) {
                Some(other) => other.1 += x,
                None => into.push((feature, x)),
            }
        }
    }
}

impl ChoiceGroups<'_> {
    /// Fills an empty group; codes are hidden only where `hides` says so.
    pub(super) fn fill_hiding(
        &self,
        group: usize,
        random: &mut Random,
        hides: bool,
        into: &mut Group,
    ) {
        let choice = self.choices[group];
        let dropout = if hides { self.options.dropout } else { 0.0 };
        self.hide(&self.visitors[group], dropout, random, into.shared());
        let others = &choice.candidates[1..];
        let sampler = OpenSampler::new(self.options.negatives, others, &self.popularity[group]);
        let drawn = sampler.draw(|_| 0.0, random);
        let chosen = choice.candidates[0];
        let mut features = Vec::new();
        for (row, label) in
            std::iter::once((chosen, 1.0)).chain(drawn.into_iter().map(|row| (row, 0.0)))
        {
            let Some(place) = place_of(&choice.candidates, row) else {
                continue;
            };
            features.clear();
            self.hide(&self.items[row.index()], dropout, random, &mut features);
            if let Some(pairs) = self.pairs.get(group) {
                features.extend(self.space.pair(&pairs[place]));
            }
            into.example(features.iter().copied(), label);
        }
    }
}

impl Groups for ChoiceGroups<'_> {
    fn len(&self) -> usize {
        self.choices.len()
    }

    fn size(&self, group: usize) -> usize {
        let others = self.choices[group].candidates.len() - 1;
        1 + others.min(self.options.negatives.per_positive)
    }

    fn fill(&self, group: usize, random: &mut Random, into: &mut Group) {
        self.fill_hiding(group, random, true, into);
    }
}

fn place_of(candidates: &[Row], row: Row) -> Option<usize> {
    candidates.iter().position(|&candidate| candidate == row)
}
