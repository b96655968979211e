//! What is learned of one feature, in one place: its vector, its weight, and what the optimiser remembers of them.

use triqueta::math::Random;
use triqueta::model::FACTORS;

/// A vector of factors.
pub(super) type Factors = [f32; FACTORS];

/// One feature. Aligned, so that a vector is read in whole registers and a row never shares its cache lines.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(32))]
pub(super) struct Row<State> {
    pub(super) factors: Factors,
    pub(super) weight: f32,
    pub(super) state: State,
}

/// The rows of all features, and one more whose weight is the bias.
pub(super) fn random_rows<State: Copy + Default>(
    features: usize,
    deviation: f32,
    random: &mut Random,
) -> Vec<Row<State>> {
    let mut draw = || {
        let mut factors = [0.0; FACTORS];
        for factor in &mut factors {
            *factor = deviation * random.normal() as f32;
        }
        Row {
            factors,
            weight: 0.0,
            state: State::default(),
        }
    };
    let mut rows: Vec<Row<State>> = (0..features).map(|_| draw()).collect();
    rows.push(Row {
        factors: [0.0; FACTORS],
        ..draw()
    });
    rows
}
