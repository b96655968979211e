//! What would this visitor's own clicks say, if nobody else had ever clicked?
//!
//! A logistic regression of one visitor's history, solved anew on the device at each request: every activity that was
//! shown to them is an example and what they did with it the label, so that passing something by teaches as well as
//! saving it. Its inputs are facets of the activity, *type and kind of day together* among them, which no sum of a type's
//! and a day's share can express. Every weight is pulled to zero (a Gaussian prior, the regression's Bayesian mode), so
//! that a few clicks move it a little and a hundred clicks a lot. The blend decides how far it is trusted beside what
//! others taught.
//!
//! Newton's method, each step solved by coordinate descent (Friedman, Hastie and Tibshirani 2010) in a fixed order and
//! for a fixed number of rounds: no matrix, and the same bits everywhere.

use serde::{Deserialize, Serialize};

use super::activity::ActivityRow;
use super::facet::{Declared, Facet, Family, Outline, PARTS, READINESS, family_of};
use super::schema::Schema;
use crate::catalog::{Catalog, City, Content, Place, Row};
use crate::history::{Entry, Visitor};
use crate::math::{exp2, sigmoid};

/// Log-odds that something shown is wanted, before anything is known of the visitor: about one in five.
const READINESS_MEAN: f32 = -1.4;
const READINESS_DEVIATION: f32 = 0.8;
/// How much one impression without action counts: not everything rendered is looked at.
const PASSED_WEIGHT: f32 = 0.6;
/// The most impressions of one activity that count.
const PASSED_LIMIT: u32 = 4;
/// What was passed by may still have been wanted a little.
const PASSED_LABEL: f32 = 0.05;
/// The full weight of a very long reading, by [`crate::history::Action::weight`].
const READ_WEIGHT: f32 = 0.6;
/// How long a visit lasts at most.
const VISIT_MS: i64 = 3_600_000;
/// Few: far from the mode with long histories. Many: time for digits that change no order.
const NEWTON_STEPS: usize = 5;
/// Rounds over all weights within a step. One ignores that facets go together; many solve a step better than it deserves.
const ROUNDS: usize = 6;
/// Below this curvature an example counts as if it were as uncertain as this: keeps steps short where the model is sure.
const LEAST_CURVATURE: f32 = 0.02;
/// A log in which fewer of the examples are passed by does not tell what was shown, and no common taste is read from it.
const LEAST_PASSED: f32 = 0.2;
const DAY_MS: f32 = 86_400_000.0;

/// One example: the facets of what was shown, and what became of it.
struct Example {
    facets: Vec<Facet>,
    label: f32,
    weight: f32,
}

/// What becomes of activities with a facet, whoever sees them: where every visitor's own taste starts from. Empty where
/// nothing was learned.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommonTaste {
    /// Weight of each facet, by code ascending.
    weights: Vec<Facet>,
}

impl CommonTaste {
    /// The same regression over the histories of many visitors. Empty where a log does not tell what was shown: without what was
    /// passed by, every facet would look wanted.
    pub fn of<'a>(
        visitors: impl IntoIterator<Item = &'a Visitor>,
        catalog: &Catalog,
        now_ms: i64,
    ) -> Self {
        let mut examples = Vec::new();
        for visitor in visitors {
            let declared = Declared::of(&visitor.profile, catalog.city(), catalog.words());
            let clock = (f32::MAX, now_ms);
            examples.extend(examples_of(
                visitor,
                &declared,
                catalog,
                catalog.city(),
                clock,
            ));
        }
        let passed = examples
            .iter()
            .filter(|example| example.label <= PASSED_LABEL)
            .count() as f32;
        if passed < LEAST_PASSED * examples.len() as f32 {
            return Self::default();
        }
        let starts = vec![READINESS_MEAN; examples.len()];
        Self {
            weights: solve(&examples, starts, |family| family.common),
        }
    }

    /// Whether nothing was learned.
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// Whether every weight is a number and the facets ascend.
    pub fn is_sound(&self) -> bool {
        let ascending = self.weights.windows(2).all(|pair| pair[0].0 < pair[1].0);
        ascending && self.weights.iter().all(|facet| facet.1.is_finite())
    }

    fn of_facets(&self, facets: &[Facet]) -> f32 {
        facets
            .iter()
            .map(|&(code, value)| value * weight_of(&self.weights, code))
            .sum()
    }

    fn start(&self, facets: &[Facet]) -> f32 {
        READINESS_MEAN + weight_of(&self.weights, READINESS) + self.of_facets(facets)
    }
}

fn weight_of(weights: &[Facet], code: u32) -> f32 {
    weights
        .binary_search_by_key(&code, |facet| facet.0)
        .map_or(0.0, |found| weights[found].1)
}

/// What the regressions say of an activity.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Verdict {
    /// The common taste.
    pub(super) common: f32,
    /// How far the visitor's own departs from it, by part.
    pub(super) own: [f32; PARTS],
}

/// One visitor's own departures from the common taste.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct OwnTaste {
    /// Weight of each facet met, by code ascending.
    weights: Vec<Facet>,
    declared: Declared,
    centre: Option<Place>,
}

