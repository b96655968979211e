//! The training of the two-tower model: which examples, in which order, for how long.
//!
//! An example is a positive signal and the visitor's viewpoint just before it. Batches are drawn at random; the last part
//! of the examples in time is held out to decide when to stop, and a model that is to be published is then trained on
//! everything for as many epochs. The same examples and seed give the same weights, bit for bit, on one type of
//! processor: nothing depends on time or on the number of threads.

use triqueta::feature::{ACTIVITY_NUMBERS, ActivityRow, CONTEXT_NUMBERS, Schema, USER_NUMBERS};
use triqueta::math::Random;
use triqueta::model::{
    ACTIVITY_TABLES, NAMING_BAGS, TABLE_WIDTHS, TowerInput, TwoTower, USER_TABLES,
};

use super::assembly::{Assembly, Hidden};
use super::frequency::Frequency;
use super::input_rows::InputRows;
use super::towers::{Batch, Learning, Parameters, Shape};
use crate::Result;
use crate::choices::Viewpoint;
use crate::progress::{Progress, check};

/// One positive signal to learn from.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The visitor just before.
    pub viewpoint: Viewpoint,
    /// Number of the activity in the items.
    pub item: u32,
}

/// How the towers are trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TowerOptions {
    /// The most passes over the examples. Too many learn the log by heart; early stopping prevents it.
    pub epochs: usize,
    /// Examples a step, each a negative for the others: larger batches make harder contrasts and fewer steps.
    pub batch: usize,
    /// Step length. Low ones need more epochs, high ones never settle.
    pub learning_rate: f64,
    /// What the cosine is divided by. Low ones separate near neighbours sharply, high ones learn only the coarse order.
    pub temperature: f64,
    /// Pull of the weights towards zero.
    pub l2: f64,
    /// Share of organisers, series and tags that are hidden in training: 0 trusts names, 1 knows none.
    pub dropout: f64,
    /// Activities drawn uniformly as further negatives of every batch, as a share of its examples: 0 contrasts only with
    /// what others chose, large ones spend the contrast on activities nobody would choose.
    pub uniform_negatives: f64,
    /// Share of the examples, the last in time, that decide when to stop.
    pub validation: f64,
    /// Epochs without improvement before stopping.
    pub patience: usize,
}

impl Default for TowerOptions {
    fn default() -> Self {
        Self {
            epochs: 20,
            batch: 256,
            learning_rate: 3e-3,
            temperature: 0.1,
            l2: 1e-5,
            dropout: 0.1,
            uniform_negatives: 0.0,
            validation: 0.1,
            patience: 3,
        }
    }
}

/// A trained model and how it went.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedTowers {
    /// The weights.
    pub model: TwoTower,
    /// How many epochs they took.
    pub epochs: usize,
    /// Mean loss of the held-out examples after each epoch; empty where nothing was held out.
    pub validation_loss: Vec<f64>,
}

/// Trains with early stopping on the last part of `examples`, which are in order of time. Without examples the weights
/// stay as they were drawn.
///
/// # Errors
/// [`crate::TrainerError::Cancelled`] on request.
pub fn fit_towers(
    schema: &Schema,
    items: &[ActivityRow],
    examples: &[Example],
    options: &TowerOptions,
    seed: u64,
    progress: &dyn Progress,
) -> Result<FittedTowers> {
    let held_out = (examples.len() as f64 * options.validation.clamp(0.0, 0.5)) as usize;
    let learned = examples.len() - held_out;
    let mut run = Run::new(schema, items, examples, learned, options, seed);
    let mut best: Option<(f64, usize, Parameters<f32>)> = None;
    let mut validation_loss = Vec::new();
    for epoch in 1..=options.epochs {
        run.epoch(progress)?;
        if held_out == 0 {
            continue;
        }
        let loss = run.held_out_loss();
        validation_loss.push(loss);
        if loss.is_finite() && best.as_ref().is_none_or(|(least, ..)| loss < *least) {
            best = Some((loss, epoch, run.learning.parameters.clone()));
        }
        if best
            .as_ref()
            .is_none_or(|(_, at, _)| epoch >= at + options.patience)
        {
            break;
        }
    }
    let (epochs, parameters) = match best {
        Some((_, epoch, parameters)) => (epoch, parameters),
        None => (options.epochs, run.learning.parameters),
    };
    Ok(FittedTowers {
        model: finite_or_random(parameters, schema, seed),
        epochs,
        validation_loss,
    })
}

