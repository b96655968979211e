//! The two-tower model as it is trained: one mini-batch forward, its loss, and every gradient.
//!
//! The loss is a softmax over sampled columns: the activities chosen in the batch and, where asked for, others drawn
//! uniformly and shared by the batch (mixed negatives, Yang et al. 2020). Each logit is the cosine over temperature less
//! `ln q`, `q` the probability that the batch holds the column (Yi et al. 2019). Activities that would be false negatives
//! are masked. The visitor's history is pooled from embeddings of the same activity tower, so gradients reach the tower
//! through it too.

use ndarray::{Array2, s};
use triqueta::math::Random;
use triqueta::model::{EMBEDDING, HIDDEN, Tower, TwoTower};

use super::input_rows::InputRows;
use super::layers::{Layers, LayersPass};
use super::optimiser::{Moments, Optimiser};
use super::real::Real;
use super::sampled_softmax::{Answer, Lists, Questions, WIDTH, answer};
use super::shards::{DENSE_ROWS, map_shards, shards};
use super::tables::{Scattered, Table, TableGradient, gather, scatter};

/// What the towers read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    /// Rows and width of each table.
    pub(super) tables: Vec<(usize, usize)>,
    /// The table of each bag of a visitor's row.
    pub(super) user_bags: Vec<usize>,
    /// How many numbers follow them.
    pub(super) user_numbers: usize,
    /// The table of each bag of an activity's row.
    pub(super) item_bags: Vec<usize>,
    /// How many numbers follow them.
    pub(super) item_numbers: usize,
}

/// One side as it is trained.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Side<F> {
    /// The table of each bag.
    pub(super) bags: Vec<usize>,
    /// The layers.
    pub(super) layers: Layers<F>,
}

/// All weights.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parameters<F> {
    /// Embedding tables.
    pub(super) tables: Vec<Table<F>>,
    /// Tower of the visitor.
    pub(super) user: Side<F>,
    /// Tower of the activity.
    pub(super) item: Side<F>,
}

/// A mini-batch.
#[derive(Debug, Clone, Default)]
pub(super) struct Batch {
    /// The distinct activities that occur in it, as columns or in histories.
    pub(super) items: InputRows,
    /// The visitors.
    pub(super) users: InputRows,
    /// Their histories: number in `items`, and weight over the sum of absolute weights.
    pub(super) histories: Lists<(u32, f32)>,
    /// The columns of the softmax, numbers in `items`.
    pub(super) columns: Vec<u32>,
    /// What is asked of each visitor.
    pub(super) questions: Questions,
}

/// Gradients of all weights.
#[derive(Debug, Clone)]
pub(super) struct Gradients<F> {
    /// Of the tables.
    pub(super) tables: Vec<TableGradient<F>>,
    /// Of the visitor's tower.
    pub(super) user: Layers<F>,
    /// Of the activity's tower.
    pub(super) item: Layers<F>,
}

impl<F: Real> Gradients<F> {
    /// No gradients yet.
    pub(super) fn zeros_like(parameters: &Parameters<F>) -> Self {
        Self {
            tables: parameters
                .tables
                .iter()
                .map(TableGradient::zeros_like)
                .collect(),
            user: parameters.user.layers.zeros_like(),
            item: parameters.item.layers.zeros_like(),
        }
    }

    fn clear(&mut self) {
        self.tables.iter_mut().for_each(TableGradient::clear);
        self.user.clear();
        self.item.clear();
    }
}

/// One tower's pass over its rows, shard by shard.
struct SidePass<F> {
    shards: Vec<LayersPass<F>>,
    lengths: Vec<F>,
    /// One embedding a row, of length 1 (or 0).
    embeddings: Vec<F>,
}

impl<F: Real> SidePass<F> {
    fn new(shards: Vec<LayersPass<F>>) -> Self {
        let mut embeddings: Vec<F> = Vec::new();
        for shard in &shards {
            embeddings.extend(shard.output.iter());
        }
        let lengths = embeddings.chunks_exact_mut(WIDTH).map(|row| {
            let length = row.iter().map(|&value| value * value).sum::<F>().root();
            if length > F::zero() {
                row.iter_mut().for_each(|value| *value /= length);
            }
            length
        });
        Self {
            lengths: lengths.collect(),
            embeddings,
            shards,
        }
    }

    fn row(&self, row: usize) -> &[F] {
        &self.embeddings[row * WIDTH..(row + 1) * WIDTH]
    }

