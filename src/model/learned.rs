//! Which learned models speak in a score, and what do they say of a pair?
//!
//! Each model has two sides that meet in a few multiplications: the activity's, computed once a bundle, and the
//! visitor's, computed once a request. What comes out are inputs of the blend beside the pair features, under stable
//! names, so that a bundle may lack a model: what it would say is 0 then, for every activity.
//!
//! Models that are worth their multiplications for a few hundred activities but not for all of them are asked about
//! survivors only: those of [`Component::Adjustment`]. The blend does not know them; the trees' second look does.

use super::dense::Outputs;
use super::item_neighbours::Neighbours;
use super::matrix_factorization::ActivityFactors;
use super::neural_collaborative_filtering::Side;
use super::pair_machine::{MachineActivity, MachineVisitor, PairMachine};
use super::pooled_neumf::PooledNeuMf;
use super::two_tower::{Embedding, TwoTower};
use super::wide_deep::{WideDeep, WideDeepActivity, WideDeepVisitor};
use crate::feature::{ActivityRow, Component, PairRow, UserRow};
use crate::math::{SparseAccumulator, cosine};

/// One learned model's output as an input of the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelInput {
    /// Its stable name.
    pub name: &'static str,
    /// The component of the score it contributes to; [`Component::Adjustment`] for one that is asked about survivors
    /// only.
    pub component: Component,
}

/// The learned models' outputs, in column order.
pub const MODEL_INPUTS: [ModelInput; 6] = [
    ModelInput {
        name: "two_tower_cosine",
        component: Component::TwoTower,
    },
    ModelInput {
        name: "factorization_machine",
        component: Component::Factorization,
    },
    ModelInput {
        name: "matrix_factorization",
        component: Component::Factorization,
    },
    ModelInput {
        name: "item_neighbours",
        component: Component::Factorization,
    },
    ModelInput {
        name: "neural_collaborative_filtering",
        component: Component::Adjustment,
    },
    ModelInput {
        name: "wide_deep",
        component: Component::Adjustment,
    },
];
/// Columns of the models that are asked about every activity; the later ones are asked about survivors.
const OF_ALL: usize = 4;

/// What the models say of one pair, columns as [`MODEL_INPUTS`] names them; 0 where a bundle lacks the model.
pub type ModelScores = [f32; MODEL_INPUTS.len()];

/// All learned weights of a bundle.
#[derive(Debug, Clone, PartialEq)]
pub struct Models {
    /// The towers: always there, because they embed histories and new activities.
    pub two_tower: TwoTower,
    /// Factors of the activities the training knew.
    pub matrix_factorization: Option<ActivityFactors>,
    /// What those say of each other.
    pub item_neighbours: Option<Neighbours>,
    /// The factorization machine over everything known of a pair.
    pub factorization_machine: Option<PairMachine>,
    /// NeuMF over what is known of each side.
    pub neural_collaborative_filtering: Option<PooledNeuMf>,
    /// Wide & Deep over everything known of a pair.
    pub wide_deep: Option<WideDeep>,
}

impl From<TwoTower> for Models {
    /// The towers alone.
    fn from(two_tower: TwoTower) -> Self {
        Self {
            two_tower,
            matrix_factorization: None,
            item_neighbours: None,
            factorization_machine: None,
            neural_collaborative_filtering: None,
            wide_deep: None,
        }
    }
}

/// The activities' side of all models, one entry a row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ActivitySide {
    /// Points on the sphere.
    pub embeddings: Vec<Embedding>,
    /// Their halves of the factorization machine; empty where the bundle lacks it.
    pub machine: Vec<MachineActivity>,
    /// Their sides of NeuMF; empty where the bundle lacks it.
    pub neural: Vec<Side>,
    /// Their parts of Wide & Deep; empty where the bundle lacks it.
    pub wide_deep: Vec<WideDeepActivity>,
}

/// One remembered activity as the models see it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Remembered<'a> {
    /// What it was.
    pub activity: &'a ActivityRow,
    /// Its point on the sphere under these weights.
    pub embedding: Embedding,
    /// Its row in the catalogue; `None` where it has left or never was there.
    pub row: Option<usize>,
    /// How much it counts now; negative for rejections.
    pub weight: f32,
}

/// The visitor's side of all models, computed once a request.
#[derive(Debug, Clone, PartialEq)]
pub struct VisitorSide {
    /// Point on the sphere.
    pub embedding: Embedding,
    /// Factor, folded in from the history; empty where the bundle has no factors.
    pub factor: Vec<f32>,
    /// What the history's neighbours say of each row; of no rows where the bundle has no neighbours.
    pub neighbour_scores: SparseAccumulator,
    /// Half of the factorization machine, where the bundle has it.
    pub machine: Option<MachineVisitor>,
    /// Side of NeuMF, where the bundle has it.
    pub neural: Option<Side>,
    /// Part of Wide & Deep, where the bundle has it.
    pub wide_deep: Option<WideDeepVisitor>,
}

