//! What would this visitor's own clicks say, if nobody else had ever clicked?
//!
//! A logistic regression of one visitor's history, solved anew on the device at each request: every activity that was
//! shown to them is an example and what they did with it the label, so that passing something by teaches as well as
//! saving it. Its inputs are facets of the activity, *type and kind of day together* among them, which no sum of a type's
//! and a day's share can express. What it finds are departures from the common taste; where it is known in what directions
//! tastes depart from it, a few clicks tell how far this visitor went in each, and only the rest is facet by facet. The
//! blend decides how far it is trusted beside what others taught.

use super::activity::ActivityRow;
use super::common_taste::CommonTaste;
use super::facet::{Corners, DIRECTION, Declared, Facet, ITSELF, PARTS, family_of};
use super::facet_weights::BothWeights;
use super::outline::Outline;
use super::pair_features::{COMMON_TASTE, OWN_CONTENT};
use super::reading::Reading;
use super::schema::Schema;
use super::taste_regression::{Columns, Outcome, TasteExample};
use crate::catalog::{Catalog, City, Content, Row};
use crate::history::{Action, Entry, Visitor};
use crate::math::exp2;

/// How much one look without action counts.
const LOOKED_WEIGHT: f32 = 1.0;
/// How much one impression without action counts where it is not known what was looked at: not everything rendered is.
const PASSED_WEIGHT: f32 = 0.6;
/// The most times one activity counts as passed by.
const PASSED_LIMIT: u32 = 4;
/// What was passed by may still have been wanted a little.
pub(super) const PASSED_LABEL: f32 = 0.05;
/// The full weight of a very long reading, by [`crate::history::Action::weight`].
const READ_WEIGHT: f32 = 0.6;
/// How long a visit lasts at most.
const VISIT_MS: i64 = 3_600_000;
const DAY_MS: f32 = 86_400_000.0;

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
    /// Weight of each facet met, and of those that go together with them, beside the common one.
    weights: BothWeights,
    /// The visitor's own weights of activities by themselves.
    of_rows: Vec<Facet>,
    declared: Declared,
}

/// The facets among these, codes ascending, that are activities themselves.
fn of_rows(weights: &[Facet]) -> &[Facet] {
    let from = weights.partition_point(|facet| facet.0 < ITSELF.code(0));
    let of_rows = weights[from..].partition_point(|facet| family_of(facet.0) == Some(ITSELF));
    &weights[from..][..of_rows]
}

/// What the regression of a past begins with, whenever it is asked: to be kept for the next time, if the catalogue and the
/// schema are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Groundwork {
    /// Of each example.
    facets: Vec<Vec<Facet>>,
    /// The common taste of each.
    starts: Vec<f32>,
    columns: Columns,
}

impl Groundwork {
    /// Makes it for examples of these facets, where it is not that already.
    fn lay(&mut self, facets: Vec<Vec<Facet>>, common: &CommonTaste) {
        let bits = |facet: &Facet| (facet.0, facet.1.to_bits());
        let is_same =
            |(a, b): (&Vec<Facet>, &Vec<Facet>)| a.iter().map(bits).eq(b.iter().map(bits));
        if self.facets.len() == facets.len() && self.facets.iter().zip(&facets).all(is_same) {
            return;
        }
        let start = |facets: &Vec<Facet>| common.start(facets);
        self.starts = facets.iter().map(start).collect();
        self.facets = facets;
        let mut along = Vec::new();
        for facets in &mut self.facets {
            common.directions().along(facets, &mut along);
            let coded = (0..).zip(&along);
            facets.extend(coded.map(|(number, &value)| (DIRECTION.code(number), value)));
        }
        let directed = self.facets.iter().map(|facets| &facets[..]);
        self.columns = Columns::new(directed, |code| common.own_deviation(code));
        // Ways along directions follow from the rest.
        for facets in &mut self.facets {
            facets.truncate(facets.len() - along.len());
        }
    }
}

impl OwnTaste {
    /// Solves the regression of a visitor's history.
    pub(super) fn of(
        visitor: &Visitor,
        schema: &Schema,
        catalog: &Catalog,
        now_ms: i64,
        groundwork: &mut Groundwork,
    ) -> Self {
        let common = &schema.common_taste;
        let declared = Declared::of(&visitor.profile, &schema.city, catalog.words());
        let clock = (schema.half_life_days, now_ms);
        let examples = examples_of(
            visitor,
            &declared,
            catalog,
            &schema.city,
            clock,
            common.reading(),
        );
        let outcomes: Vec<Outcome> = examples.iter().map(TasteExample::outcome).collect();
        let facets = examples.into_iter().map(|example| example.facets);
        groundwork.lay(facets.collect(), common);
        let starts = groundwork.starts.clone();
        let weights = groundwork.columns.solve(&outcomes, starts);
        let weights = common.directions().unfold(&weights);
        Self {
            weights: BothWeights::new(common.weights(), &weights),
            of_rows: of_rows(&weights).to_vec(),
            declared,
        }
    }

