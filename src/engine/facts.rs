//! The facts behind an explanation: what this visitor and this activity have in common.

use std::collections::BTreeMap;

use super::Engine;
use crate::catalog::{Row, distance_km};
use crate::feature::{COMPONENTS, Component, Past, UserRow};
use crate::history::Visitor;
use crate::math::cosine;
use crate::model::{EMBEDDING, Score};
use crate::rank::ReasonInputs;

/// A past activity within this distance counts as near.
const NEAR_KM: f64 = 1.0;
/// From this closeness of embeddings on, an activity may be called similar to a past one.
const SIMILAR_COSINE: f32 = 0.6;

pub(super) struct Facts<'a> {
    pub(super) engine: &'a Engine,
    pub(super) visitor: &'a Visitor,
    pub(super) user: &'a UserRow,
    pub(super) embeddings: &'a [[f32; EMBEDDING]],
    pub(super) now_ms: i64,
    pub(super) origin: Option<Row>,
}

impl<'a> Facts<'a> {
    /// The facts about one row.
    pub(super) fn of(&self, row: Row, score: &Score, exploration: bool) -> ReasonInputs<'a> {
        let bundle = self.engine.bundle();
        let (catalog, words) = (&bundle.catalog, bundle.catalog.words());
        let columns = catalog.columns();
        let index = row.index();
        let (organiser, series) = (columns.organiser[index], columns.series[index]);
        let chose = |test: &dyn Fn(&Past) -> bool| self.liked().any(test);
        let locality = columns.locality[index];
        let counters = &bundle.counters;
        let positives =
            counters.positives.get(index).copied().unwrap_or(0.0) * counters.decay(self.now_ms);
        ReasonInputs {
            components: self.components(score),
            declared_tags: self.declared_tags(row),
            history_tags: self.history_tags(row),
            known_organiser: words
                .organisers
                .term(organiser)
                .filter(|_| chose(&|past| past.activity.organiser == organiser)),
            known_series: series != 0 && chose(&|past| past.activity.series == series),
            preferred_locality: words
                .localities
                .term(locality)
                .filter(|_| self.user.locality == locality),
            distance_km: self.distance_km(row),
            near_history: self.is_near_history(row),
            availability: self.availability(columns.availability[index]),
            usual_time: self.is_usual_time(columns.weekday[index], columns.hour[index] / 4),
            positives,
            similar_title: self.similar_title(row),
            has_profile: self.visitor.profile.is_complete(),
            exploration,
        }
    }

    fn liked(&self) -> impl Iterator<Item = &'a Past> + '_ {
        self.user.history.iter().filter(|past| past.weight > 0.0)
    }

    /// Components that speak for the activity, the largest contribution first.
    fn components(&self, score: &Score) -> Vec<Component> {
        let mut parts: Vec<(Component, f32)> = COMPONENTS
            .iter()
            .copied()
            .zip(score.contributions)
            .filter(|(_, value)| *value > 0.0)
            .collect();
        parts.sort_by(|a, b| b.1.total_cmp(&a.1));
        if self.origin.is_some() {
            return vec![Component::TwoTower];
        }
        parts.into_iter().map(|(component, _)| component).collect()
    }

    fn declared_tags(&self, row: Row) -> Vec<&'a str> {
        let catalog = &self.engine.bundle().catalog;
        let shared = catalog
            .tags(row)
            .iter()
            .filter(|tag| self.user.tags.contains(tag));
        shared
            .filter_map(|&tag| catalog.words().tags.term(tag))
            .take(2)
            .collect()
    }

    fn history_tags(&self, row: Row) -> Vec<&'a str> {
        let catalog = &self.engine.bundle().catalog;
        let mut weights: BTreeMap<u16, f32> = BTreeMap::new();
        for past in self.liked() {
            for &tag in past
                .activity
                .tags
                .iter()
                .filter(|tag| catalog.tags(row).contains(tag))
            {
                *weights.entry(tag).or_default() += past.weight;
            }
        }
        let mut shared: Vec<(u16, f32)> = weights.into_iter().collect();
        shared.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        shared
            .into_iter()
            .filter_map(|(tag, _)| catalog.words().tags.term(tag))
            .take(2)
            .collect()
    }

    fn distance_km(&self, row: Row) -> Option<f32> {
        let (here, there) = (
            self.visitor.profile.location?,
            self.engine.bundle().catalog.place(row)?,
        );
        Some(distance_km(here, there) as f32)
    }

    fn is_near_history(&self, row: Row) -> bool {
        let Some(there) = self.engine.bundle().catalog.place(row) else {
            return false;
        };
        let entries = self
            .visitor
            .history
            .entries()
            .filter(|(_, entry)| entry.is_positive());
        entries
            .filter_map(|(_, entry)| entry.content.place)
            .any(|place| distance_km(place, there) <= NEAR_KM)
    }

    fn availability(&self, windows: u16) -> Option<&'a str> {
        let city = &self.engine.bundle().schema.city;
        let first = (0..16).find(|bit| self.user.availability & windows & (1 << bit) != 0)?;
        city.availability
            .get(first)
            .map(|window| window.name.as_str())
    }

    fn is_usual_time(&self, weekday: u8, slot: u8) -> bool {
        let (mut same, mut all) = (0_u32, 0_u32);
        for past in self.liked() {
            all += 1;
            same += u32::from(past.activity.weekday == weekday && past.activity.slot == slot);
        }
        all >= 3 && same * 3 >= all
    }

    /// The title of the most alike activity the visitor chose; in "similar to this", the title of this.
    fn similar_title(&self, row: Row) -> Option<&'a str> {
        let bundle = self.engine.bundle();
        if let Some(origin) = self.origin {
            return Some(bundle.texts.title(origin));
        }
        let vector = &bundle.activities.embeddings[row.index()];
        let mut best: Option<(f32, &'a str)> = None;
        for (past, embedding) in self.user.history.iter().zip(self.embeddings) {
            let alike = cosine(vector, embedding);
            let better = best.is_none_or(|(best, _)| alike > best);
            let itself = bundle.catalog.id(row) == &past.id;
            let is_like_it = past.weight > 0.0 && alike >= SIMILAR_COSINE && better && !itself;
            if !is_like_it {
                continue;
            }
            // Looked up last: most of the past is not alike.
            let entry = self.visitor.history.entry(&past.id);
            let title = entry.map_or("", |entry| entry.content.title.as_str());
            if !title.is_empty() {
                best = Some((alike, title));
            }
        }
        best.map(|(_, title)| title)
    }
}
