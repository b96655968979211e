//! Which rows? A bit each, so that whoever asks about all of them is answered about eight at a time.

use super::Row;

/// So many rows are looked at together.
pub const ROW_GROUP: usize = 8;

impl Row {
    /// The row at a place of a group.
    #[inline]
    pub fn of(group: usize, place: usize) -> Self {
        Self((group * ROW_GROUP + place) as u32)
    }
}

/// Rows of a catalogue.
#[derive(Debug, Default, PartialEq)]
pub struct RowSet {
    /// A group each, its first row the lowest bit.
    groups: Vec<u8>,
}

impl Clone for RowSet {
    fn clone(&self) -> Self {
        Self {
            groups: self.groups.clone(),
        }
    }

    /// In the room that is there.
    fn clone_from(&mut self, other: &Self) {
        self.groups.clone_from(&other.groups);
    }
}

impl RowSet {
    /// Leaves nothing in it, and makes room for so many rows.
    pub fn reset(&mut self, rows: usize) {
        self.groups.clear();
        self.groups.resize(rows.div_ceil(ROW_GROUP), 0);
    }

    /// Takes in rows from the first of a group on, those whose bits are set, the lowest first. There must be room for them.
    pub fn insert(&mut self, first: Row, bits: u32) {
        let groups = &mut self.groups[first.index() / ROW_GROUP..];
        for (group, bits) in groups.iter_mut().zip(bits.to_le_bytes()) {
            *group |= bits;
        }
    }

    /// Leaves a row out.
    pub fn remove(&mut self, row: Row) {
        if let Some(group) = self.groups.get_mut(row.index() / ROW_GROUP) {
            *group &= !(1 << (row.index() % ROW_GROUP));
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        let (many, rest) = self.groups.as_chunks();
        let many = many
            .iter()
            .map(|&groups| u64::from_le_bytes(groups).count_ones());
        let rest = rest.iter().map(|group| group.count_ones());
        many.chain(rest).sum::<u32>() as usize
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.groups.iter().all(|&group| group == 0)
    }

    /// The groups, each with a bit for every row of it, the lowest for the first.
    pub fn groups(&self) -> &[u8] {
        &self.groups
    }

    /// The rows, ascending.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        let groups = self.groups.iter().enumerate();
        groups.flat_map(|(group, &bits)| places(bits).map(move |place| Row::of(group, place)))
    }
}

/// Which places of a group have their bits set, ascending.
#[inline]
pub fn places(mut bits: u8) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = bits.trailing_zeros() as usize;
        bits &= bits.wrapping_sub(1);
        (place < ROW_GROUP).then_some(place)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Random;
    use std::collections::BTreeSet;

    #[test]
    fn it_holds_what_went_in_and_was_not_left_out() {
        let mut random = Random::new(5);
        let mut set = RowSet::default();
        for size in [0, 1, 8, 31, 32, 33, 1_000] {
            let mut expected = BTreeSet::new();
            set.reset(size);
            for first in (0..size).step_by(32) {
                let inside = u32::MAX >> 32_usize.saturating_sub(size - first);
                let bits = (random.below(1 << 31) as u32) & inside;
                set.insert(Row(first as u32), bits);
                let rows = (0..32).filter(|place| bits >> place & 1 == 1);
                expected.extend(rows.map(|place| Row(first as u32 + place)));
            }
            for _ in 0..size / 10 {
                let row = Row(random.below(size + 9) as u32);
                set.remove(row);
                expected.remove(&row);
            }
            assert!(set.rows().eq(expected.iter().copied()));
            assert_eq!(set.len(), expected.len());
            assert_eq!(set.is_empty(), expected.is_empty());
        }
    }
}
