//! Which rows does a shard move in a round, and how do the shards' rows become one again?
//!
//! A shard copies a row when a group first needs it. What it works on is then small and close together, however many
//! features there are, and nobody else writes to it.

use super::group::Group;
use super::row::Row;
use super::rule::Rule;

/// Where the row of the bias is, in every shard.
pub(super) const BIAS: u32 = 0;

/// The place of a row that was not copied yet.
const NOWHERE: u32 = u32::MAX;

/// The rows that one shard moves in a round.
pub(super) struct Shard<State> {
    /// In the order in which they were needed.
    pub(super) rows: Vec<Row<State>>,
    /// Where each feature's row is.
    places: Vec<u32>,
    /// Features whose rows are to be copied next.
    missing: Vec<u32>,
}

impl<State: Copy> Shard<State> {
    /// A shard of machines with so many rows, the bias among them.
    pub(super) fn new(rows: usize) -> Self {
        Self {
            rows: Vec::new(),
            places: vec![NOWHERE; rows],
            missing: Vec::new(),
        }
    }

    /// Begins a round.
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.places.fill(NOWHERE);
    }

    /// Copies those of `base` that these groups need and that are not here yet, and puts the places of all into the groups
    /// instead of their features. The last of `base` is the row of the bias.
    #[inline(always)]
    pub(super) fn take(&mut self, base: &[Row<State>], groups: &mut [Group]) {
        let bias = (base.len() - 1) as u32;
        self.missing.clear();
        self.place(bias);
        for group in groups {
            for (feature, _) in group.shared.iter_mut().chain(&mut group.own) {
                *feature = self.place(*feature);
            }
        }
        // All at once: memory answers many requests in the time of one.
        for &feature in &self.missing {
            self.rows.extend_from_slice(&base[feature as usize..][..1]);
        }
    }

    /// Where the row of a feature is, or will be when the missing ones are here.
    #[inline(always)]
    fn place(&mut self, feature: u32) -> u32 {
        let place = &mut self.places[feature as usize];
        if *place == NOWHERE {
            *place = (self.rows.len() + self.missing.len()) as u32;
            self.missing.push(feature);
        }
        *place
    }

    /// The row of a feature, where it has been moved.
    #[inline(always)]
    pub(super) fn row(&self, feature: usize) -> Option<&Row<State>> {
        self.rows.get(self.places[feature] as usize)
    }
}

/// Moves `base`, the rows of the features from `first` on, to the mean of what those shards made of each that moved it.
#[inline(always)]
pub(super) fn join<R: Rule>(
    rule: &R,
    base: &mut [Row<R::State>],
    first: usize,
    shards: &[Shard<R::State>],
) {
    for (number, base) in base.iter_mut().enumerate() {
        let moved = || shards.iter().filter_map(|shard| shard.row(first + number));
        match moved().count() {
            0 => {}
            1 => moved().for_each(|row| *base = *row),
            count => {
                let share = 1.0 / count as f32;
                let (mut factors, mut weight) = (base.factors, base.weight);
                for row in moved() {
                    let of_row = row.factors.iter().zip(&base.factors);
                    for (factor, (moved, base)) in factors.iter_mut().zip(of_row) {
                        *factor += share * (moved - base);
                    }
                    weight += share * (row.weight - base.weight);
                }
                base.state = rule.merge(&base.state, moved().map(|row| &row.state), count);
                (base.factors, base.weight) = (factors, weight);
            }
        }
    }
}
