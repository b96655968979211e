//! Adam (Kingma and Ba 2015) with a row-sparse form for embedding tables: a row's moments move only when the row was
//! read ("lazy"), so that a step costs what the batch touched, whatever the vocabulary.

use ndarray::Array2;

use super::layers::{Layer, TowerLayers};
use super::parameters::{Gradients, Parameters};
use super::real::Real;

const BETA_FIRST: f64 = 0.9;
const BETA_SECOND: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// The optimiser's state.
#[derive(Debug, Clone)]
pub(super) struct Adam<F> {
    step: i32,
    learning_rate: f64,
    l2: f64,
    first: Parameters<F>,
    second: Parameters<F>,
}

/// The numbers of one step.
#[derive(Clone, Copy)]
struct Rates<F> {
    step: F,
    second_correction: F,
    l2: F,
}

impl<F: Real> Adam<F> {
    /// Starts for these parameters. `l2` pulls weights and touched rows (not biases) towards zero: 0 trusts the data
    /// alone, large values forget it.
    pub(super) fn new(parameters: &Parameters<F>, learning_rate: f64, l2: f64) -> Self {
        Self {
            step: 0,
            learning_rate,
            l2,
            first: parameters.zeros_like(),
            second: parameters.zeros_like(),
        }
    }

    /// One step along the gradients.
    pub(super) fn step(&mut self, parameters: &mut Parameters<F>, gradients: &Gradients<F>) {
        self.step = self.step.saturating_add(1);
        let rates = Rates {
            step: F::of_f64(
                self.learning_rate / (1.0 - libm::pow(BETA_FIRST, f64::from(self.step))),
            ),
            second_correction: F::of_f64(
                1.0 / (1.0 - libm::pow(BETA_SECOND, f64::from(self.step))),
            ),
            l2: F::of_f64(self.l2),
        };
        for ((tower, gradient), (first, second)) in [
            (&mut parameters.user, &gradients.user),
            (&mut parameters.activity, &gradients.activity),
        ]
        .into_iter()
        .zip([
            (&mut self.first.user, &mut self.second.user),
            (&mut self.first.activity, &mut self.second.activity),
        ]) {
            step_tower(tower, gradient, first, second, rates);
        }
        for (index, touched) in gradients.tables.touched.iter().enumerate() {
            let table = &mut parameters.tables.tables[index];
            let (first, second) = (
                &mut self.first.tables.tables[index],
                &mut self.second.tables.tables[index],
            );
            for &row in touched {
                step_row(
                    table,
                    &gradients.tables.tables[index],
                    first,
                    second,
                    row,
                    rates,
                );
            }
        }
    }
}

fn step_tower<F: Real>(
    tower: &mut TowerLayers<F>,
    gradient: &TowerLayers<F>,
    first: &mut TowerLayers<F>,
    second: &mut TowerLayers<F>,
    rates: Rates<F>,
) {
    for (((layer, gradient), first), second) in tower
        .layers
        .iter_mut()
        .zip(&gradient.layers)
        .zip(&mut first.layers)
        .zip(&mut second.layers)
    {
        let Layer { weight, bias } = layer;
        let weights = weight
            .iter_mut()
            .zip(&gradient.weight)
            .zip(&mut first.weight)
            .zip(&mut second.weight);
        weights.for_each(|(((w, &g), m), v)| step_number(w, g + rates.l2 * *w, m, v, rates));
        let biases = bias
            .iter_mut()
            .zip(&gradient.bias)
            .zip(&mut first.bias)
            .zip(&mut second.bias);
        biases.for_each(|(((w, &g), m), v)| step_number(w, g, m, v, rates));
    }
}

fn step_row<F: Real>(
    table: &mut Array2<F>,
    gradient: &Array2<F>,
    first: &mut Array2<F>,
    second: &mut Array2<F>,
    row: usize,
    rates: Rates<F>,
) {
    let (mut values, mut first, mut second) =
        (table.row_mut(row), first.row_mut(row), second.row_mut(row));
    let numbers = values
        .iter_mut()
        .zip(gradient.row(row))
        .zip(&mut first)
        .zip(&mut second);
    numbers.for_each(|(((w, &g), m), v)| step_number(w, g + rates.l2 * *w, m, v, rates));
}

fn step_number<F: Real>(
    value: &mut F,
    gradient: F,
    first: &mut F,
    second: &mut F,
    rates: Rates<F>,
) {
    let (beta_first, beta_second) = (F::of_f64(BETA_FIRST), F::of_f64(BETA_SECOND));
    *first = beta_first * *first + (F::one() - beta_first) * gradient;
    *second = beta_second * *second + (F::one() - beta_second) * gradient * gradient;
    *value -=
        rates.step * *first / ((*second * rates.second_correction).root() + F::of_f64(EPSILON));
}
