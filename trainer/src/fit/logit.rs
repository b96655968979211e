//! Conditional logit (McFadden 1974): weights that make what was chosen likely among what could have been chosen.
//!
//! `L(θ) = −Σ ln softmax(x θ)_chosen + λ/2 ‖θ − θ₀‖²` is convex, so Newton's method finds the one minimum whatever the
//! start. `θ` is a weight and a maturity weight an input; a choice of maturity `m` sees `w + m·v`. Candidates that were
//! drawn evenly from all that were open give the same weights as all of them would.

use ndarray::{Array1, Array2};

/// The inputs of all candidates of one choice, the chosen one first.
#[derive(Debug, Clone)]
pub(super) struct Alternatives {
    /// `[candidates, inputs]`, standardised.
    pub(super) inputs: Array2<f64>,
    /// Maturity of the visitor's history.
    pub(super) maturity: f64,
}

/// A weight and a maturity weight an input.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LogitWeights {
    /// Weights of a visitor without history.
    pub(super) weight: Array1<f64>,
    /// What maturity adds to them.
    pub(super) maturity: Array1<f64>,
}

impl LogitWeights {
    fn of(theta: &Array1<f64>) -> Self {
        let inputs = theta.len() / 2;
        let part = |from: usize| theta.iter().skip(from).take(inputs).copied().collect();
        Self {
            weight: part(0),
            maturity: part(inputs),
        }
    }

    fn theta(&self) -> Array1<f64> {
        self.weight.iter().chain(&self.maturity).copied().collect()
    }

    /// The scores of a choice's candidates.
    pub(super) fn scores(&self, alternatives: &Alternatives) -> Array1<f64> {
        let weights = &self.weight + &(&self.maturity * alternatives.maturity);
        alternatives.inputs.dot(&weights)
    }
}

/// How unlikely the choices are, on average: the negative log-likelihood of the chosen.
pub(super) fn mean_loss(weights: &LogitWeights, choices: &[Alternatives]) -> f64 {
    let total: f64 = choices
        .iter()
        .map(|choice| loss_and_probabilities(weights, choice).0)
        .sum();
    total / choices.len().max(1) as f64
}

fn loss_and_probabilities(weights: &LogitWeights, choice: &Alternatives) -> (f64, Array1<f64>) {
    let mut scores = weights.scores(choice);
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let chosen = scores[0] - largest;
    scores.mapv_inplace(|score| libm::exp(score - largest));
    let sum = scores.sum();
    (libm::log(sum) - chosen, scores / sum)
}

/// The weights of least penalised loss. `prior` is what they are pulled to, `l2` how strongly: 0 trusts the choices
/// alone, a large one the prior alone.
pub(super) fn fit_logit(choices: &[Alternatives], prior: &LogitWeights, l2: f64) -> LogitWeights {
    let prior = prior.theta();
    let mut theta = prior.clone();
    let penalised = |theta: &Array1<f64>| {
        let away = theta - &prior;
        let weights = LogitWeights::of(theta);
        let loss: f64 = choices
            .iter()
            .map(|choice| loss_and_probabilities(&weights, choice).0)
            .sum();
        loss + l2 / 2.0 * away.dot(&away)
    };
    let mut current = penalised(&theta);
    for _ in 0..50 {
        let (gradient, hessian) = derivatives(&theta, &prior, choices, l2);
        let Some(direction) = solve(hessian, &gradient) else {
            break;
        };
        let mut step = 1.0;
        let (mut next, mut value) = (&theta - &direction, f64::INFINITY);
        while step > 1e-6 {
            next = &theta - &(&direction * step);
            value = penalised(&next);
            if value <= current {
                break;
            }
            step /= 2.0;
        }
        if !value.is_finite() || value > current {
            break;
        }
        let settled = current - value < 1e-9 * (1.0 + current.abs());
        (theta, current) = (next, value);
        if settled {
            break;
        }
    }
    LogitWeights::of(&theta)
}

