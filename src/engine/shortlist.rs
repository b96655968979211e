//! Which survivors can come into the list at all?
//!
//! A list has ten slots and hundreds of survivors, whose features are most of what it takes. Between which two numbers a
//! survivor's score lies is known from retrieval, and its utility lies between theirs. So only those are scored that may be
//! among the best by utility, and those that may be the worst, because the worst and the best make the scale on which
//! likeness is weighed. Reranking says whether one of the others could have come in; then more are scored.

use super::Engine;
use super::scoring::{Scoring, Side};
use super::utility::Utility;
use crate::catalog::Row;
use crate::math::select;
use crate::rank::keep_best;

/// An activity that reranking chooses from, and between what its score lies: two equal numbers where it has been scored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Survivor {
    pub(super) row: Row,
    pub(super) least: f32,
    pub(super) most: f32,
}

/// Room for bounds of utilities.
#[derive(Debug, Clone, Default)]
pub(super) struct Bounds {
    /// Of each survivor, at least and at most.
    utilities: Vec<(f32, f32)>,
    highest: Vec<f32>,
}

impl Bounds {
    /// The most that all but the `count` highest can be; lower than any number where there are no more than these.
    fn high(&mut self, count: usize) -> f32 {
        if count >= self.utilities.len() {
            return f32::NEG_INFINITY;
        }
        self.highest.clear();
        self.highest
            .extend(self.utilities.iter().map(|bounds| bounds.1));
        select(&mut self.highest, count, |a, b| a > b);
        self.highest[count]
    }

    /// What the lowest is at most.
    fn low(&self) -> f32 {
        let most = self.utilities.iter().map(|bounds| bounds.1);
        most.fold(
            f32::INFINITY,
            |low, most| if most < low { most } else { low },
        )
    }
}

impl Scoring {
    /// Notes between what the survivors' utilities lie.
    pub(super) fn bound(&mut self, utility: &Utility<'_>) {
        self.bounds.utilities.clear();
        let of_survivors = self.survivors.iter().map(|survivor| {
            let amendment = utility.amendment(survivor.row);
            (amendment.of(survivor.least), amendment.of(survivor.most))
        });
        self.bounds.utilities.extend(of_survivors);
    }
}

impl Engine {
    /// Scores those of the survivors, bounded before, that are needed where a list is made of the `count` best by utility.
    /// Returns what the others' utilities are at most; nothing where there are no others.
    pub(super) fn shortlist(
        &self,
        side: &Side,
        scoring: &mut Scoring,
        count: usize,
    ) -> Option<f32> {
        if scoring.survivors.is_empty() {
            return None;
        }
        let (high, low) = (scoring.bounds.high(count), scoring.bounds.low());
        let mut others = None;
        scoring.scored.clear();
        for number in 0..scoring.survivors.len() {
            let (least, most) = scoring.bounds.utilities[number];
            if most <= high && least > low {
                others = Some(high);
            } else {
                let Survivor { row, least, most } = scoring.survivors[number];
                let scored = self.score_exactly(side, scoring, row);
                debug_assert!((least..=most).contains(&scored.score.total));
                scoring.scored.push(scored);
            }
        }
        let all = scoring.scored.len();
        keep_best(&mut scoring.scored, self.catalog(), all);
        others
    }
}
