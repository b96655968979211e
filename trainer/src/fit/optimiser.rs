//! Steps of Adam (Kingma and Ba 2015) for all layers and tables of a model: what a number remembers, and the clock.

use rayon::prelude::*;

use super::layers::Layers;
use super::real::Real;
use super::simd::vectorised;
use super::sparse_adam::{Step, step_slice};
use super::tables::{Table, TableGradient};

/// What the optimiser remembers of each number of a block.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Moments<F> {
    first: Vec<F>,
    second: Vec<F>,
}

impl<F: Real> Moments<F> {
    /// Nothing yet, for a block of so many numbers.
    pub(crate) fn new(length: usize) -> Self {
        Self {
            first: vec![F::zero(); length],
            second: vec![F::zero(); length],
        }
    }
}

/// The optimiser's settings and its clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Optimiser {
    learning_rate: f64,
    l2: f64,
    steps: i32,
}

impl Optimiser {
    /// `learning_rate` is the step length: low ones need more epochs, high ones never settle. `l2` pulls weights and
    /// touched rows (not biases) towards zero: 0 trusts the data alone, large values forget it.
    pub(crate) fn new(learning_rate: f64, l2: f64) -> Self {
        Self {
            learning_rate,
            l2,
            steps: 0,
        }
    }

    /// Begins the next step; every block is then moved once.
    pub(crate) fn advance(&mut self) {
        self.steps = self.steps.saturating_add(1);
    }

    /// Changes the step length, for schedules.
    pub(crate) fn set_learning_rate(&mut self, learning_rate: f64) {
        self.learning_rate = learning_rate;
    }

    /// Moves all layers; `moments` has one entry a block of [`Layers::blocks`].
    pub(crate) fn step_layers<F: Real>(
        &self,
        layers: &mut Layers<F>,
        gradient: &Layers<F>,
        moments: &mut [Moments<F>],
    ) {
        let step = Step::new(self.learning_rate, self.steps);
        let blocks = layers.blocks_mut().zip(gradient.blocks()).zip(moments);
        for (number, ((values, gradient), moments)) in blocks.enumerate() {
            // Weights and biases take turns.
            let l2 = F::of_f64(if number % 2 == 0 { self.l2 } else { 0.0 });
            let Moments { first, second } = moments;
            vectorised(
                #[inline(always)]
                || step_slice(values, gradient, first, second, l2, step),
            );
        }
    }

    /// Moves the touched rows of tables, several tables at a time: the others' moments stay ("lazy"), so that a step costs
    /// what the batch touched, whatever the vocabulary.
    pub(crate) fn step_tables<F: Real>(
        &self,
        tables: &mut [Table<F>],
        gradients: &[TableGradient<F>],
        moments: &mut [Moments<F>],
    ) {
        let step = Step::new(self.learning_rate, self.steps);
        let l2 = F::of_f64(self.l2);
        let together = tables.par_iter_mut().zip(gradients).zip(moments);
        together.for_each(|((table, gradient), moments)| {
            let width = table.width;
            vectorised(
                #[inline(always)]
                || {
                    for &row in &gradient.touched {
                        let place = row as usize * width..(row as usize + 1) * width;
                        step_slice(
                            &mut table.values[place.clone()],
                            &gradient.values[place.clone()],
                            &mut moments.first[place.clone()],
                            &mut moments.second[place],
                            l2,
                            step,
                        );
                    }
                },
            );
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_touched_rows_move() {
        let mut optimiser = Optimiser::new(0.1, 0.01);
        let mut tables = [Table {
            width: 2,
            values: vec![1.0_f32; 6],
        }];
        let mut gradients = [TableGradient::zeros_like(&tables[0])];
        gradients[0].add(1, 1.0, &[3.0, -3.0]);
        optimiser.advance();
        optimiser.step_tables(&mut tables, &gradients, &mut [Moments::new(6)]);
        let values = &tables[0].values;
        assert_eq!([values[0], values[1], values[4], values[5]], [1.0; 4]);
        assert!(values[2] < 1.0 && values[3] > 1.0);
    }
}
