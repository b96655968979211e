//! Every gradient against finite differences, and the mini-batch forward pass against the shipped one.

#![allow(clippy::unwrap_used, clippy::panic)]

use triqueta::catalog::Words;
use triqueta::feature::{ActivityRow, Schema};
use triqueta::math::Random;
use triqueta::model::{EMBEDDING, Models, NAMING_BAGS, TABLE_WIDTHS};

use super::assembly::{Assembly, Hidden};
use super::frequency::Frequency;
use super::layers::Layers;
use super::tables::Table;
use super::towers::{Batch, Gradients, Parameters, Side};
use super::two_tower::{Example, Rows, shape_of};
use crate::choices::{Lens, positives};
use crate::replay::catalog_of;
use crate::testing;

const TEMPERATURE: f64 = 0.2;

struct Ground {
    schema: Schema,
    items: Vec<ActivityRow>,
    examples: Vec<Example>,
}

fn ground() -> Ground {
    let dataset = testing::dataset(120, 3);
    let words = Words::learn(&dataset.activities, [], 1).unwrap();
    let catalog = catalog_of(&dataset, words.clone()).unwrap();
    let counts = vec![5; words.tags.size()];
    let schema = Schema::new(dataset.city.clone(), words, &counts, catalog.len(), 30.0);
    let mut lens = Lens::new(&dataset, &schema, &catalog, 14.0);
    let positives = positives(&dataset, &catalog);
    let examples = positives.iter().map(|positive| {
        let mut viewpoint = lens.viewpoint(&positive.key, positive.time_ms);
        viewpoint.user.availability = (positive.row.0 % 4) as u16;
        Example {
            viewpoint,
            item: positive.row.0,
        }
    });
    let examples = examples.collect();
    Ground {
        schema,
        items: Lens::items(&catalog),
        examples,
    }
}

impl Ground {
    fn random(&self, seed: u64) -> Parameters<f32> {
        Parameters::random(&shape_of(&self.schema), &mut Random::new(seed))
    }

    /// The last examples, which have histories, with frequencies that differ and a few uniform negatives.
    fn batch(&self, size: usize, hidden: f64) -> Batch {
        let rows = Rows::new(&self.schema, &self.items, &self.examples);
        let mut frequency = Frequency::new(self.items.len(), 5.0, 0.5);
        for (step, example) in (1..).zip(&self.examples) {
            frequency.observe(example.item as usize, step);
        }
        let chosen: Vec<usize> = (0..self.examples.len()).rev().take(size).collect();
        let mut assembly = Assembly::new(self.items.len());
        let hidden = Hidden {
            bags: NAMING_BAGS.to_vec(),
            share: hidden,
        };
        let mut random = Random::new(5);
        rows.assemble(
            &mut assembly,
            &chosen,
            size / 2,
            &hidden,
            &frequency,
            &mut random,
        );
        assembly.batch().clone()
    }
}

/// Every block of weights as a name, its length, and access to one of its numbers.
type Access = Box<dyn Fn(&mut Parameters<f64>, usize) -> &mut f64>;

fn blocks(parameters: &Parameters<f64>) -> Vec<(String, usize, Access)> {
    let mut blocks: Vec<(String, usize, Access)> = Vec::new();
    for (table, (name, _)) in TABLE_WIDTHS.iter().enumerate() {
        let length = parameters.tables[table].values.len();
        let access: Access = Box::new(move |p, at| &mut p.tables[table].values[at]);
        blocks.push(((*name).to_owned(), length, access));
    }
    for (number, block) in parameters.user.layers.blocks().enumerate() {
        let access: Access =
            Box::new(move |p, at| &mut p.user.layers.blocks_mut().nth(number).unwrap()[at]);
        blocks.push((format!("user {number}"), block.len(), access));
    }
    for (number, block) in parameters.item.layers.blocks().enumerate() {
        let access: Access =
            Box::new(move |p, at| &mut p.item.layers.blocks_mut().nth(number).unwrap()[at]);
        blocks.push((format!("activity {number}"), block.len(), access));
    }
    blocks
}

