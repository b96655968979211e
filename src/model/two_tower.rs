//! The two-tower model: a visitor and an activity become points on a sphere, close where the one suits the other
//! (Covington et al. 2016; Yi et al. 2019, "Sampling-bias-corrected neural modeling for large corpus item
//! recommendations"). Each tower is 64 → 32 → 16 with ReLU; the score is the cosine.
//!
//! The visitor's history enters as the weighted mean of its activities' embeddings, made by the activity tower from raw
//! content: a retrained model re-embeds any history, and a device can embed an activity it never downloaded.

use ndarray::{Array1, Array2, ArrayView1};

use crate::feature::{ACTIVITY_NUMBERS, ActivityRow, CONTEXT_NUMBERS, USER_NUMBERS, UserRow};
use crate::math::{dot, normalise};

/// Length of an embedding.
pub const EMBEDDING: usize = 16;
/// Widths of the hidden layers.
pub const HIDDEN: [usize; 2] = [64, 32];

/// One point on the sphere.
pub type Embedding = [f32; EMBEDDING];

/// A fully connected layer: `y = W x + b`, weight `[out, in]` as PyTorch has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    /// Weight, `[out, in]`, row-major.
    pub weight: Array2<f32>,
    /// Bias, `[out]`.
    pub bias: Array1<f32>,
}

impl Dense {
    /// `W x + b`, each output one fixed-order dot product. Extra inputs are ignored.
    pub fn forward(&self, x: &[f32]) -> Vec<f32> {
        let mut y = Vec::with_capacity(self.bias.len());
        self.forward_into(x, &mut y);
        y
    }

    /// [`Dense::forward`] into a vector that is reused: what was in it is gone.
    pub fn forward_into(&self, x: &[f32], y: &mut Vec<f32>) {
        let rows = self.weight.rows().into_iter().zip(&self.bias);
        y.clear();
        y.extend(rows.map(|(row, bias)| row.as_slice().map_or(0.0, |row| dot(row, x)) + bias));
    }
}

/// Three layers: 64 → 32 → 16.
#[derive(Debug, Clone, PartialEq)]
pub struct Tower {
    /// The layers in order.
    pub layers: [Dense; 3],
}

/// The positive part, in place.
pub fn relu(x: &mut [f32]) {
    for value in x {
        *value = value.max(0.0);
    }
}

impl Tower {
    /// The embedding of an input row, length 1 (or zero where the last layer gives zero).
    pub fn forward(&self, x: &[f32]) -> Embedding {
        let mut hidden = self.layers[0].forward(x);
        relu(&mut hidden);
        hidden = self.layers[1].forward(&hidden);
        relu(&mut hidden);
        let last = self.layers[2].forward(&hidden);
        let mut embedding = [0.0; EMBEDDING];
        embedding.copy_from_slice(&last[..EMBEDDING]);
        normalise(&mut embedding);
        embedding
    }
}

/// The embedding tables both towers read, `[codes, width]`; row 0 stands for unknown words and for those newer than the
/// training.
#[derive(Debug, Clone, PartialEq)]
pub struct Tables {
    /// Tags, width 16.
    pub tag: Array2<f32>,
    /// Types, width 8.
    pub kind: Array2<f32>,
    /// Localities, width 8.
    pub locality: Array2<f32>,
    /// Levels, width 4.
    pub level: Array2<f32>,
    /// Organisers, width 8.
    pub organiser: Array2<f32>,
    /// Series, width 8.
    pub series: Array2<f32>,
    /// Seasons, width 4.
    pub season: Array2<f32>,
    /// Weekdays (7 rows), width 4.
    pub weekday: Array2<f32>,
    /// Four-hour slots (6 rows), width 4.
    pub slot: Array2<f32>,
    /// Availability windows, width 4; no unknown row.
    pub availability: Array2<f32>,
}

/// Widths of [`Tables`], in the order of its fields.
pub const TABLE_WIDTHS: [(&str, usize); 10] = [
    ("tag", 16),
    ("kind", 8),
    ("locality", 8),
    ("level", 4),
    ("organiser", 8),
    ("series", 8),
    ("season", 4),
    ("weekday", 4),
    ("slot", 4),
    ("availability", 4),
];

