//! What do pair features make of each other, where every one has a vector and every two meet in the product of theirs?
//!
//! `Σ_p w_p x_p + Σ_{p<q} ⟨v_p, v_q⟩ x_p x_q` of standardised features `x_p = (f_p − mean) · scale`, for short
//! `flat + ½|z|²`: with `z = Σ_p x_p v_p` the products are half of `|z|² − Σ_p |v_p|² x_p²`. All of that is a sum over
//! features, and so over properties: a [`Point`] is the share of one of them, and points add up. Who has a vector of their own
//! that meets those of all features adds it to `z`.
//!
//! Tastes are sums over properties themselves, so that their squares are not: `|v_p| x_p` is a coordinate for each of them,
//! whose square is taken off.

use super::appraiser::Measure;
use super::facet::PARTS;
use super::pair_features::{COMMON_TASTE, OWN_CONTENT, PAIR_FEATURES, PairRow};
use crate::math::{dot, norm};

/// The length of a feature's vector.
pub const VECTOR: usize = 32;
/// The tastes are the columns from the common one on, and have the coordinates after the vector.
const TASTES: usize = 1 + PARTS;
const _: () = assert!(OWN_CONTENT == COMMON_TASTE + 1);
/// What is a plain sum.
const FLAT: usize = VECTOR + TASTES;
/// What the lengths of vectors added up to, signs aside, and the sizes of what is flat.
const LENGTH: usize = FLAT + 1;
const SIZE: usize = LENGTH + 1;
/// A whole number of vector registers.
const LANES: usize = 40;
const _: () = assert!(SIZE < LANES);

/// Squares and products of numbers so small that they are hardly numbers are missing in lengths and in exact scores. Vectors whose
/// lengths are said to be longer by this make up for both: what is lost of two of them is far less than a rounding of such lengths.
const FAINT: f32 = 1e-17;

/// A sum of vectors, and what goes with it. Aligned as vector registers are loaded.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(align(16))]
pub struct Point([f32; LANES]);

impl Default for Point {
    fn default() -> Self {
        Self([0.0; LANES])
    }
}

impl Point {
    /// A vector and a plain number. `size` is no less than the sizes of what the number was made of.
    pub fn new(vector: &[f32; VECTOR], flat: f32, size: f32) -> Self {
        let mut point = Self::default();
        point.0[..VECTOR].copy_from_slice(vector);
        (point.0[FLAT], point.0[LENGTH], point.0[SIZE]) = (flat, norm(vector), size);
        point
    }

    /// Adds another. A call, as those below: compilers that see through it add number by number.
    #[inline(never)]
    pub fn add(&mut self, other: &Self) {
        self.add_times(1.0, other);
    }

    /// Adds `by` times another.
    #[inline(never)]
    pub(super) fn add_times(&mut self, by: f32, other: &Self) {
        for (lane, other) in self.0.iter_mut().zip(&other.0) {
            *lane += by * other;
        }
    }

    /// Adds points.
    #[inline(never)]
    pub(super) fn add_all<const N: usize>(&mut self, points: [&Self; N]) {
        for (lane, sum) in self.0.iter_mut().enumerate() {
            for point in points {
                *sum += point.0[lane];
            }
        }
    }
}

/// What a sum of points is worth, and how large what it was made of is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Meeting {
    /// What is flat, and half of `z` with itself without what tastes make of themselves.
    pub value: f32,
    /// No less than the lengths of all vectors together.
    pub length: f32,
    /// No less than the sizes of all that is flat.
    pub flat_size: f32,
}

/// One more vector with a plain number, and how long it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arrow<'a> {
    /// The vector.
    pub vector: &'a [f32; VECTOR],
    /// Its length.
    pub length: f32,
    /// The number.
    pub flat: f32,
}

