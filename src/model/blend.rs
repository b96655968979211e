//! The score: a sum of named components, each a sum of standardised inputs with learned weights.
//!
//! `s = Σ_component Σ_input (w + m·v) · (x − mean) / deviation`, with `m` the maturity of the visitor's history: an input
//! may count for newcomers and not for regulars, or the other way round. Sums are taken in a fixed order, inputs within a
//! component first, so that the contributions an explanation shows add up to the score exactly.

use serde::{Deserialize, Serialize};

use super::learned::{MODEL_INPUTS, ModelInput, ModelScores};
use crate::error::BundleError;
use crate::feature::{COMPONENTS, Component, PAIR_FEATURES, PairRow};
use crate::math::sigmoid;

/// One input of the score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlendInput {
    /// The name of a learned model's output ([`MODEL_INPUTS`], those asked about every activity) or of a pair feature
    /// ([`PAIR_FEATURES`]).
    pub name: String,
    /// Its mean over the training's candidates.
    pub mean: f32,
    /// Its standard deviation there, above 0.
    pub deviation: f32,
    /// Its weight for a visitor without history.
    pub weight: f32,
    /// What is added to the weight as the history matures (maturity 0 to 1).
    pub maturity_weight: f32,
}

crate::json::object! { BlendInput: strict { name, mean, deviation, weight, maturity_weight } }

/// The learned blend and the calibration of its display.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blend {
    /// The inputs, in the order they are summed within their component.
    pub inputs: Vec<BlendInput>,
    /// Slope of the calibration `p = sigmoid(slope · s + offset)`; above 0, so that the order is kept.
    pub calibration_slope: f32,
    /// Offset of the calibration.
    pub calibration_offset: f32,
}

crate::json::object! { Blend: strict { inputs, calibration_slope, calibration_offset } }

/// A score and the components it is the sum of.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Score {
    /// Contribution of each of [`COMPONENTS`].
    pub contributions: [f32; COMPONENTS.len()],
    /// Their sum, in order.
    pub total: f32,
}

impl Score {
    /// The score of these contributions.
    pub fn of(contributions: [f32; COMPONENTS.len()]) -> Self {
        Self {
            contributions,
            total: contributions.iter().fold(0.0, |sum, part| sum + part),
        }
    }

    /// This score after a second look, which speaks as [`Component::Adjustment`].
    pub fn adjusted(&self, adjustment: f32) -> Self {
        let mut contributions = self.contributions;
        contributions[Component::Adjustment.index()] += adjustment;
        Self::of(contributions)
    }
}

/// A blend's inputs resolved to columns, ready to score.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    inputs: Vec<ResolvedInput>,
}

/// A blend for visitors of one maturity, as a weighted sum of raw inputs: equal to the score but for rounding.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    /// Weights of the pair features.
    pub pair: PairRow,
    /// Weights of the models.
    pub models: ModelScores,
    /// What is added.
    pub offset: f32,
    /// The sizes of the terms the offset is the sum of.
    pub magnitude: f32,
}

/// The raw inputs of a pair: what the models say, and then the pair's features.
const COLUMNS: usize = MODEL_INPUTS.len() + PAIR_FEATURES.len();

#[derive(Debug, Clone, PartialEq)]
struct ResolvedInput {
    component: usize,
    /// Where its value is found among the raw inputs.
    column: usize,
    mean: f32,
    scale: f32,
    weight: f32,
    maturity_weight: f32,
}

/// A blend for visitors of one maturity.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed {
    inputs: Vec<WeighedInput>,
}

#[derive(Debug, Clone, PartialEq)]
struct WeighedInput {
    component: usize,
    column: usize,
    mean: f32,
    scale: f32,
    weight: f32,
}

impl Blend {
    /// The names an input may have, in the order a training lists them: of the models that are asked about every activity,
    /// and of the pair features.
    pub fn input_names() -> Vec<(&'static str, Component)> {
        let models = of_all_activities().map(|input| (input.name, input.component));
        let pairs = PAIR_FEATURES
            .iter()
            .map(|feature| (feature.name, feature.component));
        models.chain(pairs).collect()
    }

    /// The raw inputs of one pair in the order of [`Blend::input_names`].
    pub fn raw_inputs(models: &ModelScores, pair: &PairRow) -> Vec<f32> {
        let models = models.iter().zip(of_all_activities());
        models
            .map(|(score, _)| score)
            .chain(pair)
            .copied()
            .collect()
    }