/// Gradients in the shape of the parameters.
fn as_parameters(gradients: &Gradients<f64>, like: &Parameters<f64>) -> Parameters<f64> {
    let side = |layers: &Layers<f64>, like: &Side<f64>| Side {
        bags: like.bags.clone(),
        layers: layers.clone(),
    };
    let tables = gradients.tables.iter().zip(&like.tables);
    Parameters {
        tables: tables
            .map(|(gradient, table)| Table {
                width: table.width,
                values: gradient.values.clone(),
            })
            .collect(),
        user: side(&gradients.user, &like.user),
        item: side(&gradients.item, &like.item),
    }
}

#[test]
fn every_gradient_agrees_with_finite_differences() {
    let ground = ground();
    let batch = ground.batch(12, 0.2);
    let masked = &batch.questions.masked;
    assert!((0..masked.len()).any(|row| !masked.of(row).is_empty()));
    assert!((0..12).any(|row| batch.histories.of(row).len() > 1));
    assert!(batch.columns.len() > 12, "no uniform negatives");
    let mut random = Random::new(11);
    let mut parameters = ground.random(11).convert::<f64>();
    let mut gradients = Gradients::zeros_like(&parameters);
    parameters.gradients(&batch, TEMPERATURE, &mut gradients);
    let mut analytic = as_parameters(&gradients, &parameters);
    let step = 1e-6;
    for (name, length, at) in blocks(&parameters) {
        let points: Vec<usize> = if length <= 200 {
            (0..length).collect()
        } else {
            (0..200).map(|_| random.below(length)).collect()
        };
        let mut moved = false;
        for point in points {
            let original = *at(&mut parameters, point);
            *at(&mut parameters, point) = original + step;
            let above = parameters.loss(&batch, TEMPERATURE);
            *at(&mut parameters, point) = original - step;
            let below = parameters.loss(&batch, TEMPERATURE);
            *at(&mut parameters, point) = original;
            let numeric = (above - below) / (2.0 * step);
            let exact = *at(&mut analytic, point);
            let tolerance = 1e-3 * exact.abs().max(numeric.abs()) + 1e-8;
            assert!(
                (exact - numeric).abs() < tolerance,
                "{name}[{point}]: {exact} against {numeric}"
            );
            moved |= exact != 0.0;
        }
        assert!(moved, "no weight of {name} has a gradient");
    }
}

#[test]
fn single_precision_gives_the_gradients_of_double() {
    let ground = ground();
    let batch = ground.batch(48, 0.0);
    let single = ground.random(4);
    let double = single.convert::<f64>();
    let (mut g32, mut g64) = (
        Gradients::zeros_like(&single),
        Gradients::zeros_like(&double),
    );
    let losses = (
        single.gradients(&batch, TEMPERATURE, &mut g32),
        double.gradients(&batch, TEMPERATURE, &mut g64),
    );
    assert!((losses.0 - losses.1).abs() < 1e-5, "{losses:?}");
    for (a, b) in g32.user.blocks().zip(g64.user.blocks()) {
        let scale = b.iter().map(|g| g.abs()).fold(0.0, f64::max);
        let close = |(a, b): (&f32, &f64)| (f64::from(*a) - b).abs() < 1e-4 * scale + 1e-7;
        assert!(a.iter().zip(b).all(close));
    }
}

#[test]
fn the_mini_batch_computes_what_the_recommender_ships() {
    let ground = ground();
    let batch = ground.batch(64, 0.0);
    let parameters = ground.random(8);
    let models = Models::from(parameters.to_two_tower());
    let shipped = models.activity_side(&ground.items);
    let (users, columns) = parameters.embed(&batch);
    let (users, columns): (Vec<_>, Vec<_>) = (
        users.chunks(EMBEDDING).collect(),
        columns.chunks(EMBEDDING).collect(),
    );
    for (number, example) in ground.examples.iter().rev().take(64).enumerate() {
        let visitor = example
            .viewpoint
            .visitor_side(&models, &ground.items, &shipped);
        let [(target, _)] = batch.questions.targets.of(number) else {
            panic!("one target an example")
        };
        let item = &shipped.embeddings[example.item as usize];
        let pairs = users[number].iter().zip(&visitor.embedding);
        for (batch, shipped) in pairs.chain(columns[*target as usize].iter().zip(item)) {
            assert!((batch - shipped).abs() <= 1e-5, "{batch} against {shipped}");
        }
    }
}