/// Trains on all of `examples` for a fixed number of epochs.
///
/// # Errors
/// [`crate::TrainerError::Cancelled`] on request.
pub fn fit_towers_for(
    schema: &Schema,
    items: &[ActivityRow],
    examples: &[Example],
    options: &TowerOptions,
    epochs: usize,
    seed: u64,
    progress: &dyn Progress,
) -> Result<FittedTowers> {
    let mut run = Run::new(schema, items, examples, examples.len(), options, seed);
    for _ in 0..epochs {
        run.epoch(progress)?;
    }
    Ok(FittedTowers {
        model: finite_or_random(run.learning.parameters, schema, seed),
        epochs,
        validation_loss: Vec::new(),
    })
}

/// Weights that went astray never leave: untrained ones do, and the blend, which sees only cosines, gives them no weight.
fn finite_or_random(parameters: Parameters<f32>, schema: &Schema, seed: u64) -> TwoTower {
    if parameters.is_finite() {
        parameters.to_two_tower()
    } else {
        Parameters::<f32>::random(&shape_of(schema), &mut Random::new(seed)).to_two_tower()
    }
}

/// The shape of the event towers under a schema.
pub(super) fn shape_of(schema: &Schema) -> Shape {
    let words = &schema.words;
    let rows = [
        words.tags.size(),
        words.types.size(),
        words.localities.size(),
        words.levels.size(),
        words.organisers.size(),
        words.series.size(),
        schema.city.seasons.len() + 1,
        7,
        6,
        windows_of(schema),
    ];
    let tables = rows.into_iter().zip(TABLE_WIDTHS);
    Shape {
        tables: tables.map(|(rows, (_, width))| (rows, width)).collect(),
        user_bags: USER_TABLES.to_vec(),
        user_numbers: USER_NUMBERS.len() + CONTEXT_NUMBERS.len(),
        item_bags: ACTIVITY_TABLES.to_vec(),
        item_numbers: ACTIVITY_NUMBERS.len(),
    }
}

fn windows_of(schema: &Schema) -> usize {
    schema.city.availability.len().min(16)
}

/// Examples and activities as the towers read them.
pub(super) struct Rows<'a> {
    pub(super) items: InputRows,
    pub(super) users: InputRows,
    pub(super) examples: &'a [Example],
}

impl<'a> Rows<'a> {
    pub(super) fn new(schema: &Schema, items: &[ActivityRow], examples: &'a [Example]) -> Self {
        let shape = shape_of(schema);
        let mut rows = Self {
            items: InputRows::new(shape.item_bags.len(), shape.item_numbers),
            users: InputRows::new(shape.user_bags.len(), shape.user_numbers),
            examples,
        };
        for item in items {
            rows.items.push(&TowerInput::of_activity(item));
        }
        for example in examples {
            let user = &example.viewpoint.user;
            rows.users
                .push(&TowerInput::of_user(user, windows_of(schema)));
        }
        rows
    }

    /// Puts a mini-batch of examples together, each activity once, and as many more activities as uniform negatives. For
    /// each row the activities the visitor already has are no negatives.
    pub(super) fn assemble(
        &self,
        assembly: &mut Assembly,
        chosen: &[usize],
        uniform: usize,
        hidden: &Hidden,
        frequency: &Frequency,
        random: &mut Random,
    ) {
        let items = self.items.len();
        let drawn: Vec<u32> = (0..if items > 0 { uniform } else { 0 })
            .map(|_| random.below(items) as u32)
            .collect();
        let by_uniform = 1.0 - libm::pow(1.0 - 1.0 / items.max(1) as f64, uniform as f64);
        assembly.begin(&self.items, &self.users);
        let positives = chosen.iter().map(|&number| self.examples[number].item);
        for item in positives.chain(drawn) {
            assembly.number(item, |to| {
                hidden.push(to, &self.items, item as usize, random)
            });
            let in_batch = f64::from(frequency.probability(item as usize));
            let q = 1.0 - (1.0 - in_batch) * (1.0 - by_uniform);
            assembly.column(item, -libm::log(q) as f32);
        }
        for &number in chosen {
            let example = &self.examples[number];
            let history = &example.viewpoint.history;
            let total: f32 = history.iter().map(|(_, weight)| weight.abs()).sum();
            let share = |weight: f32| if total > 0.0 { weight / total } else { 0.0 };
            let mut past = Vec::with_capacity(history.len());
            let mut masked = Vec::new();
            for &(item, weight) in history {
                let push = |to: &mut InputRows| hidden.push(to, &self.items, item as usize, random);
                past.push((assembly.number(item, push), share(weight)));
                let column = assembly.column_of(item);
                masked.extend(column.filter(|_| weight > 0.0 && item != example.item));
            }
            let target = assembly.column_of(example.item).map(|column| (column, 1.0));
            let batch = assembly.batch_mut();
            batch.users.push_from(&self.users, number, |_, code| code);
            batch.histories.push(past);
            batch.questions.targets.push(target);
            batch.questions.masked.push(masked);
        }
    }
}

