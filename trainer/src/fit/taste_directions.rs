//! In what directions do tastes depart from the common one?
//!
//! Whoever likes one thing tends to like another, and from few clicks that is all there is to go by. Departures are taken
//! as drawn from a normal distribution whose covariance is learned from everybody (a hierarchical logistic regression,
//! fitted by expectation and maximisation with Laplace's approximation: Rasmussen and Williams 2006, algorithm 3.1, for one
//! visitor; of the covariance a few directions are kept). Each round asks what every visitor's departures are under the
//! present covariance, and what covariance makes those likeliest; at the end the common weights are learned again, knowing
//! who is behind which example.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2, Axis};
use rayon::prelude::*;
use triqueta::feature::{CommonTaste, TasteExample};

use super::inverse::negative_inverse;
use super::truncated_svd::principal_directions;
use crate::Result;
use crate::progress::{Progress, check};

/// Directions kept at most. More would be of noise: what is left over is departed from facet by facet.
const DIRECTIONS: usize = 8;
/// Rounds of expectation and maximisation. One finds most of what there is.
const ROUNDS: usize = 3;
/// Facets whose covariance is learned, the most frequent ones.
const LIMIT_FACETS: usize = 250;
/// Visitors and examples of each that are asked for the covariance; bounds time. All teach the common weights.
const LIMIT_VISITORS: usize = 2_000;
const LIMIT_EXAMPLES: usize = 150;
/// How many visitors the covariance assumed beforehand, without directions, counts for.
const ASSUMED_VISITORS: f64 = 20.0;
/// Fewer visitors than this show no directions.
const LEAST_VISITORS: usize = 30;
/// Newton's steps to one visitor's departures.
const NEWTON_STEPS: usize = 4;
/// Below this curvature an example counts as if it were as uncertain as this.
const LEAST_CURVATURE: f64 = 0.01;
/// Visitors summed up at a time: the same for any number of threads.
const CHUNK: usize = 64;
/// What is smaller than this in a direction is not worth its bytes.
const LEAST_SHARE: f64 = 0.004;

/// Learns directions, and with them the common weights anew. `visitors` are everybody's examples.
///
/// # Errors
/// [`crate::TrainerError::Cancelled`].
pub fn fit_taste_directions(
    common: CommonTaste,
    visitors: &[Vec<TasteExample>],
    progress: &dyn Progress,
) -> Result<CommonTaste> {
    let speaking = visitors.iter().filter(|examples| !examples.is_empty());
    if common.is_empty() || speaking.count() < LEAST_VISITORS {
        return Ok(common);
    }
    let space = Space::of(visitors);
    let mut covariance = Array2::from_diag(&space.assumed);
    let mut directions = Vec::new();
    let flat: Vec<&TasteExample> = visitors.iter().flatten().collect();
    for _ in 0..ROUNDS {
        check(progress)?;
        let asked = visitors.len().div_ceil(LIMIT_VISITORS);
        let asked: Vec<&Vec<TasteExample>> = visitors
            .iter()
            .step_by(asked)
            .filter(|examples| !examples.is_empty())
            .collect();
        covariance = space.likelier(&covariance, &asked, &common);
        (directions, covariance) = space.keep_directions(&covariance);
    }
    let departures: Vec<Vec<f32>> = visitors
        .par_iter()
        .map(|examples| space.departures(&covariance, examples, &common))
        .collect();
    let common = common.relearned(&flat, &departures.concat());
    Ok(common.with_directions(directions, space.codes))
}

/// The facets whose covariance is learned, by number.
struct Space {
    codes: Vec<u32>,
    /// Their variances before anything is learned.
    assumed: Array1<f64>,
}

/// One visitor's examples in numbers.
struct Seen {
    /// Of each example the facets in the space, and how far it has them.
    rows: Vec<Vec<(usize, f64)>>,
    /// Of each facet beside them the examples, and how far they have it, in standard deviations.
    beside: BTreeMap<u32, Vec<(usize, f64)>>,
    labels: Array1<f64>,
    weights: Array1<f64>,
    starts: Array1<f64>,
}

