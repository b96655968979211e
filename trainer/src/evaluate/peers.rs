//! Who is compared? The trained score, its tower alone, and what needs no training. All scores come from
//! `triqueta::model` and `triqueta::feature`, as they would in a browser.

use std::collections::BTreeSet;

use triqueta::catalog::Catalog;
use triqueta::error::BundleError;
use triqueta::feature::{PAIR_FEATURES, PairRow};
use triqueta::model::{
    BoostedTrees, MODEL_INPUTS, ModelScores, PopularitySmoothing, Resolved, RuleOptions, Score,
    TriquetaRule, content_score, popularity_score, second_look,
};

use crate::choices::{Choice, Lens};

/// A way to rank, by name. A new one is one entry in [`PEERS`]: every protocol and report asks all of them.
#[derive(Clone, Copy)]
pub struct Peer {
    /// Its name in reports.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// The score of each candidate, in their order; `None` where it has nothing to say of this choice. It then ranks by
    /// chance here, and one that never has anything to say is left out of the report.
    pub scores: fn(&Sight<'_>) -> Option<Vec<f32>>,
}

/// Everything a peer may look at: one choice as it was just before, through the eyes of one training.
#[derive(Clone, Copy)]
pub struct Sight<'a> {
    /// The visitor, what was open to them, and the pair features.
    pub choice: &'a Choice,
    /// What each learned model says of each candidate.
    pub models: &'a [ModelScores],
    /// The score that was trained.
    pub blend: &'a Resolved,
    /// What takes a second look at its best; absent where the training has no such thing.
    pub trees: Option<&'a BoostedTrees>,
    /// What needs no training but the counters of that moment; absent where those were not kept.
    pub untrained: Option<&'a Untrained>,
}

/// The name of chance: all scores are the same, and metrics take ties as expectations, so this row is exact.
pub const RANDOM: &str = "random";
/// The name of the baseline every report compares with.
pub const POPULARITY: &str = "popularity";
/// The name of what a bundle falls back to: the rule learned lists replace.
pub const RULE: &str = "rule";
/// The name of the bundle's score before a second look.
pub const BLEND: &str = "blend";
/// The name of the bundle's score: the blend's after a second look, or the blend's where a training has no trees.
pub const STACK: &str = "stack";

/// All of them, in the order of tables.
pub const PEERS: &[Peer] = &[
    Peer {
        name: RANDOM,
        about: "chance, exactly: everything scores the same",
        scores: |sight| Some(vec![0.0; sight.choice.candidates.len()]),
    },
    Peer {
        name: POPULARITY,
        about: "how many chose it so far",
        scores: |sight| Some(popularity_so_far(sight.choice)),
    },
    Peer {
        name: "recent_popularity",
        about: "the popularity a bundle serves: decayed, smoothed by views",
        scores: |sight| Some(sight.untrained?.recent_popularity.clone()),
    },
    Peer {
        name: "content",
        about: "likeness of content, untrained",
        scores: |sight| Some(content_scores(sight.choice)),
    },
    Peer {
        name: RULE,
        about: "the present rule of Triqueta",
        scores: |sight| Some(sight.untrained?.rule.clone()),
    },
    Peer {
        name: "two_tower",
        about: "the two-tower model alone",
        scores: |sight| model_alone(sight, "two_tower_cosine"),
    },
    Peer {
        name: "factorization_machine",
        about: "the factorization machine alone",
        scores: |sight| model_alone(sight, "factorization_machine"),
    },
    Peer {
        name: "matrix_factorization",
        about: "matrix factorisation alone, visitors folded in",
        scores: |sight| model_alone(sight, "matrix_factorization"),
    },
    Peer {
        name: "item_neighbours",
        about: "the item-item model alone",
        scores: |sight| model_alone(sight, "item_neighbours"),
    },
    Peer {
        name: "neural_collaborative_filtering",
        about: "neural collaborative filtering alone, both vectors sums over what is known",
        scores: |sight| model_alone(sight, "neural_collaborative_filtering"),
    },
    Peer {
        name: "wide_deep",
        about: "Wide & Deep alone",
        scores: |sight| model_alone(sight, "wide_deep"),
    },
    Peer {
        name: "designed_ensemble",
        about: "the fixed weights of the design: towers 50, factorization machine 30, content 10, popularity 10 %",
        scores: designed_ensemble,
    },
    Peer {
        name: BLEND,
        about: "the sum with learned weights (logistic stacking)",
        scores: |sight| Some(blend_scores(sight.blend, sight.choice, sight.models)),
    },
    Peer {
        name: STACK,
        about: "the bundle's score: the blend, and the second look of the trees where it has some",
        scores: |sight| {
            let candidates = 0..sight.choice.candidates.len();
            Some(
                candidates
                    .map(|number| stack_score(sight, number).total)
                    .collect(),
            )
        },
    },
];