impl Meeting {
    /// Of these points, features and a vector.
    #[inline(never)]
    pub(super) fn of<const N: usize, const M: usize>(
        points: [&Point; N],
        features: [(f32, &Axis); M],
        arrow: &Arrow<'_>,
    ) -> Self {
        let mut sum = Point::default();
        for (lane, sum) in sum.0.iter_mut().enumerate() {
            for point in points {
                *sum += point.0[lane];
            }
            for (value, axis) in features {
                *sum += value * axis.slope.0[lane];
            }
        }
        let mut z = *arrow.vector;
        for (z, sum) in z.iter_mut().zip(&sum.0) {
            *z += sum;
        }
        let mut meeting = Self {
            value: sum.0[FLAT] + arrow.flat,
            length: sum.0[LENGTH] + arrow.length,
            flat_size: sum.0[SIZE] + arrow.flat.abs(),
        };
        for (value, axis) in features {
            meeting.value += axis.curvature * (value * value);
            // Sizes have no signs.
            let missing = if value < 0.0 { -2.0 * value } else { 0.0 };
            meeting.length += missing * axis.slope.0[LENGTH];
            meeting.flat_size += missing * axis.slope.0[SIZE];
        }
        let tastes = &sum.0[VECTOR..FLAT];
        meeting.value += 0.5 * (dot(&z, &z) - dot(tastes, tastes));
        meeting
    }
}

/// The vectors of all pair features, their weights, and what standardises them.
#[derive(Debug, Clone, PartialEq)]
pub struct PairVectors {
    axes: Vec<Axis>,
    /// The point of features that are all 0.
    origin: Point,
    /// What a feature that is further from the truth than it is large adds to lengths and sizes, relative to that.
    unit: (f32, f32),
}

/// What a feature adds to a point.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    /// Times the feature.
    slope: Point,
    /// Times its square.
    curvature: f32,
}

impl PairVectors {
    /// Of these vectors, weights, means and scales.
    pub fn new<'a>(
        vector: impl Fn(usize) -> &'a [f32],
        weights: &PairRow,
        mean: &PairRow,
        scale: &PairRow,
    ) -> Self {
        let mut origin = Point::default();
        let mut unit = (0.0, 0.0);
        let axes = (0..PAIR_FEATURES.len()).map(|column| {
            let (vector, mean, scale) = (vector(column), mean[column], scale[column]);
            let mut slope = Point::default();
            for (lane, v) in slope.0.iter_mut().zip(vector) {
                *lane = v * scale;
            }
            let length = norm(vector);
            slope.0[FLAT] = weights[column] * scale;
            let at_most = length + FAINT;
            slope.0[LENGTH] = at_most * scale.abs();
            slope.0[SIZE] = slope.0[FLAT].abs();
            // Exact scores take products of vectors before they are scaled.
            unit.0 += at_most * if scale.abs() > 1.0 { scale.abs() } else { 1.0 };
            unit.1 += slope.0[SIZE];
            for (lane, slope) in origin.0[..LENGTH].iter_mut().zip(&slope.0) {
                *lane -= mean * slope;
            }
            for lane in [LENGTH, SIZE] {
                origin.0[lane] += mean.abs() * slope.0[lane];
            }
            let mut curvature = 0.0;
            if let Some(taste) = column.checked_sub(COMMON_TASTE).filter(|&at| at < TASTES) {
                slope.0[VECTOR + taste] = length * scale;
                origin.0[VECTOR + taste] = -mean * length * scale;
            } else {
                // −½|v|²(f − mean)²·scale², by powers of f.
                let square = (length * scale) * (length * scale);
                curvature = -0.5 * square;
                slope.0[FLAT] += square * mean;
                origin.0[FLAT] -= 0.5 * square * mean * mean;
            }
            Axis { slope, curvature }
        });
        Self {
            axes: axes.collect(),
            origin,
            unit,
        }
    }

    pub(super) fn axis(&self, column: usize) -> &Axis {
        &self.axes[column]
    }

    /// The point of features that are all 0: those of a pair are added to it.
    pub fn origin(&self) -> &Point {
        &self.origin
    }

    /// What lengths and sizes of points would be, did every feature differ by 1 from what it is.
    pub fn unit(&self) -> (f32, f32) {
        self.unit
    }
}