impl Models {
    /// The activities' side of rows embedded now.
    pub fn activity_side<'a>(
        &self,
        rows: impl IntoIterator<Item = &'a ActivityRow>,
    ) -> ActivitySide {
        let mut side = ActivitySide::default();
        for row in rows {
            side.push(self, row);
        }
        side
    }

    /// The visitor's side; `history` stands for `user.history` and is in its order.
    pub fn visitor_side(&self, user: &UserRow, history: &[Remembered<'_>]) -> VisitorSide {
        self.visitor_side_in(user, history, SparseAccumulator::default())
    }

    /// The same, with room for what neighbours say, as an earlier side leaves it: a catalogue is not gone through for the few
    /// rows that they speak of.
    pub(crate) fn visitor_side_in(
        &self,
        user: &UserRow,
        history: &[Remembered<'_>],
        mut neighbour_scores: SparseAccumulator,
    ) -> VisitorSide {
        let pooled = TwoTower::pool(history.iter().map(|past| (&past.embedding, past.weight)));
        let input = self.two_tower.user_input(user, &pooled);
        let known = || {
            history
                .iter()
                .filter_map(|past| Some((past.row?, past.weight)))
        };
        let remembered = || history.iter().map(|past| (past.activity, past.weight));
        let factors = self.matrix_factorization.as_ref();
        let neighbours = self.item_neighbours.as_ref();
        neighbour_scores.reset(neighbours.map_or(0, Neighbours::len));
        if let Some(neighbours) = neighbours {
            neighbours.add_scores(known(), &mut neighbour_scores);
        }
        VisitorSide {
            embedding: self.two_tower.user.forward(&input),
            factor: factors.map_or_else(Vec::new, |factors| factors.fold_in(known())),
            neighbour_scores,
            machine: self
                .factorization_machine
                .as_ref()
                .map(|machine| machine.visitor(user, remembered())),
            neural: self
                .neural_collaborative_filtering
                .as_ref()
                .map(|neural| neural.visitor(user, remembered())),
            wide_deep: self.wide_deep.as_ref().map(|wide_deep| {
                let liked = remembered().filter(|(_, weight)| *weight > 0.0);
                wide_deep.visitor_part(user, liked.map(|(activity, _)| activity))
            }),
        }
    }

    /// What the models say that are asked about every activity, of a visitor and the one in `row` of the activities'
    /// side; `pair` are the features of the two together. The others' columns are 0.
    pub fn scores(
        &self,
        visitor: &VisitorSide,
        activities: &ActivitySide,
        row: usize,
        pair: &PairRow,
    ) -> ModelScores {
        let factors = self.matrix_factorization.as_ref();
        let machine = || {
            let machine = self.factorization_machine.as_ref()?;
            Some(machine.score(
                visitor.machine.as_ref()?,
                activities.machine.get(row)?,
                pair,
            ))
        };
        let of_all: [f32; OF_ALL] = [
            cosine(&visitor.embedding, &activities.embeddings[row]),
            machine().unwrap_or(0.0),
            factors.map_or(0.0, |factors| factors.score(&visitor.factor, row)),
            visitor.neighbour_scores.of(row),
        ];
        let mut scores = ModelScores::default();
        scores[..OF_ALL].copy_from_slice(&of_all);
        scores
    }

    /// What all models say, those too that are asked about survivors only.
    pub fn all_scores(
        &self,
        visitor: &VisitorSide,
        activities: &ActivitySide,
        row: usize,
        pair: &PairRow,
    ) -> ModelScores {
        let scores = self.scores(visitor, activities, row, pair);
        let mut outputs = Outputs::default();
        self.completed(scores, visitor, activities, row, pair, &mut outputs)
    }

    /// What [`Models::scores`] gave of a pair, with what those say that are asked about survivors only.
    pub fn completed(
        &self,
        mut scores: ModelScores,
        visitor: &VisitorSide,
        activities: &ActivitySide,
        row: usize,
        pair: &PairRow,
        outputs: &mut Outputs,
    ) -> ModelScores {
        let mut neural = || {
            let neural = self.neural_collaborative_filtering.as_ref()?;
            let (visitor, activity) = (visitor.neural.as_ref()?, activities.neural.get(row)?);
            Some(neural.logit(visitor, activity, outputs))
        };
        let neural = neural().unwrap_or(0.0);
        let mut wide_deep = || {
            let activity = activities.wide_deep.get(row)?;
            let visitor = visitor.wide_deep.as_ref()?;
            let wide_deep = self.wide_deep.as_ref()?;
            Some(wide_deep.logit(visitor, activity, pair, outputs))
        };
        scores[OF_ALL..].copy_from_slice(&[neural, wide_deep().unwrap_or(0.0)]);
        scores
    }
}

impl ActivitySide {
    /// The side of rows whose points on the sphere are known, one an item of `rows`.
    pub fn of_embedded(
        models: &Models,
        embeddings: Vec<Embedding>,
        rows: impl Iterator<Item = ActivityRow>,
    ) -> Self {
        let mut side = Self {
            embeddings,
            ..Self::default()
        };
        let is_needed = models.factorization_machine.is_some()
            || models.neural_collaborative_filtering.is_some()
            || models.wide_deep.is_some();
        rows.take_while(|_| is_needed)
            .for_each(|row| side.push_halves(models, &row));
        side
    }

    /// Adds one activity.
    pub fn push(&mut self, models: &Models, row: &ActivityRow) {
        self.embeddings.push(models.two_tower.embed_activity(row));
        self.push_halves(models, row);
    }

    /// What the models beside the towers know of one activity.
    fn push_halves(&mut self, models: &Models, row: &ActivityRow) {
        let machine = models.factorization_machine.as_ref();
        self.machine
            .extend(machine.map(|machine| machine.activity(row)));
        let neural = models.neural_collaborative_filtering.as_ref();
        self.neural
            .extend(neural.map(|neural| neural.activity(row)));
        let wide_deep = models.wide_deep.as_ref();
        self.wide_deep
            .extend(wide_deep.map(|wide_deep| wide_deep.activity_part(row)));
    }

    /// How many activities there are.
    pub fn len(&self) -> usize {
        self.embeddings.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.embeddings.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_of_all_activities_come_before_those_of_survivors() {
        for (column, input) in MODEL_INPUTS.iter().enumerate() {
            let of_survivors = input.component == Component::Adjustment;
            assert_eq!(of_survivors, column >= OF_ALL, "{}", input.name);
        }
    }
}
