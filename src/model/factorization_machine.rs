//! The factorization machine (Rendle, "Factorization machines", ICDM 2010): every feature has a weight and a vector, and
//! every two features of a pair of visitor and activity meet in the product of their vectors, so that a combination that
//! was never seen is judged by combinations that were.
//!
//! `s(x) = bias + Σ_i w_i x_i + Σ_{i<j} ⟨v_i, v_j⟩ x_i x_j`
//!
//! is computed in O(n k) as Rendle's lemma 3.1 has it. A feature set can be summed once into a [`FactorSum`] and joined
//! with others later: `s(a ∪ b) = bias + own(a) + own(b) + ⟨sum(a), sum(b)⟩`. So the visitor's features are summed once a
//! request and the activity's once a bundle.

use ndarray::{Array1, Array2};

use crate::math::dot;

/// Length of a feature's vector.
pub const FACTORS: usize = 32;

/// A feature's number in the machine's rows, and its value.
pub type Feature = (u32, f32);

/// The weights.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorizationMachine {
    /// The score of nothing at all.
    pub bias: f32,
    /// One weight a feature.
    pub weight: Array1<f32>,
    /// One vector a feature, `[features, FACTORS]`, row-major.
    pub factors: Array2<f32>,
}

/// A feature set, summed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FactorSum {
    /// `Σ x_i v_i`.
    pub sum: [f32; FACTORS],
    /// What the set scores by itself: `Σ w_i x_i + Σ_{i<j} ⟨v_i, v_j⟩ x_i x_j`.
    pub own: f32,
}

impl FactorizationMachine {
    /// How many features it knows.
    pub fn features(&self) -> usize {
        self.weight.len()
    }

    /// Sums a feature set, in its order. Features the machine does not know count nothing.
    pub fn sum(&self, features: &[Feature]) -> FactorSum {
        let (mut sum, mut squares) = ([0.0_f32; FACTORS], [0.0_f32; FACTORS]);
        let mut linear = 0.0_f32;
        for &(feature, x) in features {
            let feature = feature as usize;
            let (Some(&weight), Some(factors)) = (self.weight.get(feature), self.factors(feature))
            else {
                continue;
            };
            linear += weight * x;
            for ((sum, square), &v) in sum.iter_mut().zip(&mut squares).zip(factors) {
                let term = x * v;
                *sum += term;
                *square += term * term;
            }
        }
        let squares = squares.iter().fold(0.0_f32, |total, square| total + square);
        FactorSum {
            own: linear + 0.5 * (dot(&sum, &sum) - squares),
            sum,
        }
    }

    /// The score of a feature set.
    pub fn score(&self, features: &[Feature]) -> f32 {
        self.bias + self.sum(features).own
    }

    /// The score of two feature sets together.
    pub fn join(&self, one: &FactorSum, other: &FactorSum) -> f32 {
        self.bias + one.own + other.own + dot(&one.sum, &other.sum)
    }

    /// The vector of a feature.
    pub(super) fn factors(&self, feature: usize) -> Option<&[f32]> {
        let all = self.factors.as_slice()?;
        all.get(feature * FACTORS..(feature + 1) * FACTORS)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::math::Random;

    fn machine(features: usize) -> FactorizationMachine {
        let mut random = Random::new(5);
        FactorizationMachine {
            bias: 0.25,
            weight: Array1::from_shape_simple_fn(features, || random.normal() as f32),
            factors: Array2::from_shape_simple_fn((features, FACTORS), || {
                0.3 * random.normal() as f32
            }),
        }
    }

    /// The definition, in double precision and over all pairs.
    fn by_definition(machine: &FactorizationMachine, features: &[Feature]) -> f64 {
        let mut score = f64::from(machine.bias);
        for (place, &(i, x)) in features.iter().enumerate() {
            score += f64::from(machine.weight[i as usize]) * f64::from(x);
            for &(j, y) in &features[..place] {
                let product: f64 = (0..FACTORS)
                    .map(|f| {
                        f64::from(machine.factors[[i as usize, f]])
                            * f64::from(machine.factors[[j as usize, f]])
                    })
                    .sum();
                score += product * f64::from(x) * f64::from(y);
            }
        }
        score
    }

    fn draw(random: &mut Random, from: u32, count: usize) -> Vec<Feature> {
        (0..count)
            .map(|n| (from + n as u32, random.normal() as f32))
            .collect()
    }

    #[test]
    fn the_fast_form_is_the_definition() {
        let machine = machine(60);
        let mut random = Random::new(1);
        for count in 0..30 {
            let features = draw(&mut random, count as u32, count);
            let (fast, slow) = (machine.score(&features), by_definition(&machine, &features));
            assert!(
                (f64::from(fast) - slow).abs() < 1e-5 * slow.abs().max(10.0),
                "{fast} {slow}"
            );
        }
    }

    #[test]
    fn two_sets_join_to_the_score_of_both() {
        let machine = machine(60);
        let mut random = Random::new(2);
        let (one, other) = (draw(&mut random, 0, 20), draw(&mut random, 20, 15));
        let joined = machine.join(&machine.sum(&one), &machine.sum(&other));
        let both: Vec<Feature> = one.iter().chain(&other).copied().collect();
        let whole = machine.score(&both);
        assert!(
            (joined - whole).abs() < 1e-5 * whole.abs().max(10.0),
            "{joined} {whole}"
        );
    }

    #[test]
    fn unknown_features_count_nothing() {
        let machine = machine(3);
        assert_eq!(machine.score(&[(3, 1.0), (u32::MAX, 5.0)]), machine.bias);
        assert_eq!(machine.score(&[]), machine.bias);
    }
}