/// Puts one mini-batch after the other together.
struct Drawing<'a> {
    rows: Rows<'a>,
    hidden: Hidden,
    frequency: Frequency,
    random: Random,
    step: u32,
}

impl Drawing<'_> {
    /// The next batch, of these examples.
    fn draw(&mut self, assembly: &mut Assembly, chosen: &[usize], options: &TowerOptions) {
        self.step += 1;
        for &number in chosen {
            let item = self.rows.examples[number].item as usize;
            self.frequency.observe(item, self.step);
        }
        let uniform = (options.uniform_negatives.max(0.0) * chosen.len() as f64) as usize;
        self.rows.assemble(
            assembly,
            chosen,
            uniform,
            &self.hidden,
            &self.frequency,
            &mut self.random,
        );
    }
}

struct Run<'a> {
    options: &'a TowerOptions,
    drawing: Drawing<'a>,
    /// Examples from here on are held out.
    learned: usize,
    learning: Learning,
    /// The batch that is learned from, and the one that is drawn meanwhile.
    assemblies: [Assembly; 2],
}

impl<'a> Run<'a> {
    fn new(
        schema: &Schema,
        items: &[ActivityRow],
        examples: &'a [Example],
        learned: usize,
        options: &'a TowerOptions,
        seed: u64,
    ) -> Self {
        let mut random = Random::new(seed);
        let shape = shape_of(schema);
        let steps = learned.div_ceil(options.batch.max(1));
        let learning = Learning::new(&shape, options.learning_rate, options.l2, &mut random);
        Self {
            options,
            drawing: Drawing {
                rows: Rows::new(schema, items, examples),
                hidden: Hidden {
                    bags: NAMING_BAGS.to_vec(),
                    share: options.dropout,
                },
                frequency: Frequency::new(items.len(), steps as f32, 0.05),
                random,
                step: 0,
            },
            learned,
            learning,
            assemblies: [(); 2].map(|()| Assembly::new(items.len())),
        }
    }

    fn epoch(&mut self, progress: &dyn Progress) -> Result<()> {
        let mut order: Vec<usize> = (0..self.learned).collect();
        self.drawing.random.shuffle(&mut order);
        let Self {
            options,
            drawing,
            learning,
            assemblies: [current, next],
            ..
        } = self;
        let mut batches = order.chunks(options.batch.max(1));
        let mut ahead = batches.next();
        if let Some(first) = ahead {
            drawing.draw(next, first, options);
        }
        while ahead.is_some() {
            check(progress)?;
            std::mem::swap(current, next);
            ahead = batches.next();
            // What is drawn does not depend on what is learned: a second thread need not wait for it.
            rayon::join(
                || learning.step(current.batch(), options.temperature),
                || {
                    if let Some(chosen) = ahead {
                        drawing.draw(next, chosen, options);
                    }
                },
            );
        }
        progress.advance(1);
        Ok(())
    }

    /// The mean loss of the held-out examples, in batches of neighbours in time, each against what the others chose.
    fn held_out_loss(&mut self) -> f64 {
        let Drawing {
            rows,
            frequency,
            random,
            ..
        } = &mut self.drawing;
        let held_out: Vec<usize> = (self.learned..rows.examples.len()).collect();
        let nothing = Hidden {
            bags: Vec::new(),
            share: 0.0,
        };
        let [assembly, _] = &mut self.assemblies;
        let mut total = 0.0;
        for together in held_out.chunks(self.options.batch.max(1)) {
            rows.assemble(assembly, together, 0, &nothing, frequency, random);
            let batch: &Batch = assembly.batch();
            let loss = self
                .learning
                .parameters
                .loss(batch, self.options.temperature);
            total += together.len() as f64 * loss;
        }
        total / held_out.len().max(1) as f64
    }
}
