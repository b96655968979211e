//! What becomes of activities, whoever sees them, and in what directions tastes depart from it?
//!
//! Learned from everybody's histories, with the same regression and the same examples that the device uses for its one
//! visitor, and sent along with the schema: where every visitor's own taste starts from. Directions are what goes together
//! in people (who likes jazz likes late evenings; who wants culture on weekdays does not want it on Sundays): sums of
//! facets in which a visitor departs from the common taste by a standard normal amount.

use serde::Serialize;

use super::directions::Directions;
use super::facet::{Declared, Facet, READINESS, family_of};
use super::facet_weights::FacetWeights;
use super::own_taste::{PASSED_LABEL, examples_of};
use super::reading::Reading;
use super::taste_regression::{TasteExample, solve};
use crate::catalog::Catalog;
use crate::history::Visitor;
use crate::json::{self, ListOrObject};

/// No weight of a facet, in log-odds, is larger than this.
const LIMIT_WEIGHT: f32 = 1_000.0;
/// The most directions a device follows.
const LIMIT_DIRECTIONS: usize = 64;
/// Log-odds that something shown is wanted, before anything is known of the visitor: about one in five.
const READINESS_MEAN: f32 = -1.4;
const READINESS_DEVIATION: f32 = 0.8;
/// A log in which fewer of the examples are passed by does not tell what was shown, and no common taste is read from it.
const LEAST_PASSED: f32 = 0.2;

/// What becomes of activities with a facet, whoever sees them: where every visitor's own taste starts from. Empty where
/// nothing was learned.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(into = "Stored")]
pub struct CommonTaste {
    /// Weight of each facet.
    weights: FacetWeights,
    /// Of each direction the facets.
    directions: Directions,
    /// The codes among which directions were looked for, ascending: the rest keep their whole width.
    directed: Vec<u32>,
    reading: Reading,
}

json::travels! { CommonTaste as Stored }

/// The form in which it travels: weights alone, as it was first, or everything.
type Stored = ListOrObject<Facet, Whole>;

#[derive(Serialize)]
struct Whole {
    weights: Vec<Facet>,
    directions: Vec<Vec<Facet>>,
    directed: Vec<u32>,
    reading: Reading,
}

json::object! { Whole: lenient { weights, directions, reading } { directed } }

impl TryFrom<Stored> for CommonTaste {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        match stored {
            Stored::List(weights) => Ok(Self {
                weights: weights.into(),
                ..Self::default()
            }),
            Stored::Object(whole) => Self {
                reading: whole.reading,
                ..Self::default()
            }
            .with_facets(whole.weights, whole.directions, whole.directed),
        }
    }
}

impl From<CommonTaste> for Stored {
    fn from(taste: CommonTaste) -> Self {
        if taste.directions.lists().is_empty() && taste.reading.is_empty() {
            return Self::List(taste.weights.list().to_vec());
        }
        Self::Object(Whole {
            weights: taste.weights.list().to_vec(),
            directions: taste.directions.lists().to_vec(),
            directed: taste.directed,
            reading: taste.reading,
        })
    }
}

/// How far one visitor's weight of a facet is from the common one, before anything is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Departure {
    /// Its standard deviation.
    pub deviation: f32,
    /// Whether it goes together with others: in what directions is to be learned.
    pub directed: bool,
}

impl CommonTaste {
    /// The standard deviation of what is left to each facet beside the directions, as a share of what it was without.
    pub const BESIDE_DIRECTIONS: f32 = 0.4;
    /// The code of how ready somebody is for anything, beside the facets of activities.
    pub const READINESS: u32 = READINESS;