/// The scores of every peer for a choice, by name. Who has nothing to say ranks it by chance; `speaking` gathers the names
/// of those who had.
pub(crate) fn ask_all(
    sight: &Sight<'_>,
    speaking: &mut BTreeSet<&'static str>,
) -> Vec<(&'static str, Vec<f32>)> {
    let ask = |peer: &Peer| {
        let said = (peer.scores)(sight);
        if said.is_some() {
            speaking.insert(peer.name);
        }
        let chance = || vec![0.0; sight.choice.candidates.len()];
        (peer.name, said.unwrap_or_else(chance))
    };
    PEERS.iter().map(ask).collect()
}

/// One column of [`MODEL_INPUTS`]; `None` where it is 0 for every candidate, as it is where a bundle lacks the model.
fn model_alone(sight: &Sight<'_>, name: &str) -> Option<Vec<f32>> {
    let column = MODEL_INPUTS.iter().position(|input| input.name == name)?;
    let scores: Vec<f32> = sight.models.iter().map(|models| models[column]).collect();
    scores.iter().any(|&score| score != 0.0).then_some(scores)
}

/// The design's weights on components that are standardised among the candidates; one that is missing says nothing.
fn designed_ensemble(sight: &Sight<'_>) -> Option<Vec<f32>> {
    let parts = [
        (0.5, model_alone(sight, "two_tower_cosine")?),
        (
            0.3,
            model_alone(sight, "factorization_machine").unwrap_or_default(),
        ),
        (0.1, content_scores(sight.choice)),
        (0.1, popularity_so_far(sight.choice)),
    ];
    let mut scores = vec![0.0; sight.choice.candidates.len()];
    for (weight, part) in parts {
        let n = part.len().max(1) as f32;
        let mean = part.iter().sum::<f32>() / n;
        let variance = part.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / n;
        let scale = weight / libm::sqrtf(variance).max(1e-6);
        for (score, x) in scores.iter_mut().zip(part) {
            *score += (x - mean) * scale;
        }
    }
    Some(scores)
}

/// The scores of a choice's candidates by what needs the counters of that moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Untrained {
    /// The popularity a bundle serves.
    pub recent_popularity: Vec<f32>,
    /// The present rule.
    pub rule: Vec<f32>,
}

impl Untrained {
    /// Scores a choice the lens has just made: its counters are those of the choice's moment.
    pub fn of(
        lens: &Lens<'_>,
        catalog: &Catalog,
        choice: &Choice,
        smoothing: PopularitySmoothing,
    ) -> Self {
        let counters = lens.counters();
        let average = counters.positive_rate();
        let (now_ms, options) = (choice.time_ms, RuleOptions::default());
        let rule = TriquetaRule::new(
            &choice.profile,
            catalog,
            counters,
            TriquetaRule::most_popular(counters),
            now_ms,
            options,
        );
        Self {
            recent_popularity: choice
                .candidates
                .iter()
                .map(|&row| popularity_score(counters, average, row, now_ms, smoothing))
                .collect(),
            rule: choice
                .candidates
                .iter()
                .map(|&row| rule.score(row).map_or(0.0, |score| score.total()))
                .collect(),
        }
    }
}

/// The column of a pair feature.
pub fn pair_column(pair: &PairRow, name: &str) -> f32 {
    PAIR_FEATURES
        .iter()
        .position(|feature| feature.name == name)
        .map_or(0.0, |column| pair[column])
}

/// How many chose each candidate so far, as a logarithm.
pub fn popularity_so_far(choice: &Choice) -> Vec<f32> {
    choice
        .pairs
        .iter()
        .map(|pair| pair_column(pair, "positives_total_log"))
        .collect()
}

/// The content score of each candidate.
pub fn content_scores(choice: &Choice) -> Vec<f32> {
    choice.pairs.iter().map(content_score).collect()
}

/// The bundle's score of one candidate: the blend's, after a second look where there are trees.
pub fn stack_score(sight: &Sight<'_>, candidate: usize) -> Score {
    let viewpoint = &sight.choice.viewpoint;
    let (models, pair) = (&sight.models[candidate], &sight.choice.pairs[candidate]);
    let score = sight.blend.score(models, pair, viewpoint.maturity);
    match sight.trees {
        Some(trees) => {
            let (user, maturity) = (&viewpoint.user, viewpoint.maturity);
            score.adjusted(trees.adjustment(&second_look(&score, models, pair, user, maturity)))
        }
        None => score,
    }
}

/// The blend's score of each candidate.
pub fn blend_scores(blend: &Resolved, choice: &Choice, models: &[ModelScores]) -> Vec<f32> {
    let maturity = choice.viewpoint.maturity;
    choice
        .pairs
        .iter()
        .zip(models)
        .map(|(pair, models)| blend.score(models, pair, maturity).total)
        .collect()
}

/// A blend ready to score.
///
/// # Errors
/// [`BundleError::Malformed`] where it names inputs this build does not have.
pub fn resolve(
    blend: &triqueta::model::Blend,
) -> Result<Resolved, triqueta::error::RecommenderError> {
    Ok(blend.resolve().map_err(|error: BundleError| error)?)
}
