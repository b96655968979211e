//! Which learned models speak in a score, and what do they say of a pair?
//!
//! Each model has two sides that meet in a few multiplications: the activity's, computed once a bundle, and the
//! visitor's, computed once a request. What comes out are inputs of the blend beside the pair features, under stable
//! names, so that a bundle may lack a model: what it would say is 0 then, for every activity.

use super::item_neighbours::Neighbours;
use super::matrix_factorization::ActivityFactors;
use super::pair_machine::{MachineActivity, MachineVisitor, PairMachine};
use super::two_tower::{Embedding, TwoTower};
use crate::feature::{ActivityRow, Component, PairRow, UserRow};
use crate::math::cosine;

/// One learned model's output as an input of the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelInput {
    /// Its stable name, a column of the blend.
    pub name: &'static str,
    /// The component of the score it contributes to.
    pub component: Component,
}

/// The learned models' outputs, in column order.
pub const MODEL_INPUTS: [ModelInput; 4] = [
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
];

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
}

impl From<TwoTower> for Models {
    /// The towers alone.
    fn from(two_tower: TwoTower) -> Self {
        Self {
            two_tower,
            matrix_factorization: None,
            item_neighbours: None,
            factorization_machine: None,
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
    /// What the history's neighbours say of each row; empty where the bundle has no neighbours.
    pub neighbour_scores: Vec<f32>,
    /// Half of the factorization machine, where the bundle has it.
    pub machine: Option<MachineVisitor>,
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
        let pooled = TwoTower::pool(history.iter().map(|past| (&past.embedding, past.weight)));
        let input = self.two_tower.user_input(user, &pooled);
        let known = || {
            history
                .iter()
                .filter_map(|past| Some((past.row?, past.weight)))
        };
        let factors = self.matrix_factorization.as_ref();
        let neighbours = self.item_neighbours.as_ref();
        VisitorSide {
            embedding: self.two_tower.user.forward(&input),
            factor: factors.map_or_else(Vec::new, |factors| factors.fold_in(known())),
            neighbour_scores: neighbours.map_or_else(Vec::new, |neighbours| {
                neighbours.scores(known(), neighbours.len())
            }),
            machine: self.factorization_machine.as_ref().map(|machine| {
                let remembered = history.iter().map(|past| (past.activity, past.weight));
                machine.visitor(user, remembered)
            }),
        }
    }

    /// What the models say of a visitor and the activity in `row` of the activities' side; `pair` are the features of
    /// the two together.
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
        [
            cosine(&visitor.embedding, &activities.embeddings[row]),
            machine().unwrap_or(0.0),
            factors.map_or(0.0, |factors| factors.score(&visitor.factor, row)),
            visitor.neighbour_scores.get(row).copied().unwrap_or(0.0),
        ]
    }
}

impl ActivitySide {
    /// Adds one activity.
    pub fn push(&mut self, models: &Models, row: &ActivityRow) {
        self.embeddings.push(models.two_tower.embed_activity(row));
        self.machine.extend(
            models
                .factorization_machine
                .as_ref()
                .map(|machine| machine.activity(row)),
        );
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