/// What is known of one visitor's departures.
struct Posterior {
    /// Of each example.
    departures: Array1<f64>,
    /// What the departures are made from: they are covariance times this.
    sources: Array1<f64>,
    /// By how much the examples narrow the covariance.
    narrowing: Array2<f64>,
}

impl Space {
    fn of(visitors: &[Vec<TasteExample>]) -> Self {
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        for &(code, _) in visitors
            .iter()
            .flatten()
            .flat_map(|example| &example.facets)
        {
            if CommonTaste::departure(code).directed {
                *counts.entry(code).or_default() += 1;
            }
        }
        let mut frequent: Vec<(usize, u32)> = counts
            .into_iter()
            .map(|(code, count)| (count, code))
            .collect();
        frequent.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        frequent.truncate(LIMIT_FACETS);
        let mut codes: Vec<u32> = frequent.into_iter().map(|(_, code)| code).collect();
        codes.push(CommonTaste::READINESS);
        codes.sort_unstable();
        let variance = |&code: &u32| f64::from(CommonTaste::departure(code).deviation).powi(2);
        Self {
            assumed: codes.iter().map(variance).collect(),
            codes,
        }
    }

    fn seen(&self, examples: &[TasteExample], common: &CommonTaste) -> Seen {
        let readiness = self
            .codes
            .binary_search(&CommonTaste::READINESS)
            .unwrap_or(0);
        let mut beside: BTreeMap<u32, Vec<(usize, f64)>> = BTreeMap::new();
        let mut rows = Vec::with_capacity(examples.len());
        for (number, example) in examples.iter().enumerate() {
            let mut row = vec![(readiness, 1.0)];
            for &(code, value) in &example.facets {
                match self.codes.binary_search(&code) {
                    Ok(facet) => row.push((facet, f64::from(value))),
                    Err(_) => {
                        let deviation = CommonTaste::departure(code).deviation;
                        let value = f64::from(value * deviation);
                        beside.entry(code).or_default().push((number, value));
                    }
                }
            }
            rows.push(row);
        }
        let numbers = |of: &dyn Fn(&TasteExample) -> f32| {
            examples
                .iter()
                .map(|example| f64::from(of(example)))
                .collect()
        };
        Seen {
            rows,
            beside,
            labels: numbers(&|example| example.label),
            weights: numbers(&|example| example.weight),
            starts: numbers(&|example| common.start(&example.facets)),
        }
    }

    /// The covariance that makes what visitors did likelier than this one.
    fn likelier(
        &self,
        covariance: &Array2<f64>,
        visitors: &[&Vec<TasteExample>],
        common: &CommonTaste,
    ) -> Array2<f64> {
        let size = self.codes.len();
        let sums: Vec<Array2<f64>> = visitors
            .par_chunks(CHUNK)
            .map(|chunk| {
                let mut sum = Array2::zeros((size, size));
                for examples in chunk {
                    let step = examples.len().div_ceil(LIMIT_EXAMPLES).max(1);
                    let some: Vec<TasteExample> = examples.iter().step_by(step).cloned().collect();
                    let seen = self.seen(&some, common);
                    seen.posterior(covariance).add_to(&mut sum, &seen.rows);
                }
                sum
            })
            .collect();
        let moved = sums
            .into_iter()
            .fold(Array2::<f64>::zeros((size, size)), |sum, part| sum + part);
        let count = visitors.len() as f64;
        let mut likelier = covariance * count + covariance.dot(&moved).dot(covariance);
        for (facet, assumed) in self.assumed.iter().enumerate() {
            likelier[[facet, facet]] += ASSUMED_VISITORS * assumed;
        }
        likelier / (count + ASSUMED_VISITORS)
    }