    /// The gradient of the outputs before they were scaled to length 1.
    fn before_scaling(&self, mut d_embeddings: Vec<F>) -> Vec<F> {
        let rows = d_embeddings
            .chunks_exact_mut(WIDTH)
            .zip(self.embeddings.chunks_exact(WIDTH))
            .zip(&self.lengths);
        for ((d_row, row), &length) in rows {
            if length > F::zero() {
                let along: F = d_row.iter().zip(row).map(|(&d, &e)| d * e).sum();
                let both = d_row.iter_mut().zip(row);
                both.for_each(|(d, &e)| *d = (*d - along * e) / length);
            } else {
                d_row.fill(F::zero());
            }
        }
        d_embeddings
    }
}

impl<F: Real> Side<F> {
    fn forward(
        &self,
        tables: &[Table<F>],
        inputs: &InputRows,
        pooled: Option<&Array2<F>>,
    ) -> SidePass<F> {
        SidePass::new(map_shards(&shards(inputs.len(), DENSE_ROWS), |rows| {
            self.layers
                .forward(gather(tables, &self.bags, inputs, pooled, rows))
        }))
    }

    /// Adds the gradients of the layers into `into` and gives those of the input rows, shard by shard.
    fn backward(
        &self,
        pass: &SidePass<F>,
        d_embeddings: Vec<F>,
        into: &mut Layers<F>,
    ) -> Vec<Array2<F>> {
        let d_outputs = pass.before_scaling(d_embeddings);
        let parts = map_shards(&shards(pass.lengths.len(), DENSE_ROWS), |rows| {
            let d_output = d_outputs[rows.start * WIDTH..rows.end * WIDTH].to_vec();
            let d_output =
                Array2::from_shape_vec((rows.len(), WIDTH), d_output).unwrap_or_default();
            let mut layers = self.layers.zeros_like();
            let shard = &pass.shards[rows.start / DENSE_ROWS];
            let d_input = self.layers.backward(shard, d_output, &mut layers);
            (layers, d_input)
        });
        let add = |(layers, d_input): (Layers<F>, Array2<F>)| {
            into.add(&layers);
            d_input
        };
        parts.into_iter().map(add).collect()
    }

    fn to_tower(&self) -> Tower {
        Tower {
            tables: self.bags.clone(),
            layers: self.layers.to_perceptron(),
        }
    }
}

struct Pass<F> {
    items: SidePass<F>,
    users: SidePass<F>,
    columns: Vec<F>,
}

impl<F: Real> Parameters<F> {
    /// Random weights.
    pub(super) fn random(shape: &Shape, random: &mut Random) -> Self {
        let tables: Vec<Table<F>> = shape
            .tables
            .iter()
            .map(|&(rows, width)| Table::random(rows, width, 0.1, random))
            .collect();
        let mut side = |bags: &[usize], numbers: usize| {
            let inputs = bags.iter().map(|&bag| tables[bag].width).sum::<usize>() + numbers;
            Side {
                bags: bags.to_vec(),
                layers: Layers::random(&[inputs, HIDDEN[0], HIDDEN[1], EMBEDDING], random),
            }
        };
        Self {
            user: side(&shape.user_bags, EMBEDDING + shape.user_numbers),
            item: side(&shape.item_bags, shape.item_numbers),
            tables,
        }
    }

    /// The same weights in another number type.
    #[cfg(test)]
    pub(super) fn convert<G: Real>(&self) -> Parameters<G> {
        let side = |side: &Side<F>| Side {
            bags: side.bags.clone(),
            layers: side.layers.convert(),
        };
        Parameters {
            tables: self.tables.iter().map(Table::convert).collect(),
            user: side(&self.user),
            item: side(&self.item),
        }
    }

    /// The model as the recommender ships it.
    pub(super) fn to_two_tower(&self) -> TwoTower {
        TwoTower {
            tables: self.tables.iter().map(Table::to_array).collect(),
            user: self.user.to_tower(),
            activity: self.item.to_tower(),
        }
    }

    /// The embeddings of a batch: visitors, and the activities of its columns.
    #[cfg(test)]
    pub(super) fn embed(&self, batch: &Batch) -> (Vec<F>, Vec<F>) {
        let pass = self.forward(batch);
        (pass.users.embeddings, pass.columns)
    }

    fn forward(&self, batch: &Batch) -> Pass<F> {
        let items = self.item.forward(&self.tables, &batch.items, None);
        let pooled = map_shards(&shards(batch.users.len(), DENSE_ROWS), |rows| {
            let mut pooled = vec![F::zero(); rows.len() * WIDTH];
            for (sum, row) in pooled.chunks_exact_mut(WIDTH).zip(rows) {
                for &(item, weight) in batch.histories.of(row) {
                    add_scaled(sum, F::of(weight), items.row(item as usize));
                }
            }
            pooled
        });
        let pooled =
            Array2::from_shape_vec((batch.users.len(), WIDTH), pooled.concat()).unwrap_or_default();
        let users = self.user.forward(&self.tables, &batch.users, Some(&pooled));
        let columns = batch
            .columns
            .iter()
            .flat_map(|&item| items.row(item as usize))
            .copied()
            .collect();
        Pass {
            items,
            users,
            columns,
        }
    }

