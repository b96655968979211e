//! Two towers over ids: who and what by number, a few categories of each, and what else the user chose.
//!
//! The same towers, losses and passes as for events; what differs is how a batch is made. A user stands for all their
//! choices at once: in every epoch a random part of them is the history the tower reads, and the rest is what it is asked
//! for, so that a choice is never explained by itself. The negatives of a batch are what its other users chose and items
//! drawn uniformly (Yang et al. 2020), up to the whole catalogue; `q`, the chance of being among them, is known exactly.

use triqueta::math::{Random, dot};
use triqueta::model::{Embedding, TowerInput, TwoTower};

use super::assembly::{Assembly, Hidden};
use super::input_rows::InputRows;
use super::towers::{Learning, Shape};
use crate::Result;
use crate::interactions::{LeaveOneOut, SideFeatures};
use crate::leave_one_out::PairScorer;
use crate::progress::{Progress, check};

const USER: usize = 0;
const ITEM: usize = 1;
const USER_FEATURES: usize = 2;
const ITEM_FEATURES: usize = 3;
const PAST: usize = 4;
/// The tables the bags of a user are looked up in: who, what is known of them, what they chose.
const USER_BAGS: [usize; 3] = [USER, USER_FEATURES, PAST];
/// The tables the bags of an item are looked up in: what, and what is known of it.
const ITEM_BAGS: [usize; 2] = [ITEM, ITEM_FEATURES];
/// Width of the embeddings of features.
const FEATURE_WIDTH: usize = 16;

/// How towers over ids are trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct IdTowerOptions {
    /// Passes over the users. Few leave the ids near where they began; many learn the choices by heart.
    pub(crate) epochs: usize,
    /// Users a step.
    pub(crate) batch: usize,
    /// Step length at the start; it falls evenly to 0.
    pub(crate) learning_rate: f64,
    /// What the cosine is divided by. Low ones separate near neighbours sharply, high ones learn only the coarse order.
    pub(crate) temperature: f64,
    /// Pull of the weights towards zero.
    pub(crate) l2: f64,
    /// Width of the embeddings of ids: narrow ones generalise, wide ones remember.
    pub(crate) id_width: usize,
    /// Share of a user's choices that is read as history: the rest is asked for.
    pub(crate) kept: f64,
    /// Share of ids hidden in training, so that unknown ones mean something: 0 trusts ids, 1 knows none.
    pub(crate) dropout: f64,
    /// Items drawn uniformly as negatives of a batch: 0 contrasts only with what others chose, as many as there are items
    /// is the whole softmax.
    pub(crate) negatives: usize,
    /// How a user's weight grows with the number of their choices: 1 counts choices, 0 counts users.
    pub(crate) activity: f64,
}

impl Default for IdTowerOptions {
    fn default() -> Self {
        Self {
            epochs: 250,
            batch: 256,
            learning_rate: 3e-3,
            temperature: 0.1,
            l2: 1e-6,
            id_width: 64,
            kept: 0.7,
            dropout: 0.1,
            negatives: 1 << 14,
            activity: 0.25,
        }
    }
}

/// Users and items as points, made by the forward pass that bundles ship.
pub(crate) struct IdTowers {
    users: Vec<Embedding>,
    items: Vec<Embedding>,
}

impl PairScorer for IdTowers {
    fn scores(&self, user: u32, items: &[u32], out: &mut [f32]) {
        for (score, &item) in out.iter_mut().zip(items) {
            let both = self
                .users
                .get(user as usize)
                .zip(self.items.get(item as usize));
            *score = both.map_or(0.0, |(user, item)| dot(user, item));
        }
    }
}

/// Code 0 is "unknown": ids and features count from 1.
fn item_input(item: u32, features: &SideFeatures) -> TowerInput {
    let mut input = TowerInput::default();
    input.push([item + 1]);
    input.push(features.of(item).iter().map(|&code| code + 1));
    input
}

fn user_input(
    user: u32,
    past: impl IntoIterator<Item = u32>,
    features: &SideFeatures,
) -> TowerInput {
    let mut input = TowerInput::default();
    input.push([user + 1]);
    input.push(features.of(user).iter().map(|&code| code + 1));
    input.push(past.into_iter().map(|item| item + 1));
    input
}

pub(super) fn shape(problem: &LeaveOneOut, options: &IdTowerOptions) -> Shape {
    let width = options.id_width.max(1);
    Shape {
        tables: vec![
            (problem.train.users() + 1, width),
            (problem.train.items() + 1, width),
            (problem.user_features.size() + 1, FEATURE_WIDTH),
            (problem.item_features.size() + 1, FEATURE_WIDTH),
            (problem.train.items() + 1, width),
        ],
        user_bags: USER_BAGS.to_vec(),
        user_numbers: 0,
        item_bags: ITEM_BAGS.to_vec(),
        item_numbers: 0,
    }
}

/// All items as the tower reads them.
pub(super) fn item_rows(problem: &LeaveOneOut) -> InputRows {
    let mut items = InputRows::new(ITEM_BAGS.len(), 0);
    for item in 0..problem.train.items() as u32 {
        items.push(&item_input(item, &problem.item_features));
    }
    items
}

