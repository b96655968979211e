//! The two-tower model as it is trained: one mini-batch forward, its loss, and every gradient.
//!
//! The loss is the in-batch softmax of cosine over temperature, corrected for how often an activity is drawn into a
//! batch (Yi et al. 2019): `s_ij / τ − ln q_j`. Activities that would be false negatives are masked. The visitor's
//! history is pooled from embeddings of the same activity tower, so gradients reach the tower through it too.

use std::ops::Range;

use ndarray::{Array2, s};
use triqueta::feature::Schema;
use triqueta::math::Random;
use triqueta::model::{ACTIVITY_INPUTS, EMBEDDING, TwoTower, USER_INPUTS};

use super::layers::{TowerLayers, TowerPass};
use super::real::Real;
use super::tables::{ACTIVITY_TABLES, Input, TableGradients, TableSet, USER_TABLES, width_of};

/// Rows of logits computed together. Fixed: partial sums are reduced in the order of these shards, so that the result
/// would be the same however many threads shared them.
const SHARD: usize = 64;

/// All weights.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parameters<F> {
    /// Embedding tables.
    pub(super) tables: TableSet<F>,
    /// Tower of the visitor.
    pub(super) user: TowerLayers<F>,
    /// Tower of the activity.
    pub(super) activity: TowerLayers<F>,
}

/// A mini-batch.
#[derive(Debug, Clone, Default)]
pub(super) struct Batch {
    /// The distinct activities that occur in it, as positives or in histories.
    pub(super) items: Vec<Input>,
    /// The visitors, one an example.
    pub(super) users: Vec<Input>,
    /// Their histories: number in `items`, and weight over the sum of absolute weights.
    pub(super) histories: Vec<Vec<(usize, f32)>>,
    /// The chosen activity of each example, a number in `items`: the columns of the softmax.
    pub(super) positives: Vec<usize>,
    /// `ln q` of each column.
    pub(super) log_q: Vec<f32>,
    /// Columns that are no negatives for a row, row-major.
    pub(super) masked: Vec<bool>,
}

/// Gradients of all weights.
#[derive(Debug, Clone)]
pub(super) struct Gradients<F> {
    /// Of the tables.
    pub(super) tables: TableGradients<F>,
    /// Of the visitor's tower.
    pub(super) user: TowerLayers<F>,
    /// Of the activity's tower.
    pub(super) activity: TowerLayers<F>,
}

impl<F: Real> Gradients<F> {
    /// No gradients yet.
    pub(super) fn zeros_like(parameters: &Parameters<F>) -> Self {
        Self {
            tables: TableGradients::zeros_like(&parameters.tables),
            user: parameters.user.zeros_like(),
            activity: parameters.activity.zeros_like(),
        }
    }

    fn clear(&mut self) {
        self.tables.clear();
        for layer in self.user.layers.iter_mut().chain(&mut self.activity.layers) {
            layer.weight.fill(F::zero());
            layer.bias.fill(F::zero());
        }
    }
}

struct Pass<F> {
    items: TowerPass<F>,
    users: TowerPass<F>,
    columns: Array2<F>,
}

impl<F: Real> Parameters<F> {
    /// Random weights for the words of a schema.
    pub(super) fn random(schema: &Schema, random: &mut Random) -> Self {
        Self {
            tables: TableSet::random(schema, random),
            user: TowerLayers::random(USER_INPUTS, random),
            activity: TowerLayers::random(ACTIVITY_INPUTS, random),
        }
    }

    /// Zeros in the same shapes.
    pub(super) fn zeros_like(&self) -> Self {
        let tables = self
            .tables
            .tables
            .iter()
            .map(|table| Array2::zeros(table.raw_dim()))
            .collect();
        Self {
            tables: TableSet { tables },
            user: self.user.zeros_like(),
            activity: self.activity.zeros_like(),
        }
    }

    /// The same weights in another number type.
    #[cfg(test)]
    pub(super) fn convert<G: Real>(&self) -> Parameters<G> {
        Parameters {
            tables: self.tables.convert(),
            user: self.user.convert(),
            activity: self.activity.convert(),
        }
    }

    /// The model as the recommender ships it.
    pub(super) fn to_two_tower(&self) -> TwoTower {
        TwoTower {
            tables: self.tables.to_tables(),
            user: self.user.to_tower(),
            activity: self.activity.to_tower(),
        }
    }

    /// The embeddings of a batch: visitors, and the activities of its columns.
    #[cfg(test)]
    pub(super) fn embed(&self, batch: &Batch) -> (Array2<F>, Array2<F>) {
        let pass = self.forward(batch);
        (pass.users.embedding, pass.columns)
    }

