//! The facts behind an explanation: what this visitor and this activity have in common.

use std::borrow::Cow;

use litemap::LiteMap;

use super::Engine;
use crate::catalog::{Catalog, Row, distance_km};
use crate::feature::{COMPONENTS, Component, Past, UserRow};
use crate::history::Visitor;
use crate::math::cosine;
use crate::model::{EMBEDDING, Score};
use crate::rank::Facts;

/// A past activity within this distance counts as near.
const NEAR_KM: f64 = 1.0;
/// From this closeness of embeddings on, an activity may be called similar to a past one.
const SIMILAR_COSINE: f32 = 0.6;

/// What explanations of a slate draw on.
pub(super) struct Known<'a> {
    pub(super) engine: &'a Engine,
    pub(super) visitor: &'a Visitor,
    pub(super) user: &'a UserRow,
    pub(super) embeddings: &'a [[f32; EMBEDDING]],
    pub(super) now_ms: i64,
    pub(super) origin: Option<Row>,
}

/// What is known of one item of it.
pub(super) struct OfItem<'a> {
    pub(super) known: &'a Known<'a>,
    pub(super) row: Row,
    pub(super) score: &'a Score,
    pub(super) explores: bool,
}

impl<'a> OfItem<'a> {
    fn catalog(&self) -> &'a Catalog {
        &self.known.engine.bundle().catalog
    }

    fn liked(&self) -> impl Iterator<Item = &'a Past> + '_ {
        let history = self.known.user.history.iter();
        history.filter(|past| past.weight > 0.0)
    }
}

impl<'a> Facts<'a> for OfItem<'a> {
    fn components(&self) -> Vec<Component> {
        let mut parts: Vec<(Component, f32)> = COMPONENTS
            .iter()
            .copied()
            .zip(self.score.contributions)
            .filter(|(_, value)| *value > 0.0)
            .collect();
        parts.sort_by(|a, b| b.1.total_cmp(&a.1));
        if self.known.origin.is_some() {
            return vec![Component::TwoTower];
        }
        parts.into_iter().map(|(component, _)| component).collect()
    }

    fn declared_tags(&self) -> Vec<&'a str> {
        let catalog = self.catalog();
        let shared = catalog
            .tags(self.row)
            .iter()
            .filter(|tag| self.known.user.tags.contains(tag));
        shared
            .filter_map(|&tag| catalog.words().tags.term(tag))
            .take(2)
            .collect()
    }

    fn history_tags(&self) -> Vec<&'a str> {
        let catalog = self.catalog();
        let mut weights: LiteMap<u16, f32> = LiteMap::new_vec();
        for past in self.liked() {
            for &tag in past
                .activity
                .tags
                .iter()
                .filter(|tag| catalog.tags(self.row).contains(tag))
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

    fn known_organiser(&self) -> Option<&'a str> {
        let organiser = self.catalog().columns().content(self.row.index()).organiser;
        let name = self.catalog().words().organisers.term(organiser)?;
        let mut liked = self.liked();
        liked
            .any(|past| past.activity.organiser == organiser)
            .then_some(name)
    }

    fn knows_series(&self) -> bool {
        let series = self.catalog().columns().content(self.row.index()).series;
        series != 0 && self.liked().any(|past| past.activity.series == series)
    }

    fn preferred_locality(&self) -> Option<&'a str> {
        let locality = self.catalog().columns().place(self.row.index()).locality;
        let name = self.catalog().words().localities.term(locality)?;
        (self.known.user.locality == locality).then_some(name)
    }

    fn distance_km(&self) -> Option<f32> {
        let (here, there) = (
            self.known.visitor.profile.location?,
            self.catalog().place(self.row)?,
        );
        Some(distance_km(here, there) as f32)
    }

    fn is_near_history(&self) -> bool {
        let Some(there) = self.catalog().place(self.row) else {
            return false;
        };
        let entries = self.known.visitor.history.entries();
        let entries = entries.filter(|(_, entry)| entry.is_positive());
        entries
            .filter_map(|(_, entry)| entry.content.place)
            .any(|place| distance_km(place, there) <= NEAR_KM)
    }

    fn availability(&self) -> Option<&'a str> {
        let windows = self.catalog().columns().date(self.row.index()).availability;
        let city = &self.known.engine.bundle().schema.city;
        let first = (0..16).find(|bit| self.known.user.availability & windows & (1 << bit) != 0)?;
        city.availability
            .get(first)
            .map(|window| window.name.as_str())
    }

    fn is_usual_time(&self) -> bool {
        let (columns, index) = (self.catalog().columns(), self.row.index());
        let (weekday, slot) = (columns.date(index).weekday, columns.date(index).hour / 4);
        let (mut same, mut all) = (0_u32, 0_u32);
        for past in self.liked() {
            all += 1;
            same += u32::from(past.activity.weekday == weekday && past.activity.slot == slot);
        }
        all >= 3 && same * 3 >= all
    }

    fn positives(&self) -> f32 {
        let counters = &self.known.engine.bundle().counters;
        let positives = counters.positives.get(self.row.index());
        positives.copied().unwrap_or(0.0) * counters.decay(self.known.now_ms)
    }

    fn has_profile(&self) -> bool {
        self.known.visitor.profile.is_complete()
    }

    fn explores(&self) -> bool {
        self.explores
    }

    /// In "similar to this", the title of this.
    fn similar_title(&self) -> Option<Cow<'a, str>> {
        let bundle = self.known.engine.bundle();
        if let Some(origin) = self.known.origin {
            return Some(bundle.texts.title(origin));
        }
        let vector = &bundle.activities.embeddings[self.row.index()];
        let mut best: Option<(f32, &'a str)> = None;
        for (past, embedding) in self.known.user.history.iter().zip(self.known.embeddings) {
            let alike = cosine(vector, embedding);
            let better = best.is_none_or(|(best, _)| alike > best);
            let itself = bundle.catalog.id(self.row) == past.id.as_str();
            let is_like_it = past.weight > 0.0 && alike >= SIMILAR_COSINE && better && !itself;
            if !is_like_it {
                continue;
            }
            // Looked up last: most of the past is not alike.
            let entry = self.known.visitor.history.entry(past.id.as_str());
            let title = entry.map_or("", |entry| entry.content.title.as_str());
            if !title.is_empty() {
                best = Some((alike, title));
            }
        }
        best.map(|(_, title)| title.into())
    }
}