    /// The directions in which a covariance is largest beside what each facet keeps to itself, and the covariance of just
    /// that.
    fn keep_directions(&self, covariance: &Array2<f64>) -> (Vec<Vec<(u32, f32)>>, Array2<f64>) {
        let share = f64::from(CommonTaste::BESIDE_DIRECTIONS).powi(2);
        let own = self.assumed.mapv(|variance| (share * variance).max(1e-12));
        let root = own.mapv(f64::sqrt);
        let scaled = Array2::from_shape_fn(covariance.dim(), |(a, b)| {
            covariance[[a, b]] / (root[a] * root[b])
        });
        let vectors = principal_directions(&scaled);
        let mut kept = Array2::from_diag(&own);
        let mut directions = Vec::new();
        for vector in vectors.axis_iter(Axis(1)).take(DIRECTIONS) {
            let beyond = vector.dot(&scaled.dot(&vector)) - 1.0;
            if beyond <= 0.0 {
                break;
            }
            let direction: Array1<f64> = &vector * &root * beyond.sqrt();
            let column = direction.view().insert_axis(Axis(1));
            kept += &column.dot(&column.t());
            let coded = self.codes.iter().zip(&direction);
            directions.push(
                coded
                    .filter(|(_, value)| value.abs() > LEAST_SHARE)
                    .map(|(&code, &value)| (code, value as f32))
                    .collect(),
            );
        }
        (directions, kept)
    }

    /// How far a visitor departs in each of their examples.
    fn departures(
        &self,
        covariance: &Array2<f64>,
        examples: &[TasteExample],
        common: &CommonTaste,
    ) -> Vec<f32> {
        let of_some = |some: &[TasteExample]| {
            let departures = self.seen(some, common).posterior(covariance).departures;
            departures
                .into_iter()
                .map(|value| value as f32)
                .collect::<Vec<_>>()
        };
        examples.chunks(LIMIT_EXAMPLES).flat_map(of_some).collect()
    }
}

impl Seen {
    /// How alike the examples are under a covariance.
    fn likeness(&self, covariance: &Array2<f64>) -> Array2<f64> {
        let size = self.rows.len();
        let mut projected = Array2::zeros((size, covariance.ncols()));
        for (mut to, row) in projected.rows_mut().into_iter().zip(&self.rows) {
            for &(facet, value) in row {
                to.scaled_add(value, &covariance.row(facet));
            }
        }
        let mut likeness = Array2::zeros((size, size));
        for (from, to) in projected.rows().into_iter().zip(likeness.rows_mut()) {
            for (row, value) in self.rows.iter().zip(to) {
                *value = row.iter().map(|&(facet, x)| x * from[facet]).sum();
            }
        }
        for having in self.beside.values() {
            for &(a, x) in having {
                having.iter().for_each(|&(b, y)| likeness[[a, b]] += x * y);
            }
        }
        likeness
    }

    fn posterior(&self, covariance: &Array2<f64>) -> Posterior {
        let likeness = self.likeness(covariance);
        let size = self.rows.len();
        let mut departures: Array1<f64> = Array1::zeros(size);
        let mut sources = Array1::zeros(size);
        let mut narrowing = Array2::zeros((size, size));
        for _ in 0..NEWTON_STEPS {
            let p = (&self.starts + &departures).mapv(|s| 1.0 / (1.0 + libm::exp(-s)));
            let curvature = &self.weights * &p.mapv(|p| (p * (1.0 - p)).max(LEAST_CURVATURE));
            let root = curvature.mapv(f64::sqrt);
            let mut inner = Array2::from_shape_fn((size, size), |(a, b)| {
                f64::from(u8::from(a == b)) + root[a] * likeness[[a, b]] * root[b]
            });
            negative_inverse(&mut inner);
            narrowing =
                Array2::from_shape_fn((size, size), |(a, b)| -root[a] * inner[[a, b]] * root[b]);
            let pull = &curvature * &departures + &self.weights * &(&self.labels - &p);
            sources = &pull - &narrowing.dot(&likeness.dot(&pull));
            departures = likeness.dot(&sources);
        }
        Posterior {
            departures,
            sources,
            narrowing,
        }
    }
}

impl Posterior {
    /// What the visitor adds to the covariance's change, before it is multiplied with the covariance from both sides.
    fn add_to(&self, sum: &mut Array2<f64>, rows: &[Vec<(usize, f64)>]) {
        for (a, row) in rows.iter().enumerate() {
            for (b, other) in rows.iter().enumerate() {
                let value = self.sources[a] * self.sources[b] - self.narrowing[[a, b]];
                for &(facet, x) in row {
                    for &(other, y) in other {
                        sum[[facet, other]] += value * x * y;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
