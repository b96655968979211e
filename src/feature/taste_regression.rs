//! Which weights of facets make what became of activities likeliest?
//!
//! A logistic regression with every weight pulled to zero (a Gaussian prior, the regression's Bayesian mode), so that a few
//! examples move it a little and a hundred a lot. Newton's method, each step solved by coordinate descent (Friedman, Hastie
//! and Tibshirani 2010) in a fixed order and for a fixed number of rounds: no matrix, and the same bits everywhere.

use super::facet::{Facet, READINESS};
use crate::math::{Distinct, sigmoid, sort};

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
    scores: Vec<f32>,
    deviation: impl Fn(u32) -> f32,
) -> Vec<Facet> {
    let facets = examples.iter().map(|example| &example.facets[..]);
    let mut columns = Columns::new(facets, deviation);
    let outcomes: Vec<Outcome> = examples.iter().map(|example| example.outcome()).collect();
    columns.solve(&outcomes, scores)
}

/// What became of an example, and how much that counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Outcome {
    pub(super) label: f32,
    pub(super) weight: f32,
}

impl TasteExample {
    /// What became of it.
    pub(super) fn outcome(&self) -> Outcome {
        let (label, weight) = (self.label, self.weight);
        Outcome { label, weight }
    }
}

/// One facet and its weight.
#[derive(Debug, Clone)]
struct Column {
    code: u32,
    /// Where its examples end.
    end: usize,
    /// Whether its examples are all there are, each once.
    is_whole: bool,
    /// How strongly its weight is pulled to zero.
    precision: f32,
    /// The curvature of the whole along its weight.
    bend: f32,
    weight: f32,
}

/// Which examples have a facet, and how far: one list a column, all in one piece.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    columns: Vec<Column>,
    entries: Vec<ColumnEntry>,
}

/// One example that has a facet.
#[derive(Debug, Clone, Copy, Default)]
struct ColumnEntry {
    number: u32,
    /// How far it has it.
    value: f32,
    /// The same times the example's curvature.
    curved: f32,
}

impl Columns {
    /// One of each code that has a deviation, codes ascending, of examples with these facets; none where they have none. All
    /// examples have [`READINESS`].
    pub(super) fn new<'a>(
        examples: impl ExactSizeIterator<Item = &'a [Facet]> + Clone,
        deviation: impl Fn(u32) -> f32,
    ) -> Self {
        if examples.clone().all(<[Facet]>::is_empty) {
            return Self::default();
        }
        let facets = || {
            let examples = (0..).zip(examples.clone());
            examples.flat_map(|(number, facets)| {
                let facets = std::iter::once(&(READINESS, 1.0)).chain(facets);
                facets.map(move |&facet| (number, facet))
            })
        };
        // Many facets have few codes: these are sorted.
        let found = Distinct::of(facets().map(|(_, (code, _))| code));
        let mut counts = vec![0; found.values.len()];
        for &code in &found.codes {
            counts[code as usize] += 1;
        }
        let mut order: Vec<usize> = (0..counts.len()).collect();
        sort(&mut order, |&a, &b| found.values[a] < found.values[b]);
        let (mut columns, mut end) = (Vec::with_capacity(order.len()), 0);
        // Of each code where the next entry goes; nowhere where it has no column.
        let mut next = vec![None; counts.len()];
        for code in order {
            let deviation = deviation(found.values[code]);
            if deviation > 0.0 {
                next[code] = Some(end);
                end += counts[code];
                columns.push(Column {
                    code: found.values[code],
                    end,
                    is_whole: false,
                    precision: 1.0 / (deviation * deviation),
                    bend: 0.0,
                    weight: 0.0,
                });
            }
        }
        let mut entries = vec![ColumnEntry::default(); end];
        for (&code, (number, (_, value))) in found.codes.iter().zip(facets()) {
            if let Some(place) = &mut next[code as usize] {
                entries[*place] = ColumnEntry {
                    number,
                    value,
                    curved: 0.0,
                };
                *place += 1;
            }
        }
        let mut start = 0;
        for column in &mut columns {
            let numbers = entries[start..column.end].iter().map(|entry| entry.number);
            column.is_whole = numbers.eq(0..examples.len() as u32);
            start = column.end;
        }
        Self { columns, entries }
    }

    /// The weights at the mode, as [`solve`] gives them.
    pub(super) fn solve(&mut self, outcomes: &[Outcome], mut scores: Vec<f32>) -> Vec<Facet> {
        if self.columns.is_empty() {
            return Vec::new();
        }
        for column in &mut self.columns {
            column.weight = 0.0;
        }
        let mut residual = vec![0.0; outcomes.len()];
        let mut curvature = vec![0.0; outcomes.len()];
        for _ in 0..NEWTON_STEPS {
            let scored = outcomes.iter().zip(&scores);
            let bent = residual.iter_mut().zip(&mut curvature);
            for ((outcome, &score), (residual, curvature)) in scored.zip(bent) {
                let p = sigmoid(score);
                let bend = (p * (1.0 - p)).max(LEAST_CURVATURE);
                *curvature = outcome.weight * bend;
                *residual = (outcome.label - p) / bend;
            }
            let before = residual.clone();
            // What all rounds of a step have in common.
            self.bend(&curvature);
            for _ in 0..ROUNDS {
                self.descend(&mut residual);
            }
            for ((score, before), after) in scores.iter_mut().zip(before).zip(&residual) {
                *score += before - after;
            }
        }
        let columns = self.columns.iter();
        columns.map(|column| (column.code, column.weight)).collect()
    }

    /// Takes in how far the score of each example bends.
    fn bend(&mut self, curvature: &[f32]) {
        for entry in &mut self.entries {
            entry.curved = curvature[entry.number as usize] * entry.value;
        }
        let mut start = 0;
        for column in &mut self.columns {
            let entries = &self.entries[start..column.end];
            let curved = entries.iter().map(|entry| entry.curved * entry.value);
            column.bend = curved.fold(column.precision, |sum, term| sum + term);
            start = column.end;
        }
    }

    /// One round over all weights, each moved to where it is best beside the others.
    fn descend(&mut self, residual: &mut [f32]) {
        let mut start = 0;
        for column in &mut self.columns {
            let entries = &self.entries[start..column.end];
            start = column.end;
            let mut slope = -column.precision * column.weight;
            if let [entry] = entries {
                // Half of all facets only one example has.
                let residual = &mut residual[entry.number as usize];
                let step = (slope + entry.curved * *residual) / column.bend;
                column.weight += step;
                *residual -= step * entry.value;
            } else if column.is_whole {
                for (entry, residual) in entries.iter().zip(&*residual) {
                    slope += entry.curved * residual;
                }
                let step = slope / column.bend;
                column.weight += step;
                for (entry, residual) in entries.iter().zip(&mut *residual) {
                    *residual -= step * entry.value;
                }
            } else {
                for entry in entries {
                    slope += entry.curved * residual[entry.number as usize];
                }
                let step = slope / column.bend;
                column.weight += step;
                for entry in entries {
                    residual[entry.number as usize] -= step * entry.value;
                }
            }
        }
    }
}
