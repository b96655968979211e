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
    /// The features they are of, and after them those whose rows are to be copied next.
    features: Vec<u32>,
    /// Where each feature's row is.
    places: Vec<u32>,
    /// Which features' rows are here: a bit each, so that the many others cost nothing.
    taken: Vec<u64>,
}

/// Features that share a number of bits.
const WORD: usize = u64::BITS as usize;

impl<State: Copy> Shard<State> {
    /// A shard of machines with so many rows, the bias among them.
    pub(super) fn new(rows: usize) -> Self {
        Self {
            rows: Vec::new(),
            features: Vec::new(),
            places: vec![NOWHERE; rows],
            taken: vec![0; rows.div_ceil(WORD)],
        }
    }

    /// Begins a round.
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        for feature in self.features.drain(..) {
            self.places[feature as usize] = NOWHERE;
            self.taken[feature as usize / WORD] = 0;
        }
    }

    /// Copies those of `base` that these groups need and that are not here yet, and puts the places of all into the groups
    /// instead of their features. The last of `base` is the row of the bias.
    #[inline(always)]
    pub(super) fn take(&mut self, base: &[Row<State>], groups: &mut [Group]) {
        let bias = (base.len() - 1) as u32;
        self.place(bias);
        for group in groups {
            for (feature, _) in group.shared.iter_mut().chain(&mut group.own) {
                *feature = self.place(*feature);
            }
        }
        // All at once: memory answers many requests in the time of one.
        for &feature in &self.features[self.rows.len()..] {
            self.rows.extend_from_slice(&base[feature as usize..][..1]);
        }
    }

    /// Where the row of a feature is, or will be when the missing ones are here.
    #[inline(always)]
    fn place(&mut self, feature: u32) -> u32 {
        let place = &mut self.places[feature as usize];
        if *place == NOWHERE {
            *place = self.features.len() as u32;
            self.features.push(feature);
            self.taken[feature as usize / WORD] |= 1 << (feature as usize % WORD);
        }
        *place
    }

    /// The row of a feature, where it has been moved.
    #[inline(always)]
    pub(super) fn row(&self, feature: usize) -> Option<&Row<State>> {
        self.rows.get(self.places[feature] as usize)
    }
}

/// Rows that one thread joins at a time.
pub(super) const BLOCK: usize = 8 * WORD;

/// Moves block number `block` of the rows to the mean of what those shards made of each that moved it.
#[inline(always)]
pub(super) fn join<R: Rule>(
    rule: &R,
    base: &mut [Row<R::State>],
    block: usize,
    shards: &[Shard<R::State>],
) {
    for (word, base) in base.chunks_mut(WORD).enumerate() {
        let word = block * (BLOCK / WORD) + word;
        let taken = |all: u64, shard: &Shard<R::State>| all | shard.taken[word];
        let mut left = shards.iter().fold(0, taken);
        while left != 0 {
            let number = left.trailing_zeros() as usize;
            left &= left - 1;
            let moved = shards.iter();
            let moved = moved.filter_map(|shard| shard.row(word * WORD + number));
            join_row(rule, &mut base[number], moved);
        }
    }
}

#[inline(always)]
fn join_row<'a, R: Rule>(
    rule: &R,
    base: &mut Row<R::State>,
    moved: impl Iterator<Item = &'a Row<R::State>> + Clone,
) where
    R::State: 'a,
{
    let count = moved.clone().count();
    if count == 1 {
        moved.for_each(|row| *base = *row);
        return;
    }
    let share = 1.0 / count as f32;
    let (mut factors, mut weight) = (base.factors, base.weight);
    for row in moved.clone() {
        let of_row = row.factors.iter().zip(&base.factors);
        for (factor, (moved, base)) in factors.iter_mut().zip(of_row) {
            *factor += share * (moved - base);
        }
        weight += share * (row.weight - base.weight);
    }
    base.state = rule.merge(&base.state, moved.map(|row| &row.state), count);
    (base.factors, base.weight) = (factors, weight);
}

#[cfg(test)]
mod tests {
    use triqueta::math::Random;
    use triqueta::model::FACTORS;

    use super::super::row::random_rows;
    use super::super::rule::Descent;
    use super::*;

    /// A shard that makes `to` of everything in the rows of these features.
    fn moves(shard: &mut Shard<()>, base: &[Row<()>], features: &[u32], to: f32) {
        let mut group = Group::default();
        group.example(features.iter().map(|&feature| (feature, 1.0)), 1.0);
        shard.clear();
        shard.take(base, &mut [group]);
        for row in &mut shard.rows {
            (row.factors, row.weight) = ([to; FACTORS], to);
        }
    }

    #[test]
    fn rows_become_the_mean_of_what_those_shards_made_of_them_that_moved_them() {
        let mut base = random_rows::<()>(700, 0.1, &mut Random::new(1));
        let mut shards = [Shard::new(base.len()), Shard::new(base.len())];
        let rule = Descent { learning_rate: 1.0 };
        // The second round begins where the first ended, and knows nothing of its rows.
        for (first, second) in [([3, 650], [650, 699]), ([5, 600], [600, 3])] {
            let before = base.clone();
            moves(&mut shards[0], &base, &first, 1.0);
            moves(&mut shards[1], &base, &second, 2.0);
            for (block, rows) in base.chunks_mut(BLOCK).enumerate() {
                join(&rule, rows, block, &shards);
            }
            let bias = base.len() - 1;
            for (feature, (row, before)) in base.iter().zip(&before).enumerate() {
                let is_in =
                    |features: [u32; 2]| features.contains(&(feature as u32)) || feature == bias;
                let expected = match (is_in(first), is_in(second)) {
                    (true, false) => 1.0,
                    (false, true) => 2.0,
                    (true, true) => 1.5,
                    (false, false) => before.weight,
                };
                assert!((row.weight - expected).abs() < 1e-6, "{feature}");
                let moved = is_in(first) || is_in(second);
                let factors = if moved {
                    [expected; FACTORS]
                } else {
                    before.factors
                };
                let pairs = row.factors.iter().zip(&factors);
                assert!(
                    pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-6),
                    "{feature}"
                );
            }
        }
    }
}
