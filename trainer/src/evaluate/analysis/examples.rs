//! Where did the score fail, and why? The worst questions, one a visitor, with what was ranked above the choice and the
//! components of each score.

use serde::Serialize;
use triqueta::feature::COMPONENTS;

use crate::evaluate::metrics::Rank;

/// The worst questions so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Examples {
    /// The worst first.
    kept: Vec<Example>,
}

/// One question that went wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Example {
    /// Number of the question, in order of time.
    pub question: usize,
    /// Place of what was chosen; 1 is the best. Equal scores are not counted against it.
    pub rank: usize,
    /// How many activities were open.
    pub candidates: usize,
    /// Positives of the visitor before.
    pub positives_before: usize,
    /// What was chosen.
    pub chosen: ShownActivity,
    /// The best of what was ranked above it.
    pub above: Vec<ShownActivity>,
}

/// An activity and why it stands where it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShownActivity {
    /// Its title, as the data has it.
    pub title: String,
    /// Days from the question to its start.
    pub starts_in_days: f64,
    /// What each component adds to the score; components that add nothing are left out.
    pub contributions: Vec<(&'static str, f32)>,
    /// Their sum, the score.
    pub score: f32,
}

impl ShownActivity {
    /// Contributions by name, those that are not 0.
    pub(super) fn named(contributions: &[f32; COMPONENTS.len()]) -> Vec<(&'static str, f32)> {
        let named = COMPONENTS.iter().zip(contributions);
        named
            .filter(|(_, part)| **part != 0.0)
            .map(|(component, &part)| (component.name(), part))
            .collect()
    }
}

impl Examples {
    /// How many are kept.
    const KEPT: usize = 40;
    /// How many are shown of what was ranked above.
    pub(super) const ABOVE: usize = 3;

    /// Whether a question that ended so would be kept: the share of others above counts, so that large and small questions
    /// compare.
    pub(super) fn wants(&self, rank: Rank) -> bool {
        let last = self.kept.get(Self::KEPT - 1);
        rank.above > 0
            && last.is_none_or(|last| badness(rank.above, rank.others + 1) > last.badness())
    }

    pub(super) fn add(&mut self, example: Example) {
        let badness = example.badness();
        let place = self.kept.partition_point(|kept| kept.badness() >= badness);
        self.kept.insert(place, example);
        self.kept.truncate(Self::KEPT);
    }

    /// The worst, at most `count` and at most one a visitor.
    pub(super) fn worst(&self, count: usize, visitor_of: impl Fn(usize) -> usize) -> Vec<Example> {
        let mut seen = std::collections::BTreeSet::new();
        let distinct = self
            .kept
            .iter()
            .filter(|example| seen.insert(visitor_of(example.question)));
        distinct.take(count).cloned().collect()
    }
}

impl Example {
    fn badness(&self) -> f64 {
        badness(self.rank - 1, self.candidates)
    }
}

/// The share of the others that stand above, large questions before small ones.
fn badness(above: usize, candidates: usize) -> f64 {
    above as f64 / candidates.saturating_sub(1).max(1) as f64 + candidates as f64 * 1e-9
}
