//! How much does each input count? The blend is learned from choices by conditional logit.
//!
//! Inputs are standardised over the candidates, each choice weighing the same, and the weights are pulled towards a stated
//! prior instead of zero. So a city with few choices starts from sensible weights and moves away from them as it learns,
//! a city with none ranks by popularity and declared tastes, and what a log can never show (where a visitor is now stays
//! on their device) still counts when it is served.

use ndarray::{Array1, Array2};
use triqueta::feature::PAIR_FEATURES;
use triqueta::model::{Blend, BlendInput, ModelScores};

use super::logit::{Alternatives, LogitWeights, fit_logit, mean_loss};
use crate::choices::Choice;

/// What an input is assumed to be worth before anything is learned, a unit of the raw input. All others: nothing.
const PRIOR: [(&str, f64); 8] = [
    ("history_tag_cosine", 2.0),
    ("declared_tag_cosine", 2.0),
    ("rejected_tag_cosine", -1.0),
    ("locality_declared", 0.5),
    ("level_match", 0.25),
    ("availability_match", 0.25),
    ("near_now", 1.0),
    ("positives_log", 0.5),
];

/// The same where it was learned what becomes of things whoever sees them. What a visitor's own taste and the common one say
/// are log-odds already: each counts as it is, and what others say of the same is to show that it adds something.
const PRIOR_BESIDE_TASTE: [(&str, f64); 6] = [
    (COMMON_TASTE, 1.0),
    ("own_content", 1.0),
    ("own_organiser", 1.0),
    ("own_place", 1.0),
    ("own_schedule", 1.0),
    ("near_now", 1.0),
];
const COMMON_TASTE: &str = "common_taste";

/// Below this deviation an input is constant for all that the choices show.
const LEAST_DEVIATION: f64 = 1e-4;

/// A choice with what models say of it that have not seen it.
#[derive(Debug, Clone, Copy)]
pub struct Scored<'a> {
    /// The choice.
    pub choice: &'a Choice,
    /// What the models say of each candidate; empty to leave them out.
    pub models: &'a [ModelScores],
}

impl Scored<'_> {
    fn raw(&self) -> impl Iterator<Item = Vec<f32>> + '_ {
        self.choice
            .pairs
            .iter()
            .enumerate()
            .map(|(candidate, pair)| {
                Blend::raw_inputs(
                    &self.models.get(candidate).copied().unwrap_or_default(),
                    pair,
                )
            })
    }
}

