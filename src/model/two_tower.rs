//! The two-tower model: a visitor and an activity become points on a sphere, close where the one suits the other
//! (Covington et al. 2016; Yi et al. 2019, "Sampling-bias-corrected neural modeling for large corpus item
//! recommendations"). Each tower is 64 → 32 → 16 with ReLU; the score is the cosine.
//!
//! The visitor's history enters as the weighted mean of its activities' embeddings, made by the activity tower from raw
//! content: a retrained model re-embeds any history, and a device can embed an activity it never downloaded.
//!
//! What a tower reads is data: the tables its bags are looked up in. So the same passes serve events, whose rows are made
//! of content, and logs that know only ids and a few categories.

use ndarray::Array2;

use super::dense::Perceptron;
use super::tower_input::{AVAILABILITY, TowerInput};
use crate::feature::{ActivityRow, UserRow};
use crate::math::normalise;

/// Length of an embedding.
pub const EMBEDDING: usize = 16;
/// Widths of the hidden layers.
pub const HIDDEN: [usize; 2] = [64, 32];

/// One point on the sphere.
pub type Embedding = [f32; EMBEDDING];

/// One side of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Tower {
    /// The table each bag of an input row is looked up in, a number in [`TwoTower::tables`].
    pub tables: Vec<usize>,
    /// The layers, [`EMBEDDING`] outputs.
    pub layers: Perceptron,
}

impl Tower {
    /// The embedding of an input row whose codes have been looked up, length 1 (or zero where the last layer gives zero).
    pub fn forward(&self, x: &[f32]) -> Embedding {
        let mut embedding = [0.0; EMBEDDING];
        for (value, output) in embedding.iter_mut().zip(self.layers.forward(x)) {
            *value = output;
        }
        normalise(&mut embedding);
        embedding
    }
}

/// The whole model.
#[derive(Debug, Clone, PartialEq)]
pub struct TwoTower {
    /// The embedding tables both towers read, `[codes, width]`; row 0 stands for unknown codes and for those newer than
    /// the training. Those of events are [`super::TABLE_WIDTHS`].
    pub tables: Vec<Array2<f32>>,
    /// Tower of the visitor.
    pub user: Tower,
    /// Tower of the activity.
    pub activity: Tower,
}

fn embedding(table: &Array2<f32>, code: u32) -> &[f32] {
    let code = code as usize;
    let row = table.row(if code < table.nrows() { code } else { 0 });
    // Tables are read and learned in standard layout.
    debug_assert!(row.to_slice().is_some());
    row.to_slice().unwrap_or_default()
}

fn append_mean(x: &mut Vec<f32>, table: &Array2<f32>, codes: &[u32]) {
    let start = x.len();
    x.resize(start + table.ncols(), 0.0);
    for &code in codes {
        for (sum, value) in x[start..].iter_mut().zip(embedding(table, code)) {
            *sum += value;
        }
    }
    if codes.len() > 1 {
        for sum in &mut x[start..] {
            *sum /= codes.len() as f32;
        }
    }
}

impl TwoTower {
    /// An input row with its codes looked up: the mean of each bag, the pooled history where there is one, the numbers.
    fn look_up(&self, tower: &Tower, input: &TowerInput, pooled: Option<&Embedding>) -> Vec<f32> {
        let widths = tower.tables.iter().map(|&table| self.tables[table].ncols());
        let mut x = Vec::with_capacity(widths.sum::<usize>() + EMBEDDING + input.numbers.len());
        for (&table, codes) in tower.tables.iter().zip(input.bags()) {
            append_mean(&mut x, &self.tables[table], codes);
        }
        x.extend(pooled.into_iter().flatten());
        x.extend(&input.numbers);
        x
    }

    /// The point of whatever the activity tower reads.
    pub fn embed_item(&self, input: &TowerInput) -> Embedding {
        self.activity
            .forward(&self.look_up(&self.activity, input, None))
    }

    /// The point of whoever the user tower reads, given the pooled history ([`Self::pool`]).
    pub fn embed_viewpoint(&self, input: &TowerInput, pooled: &Embedding) -> Embedding {
        self.user
            .forward(&self.look_up(&self.user, input, Some(pooled)))
    }

    /// The input row of the user tower, [`super::USER_INPUTS`] long, given the pooled history.
    pub fn user_input(&self, user: &UserRow, pooled: &Embedding) -> Vec<f32> {
        let windows = self.tables.get(AVAILABILITY).map_or(0, Array2::nrows);
        self.look_up(
            &self.user,
            &TowerInput::of_user(user, windows),
            Some(pooled),
        )
    }

    /// The activity's point on the sphere.
    pub fn embed_activity(&self, activity: &ActivityRow) -> Embedding {
        self.embed_item(&TowerInput::of_activity(activity))
    }

    /// The history as one vector: `Σ weight · embedding / Σ |weight|`; zero for an empty history.
    pub fn pool<'a>(history: impl Iterator<Item = (&'a Embedding, f32)>) -> Embedding {
        let mut pooled = [0.0; EMBEDDING];
        let mut total = 0.0_f32;
        for (embedding, weight) in history {
            total += weight.abs();
            for (sum, value) in pooled.iter_mut().zip(embedding) {
                *sum += weight * value;
            }
        }
        if total > 0.0 {
            for sum in &mut pooled {
                *sum /= total;
            }
        }
        pooled
    }

    /// The visitor's point on the sphere, the history embedded on the way.
    pub fn embed_user(&self, user: &UserRow) -> Embedding {
        let embedded: Vec<Embedding> = user
            .history
            .iter()
            .map(|past| self.embed_activity(&past.activity))
            .collect();
        let pooled = Self::pool(
            embedded
                .iter()
                .zip(user.history.iter().map(|past| past.weight)),
        );
        self.user.forward(&self.user_input(user, &pooled))
    }
}