impl OwnTaste {
    /// Solves the regression of a visitor's history.
    pub(super) fn of(visitor: &Visitor, schema: &Schema, catalog: &Catalog, now_ms: i64) -> Self {
        let declared = Declared::of(&visitor.profile, &schema.city, catalog.words());
        let clock = (schema.half_life_days, now_ms);
        let examples = examples_of(visitor, &declared, catalog, &schema.city, clock);
        let starts = examples
            .iter()
            .map(|example| schema.common_taste.start(&example.facets))
            .collect();
        Self {
            weights: solve(&examples, starts, |family| family.own),
            declared,
            centre: schema.city.centre,
        }
    }

    /// What it says of an activity; all 0 where nothing is known.
    pub(super) fn of_row(&self, schema: &Schema, catalog: &Catalog, row: Row) -> Verdict {
        let mut verdict = Verdict::default();
        if self.weights.is_empty() && schema.common_taste.is_empty() {
            return verdict;
        }
        let facets = Outline::of_row(catalog, row).facets(self.centre, &self.declared);
        verdict.common = schema.common_taste.of_facets(&facets);
        for (code, value) in facets {
            if let Some(family) = family_of(code) {
                verdict.own[family.part] += value * weight_of(&self.weights, code);
            }
        }
        verdict
    }
}

/// The examples of a visitor, in order of id. `clock` is after how many days an example counts half, and now.
fn examples_of(
    visitor: &Visitor,
    declared: &Declared,
    catalog: &Catalog,
    city: &City,
    clock: (f32, i64),
) -> Vec<Example> {
    let (half_life_days, now_ms) = clock;
    let mut examples = Vec::new();
    for (id, entry) in visitor.history.entries() {
        let Some((label, weight, time_ms)) = outcome(entry, now_ms) else {
            continue;
        };
        let facets = match catalog.row(id) {
            Some(row) => Outline::of_row(catalog, row).facets(city.centre, declared),
            None if entry.content == Content::default() => continue,
            None => {
                let row = ActivityRow::of_content(&entry.content, city, catalog.words());
                let windows = city.availability(city.local_time(entry.content.start_ms));
                Outline::of_activity(&row, windows).facets(city.centre, declared)
            }
        };
        let days = now_ms.saturating_sub(time_ms).max(0) as f32 / DAY_MS;
        examples.push(Example {
            facets,
            label,
            weight: weight * exp2(-days / half_life_days.max(1e-3)),
        });
    }
    examples
}

/// Label, weight and time of what became of an activity; nothing where it was neither acted on nor passed by.
fn outcome(entry: &Entry, now_ms: i64) -> Option<(f32, f32, i64)> {
    let Some(last_ms) = entry.last_ms() else {
        let shown_ms = entry.last_impression_ms?;
        // What is on the page right now has not been passed by yet.
        let current = u32::from(now_ms.saturating_sub(shown_ms) < VISIT_MS);
        let times = entry.impressions.saturating_sub(current).min(PASSED_LIMIT);
        return (times > 0).then_some((PASSED_LABEL, PASSED_WEIGHT * times as f32, shown_ms));
    };
    let weight = entry.weight(last_ms, f32::MAX);
    let label = if entry.is_positive() {
        1.0
    } else {
        (weight / READ_WEIGHT).clamp(0.0, 0.9)
    };
    Some((label, 1.0, last_ms))
}

/// The weights at the mode, by code ascending; empty without examples. `scores` are the log-odds to depart from,
/// `deviation` how far weights may go.
fn solve(
    examples: &[Example],
    mut scores: Vec<f32>,
    deviation: impl Fn(Family) -> f32,
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
    let precision: Vec<f32> = codes
        .iter()
        .map(|&code| {
            let deviation = family_of(code).map_or(READINESS_DEVIATION, &deviation);
            1.0 / (deviation * deviation)
        })
        .collect();
    // Which examples have a facet, and how far.
    let mut columns: Vec<Vec<(usize, f32)>> = vec![Vec::new(); codes.len()];
    for (number, example) in examples.iter().enumerate() {
        for &(code, value) in std::iter::once(&(READINESS, 1.0)).chain(&example.facets) {
            if let Ok(column) = codes.binary_search(&code) {
                columns[column].push((number, value));
            }
        }
    }
    let mut weights = vec![0.0_f32; codes.len()];
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
        for _ in 0..ROUNDS {
            for ((column, weight), &precision) in columns.iter().zip(&mut weights).zip(&precision) {
                let (mut slope, mut bend) = (-precision * *weight, precision);
                for &(number, value) in column {
                    slope += curvature[number] * value * residual[number];
                    bend += curvature[number] * value * value;
                }
                let step = slope / bend;
                *weight += step;
                for &(number, value) in column {
                    residual[number] -= step * value;
                }
            }
        }
        for ((score, before), after) in scores.iter_mut().zip(before).zip(residual) {
            *score += before - after;
        }
    }
    codes.into_iter().zip(weights).collect()
}

#[cfg(test)]
mod tests;
