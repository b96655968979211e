//! Which models does a bundle do without?
//!
//! Every model can be learned and judged; not every one makes the lists better. Those of [`OptionalModel`] are part of a
//! training only where [`super::TrainOptions::models`] names them. An evaluation learns the others too, so that each has
//! a row of its own: what they say then reaches neither the blend nor the trees.

use triqueta::model::{MODEL_INPUTS, ModelScores};

/// A model a training can do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OptionalModel {
    /// The factorization machine over visitor, activity and pair features. Under trees the score gains nothing to speak of
    /// from it (docs/accuracy.md).
    FactorizationMachine,
    /// NeuMF over what is known of each side: an input of the second look.
    NeuralCollaborativeFiltering,
    /// Wide & Deep over everything known of a pair: an input of the second look.
    WideDeep,
}

impl OptionalModel {
    /// All there are.
    pub const ALL: [Self; 3] = [
        Self::FactorizationMachine,
        Self::NeuralCollaborativeFiltering,
        Self::WideDeep,
    ];

    /// The name of its output among [`MODEL_INPUTS`], of its row in reports, and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::FactorizationMachine => "factorization_machine",
            Self::NeuralCollaborativeFiltering => "neural_collaborative_filtering",
            Self::WideDeep => "wide_deep",
        }
    }
}

/// What models say, without those that are learned for comparison only.
pub(super) fn heard(scores: &ModelScores, shipped: &[OptionalModel]) -> ModelScores {
    let mut heard = *scores;
    for (input, score) in MODEL_INPUTS.iter().zip(&mut heard) {
        let is_mute =
            |model: &OptionalModel| model.name() == input.name && !shipped.contains(model);
        if OptionalModel::ALL.iter().any(is_mute) {
            *score = 0.0;
        }
    }
    heard
}