/// Inputs of the activity tower: type, tags, locality, level, organiser, series, season, weekday, slot, numbers.
pub const ACTIVITY_INPUTS: usize = 8 + 16 + 8 + 4 + 8 + 8 + 4 + 4 + 4 + ACTIVITY_NUMBERS.len();
/// Inputs of the user tower: tags, locality, level, availability, season and weekday of the moment, pooled history,
/// numbers, context numbers.
pub const USER_INPUTS: usize =
    16 + 8 + 4 + 4 + 4 + 4 + EMBEDDING + USER_NUMBERS.len() + CONTEXT_NUMBERS.len();

/// The whole model.
#[derive(Debug, Clone, PartialEq)]
pub struct TwoTower {
    /// Embedding tables.
    pub tables: Tables,
    /// Tower of the visitor.
    pub user: Tower,
    /// Tower of the activity.
    pub activity: Tower,
}

fn embedding(table: &Array2<f32>, code: usize) -> ArrayView1<'_, f32> {
    table.row(if code < table.nrows() { code } else { 0 })
}

fn append(x: &mut Vec<f32>, table: &Array2<f32>, code: usize) {
    x.extend(embedding(table, code));
}

fn append_mean(x: &mut Vec<f32>, table: &Array2<f32>, codes: impl Iterator<Item = usize>) {
    let start = x.len();
    x.resize(start + table.ncols(), 0.0);
    let mut count = 0.0_f32;
    for code in codes {
        count += 1.0;
        for (sum, value) in x[start..].iter_mut().zip(embedding(table, code)) {
            *sum += value;
        }
    }
    if count > 0.0 {
        for sum in &mut x[start..] {
            *sum /= count;
        }
    }
}

/// The windows whose bit is set.
pub fn availability_windows(bits: u16) -> impl Iterator<Item = usize> {
    (0..16).filter(move |bit| bits & (1 << bit) != 0)
}

impl TwoTower {
    /// The input row of the activity tower, [`ACTIVITY_INPUTS`] long.
    pub fn activity_input(&self, activity: &ActivityRow) -> Vec<f32> {
        let tables = &self.tables;
        let mut x = Vec::with_capacity(ACTIVITY_INPUTS);
        append(&mut x, &tables.kind, usize::from(activity.kind));
        append_mean(
            &mut x,
            &tables.tag,
            activity.tags.iter().map(|&tag| usize::from(tag)),
        );
        append(&mut x, &tables.locality, usize::from(activity.locality));
        append(&mut x, &tables.level, usize::from(activity.level));
        append(&mut x, &tables.organiser, usize::from(activity.organiser));
        append(&mut x, &tables.series, usize::from(activity.series));
        append(&mut x, &tables.season, usize::from(activity.season));
        append(&mut x, &tables.weekday, usize::from(activity.weekday));
        append(&mut x, &tables.slot, usize::from(activity.slot));
        x.extend(activity.numbers);
        x
    }

    /// The input row of the user tower, [`USER_INPUTS`] long, given the pooled history.
    pub fn user_input(&self, user: &UserRow, pooled: &Embedding) -> Vec<f32> {
        let tables = &self.tables;
        let mut x = Vec::with_capacity(USER_INPUTS);
        append_mean(
            &mut x,
            &tables.tag,
            user.tags.iter().map(|&tag| usize::from(tag)),
        );
        append(&mut x, &tables.locality, usize::from(user.locality));
        append(&mut x, &tables.level, usize::from(user.level));
        let windows = availability_windows(user.availability)
            .filter(|&window| window < tables.availability.nrows());
        append_mean(&mut x, &tables.availability, windows);
        append(&mut x, &tables.season, usize::from(user.context.season));
        append(&mut x, &tables.weekday, usize::from(user.context.weekday));
        x.extend(pooled);
        x.extend(user.numbers);
        x.extend(user.context.numbers);
        x
    }

    /// The activity's point on the sphere.
    pub fn embed_activity(&self, activity: &ActivityRow) -> Embedding {
        self.activity.forward(&self.activity_input(activity))
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