/// Gradient and Hessian. The covariance of a choice's inputs under its probabilities enters four blocks of the Hessian:
/// weights with weights, with maturity weights (times `m`), and those with each other (times `m²`).
fn derivatives(
    theta: &Array1<f64>,
    prior: &Array1<f64>,
    choices: &[Alternatives],
    l2: f64,
) -> (Array1<f64>, Array2<f64>) {
    let inputs = theta.len() / 2;
    let weights = LogitWeights::of(theta);
    let mut gradient = (theta - prior) * l2;
    let mut hessian = Array2::from_diag_elem(theta.len(), l2);
    for choice in choices {
        let (_, probabilities) = loss_and_probabilities(&weights, choice);
        let mean = probabilities.dot(&choice.inputs);
        let maturity = choice.maturity;
        for input in 0..inputs {
            let slope = mean[input] - choice.inputs[[0, input]];
            gradient[input] += slope;
            gradient[inputs + input] += maturity * slope;
        }
        let mut centred = &choice.inputs - &mean;
        for (mut row, &probability) in centred.rows_mut().into_iter().zip(&probabilities) {
            row *= probability.sqrt();
        }
        let covariance = centred.t().dot(&centred);
        for ((a, b), &value) in covariance.indexed_iter() {
            hessian[[a, b]] += value;
            hessian[[a, inputs + b]] += maturity * value;
            hessian[[inputs + a, b]] += maturity * value;
            hessian[[inputs + a, inputs + b]] += maturity * maturity * value;
        }
    }
    (gradient, hessian)
}

/// Solves `A x = b` for symmetric positive definite `A` (Cholesky); `None` where `A` is not.
fn solve(mut a: Array2<f64>, b: &Array1<f64>) -> Option<Array1<f64>> {
    let size = b.len();
    for column in 0..size {
        for row in column..size {
            let mut sum = a[[row, column]];
            for k in 0..column {
                sum -= a[[row, k]] * a[[column, k]];
            }
            if row == column {
                if sum.is_nan() || sum <= 0.0 {
                    return None;
                }
                a[[row, row]] = sum.sqrt();
            } else {
                a[[row, column]] = sum / a[[column, column]];
            }
        }
    }
    let mut x = b.clone();
    for row in 0..size {
        for k in 0..row {
            x[row] -= a[[row, k]] * x[k];
        }
        x[row] /= a[[row, row]];
    }
    for row in (0..size).rev() {
        for k in row + 1..size {
            x[row] -= a[[k, row]] * x[k];
        }
        x[row] /= a[[row, row]];
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use triqueta::math::Random;

    fn simulated(choices: usize) -> Vec<Alternatives> {
        let mut random = Random::new(5);
        let made = (0..choices).map(|_| {
            let maturity = random.uniform();
            let mut inputs = Array2::from_shape_simple_fn((6, 3), || random.normal());
            let weights = [1.5 - maturity, 2.0 * maturity, 0.0];
            let gumbel = |random: &mut Random| -libm::log(-libm::log(random.uniform().max(1e-12)));
            let utility: Vec<f64> = inputs
                .rows()
                .into_iter()
                .map(|row| {
                    row.iter().zip(weights).map(|(x, w)| x * w).sum::<f64>() + gumbel(&mut random)
                })
                .collect();
            let best = (0..6)
                .max_by(|&a, &b| utility[a].total_cmp(&utility[b]))
                .unwrap_or(0);
            for input in 0..3 {
                inputs.swap([0, input], [best, input]);
            }
            Alternatives { inputs, maturity }
        });
        made.collect()
    }

    fn zeros() -> LogitWeights {
        LogitWeights {
            weight: Array1::zeros(3),
            maturity: Array1::zeros(3),
        }
    }

    #[test]
    fn finds_the_weights_that_made_the_choices() {
        let fitted = fit_logit(&simulated(6_000), &zeros(), 1.0);
        for (found, expected) in fitted
            .weight
            .iter()
            .chain(&fitted.maturity)
            .zip([1.5, 0.0, 0.0, -1.0, 2.0, 0.0])
        {
            assert!((found - expected).abs() < 0.2, "{fitted:?}");
        }
    }

    #[test]
    fn the_gradient_vanishes_at_the_solution_and_no_choices_give_the_prior() {
        let choices = simulated(500);
        let fitted = fit_logit(&choices, &zeros(), 3.0);
        let (gradient, _) = derivatives(&fitted.theta(), &zeros().theta(), &choices, 3.0);
        assert!(
            gradient.iter().all(|slope| slope.abs() < 1e-3),
            "{gradient}"
        );
        let prior = LogitWeights {
            weight: Array1::ones(3),
            maturity: Array1::zeros(3),
        };
        assert_eq!(fit_logit(&[], &prior, 1.0), prior);
    }
}