    /// What it says of an activity; all 0 where nothing is known.
    /// `corners` are those of the grid around the activity's place.
    pub(super) fn of_row(&self, catalog: &Catalog, row: Row, corners: Option<Corners>) -> Verdict {
        let mut verdict = Verdict::default();
        if self.weights.is_empty() {
            return verdict;
        }
        let outline = Outline::of_row(catalog, row);
        outline.each_facet(corners, &self.declared, |code, value| {
            let [common, own] = self.weights.of(code);
            verdict.common += value * common;
            if let Some(family) = family_of(code) {
                verdict.own[family.part] += value * own;
            }
        });
        verdict
    }

    /// What it says of one facet alone.
    pub(super) fn of_facet(&self, code: u32, value: f32) -> Verdict {
        let [common, own] = self.weights.of(code);
        let mut verdict = Verdict {
            common: value * common,
            ..Verdict::default()
        };
        if let Some(family) = family_of(code) {
            verdict.own[family.part] = value * own;
        }
        verdict
    }

    /// What both tastes know of activities by themselves: facets, and the column of the feature that they are part of.
    pub(super) fn of_rows<'a>(&'a self, common: &'a CommonTaste) -> [(&'a [Facet], usize); 2] {
        [
            (of_rows(common.weights()), COMMON_TASTE),
            (&self.of_rows, OWN_CONTENT + ITSELF.part),
        ]
    }

    pub(super) fn declared(&self) -> &Declared {
        &self.declared
    }
}

/// The examples of a visitor, in order of id. `clock` is after how many days an example counts half, and now.
pub(super) fn examples_of(
    visitor: &Visitor,
    declared: &Declared,
    catalog: &Catalog,
    city: &City,
    clock: (f32, i64),
    reading: &Reading,
) -> Vec<TasteExample> {
    let (half_life_days, now_ms) = clock;
    // A log that tells what was looked at tells what was not.
    let knows_looks = visitor.history.entries().any(|(_, entry)| entry.views > 0);
    let mut examples = Vec::new();
    for (id, entry) in visitor.history.entries() {
        let Some((label, weight, time_ms)) = outcome(entry, now_ms, knows_looks, reading) else {
            continue;
        };
        let facets = match catalog.row(id) {
            Some(row) => Outline::of_row(catalog, row).facets(city.centre, declared),
            None if *entry.content == Content::default() => continue,
            None => {
                let row = ActivityRow::of_content(&entry.content, city, catalog.words());
                let windows = city.availability(city.local_time(entry.content.start_ms));
                Outline::of_activity(&row, windows).facets(city.centre, declared)
            }
        };
        let days = now_ms.saturating_sub(time_ms).max(0) as f32 / DAY_MS;
        examples.push(TasteExample {
            facets,
            label,
            weight: weight * exp2(-days / half_life_days.max(1e-3)),
        });
    }
    examples
}

/// Label, weight and time of what became of an activity; nothing where it was neither acted on nor passed by.
fn outcome(
    entry: &Entry,
    now_ms: i64,
    knows_looks: bool,
    reading: &Reading,
) -> Option<(f32, f32, i64)> {
    let Some(last_ms) = entry.last_ms() else {
        let (times, weight, shown_ms) = if knows_looks {
            (entry.views, LOOKED_WEIGHT, entry.last_view_ms?)
        } else {
            (entry.impressions, PASSED_WEIGHT, entry.last_impression_ms?)
        };
        // What is on the page right now has not been passed by yet.
        let current = u32::from(now_ms.saturating_sub(shown_ms) < VISIT_MS);
        let times = times.saturating_sub(current).min(PASSED_LIMIT);
        return (times > 0).then_some((PASSED_LABEL, weight * times as f32, shown_ms));
    };
    if entry.is_positive() {
        return Some((1.0, 1.0, last_ms));
    }
    let read = entry.read_seconds();
    let (read, weighed) = read.map_or((0.0, 0.0), |seconds| {
        let label = reading.label(seconds, entry.read_percent());
        (label, Action::Opened(seconds).weight())
    });
    let said = (entry.weight(last_ms, f32::MAX) - weighed) / READ_WEIGHT;
    Some(((read + said).clamp(0.0, 0.95), 1.0, last_ms))
}

#[cfg(test)]
mod tests;