/// Means and deviations of the inputs.
#[derive(Debug, Clone)]
struct Scaling {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

/// Whether the choices were seen with a common taste.
fn knows_taste(choices: &[Scored<'_>]) -> bool {
    let column = PAIR_FEATURES
        .iter()
        .position(|feature| feature.name == COMMON_TASTE);
    let mut pairs = choices.iter().flat_map(|scored| &scored.choice.pairs);
    column.is_some_and(|column| pairs.any(|pair| pair[column] != 0.0))
}

impl Scaling {
    fn of(choices: &[Scored<'_>]) -> Self {
        let inputs = Blend::input_names().len();
        let moments = |centre: &[f64], power: i32| {
            let mut sums = vec![0.0; inputs];
            for choice in choices {
                let share = 1.0 / (choice.choice.pairs.len() * choices.len()) as f64;
                for raw in choice.raw() {
                    for ((sum, x), centre) in sums.iter_mut().zip(raw).zip(centre) {
                        *sum += share * (f64::from(x) - centre).powi(power);
                    }
                }
            }
            sums
        };
        let mean = moments(&vec![0.0; inputs], 1);
        let deviation = moments(&mean, 2).into_iter().map(|variance| {
            let deviation = variance.sqrt();
            if deviation < LEAST_DEVIATION {
                1.0
            } else {
                deviation
            }
        });
        Self {
            deviation: deviation.collect(),
            mean,
        }
    }

    fn prior(&self, knows_taste: bool) -> LogitWeights {
        let stated: &[(&str, f64)] = if knows_taste {
            &PRIOR_BESIDE_TASTE
        } else {
            &PRIOR
        };
        let worth = |name: &str| {
            stated
                .iter()
                .find(|(known, _)| *known == name)
                .map_or(0.0, |(_, worth)| *worth)
        };
        let names = Blend::input_names();
        let weight = names
            .iter()
            .zip(&self.deviation)
            .map(|((name, _), deviation)| worth(name) * deviation)
            .collect();
        LogitWeights {
            weight,
            maturity: Array1::zeros(names.len()),
        }
    }

    fn alternatives(&self, scored: &Scored<'_>) -> Alternatives {
        let mut inputs = Array2::zeros((scored.choice.pairs.len(), self.mean.len()));
        for (mut row, raw) in inputs.rows_mut().into_iter().zip(scored.raw()) {
            for (input, x) in raw.into_iter().enumerate() {
                row[input] = (f64::from(x) - self.mean[input]) / self.deviation[input];
            }
        }
        Alternatives {
            inputs,
            maturity: f64::from(scored.choice.viewpoint.maturity),
        }
    }
}

/// The blend before anything is learned: popularity, declared tastes, and likeness to the history.
pub fn prior_blend() -> Blend {
    let scaling = Scaling::of(&[]);
    to_blend(&scaling, &scaling.prior(false))
}

/// Learns a blend; choices between fewer than two teach nothing. `l2` is how strongly weights are pulled to the prior,
/// in choices: a weight moves one standard unit when so many speak for it. The calibration is left at the identity.
pub fn fit_blend(choices: &[Scored<'_>], l2: f64) -> Blend {
    let scaling = Scaling::of(choices);
    let alternatives: Vec<Alternatives> = choices
        .iter()
        .map(|scored| scaling.alternatives(scored))
        .collect();
    let fitted = fit_logit(&alternatives, &scaling.prior(knows_taste(choices)), l2);
    let blend = to_blend(&scaling, &fitted);
    let numbers = blend.inputs.iter().flat_map(|input| {
        [
            input.mean,
            input.deviation,
            input.weight,
            input.maturity_weight,
        ]
    });
    if numbers.into_iter().all(f32::is_finite) {
        blend
    } else {
        prior_blend()
    }
}

fn to_blend(scaling: &Scaling, weights: &LogitWeights) -> Blend {
    let names = Blend::input_names().into_iter().enumerate();
    let inputs = names.map(|(input, (name, _))| BlendInput {
        name: name.to_owned(),
        mean: scaling.mean[input] as f32,
        deviation: scaling.deviation[input] as f32,
        weight: weights.weight[input] as f32,
        maturity_weight: weights.maturity[input] as f32,
    });
    Blend {
        inputs: inputs.collect(),
        calibration_slope: 1.0,
        calibration_offset: 0.0,
    }
}

/// The mean negative log-likelihood of choices under a blend: what its hyper-parameters are chosen by.
pub fn blend_loss(blend: &Blend, choices: &[Scored<'_>]) -> f64 {
    let scaling = Scaling {
        mean: blend
            .inputs
            .iter()
            .map(|input| f64::from(input.mean))
            .collect(),
        deviation: blend
            .inputs
            .iter()
            .map(|input| f64::from(input.deviation))
            .collect(),
    };
    let weights = LogitWeights {
        weight: blend
            .inputs
            .iter()
            .map(|input| f64::from(input.weight))
            .collect(),
        maturity: blend
            .inputs
            .iter()
            .map(|input| f64::from(input.maturity_weight))
            .collect(),
    };
    let alternatives: Vec<Alternatives> = choices
        .iter()
        .map(|scored| scaling.alternatives(scored))
        .collect();
    mean_loss(&weights, &alternatives)
}

/// Slope and offset of the display's calibration, from the scores of each choice's candidates, the chosen one first: the
/// probability that an activity is the chosen one rather than another that was open, both equally likely beforehand
/// (Platt 1999). The slope is pulled to 1, and stays above 0 so that the order is kept.
pub fn calibrate(scores: &[Vec<f32>]) -> (f32, f32) {
    let (mut slope, mut offset) = (1.0_f64, 0.0_f64);
    for _ in 0..50 {
        // Gradient and Hessian of the log-loss in (slope, offset); the prior counts like one choice.
        let (mut g, mut h) = ([slope - 1.0, offset * 1e-3], [1.0, 0.0, 1e-3]);
        for scores in scores.iter().filter(|scores| scores.len() > 1) {
            for (candidate, &score) in scores.iter().enumerate() {
                let (label, weight) = if candidate == 0 {
                    (1.0, 0.5)
                } else {
                    (0.0, 0.5 / (scores.len() - 1) as f64)
                };
                let score = f64::from(score);
                let p = 1.0 / (1.0 + libm::exp(-(slope * score + offset)));
                let (residual, curvature) = (weight * (p - label), weight * p * (1.0 - p));
                g = [g[0] + residual * score, g[1] + residual];
                h = [
                    h[0] + curvature * score * score,
                    h[1] + curvature * score,
                    h[2] + curvature,
                ];
            }
        }
        let determinant = h[0] * h[2] - h[1] * h[1];
        let step = [
            (h[2] * g[0] - h[1] * g[1]) / determinant,
            (h[0] * g[1] - h[1] * g[0]) / determinant,
        ];
        if !step.iter().all(|part| part.is_finite()) {
            return (1.0, 0.0);
        }
        // Short steps keep Newton from overshooting where the curvature is small.
        slope = (slope - step[0].clamp(-1.0, 1.0)).max(1e-3);
        offset -= step[1].clamp(-2.0, 2.0);
        if step[0].abs() + step[1].abs() < 1e-9 {
            break;
        }
    }
    (slope as f32, offset as f32)
}

#[cfg(test)]
mod tests;