    /// The regression over the histories of many visitors, without directions. Empty where a log does not tell what was
    /// shown: without what was passed by, every facet would look wanted.
    pub fn of<'a>(
        visitors: impl IntoIterator<Item = &'a Visitor>,
        catalog: &Catalog,
        now_ms: i64,
    ) -> Self {
        let visitors: Vec<&Visitor> = visitors.into_iter().collect();
        let entries = visitors
            .iter()
            .flat_map(|visitor| visitor.history.entries());
        let taste = Self {
            reading: Reading::of(entries.map(|(_, entry)| entry)),
            ..Self::default()
        };
        let examples = taste.examples(visitors, catalog, now_ms);
        let examples: Vec<&TasteExample> = examples.iter().flatten().collect();
        let passed = examples
            .iter()
            .filter(|example| example.label <= PASSED_LABEL)
            .count() as f32;
        if examples.is_empty() || passed < LEAST_PASSED * examples.len() as f32 {
            return Self::default();
        }
        let departures = vec![0.0; examples.len()];
        taste.relearned(&examples, &departures)
    }

    /// What became of what each visitor saw.
    pub fn examples<'a>(
        &self,
        visitors: impl IntoIterator<Item = &'a Visitor>,
        catalog: &Catalog,
        now_ms: i64,
    ) -> Vec<Vec<TasteExample>> {
        let of_one = |visitor: &Visitor| {
            let declared = Declared::of(&visitor.profile, catalog.city(), catalog.words());
            let clock = (f32::MAX, now_ms);
            let city = catalog.city();
            examples_of(visitor, &declared, catalog, city, clock, &self.reading)
        };
        visitors.into_iter().map(of_one).collect()
    }

    /// The weights learned anew, where it is known by how much visitors depart from them in each example.
    pub fn relearned(self, examples: &[&TasteExample], departures: &[f32]) -> Self {
        let starts = departures
            .iter()
            .map(|departure| READINESS_MEAN + departure);
        let weights = solve(examples, starts.collect(), |code| {
            family_of(code).map_or(READINESS_DEVIATION, |family| family.common)
        });
        let weights = weights.into();
        Self { weights, ..self }
    }

    /// With these directions, each of facets by code ascending; looked for among the facets `directed`, ascending too.
    pub fn with_directions(self, directions: Vec<Vec<(u32, f32)>>, directed: Vec<u32>) -> Self {
        Self {
            directions: directions.into(),
            directed,
            ..self
        }
    }

    /// The same with these weights and directions of facets by code ascending, looked for among `directed`, ascending too. Refuses
    /// more directions than a device follows before it makes room for them: the table of their shares grows with both their number
    /// and their facets'.
    pub(crate) fn with_facets(
        self,
        weights: Vec<Facet>,
        directions: Vec<Vec<Facet>>,
        directed: Vec<u32>,
    ) -> Result<Self, String> {
        if directions.len() > LIMIT_DIRECTIONS {
            return Err(format!(
                "{} directions of taste are more than {LIMIT_DIRECTIONS}",
                directions.len()
            ));
        }
        Ok(Self {
            weights: weights.into(),
            directions: directions.into(),
            directed,
            ..self
        })
    }

    /// The same without weights and directions: what of it is short.
    pub(crate) fn without_facets(&self) -> Self {
        Self {
            reading: self.reading.clone(),
            ..Self::default()
        }
    }

    /// The weights of facets, the facets of each direction, and the codes among which those were looked for.
    pub(crate) fn facets(&self) -> (&[Facet], &[Vec<Facet>], &[u32]) {
        (self.weights.list(), self.directions.lists(), &self.directed)
    }

    /// What is assumed of visitors' departures in a facet.
    pub fn departure(code: u32) -> Departure {
        family_of(code).map_or(
            Departure {
                deviation: READINESS_DEVIATION,
                directed: true,
            },
            |family| Departure {
                deviation: family.own,
                directed: family.directed,
            },
        )
    }

    /// Whether nothing was learned.
    pub fn is_empty(&self) -> bool {
        self.weights.list().is_empty() && self.reading.is_empty()
    }

    /// Whether every weight is a possible number, the facets ascend, and the directions are few.
    pub fn is_sound(&self) -> bool {
        let sound = |facets: &[Facet]| {
            let ascending = facets.windows(2).all(|pair| pair[0].0 < pair[1].0);
            ascending && facets.iter().all(|facet| facet.1.abs() <= LIMIT_WEIGHT)
        };
        let few = self.directions.lists().len() <= LIMIT_DIRECTIONS && self.directed.is_sorted();
        few && sound(self.weights.list())
            && (self.directions.lists().iter()).all(|direction| sound(direction))
            && self.reading.is_sound()
    }

    pub(super) fn reading(&self) -> &Reading {
        &self.reading
    }

    /// How far one visitor's weight of a facet may depart from the common one, facet by facet: directions leave less.
    pub(super) fn own_deviation(&self, code: u32) -> f32 {
        let left = match self.directed.binary_search(&code) {
            Ok(_) => Self::BESIDE_DIRECTIONS,
            Err(_) => 1.0,
        };
        left * Self::departure(code).deviation
    }

    pub(super) fn weights(&self) -> &[Facet] {
        self.weights.list()
    }

    pub(super) fn of_facet(&self, code: u32, value: f32) -> f32 {
        value * self.weights.of(code)
    }

    /// Log-odds before anything is known of the visitor.
    pub fn start(&self, facets: &[(u32, f32)]) -> f32 {
        let facets = facets.iter();
        let sum: f32 = facets
            .map(|&(code, value)| self.of_facet(code, value))
            .sum();
        READINESS_MEAN + self.weights.of(READINESS) + sum
    }

    pub(super) fn directions(&self) -> &Directions {
        &self.directions
    }
}

#[cfg(test)]
mod tests;
