//! What do two lists of one visitor have in common? Nearly all of what they remember: one event changes one activity.
//!
//! Each remembered activity is a row and a point on the sphere, made from its content alone: whoever keeps them between two
//! lists makes only those of what came or changed. The longer the history, the more of a list this is.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::scoring::Scoring;
use crate::bundle::Bundle;
use crate::catalog::{Content, Row};
use crate::event::ActivityId;
use crate::feature::{ActivityRow, Groundwork};
use crate::history::History;
use crate::math::SparseAccumulator;
use crate::model::Embedding;
use crate::rank::{Candidate, Reranking};

/// What was made of a visitor's past for earlier lists, to be kept beside the visitor and handed in again. Under another
/// bundle it begins anew; bundles of one id are taken for the same. A list made with it and one made without are the same to
/// the last bit.
#[derive(Debug, Clone, Default)]
pub struct Recollection {
    bundle: String,
    past: HashMap<ActivityId, Known, RandomState>,
    pub(super) groundwork: Groundwork,
    /// Room for what neighbours say: the last list's sums are still in it.
    pub(super) neighbour_scores: SparseAccumulator,
    pub(super) workshop: Workshop,
}

/// What lists are made in: room that the next list need not ask for again, which activities are announced, and how near places are
/// to the past that was asked of last.
#[derive(Debug, Clone, Default)]
pub(super) struct Workshop {
    pub(super) scoring: Scoring,
    pub(super) candidates: Vec<Candidate>,
    pub(super) shown: Vec<(Row, f32)>,
    pub(super) reranking: Reranking,
}

/// One remembered activity.
#[derive(Debug, Clone)]
pub(super) struct Known {
    content: Arc<Content>,
    pub(super) activity: Arc<ActivityRow>,
    pub(super) embedding: Embedding,
}

impl Recollection {
    /// Goes on to another visitor: what is remembered of activities is forgotten, the room that lists are made in and what is
    /// known of the catalogue stay. Until the next list that room holds what the last one left in it, and nearness to places goes on
    /// from there; whoever is to leave nothing behind takes a new recollection.
    pub fn begin_another(&mut self) {
        self.past.clear();
        self.groundwork = Groundwork::default();
    }

    /// Keeps of what is known what a list of this bundle for this history may use.
    pub(super) fn prepare(&mut self, bundle: &Bundle, history: &History) {
        if self.bundle != bundle.id {
            bundle.id.clone_into(&mut self.bundle);
            self.begin_another();
            self.neighbour_scores = SparseAccumulator::default();
            self.workshop = Workshop::default();
        }
        if self.past.len() > history.len() {
            self.past
                .retain(|id, _| history.entry(id.as_str()).is_some());
        }
    }

    /// What an activity of this content is, made where it is not known.
    pub(super) fn recall(
        &mut self,
        bundle: &Bundle,
        id: &ActivityId,
        content: &Arc<Content>,
    ) -> &Known {
        let make = || {
            let (city, words) = (&bundle.schema.city, bundle.catalog.words());
            let activity = ActivityRow::of_content(content, city, words);
            Known {
                content: Arc::clone(content),
                embedding: bundle.models.two_tower.embed_activity(&activity),
                activity: Arc::new(activity),
            }
        };
        let known = self.past.get(id);
        let is_same =
            |known: &Known| Arc::ptr_eq(&known.content, content) || known.content == *content;
        if !known.is_some_and(is_same) {
            self.past.insert(id.clone(), make());
        }
        // Known by now.
        &self.past[id]
    }
}