    /// Resolves the inputs' names to columns.
    ///
    /// # Errors
    /// [`BundleError::Malformed`] for an unknown input, an impossible number, or a calibration that would turn the order
    /// of scores.
    pub fn resolve(&self) -> Result<Resolved, BundleError> {
        let refuse = |detail: String| {
            Err(BundleError::Malformed {
                path: "model.json".into(),
                detail,
            })
        };
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for input in &self.inputs {
            let numbers = [
                input.mean,
                input.deviation,
                input.weight,
                input.maturity_weight,
            ];
            if numbers.iter().any(|number| !number.is_finite()) || input.deviation <= 0.0 {
                return refuse(format!("input `{}` has impossible numbers", input.name));
            }
            let model = of_all_activities().position(|known| known.name == input.name);
            let pair = PAIR_FEATURES
                .iter()
                .position(|known| known.name == input.name);
            let (component, column) = match (model, pair) {
                (Some(column), _) => (MODEL_INPUTS[column].component, column),
                (_, Some(column)) => (PAIR_FEATURES[column].component, MODEL_INPUTS.len() + column),
                _ => return refuse(format!("this engine has no input `{}`", input.name)),
            };
            inputs.push(ResolvedInput {
                component: component.index(),
                column,
                mean: input.mean,
                scale: 1.0 / input.deviation,
                weight: input.weight,
                maturity_weight: input.maturity_weight,
            });
        }
        if !(self.calibration_slope > 0.0
            && self.calibration_slope.is_finite()
            && self.calibration_offset.is_finite())
        {
            return refuse("the calibration does not keep the order of scores".into());
        }
        Ok(Resolved { inputs })
    }

    /// The probability of interest a score stands for, for display: a monotone calibration, 0 to 1.
    pub fn probability(&self, score: f32) -> f32 {
        sigmoid(self.calibration_slope * score + self.calibration_offset)
    }
}

/// The models a blend can ask: they come first among the columns.
fn of_all_activities() -> impl Iterator<Item = &'static ModelInput> {
    let inputs = MODEL_INPUTS.iter();
    inputs.take_while(|input| input.component != Component::Adjustment)
}

impl Resolved {
    /// Whether any input feeds a component: what a bundle never speaks of is not shown as a part of its scores.
    pub fn speaks_of(&self, component: Component) -> bool {
        let index = component.index();
        self.inputs.iter().any(|input| input.component == index)
    }

    /// The same score as a weighted sum of raw inputs; nothing where an input occurs twice, whose terms could cancel.
    pub fn linear(&self, maturity: f32) -> Option<Linear> {
        let mut linear = Linear {
            pair: [0.0; PAIR_FEATURES.len()],
            models: ModelScores::default(),
            offset: 0.0,
            magnitude: 0.0,
        };
        for (number, input) in self.inputs.iter().enumerate() {
            if self.inputs[..number]
                .iter()
                .any(|other| other.column == input.column)
            {
                return None;
            }
            let weight = (input.weight + maturity * input.maturity_weight) * input.scale;
            match input.column.checked_sub(MODEL_INPUTS.len()) {
                None => linear.models[input.column] = weight,
                Some(column) => linear.pair[column] = weight,
            }
            linear.offset -= weight * input.mean;
            linear.magnitude += (weight * input.mean).abs();
        }
        Some(linear)
    }

    /// The score of one pair; `maturity` in 0 to 1.
    pub fn score(&self, models: &ModelScores, pair: &PairRow, maturity: f32) -> Score {
        self.weighed(maturity).score(models, pair)
    }

    /// The same blend for many pairs of visitors of one maturity.
    pub fn weighed(&self, maturity: f32) -> Weighed {
        let weighed = |input: &ResolvedInput| WeighedInput {
            component: input.component,
            column: input.column,
            mean: input.mean,
            scale: input.scale,
            weight: input.weight + maturity * input.maturity_weight,
        };
        Weighed {
            inputs: self.inputs.iter().map(weighed).collect(),
        }
    }
}

impl Weighed {
    /// The score of one pair.
    pub fn score(&self, models: &ModelScores, pair: &PairRow) -> Score {
        let mut columns = [0.0; COLUMNS];
        columns[..MODEL_INPUTS.len()].copy_from_slice(models);
        columns[MODEL_INPUTS.len()..].copy_from_slice(pair);
        let mut contributions = [0.0_f32; COMPONENTS.len()];
        for input in &self.inputs {
            let x = columns[input.column];
            contributions[input.component] += input.weight * ((x - input.mean) * input.scale);
        }
        Score::of(contributions)
    }
}