    /// The mean loss of a batch.
    pub(super) fn loss(&self, batch: &Batch, temperature: f64) -> f64 {
        let pass = self.forward(batch);
        let (users, columns) = (&pass.users.embeddings, &pass.columns);
        answer(users, columns, &batch.questions, temperature, false).loss
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
        let (users, columns) = (&pass.users.embeddings, &pass.columns);
        let Answer {
            loss,
            d_rows,
            d_columns,
        } = answer(users, columns, &batch.questions, temperature, true);
        let mut d_items = vec![F::zero(); pass.items.embeddings.len()];
        for (&item, d_column) in batch.columns.iter().zip(d_columns.chunks_exact(WIDTH)) {
            let place = item as usize * WIDTH;
            add_scaled(&mut d_items[place..place + WIDTH], F::one(), d_column);
        }
        let d_users = self.user.backward(&pass.users, d_rows, &mut gradients.user);
        let start: usize = self
            .user
            .bags
            .iter()
            .map(|&bag| self.tables[bag].width)
            .sum();
        let mut row = 0;
        for shard in &d_users {
            for d_pooled in shard.slice(s![.., start..start + WIDTH]).rows() {
                for &(item, weight) in batch.histories.of(row) {
                    let place = item as usize * WIDTH;
                    let d_pooled = d_pooled.as_slice().unwrap_or_default();
                    add_scaled(&mut d_items[place..place + WIDTH], F::of(weight), d_pooled);
                }
                row += 1;
            }
        }
        let d_items = self
            .item
            .backward(&pass.items, d_items, &mut gradients.item);
        let sources = [
            Scattered {
                bags: &self.user.bags,
                inputs: &batch.users,
                d_inputs: &d_users,
            },
            Scattered {
                bags: &self.item.bags,
                inputs: &batch.items,
                d_inputs: &d_items,
            },
        ];
        scatter(&mut gradients.tables, &sources);
        loss
    }

    /// Whether every weight is a finite number.
    pub(super) fn is_finite(&self) -> bool {
        let towers = self.user.layers.blocks().chain(self.item.layers.blocks());
        let tables = self.tables.iter().map(|table| table.values.as_slice());
        let mut blocks = towers.chain(tables);
        blocks.all(|block| block.iter().all(|value| value.to_f64().is_finite()))
    }
}

#[inline(always)]
fn add_scaled<F: Real>(sum: &mut [F], scale: F, values: &[F]) {
    for (sum, &value) in sum.iter_mut().zip(values) {
        *sum += scale * value;
    }
}

/// Weights under training.
pub(super) struct Learning {
    /// The weights.
    pub(super) parameters: Parameters<f32>,
    gradients: Gradients<f32>,
    optimiser: Optimiser,
    tables: Vec<Moments<f32>>,
    user: Vec<Moments<f32>>,
    item: Vec<Moments<f32>>,
}

impl Learning {
    /// Starts from random weights.
    pub(super) fn new(shape: &Shape, learning_rate: f64, l2: f64, random: &mut Random) -> Self {
        let parameters = Parameters::random(shape, random);
        let optimiser = Optimiser::new(learning_rate, l2);
        let moments = |layers: &Layers<f32>| {
            let blocks = layers.blocks();
            blocks.map(|block| Moments::new(block.len())).collect()
        };
        let tables = parameters.tables.iter();
        Self {
            gradients: Gradients::zeros_like(&parameters),
            tables: tables
                .map(|table| Moments::new(table.values.len()))
                .collect(),
            user: moments(&parameters.user.layers),
            item: moments(&parameters.item.layers),
            optimiser,
            parameters,
        }
    }

    /// One step along the gradient of a batch; gives its mean loss before the step.
    pub(super) fn step(&mut self, batch: &Batch, temperature: f64) -> f64 {
        let Self {
            parameters,
            gradients,
            optimiser,
            ..
        } = self;
        let loss = parameters.gradients(batch, temperature, gradients);
        optimiser.advance();
        optimiser.step_layers(&mut parameters.user.layers, &gradients.user, &mut self.user);
        optimiser.step_layers(&mut parameters.item.layers, &gradients.item, &mut self.item);
        optimiser.step_tables(&mut parameters.tables, &gradients.tables, &mut self.tables);
        loss
    }

    /// Changes the step length.
    pub(super) fn set_learning_rate(&mut self, learning_rate: f64) {
        self.optimiser.set_learning_rate(learning_rate);
    }
}
