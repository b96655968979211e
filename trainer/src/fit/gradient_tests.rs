//! Every gradient against finite differences, and the mini-batch forward pass against the shipped one.

#![allow(clippy::unwrap_used)]

use triqueta::catalog::Words;
use triqueta::feature::{ActivityRow, Schema};
use triqueta::math::Random;
use triqueta::model::{Models, TABLE_WIDTHS};

use super::frequency::Frequency;
use super::parameters::{Batch, Gradients, Parameters};
use super::tables::Input;
use super::two_tower::{Example, build_batch};
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
    /// The last examples, which have histories, with frequencies that differ.
    fn batch(&self, size: usize) -> Batch {
        let inputs: Vec<Input> = self.items.iter().map(Input::of_activity).collect();
        let mut frequency = Frequency::new(inputs.len(), 5.0, 0.5);
        for (step, example) in (1..).zip(&self.examples) {
            frequency.observe(example.item as usize, step);
        }
        let examples: Vec<&Example> = self.examples.iter().rev().take(size).collect();
        build_batch(&inputs, &examples, 2, &frequency)
    }
}

/// Every block of weights as a name, its length, and access to one of its numbers.
type Access = Box<dyn Fn(&mut Parameters<f64>, usize) -> &mut f64>;

fn blocks(parameters: &Parameters<f64>) -> Vec<(String, usize, Access)> {
    let mut blocks: Vec<(String, usize, Access)> = Vec::new();
    for (table, (name, _)) in TABLE_WIDTHS.iter().enumerate() {
        let length = parameters.tables.tables[table].len();
        let access: Access =
            Box::new(move |p, at| p.tables.tables[table].iter_mut().nth(at).unwrap());
        blocks.push(((*name).to_owned(), length, access));
    }
    for layer in 0..3 {
        let shape = |tower: &super::layers::TowerLayers<f64>| {
            (
                tower.layers[layer].weight.len(),
                tower.layers[layer].bias.len(),
            )
        };
        let (user, activity) = (shape(&parameters.user), shape(&parameters.activity));
        let access: [(&str, usize, Access); 4] = [
            (
                "user weight",
                user.0,
                Box::new(move |p, at| p.user.layers[layer].weight.iter_mut().nth(at).unwrap()),
            ),
            (
                "user bias",
                user.1,
                Box::new(move |p, at| p.user.layers[layer].bias.iter_mut().nth(at).unwrap()),
            ),
            (
                "activity weight",
                activity.0,
                Box::new(move |p, at| p.activity.layers[layer].weight.iter_mut().nth(at).unwrap()),
            ),
            (
                "activity bias",
                activity.1,
                Box::new(move |p, at| p.activity.layers[layer].bias.iter_mut().nth(at).unwrap()),
            ),
        ];
        blocks.extend(
            access.map(|(name, length, access)| (format!("{name} {layer}"), length, access)),
        );
    }
    blocks
}

#[test]
fn every_gradient_agrees_with_finite_differences() {
    let ground = ground();
    let batch = ground.batch(12);
    assert!(
        batch.masked.iter().any(|&masked| masked) && batch.histories.iter().any(|h| h.len() > 1)
    );
    let mut random = Random::new(11);
    let mut parameters = Parameters::<f32>::random(&ground.schema, &mut random).convert::<f64>();
    let mut gradients = Gradients::zeros_like(&parameters);
    parameters.gradients(&batch, TEMPERATURE, &mut gradients);
    let mut analytic = Parameters {
        tables: super::tables::TableSet {
            tables: gradients.tables.tables.clone(),
        },
        user: gradients.user.clone(),
        activity: gradients.activity.clone(),
    };
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
    let batch = ground.batch(48);
    let single = Parameters::<f32>::random(&ground.schema, &mut Random::new(4));
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
    for (a, b) in g32.user.layers.iter().zip(&g64.user.layers) {
        let scale = b.weight.iter().map(|g| g.abs()).fold(0.0, f64::max);
        assert!(
            a.weight
                .iter()
                .zip(&b.weight)
                .all(|(a, b)| (f64::from(*a) - b).abs() < 1e-4 * scale + 1e-7)
        );
    }
}

#[test]
fn the_mini_batch_computes_what_the_recommender_ships() {
    let ground = ground();
    let batch = ground.batch(64);
    let parameters = Parameters::<f32>::random(&ground.schema, &mut Random::new(8));
    let models = Models {
        two_tower: parameters.to_two_tower(),
    };
    let shipped = models.activity_side(&ground.items);
    let (users, columns) = parameters.embed(&batch);
    for (number, example) in ground.examples.iter().rev().take(64).enumerate() {
        let visitor = example
            .viewpoint
            .visitor_side(&models, &ground.items, &shipped);
        let pairs = users.row(number).into_iter().zip(&visitor.embedding).chain(
            columns
                .row(number)
                .into_iter()
                .zip(&shipped.embeddings[example.item as usize]),
        );
        for (batch, shipped) in pairs {
            assert!((batch - shipped).abs() <= 1e-5, "{batch} against {shipped}");
        }
    }
}