    fn forward(&self, batch: &Batch) -> Pass<F> {
        let items = self
            .activity
            .forward(self.tables.gather(ACTIVITY_TABLES, &batch.items, None));
        let mut pooled = Array2::zeros((batch.users.len(), EMBEDDING));
        for (mut row, history) in pooled.rows_mut().into_iter().zip(&batch.histories) {
            for &(item, weight) in history {
                row.scaled_add(F::of(weight), &items.embedding.row(item));
            }
        }
        let users = self
            .user
            .forward(self.tables.gather(USER_TABLES, &batch.users, Some(&pooled)));
        let mut columns = Array2::zeros((batch.positives.len(), EMBEDDING));
        for (mut column, &item) in columns.rows_mut().into_iter().zip(&batch.positives) {
            column.assign(&items.embedding.row(item));
        }
        Pass {
            items,
            users,
            columns,
        }
    }

    /// The mean loss of a batch.
    pub(super) fn loss(&self, batch: &Batch, temperature: f64) -> f64 {
        let pass = self.forward(batch);
        let shards = shards(batch.positives.len());
        let total: f64 = shards
            .map(|rows| softmax(&pass, batch, temperature, rows).0)
            .sum();
        total / batch.positives.len().max(1) as f64
    }

    /// The mean loss of a batch; `gradients` become its gradients.
    pub(super) fn gradients(
        &self,
        batch: &Batch,
        temperature: f64,
        gradients: &mut Gradients<F>,
    ) -> f64 {
        gradients.clear();
        let pass = self.forward(batch);
        let examples = batch.positives.len();
        let mut d_users = Array2::zeros(pass.users.embedding.raw_dim());
        let mut d_items = Array2::zeros(pass.items.embedding.raw_dim());
        let mut d_columns = Array2::<F>::zeros(pass.columns.raw_dim());
        let mut total = 0.0;
        for rows in shards(examples) {
            let (loss, mut d_logits) = softmax(&pass, batch, temperature, rows.clone());
            total += loss;
            d_logits.mapv_inplace(|value| value * F::of_f64(1.0 / (temperature * examples as f64)));
            d_users
                .slice_mut(s![rows.clone(), ..])
                .assign(&d_logits.dot(&pass.columns));
            d_columns += &d_logits.t().dot(&pass.users.embedding.slice(s![rows, ..]));
        }
        for (&item, d_column) in batch.positives.iter().zip(d_columns.rows()) {
            d_items.row_mut(item).scaled_add(F::one(), &d_column);
        }
        let d_input = self
            .user
            .backward(&pass.users, d_users, &mut gradients.user);
        gradients
            .tables
            .scatter(USER_TABLES, &batch.users, &d_input);
        let start = width_of(USER_TABLES);
        let d_pooled = d_input.slice(s![.., start..start + EMBEDDING]);
        for (history, d_row) in batch.histories.iter().zip(d_pooled.rows()) {
            for &(item, weight) in history {
                d_items.row_mut(item).scaled_add(F::of(weight), &d_row);
            }
        }
        let d_input = self
            .activity
            .backward(&pass.items, d_items, &mut gradients.activity);
        gradients
            .tables
            .scatter(ACTIVITY_TABLES, &batch.items, &d_input);
        total / examples.max(1) as f64
    }

    /// Whether every weight is a finite number.
    pub(super) fn is_finite(&self) -> bool {
        let towers = self.user.layers.iter().chain(&self.activity.layers);
        let mut layers = towers.flat_map(|layer| layer.weight.iter().chain(&layer.bias));
        let mut tables = self.tables.tables.iter().flatten();
        layers.all(|value| value.to_f64().is_finite())
            && tables.all(|value| value.to_f64().is_finite())
    }
}

fn shards(examples: usize) -> impl Iterator<Item = Range<usize>> {
    (0..examples)
        .step_by(SHARD)
        .map(move |from| from..(from + SHARD).min(examples))
}

/// The summed loss of some rows, and `softmax − one-hot` for each.
fn softmax<F: Real>(
    pass: &Pass<F>,
    batch: &Batch,
    temperature: f64,
    rows: Range<usize>,
) -> (f64, Array2<F>) {
    let mut logits = pass
        .users
        .embedding
        .slice(s![rows.clone(), ..])
        .dot(&pass.columns.t());
    let columns = batch.positives.len();
    let scale = F::of_f64(1.0 / temperature);
    let mut loss = 0.0;
    for (mut row, own) in logits.rows_mut().into_iter().zip(rows) {
        let masked = &batch.masked[own * columns..(own + 1) * columns];
        let mut largest = None;
        for (column, logit) in row.iter_mut().enumerate() {
            *logit = *logit * scale - F::of(batch.log_q[column]);
            if !masked[column] && largest.is_none_or(|largest| *logit > largest) {
                largest = Some(*logit);
            }
        }
        let (largest, own_logit) = (largest.unwrap_or(row[own]), row[own]);
        let mut sum = F::zero();
        for (logit, &masked) in row.iter_mut().zip(masked) {
            *logit = if masked {
                F::zero()
            } else {
                (*logit - largest).exponential()
            };
            sum += *logit;
        }
        loss += libm::log(sum.to_f64()) - (own_logit - largest).to_f64();
        row.mapv_inplace(|value| value / sum);
        row[own] -= F::one();
    }
    (loss, logits)
}