/// Trains on the training part of `problem`. Nobody with two choices or nothing to choose from leaves the weights as they
/// were drawn.
///
/// # Errors
/// [`crate::TrainerError::Cancelled`] on request.
pub(crate) fn fit_id_towers(
    problem: &LeaveOneOut,
    options: &IdTowerOptions,
    seed: u64,
    progress: &dyn Progress,
) -> Result<IdTowers> {
    let mut random = Random::new(seed);
    let shape = shape(problem, options);
    let mut run = Run {
        problem,
        options,
        items: item_rows(problem),
        assembly: Assembly::new(problem.train.items()),
        learning: Learning::new(&shape, options.learning_rate, options.l2, &mut random),
        random,
    };
    let mut users: Vec<u32> = (0..problem.train.users() as u32).collect();
    users.retain(|&user| problem.train.of_user(user).len() > 1);
    let batch = options.batch.max(1);
    let steps = options.epochs * users.len().div_ceil(batch);
    let mut step = 0;
    for _ in 0..options.epochs {
        run.random.shuffle(&mut users);
        for together in users.chunks(batch) {
            check(progress)?;
            let left = 1.0 - f64::from(step) / steps as f64;
            run.learning.set_learning_rate(options.learning_rate * left);
            run.assemble(together);
            run.learning.step(run.assembly.batch(), options.temperature);
            step += 1;
        }
        progress.advance(1);
    }
    Ok(embed(&run.learning.parameters.to_two_tower(), problem))
}

/// Everybody with all they chose, by the shipped forward pass.
fn embed(model: &TwoTower, problem: &LeaveOneOut) -> IdTowers {
    let items: Vec<Embedding> = (0..problem.train.items() as u32)
        .map(|item| model.embed_item(&item_input(item, &problem.item_features)))
        .collect();
    let users = (0..problem.train.users() as u32).map(|user| {
        let past = problem.train.of_user(user);
        let pooled = TwoTower::pool(past.iter().map(|&item| (&items[item as usize], 1.0)));
        let input = user_input(user, past.iter().copied(), &problem.user_features);
        model.embed_viewpoint(&input, &pooled)
    });
    IdTowers {
        users: users.collect(),
        items,
    }
}

pub(super) struct Run<'a> {
    pub(super) problem: &'a LeaveOneOut,
    pub(super) options: &'a IdTowerOptions,
    /// All items as the tower reads them.
    pub(super) items: InputRows,
    pub(super) assembly: Assembly,
    pub(super) learning: Learning,
    pub(super) random: Random,
}

impl Run<'_> {
    /// Puts the batch of these users together.
    pub(super) fn assemble(&mut self, users: &[u32]) {
        let Self {
            problem,
            options,
            items,
            assembly,
            random,
            ..
        } = self;
        let train = &problem.train;
        let hidden = Hidden {
            bags: vec![0],
            share: options.dropout,
        };
        let mut rows = InputRows::new(USER_BAGS.len(), 0);
        assembly.begin(items, &rows);
        let is_whole = options.negatives >= train.items();
        let by_uniform = if is_whole {
            1.0
        } else {
            let others = 1.0 - 1.0 / train.items().max(1) as f64;
            1.0 - libm::pow(others, options.negatives as f64)
        };
        let asked_share = 1.0 - options.kept;
        let chance = |item: u32| {
            let by_user = train.of_item(item).len() as f64 * asked_share / train.users() as f64;
            1.0 - (1.0 - by_uniform) * libm::pow(1.0 - by_user.min(1.0), users.len() as f64)
        };
        let split: Vec<(Vec<u32>, Vec<u32>)> = users
            .iter()
            .map(|&user| divide(train.of_user(user), options.kept, random))
            .collect();
        let uniform: Vec<u32> = if is_whole {
            (0..train.items() as u32).collect()
        } else {
            (0..options.negatives)
                .map(|_| random.below(train.items()) as u32)
                .collect()
        };
        for item in split
            .iter()
            .flat_map(|(_, asked)| asked)
            .copied()
            .chain(uniform)
        {
            assembly.number(item, |to| hidden.push(to, items, item as usize, random));
            assembly.column(item, -libm::log(chance(item)) as f32);
        }
        for (&user, (past, asked)) in users.iter().zip(&split) {
            rows.push(&user_input(
                user,
                past.iter().copied(),
                &problem.user_features,
            ));
            let share = 1.0 / past.len().max(1) as f32;
            let past: Vec<u32> = past
                .iter()
                .map(|&item| {
                    assembly.number(item, |to| hidden.push(to, items, item as usize, random))
                })
                .collect();
            let own = train.of_user(user);
            let masked: Vec<u32> = own
                .iter()
                .filter(|item| asked.binary_search(item).is_err())
                .filter_map(|&item| assembly.column_of(item))
                .collect();
            let weight = libm::pow(asked.len() as f64, options.activity - 1.0) as f32;
            let targets: Vec<(u32, f32)> = asked
                .iter()
                .filter_map(|&item| assembly.column_of(item))
                .map(|column| (column, weight))
                .collect();
            let batch = assembly.batch_mut();
            hidden.push(&mut batch.users, &rows, batch.histories.len(), random);
            batch
                .histories
                .push(past.into_iter().map(|number| (number, share)));
            batch.questions.targets.push(targets);
            batch.questions.masked.push(masked);
        }
    }
}

/// What is read and what is asked for, both ascending; at least one of each.
fn divide(chosen: &[u32], kept: f64, random: &mut Random) -> (Vec<u32>, Vec<u32>) {
    let (mut past, mut asked): (Vec<u32>, Vec<u32>) =
        chosen.iter().partition(|_| random.uniform() < kept);
    if asked.is_empty() {
        asked.extend(past.pop());
    }
    if past.is_empty() && asked.len() > 1 {
        past.extend(asked.pop());
    }
    (past, asked)
}
