//! Where in a list is a word? Found by hashing, without a copy of the words: opening a catalogue makes nothing of its ids.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;

/// Places in a list of words, found by word. Whoever keeps the list hands it in.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    /// Places, each one larger than it is and with some bits of its word's hash above it; 0 where there is none. A word's place
    /// is where its hash says or in the next slots, up to the first that is free.
    slots: Vec<u32>,
    state: RandomState,
}

impl PartialEq for Index {
    /// An index says nothing that its list does not.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Index {}

impl Index {
    /// Room for so many words and no more.
    pub(super) fn with_capacity(words: usize) -> Self {
        Self {
            slots: vec![0; (words + words / 2 + 1).next_power_of_two()],
            state: RandomState::default(),
        }
    }

    /// Adds the word at `place`, one of those there is room for, unless it is known; whether it was added.
    pub(super) fn add<'a>(&mut self, place: u32, word_at: impl Fn(u32) -> &'a [u8]) -> bool {
        debug_assert!((place as usize) + 1 < self.slots.len(), "there is no room");
        match self.look_up(word_at(place), word_at) {
            Ok(_) => false,
            Err((slot, mark)) => {
                self.slots[slot] = mark | (place + 1);
                true
            }
        }
    }

    /// The place of a word.
    pub(super) fn find<'a>(&self, word: &str, word_at: impl Fn(u32) -> &'a [u8]) -> Option<u32> {
        self.look_up(word.as_bytes(), word_at).ok()
    }

    /// The place of a word, or the slot where it would be with what is above its place there.
    fn look_up<'a>(
        &self,
        word: &[u8],
        word_at: impl Fn(u32) -> &'a [u8],
    ) -> Result<u32, (usize, u32)> {
        let hash = hash(&self.state, word);
        let last = self.slots.len().wrapping_sub(1);
        // There are more slots than places: these bits are enough for a place, and the others tell words apart.
        let of_place = last as u32;
        let mark = (hash >> 32) as u32 & !of_place;
        let mut slot = hash as usize & last;
        loop {
            let known = self.slots.get(slot).copied().unwrap_or(0);
            if known == 0 {
                return Err((slot, mark));
            }
            let place = (known & of_place).wrapping_sub(1);
            if known & !of_place == mark && word_at(place) == word {
                return Ok(place);
            }
            slot = (slot + 1) & last;
        }
    }
}

fn hash(state: &RandomState, word: &[u8]) -> u64 {
    let mut hasher = state.build_hasher();
    hasher.write(word);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_where_they_were_first_added_and_no_others() {
        for size in [0, 1, 2, 3, 100, 5_461, 5_462] {
            let words: Vec<String> = (0..size).map(|word| format!("word {}", word / 2)).collect();
            let word_at = |place: u32| words[place as usize].as_bytes();
            let mut index = Index::with_capacity(words.len());
            for place in 0..words.len() as u32 {
                assert_eq!(index.add(place, word_at), place % 2 == 0);
            }
            for (place, word) in words.iter().enumerate() {
                let first = place as u32 / 2 * 2;
                assert_eq!(index.find(word, word_at), Some(first));
            }
            assert_eq!(index.find("word", word_at), None);
        }
        assert_eq!(Index::default().find("word", |_| b"word"), None);
    }
}
