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

/// A sum of vectors, and what goes with it.
#[derive(Debug, Clone, Copy, PartialEq)]
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

    /// Adds another.
    #[inline(always)]
    pub fn add(&mut self, other: &Self) {
        for (lane, other) in self.0.iter_mut().zip(&other.0) {
            *lane += other;
        }
    }

    /// Adds `by` times another, `by` being 0 at least.
    #[inline(always)]
    pub(super) fn add_times(&mut self, by: f32, other: &Self) {
        for (lane, other) in self.0.iter_mut().zip(&other.0) {
            *lane += by * other;
        }
    }

    /// Adds a vector and a plain number, whose length and size are known.
    #[inline(always)]
    pub fn join(&mut self, vector: &[f32; VECTOR], length: f32, flat: f32) {
        for (lane, other) in self.0.iter_mut().zip(vector) {
            *lane += other;
        }
        self.0[FLAT] += flat;
        self.0[LENGTH] += length;
        self.0[SIZE] += flat.abs();
    }

    /// What it is worth: what is flat, and half of `z` with itself without what the tastes make of themselves.
    #[inline(always)]
    pub fn value(&self) -> f32 {
        let vector = &self.0[..VECTOR];
        let tastes = self.0[VECTOR..FLAT].iter();
        let squares: f32 = tastes.map(|taste| taste * taste).sum();
        self.0[FLAT] + 0.5 * (dot(vector, vector) - squares)
    }

    /// No less than the lengths of all vectors it is the sum of.
    #[inline(always)]
    pub fn length(&self) -> f32 {
        self.0[LENGTH]
    }

    /// No less than the sizes of what is flat.
    #[inline(always)]
    pub fn flat_size(&self) -> f32 {
        self.0[SIZE]
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
struct Axis {
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
            slope.0[LENGTH] = length * scale.abs();
            slope.0[SIZE] = slope.0[FLAT].abs();
            // Exact scores take products of vectors before they are scaled.
            unit.0 += length * if scale.abs() > 1.0 { scale.abs() } else { 1.0 };
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
        let lanes = worth.0.iter_mut().zip(&slope.0);
        for (lane, slope) in lanes.take(LENGTH) {
            *lane += value * slope;
        }
        worth.0[FLAT] += curvature * (value * value);
        for lane in [LENGTH, SIZE] {
            worth.0[lane] += value.abs() * slope.0[lane];
        }
        0.0
    }
}
