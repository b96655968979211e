//! NeuMF with 32 products and a perceptron of 64, 32, 16 and 8, four negatives a choice, batches of 256 choices, on the
//! choices of the first thousand users.

use std::path::Path;
use std::time::Instant;

use triqueta_trainer::fit::{NeuralCfOptions, fit_id_only};
use triqueta_trainer::progress::Silent;

use super::Measured;
use super::choices::Choices;

const USERS: usize = 1_000;

pub(super) fn measure(folder: &Path) -> Measured {
    let choices = Choices::read(folder, USERS);
    let options = NeuralCfOptions {
        pretraining_epochs: 0,
        epochs: 3,
        batch: 256,
        negatives: 4,
        learning_rate: 3e-3,
        l2: 0.0,
        ..NeuralCfOptions::default()
    };
    let start = Instant::now();
    let model = fit_id_only(&choices.train, &options, 1, &Silent).expect("nobody stops it");
    let seconds = start.elapsed().as_secs_f64();
    Measured {
        examples: choices.train.len() * (1 + options.negatives) * options.epochs,
        seconds,
        accuracy: choices.hits(|user, items, out| model.scores(user, items, out)),
    }
}