impl Measure for PairVectors {
    type Worth = Point;

    /// Sizes are kept in the point.
    #[inline(always)]
    fn add(&self, worth: &mut Point, column: usize, value: f32) -> f32 {
        // Most of what there is somebody never met.
        if value == 0.0 {
            return 0.0;
        }
        let Axis { slope, curvature } = &self.axes[column];
        worth.add_times(value, slope);
        worth.0[FLAT] += curvature * (value * value);
        if value < 0.0 {
            // Sizes have no signs.
            for lane in [LENGTH, SIZE] {
                worth.0[lane] -= 2.0 * (value * slope.0[lane]);
            }
        }
        0.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::math::Random;

    const PAIRS: usize = PAIR_FEATURES.len();

    /// Weights, means, scales, and vectors.
    type Drawn = ([PairRow; 3], Vec<[f32; VECTOR]>);

    fn drawn(random: &mut Random) -> Drawn {
        let mut draw = || random.normal() as f32;
        let rows = [(); 3].map(|()| [(); PAIRS].map(|()| draw()));
        let vectors = (0..PAIRS).map(|_| [(); VECTOR].map(|()| 0.3 * draw()));
        (rows, vectors.collect())
    }

    /// The definition, over all pairs of features, those of one more vector among them, and the sizes of its terms.
    fn by_definition(drawn: &Drawn, features: &PairRow, other: &[f32; VECTOR]) -> (f64, f64) {
        let ([weights, mean, scale], vectors) = drawn;
        let product = |a: &[f32; VECTOR], b: &[f32; VECTOR]| -> f64 {
            let terms = a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b));
            terms.sum()
        };
        let (mut value, mut size) = (0.0, 0.0);
        let x = |p: usize| f64::from(features[p] - mean[p]) * f64::from(scale[p]);
        for p in 0..PAIRS {
            let mut of_all = f64::from(weights[p]) + product(&vectors[p], other);
            for q in 0..p {
                of_all += product(&vectors[p], &vectors[q]) * x(q);
            }
            value += x(p) * of_all;
            size += (x(p) * of_all).abs();
        }
        (value, size)
    }

    #[test]
    fn a_meeting_is_the_definition_in_whatever_parts_features_come() {
        let mut random = Random::new(4);
        for _ in 0..50 {
            let drawn = drawn(&mut random);
            let ([weights, mean, scale], of) = &drawn;
            let vectors = PairVectors::new(|p| &of[p][..], weights, mean, scale);
            let features: PairRow = [(); PAIRS].map(|()| random.normal() as f32);
            let mut parts = [Point::default(); 2];
            let mut late = [(0.0, vectors.axis(0)); 2];
            for (column, &feature) in features.iter().enumerate() {
                let taste = (COMMON_TASTE..COMMON_TASTE + TASTES).contains(&column);
                match column {
                    3 | 7 => late[column / 4] = (feature, vectors.axis(column)),
                    // What is a sum may come in parts.
                    _ if taste => {
                        for part in &mut parts {
                            vectors.add(part, column, 0.5 * feature);
                        }
                    }
                    _ => {
                        vectors.add(&mut parts[column % 2], column, feature);
                    }
                }
            }
            let other = [(); VECTOR].map(|()| random.normal() as f32);
            let arrow = Arrow {
                vector: &other,
                length: norm(&other),
                flat: -0.5 * dot(&other, &other),
            };
            let points = [vectors.origin(), &parts[0], &parts[1]];
            let found = Meeting::of(points, late, &arrow);
            let (value, size) = by_definition(&drawn, &features, &other);
            let most = found.flat_size + found.length * found.length;
            assert!(f64::from(most) >= size, "{most} {size}");
            let error = (f64::from(found.value) - value).abs();
            assert!(error <= 1e-6 * f64::from(most), "{error} {value} {most}");
        }
    }
}
