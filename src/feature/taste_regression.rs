//! Which weights of facets make what became of activities likeliest?
//!
//! A logistic regression with every weight pulled to zero (a Gaussian prior, the regression's Bayesian mode), so that a few
//! examples move it a little and a hundred a lot. Newton's method, each step solved by coordinate descent (Friedman, Hastie
//! and Tibshirani 2010) in a fixed order and for a fixed number of rounds: no matrix, and the same bits everywhere.

use super::facet::{Facet, READINESS};
use crate::math::sigmoid;

/// Few: far from the mode with long histories. Many: time for digits that change no order.
const NEWTON_STEPS: usize = 5;
/// Rounds over all weights within a step. One ignores that facets go together; many solve a step better than it deserves.
const ROUNDS: usize = 6;
/// Below this curvature an example counts as if it were as uncertain as this: keeps steps short where the model is sure.
const LEAST_CURVATURE: f32 = 0.02;

/// One example: the facets of what was shown, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct TasteExample {
    /// Codes of its facets, and how far it has each.
    pub facets: Vec<(u32, f32)>,
    /// How far it was wanted, 0 to 1.
    pub label: f32,
    /// How much it counts.
    pub weight: f32,
}

/// The weights at the mode, by code ascending; empty without examples. `scores` are the log-odds to depart from,
/// `deviation` how far the weight of a code may go; where that is nowhere, it has none.
pub(super) fn solve(
    examples: &[&TasteExample],
    mut scores: Vec<f32>,
    deviation: impl Fn(u32) -> f32,
) -> Vec<Facet> {
    let mut codes: Vec<u32> = examples
        .iter()
        .flat_map(|example| example.facets.iter().map(|facet| facet.0))
        .collect();
    if codes.is_empty() {
        return Vec::new();
    }
    codes.push(READINESS);
    codes.sort_unstable();
    codes.dedup();
    codes.retain(|&code| deviation(code) > 0.0);
    let precision: Vec<f32> = codes
        .iter()
        .map(|&code| {
            let deviation = deviation(code);
            1.0 / (deviation * deviation)
        })
        .collect();
    let mut columns = Columns::new(&codes, examples);
    let mut weights = vec![0.0_f32; codes.len()];
    let mut bends = vec![0.0_f32; codes.len()];
    for _ in 0..NEWTON_STEPS {
        let mut curvature = Vec::with_capacity(examples.len());
        let mut residual = Vec::with_capacity(examples.len());
        for (example, &score) in examples.iter().zip(&scores) {
            let p = sigmoid(score);
            let bend = (p * (1.0 - p)).max(LEAST_CURVATURE);
            curvature.push(example.weight * bend);
            residual.push((example.label - p) / bend);
        }
        let before = residual.clone();
        // What all rounds of a step have in common.
        columns.bend(&curvature);
        for (bend, (column, &precision)) in bends.iter_mut().zip(columns.each().zip(&precision)) {
            let curved = column.iter().map(|entry| entry.curved * entry.value);
            *bend = curved.fold(precision, |sum, term| sum + term);
        }
        for _ in 0..ROUNDS {
            let of_columns = columns.each().zip(&bends).zip(&precision);
            for (((column, &bend), &precision), weight) in of_columns.zip(&mut weights) {
                let mut slope = -precision * *weight;
                for entry in column {
                    slope += entry.curved * residual[entry.number as usize];
                }
                let step = slope / bend;
                *weight += step;
                for entry in column {
                    residual[entry.number as usize] -= step * entry.value;
                }
            }
        }
        for ((score, before), after) in scores.iter_mut().zip(before).zip(residual) {
            *score += before - after;
        }
    }
    codes.into_iter().zip(weights).collect()
}

/// Which examples have a facet, and how far: one list a code, all in one piece.
struct Columns {
    ends: Vec<usize>,
    entries: Vec<ColumnEntry>,
}

/// One example that has a facet.
#[derive(Clone, Copy, Default)]
struct ColumnEntry {
    number: u32,
    /// How far it has it.
    value: f32,
    /// The same times the example's curvature.
    curved: f32,
}

impl Columns {
    /// `codes` ascend; facets of other codes are left out. Every example has [`READINESS`].
    fn new(codes: &[u32], examples: &[&TasteExample]) -> Self {
        let mut found = Vec::new();
        let mut ends = vec![0_usize; codes.len()];
        for (number, example) in examples.iter().enumerate() {
            for &(code, value) in std::iter::once(&(READINESS, 1.0)).chain(&example.facets) {
                if let Ok(column) = codes.binary_search(&code) {
                    let entry = ColumnEntry {
                        number: number as u32,
                        value,
                        curved: 0.0,
                    };
                    found.push((column, entry));
                    ends[column] += 1;
                }
            }
        }
        let mut end = 0;
        for column in &mut ends {
            end += *column;
            *column = end;
        }
        // Where the next entry of a column goes: from its end to its front.
        let mut next = ends.clone();
        let mut entries = vec![ColumnEntry::default(); end];
        for (column, entry) in found.into_iter().rev() {
            next[column] -= 1;
            entries[next[column]] = entry;
        }
        Self { ends, entries }
    }

    /// Takes in how far the score of each example bends.
    fn bend(&mut self, curvature: &[f32]) {
        for entry in &mut self.entries {
            entry.curved = curvature[entry.number as usize] * entry.value;
        }
    }

    fn each(&self) -> impl Iterator<Item = &[ColumnEntry]> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let column = &self.entries[start..end];
            start = end;
            column
        })
    }
}
