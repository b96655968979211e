//! Which learners are judged, by name?

use triqueta::model::IdOnlyNeuMf;

use super::{PairScorer, collaborative, ensemble};
use crate::Result;
use crate::fit::{
    IdTowerOptions, InteractionMachine, InteractionMachineOptions, NeuralCfOptions, fit_id_only,
    fit_id_towers,
};
use crate::interactions::LeaveOneOut;
use crate::progress::Progress;

/// A learner: from a problem's training part and a seed to a model.
#[derive(Clone, Copy)]
pub struct Learner {
    /// Its name on the command line and in reports.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// Learns.
    pub fit: Fit,
}

/// What [`Learner::fit`] is: only the training part and the features may be looked at.
pub type Fit = fn(&LeaveOneOut, u64, &dyn Progress) -> Result<Box<dyn PairScorer>>;

/// All learners, in the order of tables.
pub const LEARNERS: &[Learner] = &[
    Learner {
        name: "random",
        about: "chance: every item scores the same, and metrics take ties as expectations",
        fit: |_, _, _| Ok(Box::new(Popularity(Vec::new()))),
    },
    Learner {
        name: "popularity",
        about: "how many users chose the item",
        fit: |problem, _, _| Ok(Box::new(Popularity::of(problem))),
    },
    Learner {
        name: "ials",
        about: "matrix factorisation by implicit alternating least squares, 64 factors, users folded in",
        fit: collaborative::ials,
    },
    Learner {
        name: "bpr",
        about: "matrix factorisation by Bayesian personalised ranking, 64 factors",
        fit: collaborative::bpr,
    },
    Learner {
        name: "svd",
        about: "truncated singular value decomposition, users folded in",
        fit: collaborative::svd,
    },
    Learner {
        name: "nmf",
        about: "non-negative matrix factorisation",
        fit: collaborative::nmf,
    },
    Learner {
        name: "item_item",
        about: "what each item says of the others (EASE)",
        fit: collaborative::item_item,
    },
    Learner {
        name: "ials_wide",
        about: "iALS with 160 factors, users folded in",
        fit: collaborative::ials_wide,
    },
    Learner {
        name: "ensemble",
        about: "iALS with 160 factors, EASE, BPR and the factorization machine, each user's scores standardised and summed",
        fit: ensemble::ensemble,
    },
    Learner {
        name: "fm",
        about: "factorization machine: ids, what is known of both, and the bag of what a user chose, logistic loss (Rendle 2010)",
        fit: machine,
    },
    Learner {
        name: "gmf",
        about: "generalised matrix factorisation: weighed products of factors, logistic loss (He et al. 2017)",
        fit: |problem, seed, progress| neural(problem, true, false, seed, progress),
    },
    Learner {
        name: "mlp",
        about: "a perceptron over both vectors, 64-32-16-8, logistic loss (He et al. 2017)",
        fit: |problem, seed, progress| neural(problem, false, true, seed, progress),
    },
    Learner {
        name: "neumf",
        about: "both of them, trained apart and then together (He et al. 2017)",
        fit: |problem, seed, progress| neural(problem, true, true, seed, progress),
    },
    Learner {
        name: "two_tower",
        about: "two towers of 16 numbers over ids, features and history; softmax over the catalogue",
        fit: |problem, seed, progress| {
            let options = IdTowerOptions::default();
            Ok(Box::new(fit_id_towers(problem, &options, seed, progress)?))
        },
    },
];

/// The learner of a name.
pub fn learner(name: &str) -> Option<&'static Learner> {
    LEARNERS.iter().find(|learner| learner.name == name)
}

/// The factorization machine, which the ensemble hears too.
pub(super) fn machine(
    problem: &LeaveOneOut,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Box<dyn PairScorer>> {
    let options = InteractionMachineOptions::default();
    Ok(Box::new(InteractionMachine::fit(
        problem, &options, seed, progress,
    )?))
}

/// Steps a pass of a neural learner has at least, where choices are few.
const LEAST_STEPS: usize = 256;

fn neural(
    problem: &LeaveOneOut,
    product: bool,
    perceptron: bool,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Box<dyn PairScorer>> {
    let mut options = NeuralCfOptions::default();
    // What is learned depends on the number of steps: few choices are taken in more steps, of fewer each.
    options.batch = (problem.train.len() / LEAST_STEPS).clamp(8, options.batch);
    if !(product && perceptron) {
        options.epochs = options.pretraining_epochs;
    }
    if !product {
        options.shape.product = 0;
    }
    if !perceptron {
        options.shape.perceptron = 0;
    }
    Ok(Box::new(fit_id_only(
        &problem.train,
        &options,
        seed,
        progress,
    )?))
}

impl PairScorer for IdOnlyNeuMf {
    fn scores(&self, user: u32, items: &[u32], out: &mut [f32]) {
        Self::scores(self, user, items, out);
    }
}

impl PairScorer for InteractionMachine {
    fn scores(&self, user: u32, items: &[u32], out: &mut [f32]) {
        for (score, &item) in out.iter_mut().zip(items) {
            *score = self.pair(user, item);
        }
    }
}

/// How many users chose each item; what is not counted scores 0.
struct Popularity(Vec<f32>);

impl Popularity {
    fn of(problem: &LeaveOneOut) -> Self {
        let items = 0..problem.train.items() as u32;
        Self(
            items
                .map(|item| problem.train.of_item(item).len() as f32)
                .collect(),
        )
    }
}

impl PairScorer for Popularity {
    fn scores(&self, _user: u32, items: &[u32], out: &mut [f32]) {
        for (score, &item) in out.iter_mut().zip(items) {
            *score = self.0.get(item as usize).copied().unwrap_or(0.0);
        }
    }
}
