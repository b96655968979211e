//! Which values occur, and which of them does each row have? Found by hashing, without copies of the values.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// Values that occur, in order of their first rows, and which of them each row has.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Distinct<T> {
    pub(crate) values: Vec<T>,
    pub(crate) codes: Vec<u32>,
}

/// A value that was met. It keeps its hash, so that tables of all kinds of values grow by the same code.
struct Known {
    hash: u32,
    code: u32,
}

impl Known {
    /// The table takes where it looks from one end of a hash and how it tells values apart from the other.
    fn hash(&self) -> u64 {
        u64::from(self.hash) << 32 | u64::from(self.hash)
    }
}

impl<T: Copy + Eq + Hash> Distinct<T> {
    pub(crate) fn of(rows: impl Iterator<Item = T>) -> Self {
        let state = RandomState::default();
        let mut known: HashTable<Known> = HashTable::new();
        let mut values: Vec<T> = Vec::new();
        let code = |value: T| {
            let hash = state.hash_one(value) as u32;
            let new = Known {
                hash,
                code: values.len() as u32,
            };
            let is_value = |known: &Known| values[known.code as usize] == value;
            match known.entry(new.hash(), is_value, Known::hash) {
                Entry::Occupied(known) => known.get().code,
                Entry::Vacant(free) => {
                    values.push(value);
                    free.insert(new).get().code
                }
            }
        };
        let codes = rows.map(code).collect();
        Self { values, codes }
    }
}

/// Four numbers as one, which takes less to hash and to compare.
pub(crate) fn packed(numbers: [u32; 4]) -> u128 {
    let [first, second, third, fourth] = numbers.map(u128::from);
    first | second << 32 | third << 64 | fourth << 96
}

/// The four numbers again.
pub(crate) fn unpacked(packed: u128) -> [u32; 4] {
    [0, 32, 64, 96].map(|bits| (packed >> bits) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_in_order_of_their_first_rows() {
        let rows: Vec<u64> = (0..5_000).map(|row| row * row % 1_009).collect();
        let Distinct { values, codes } = Distinct::of(rows.iter().copied());
        let mut known = 0;
        for (&row, &code) in rows.iter().zip(&codes) {
            assert_eq!(values[code as usize], row);
            assert!(code <= known);
            known = known.max(code + 1);
        }
        assert_eq!((values.len(), known), (505, 505));
    }

    #[test]
    fn packed_numbers_come_back() {
        let numbers = [u32::MAX, 0, 7, u32::MAX];
        assert_eq!(unpacked(packed(numbers)), numbers);
    }
}
