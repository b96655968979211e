//! Where in a list is a word? Found by hashing, without a copy of the words: opening a catalogue makes nothing of its ids.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// Places in a list of words, found by word. Whoever keeps the list hands it in.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    places: HashTable<u32>,
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
    pub(super) fn with_capacity(words: usize) -> Self {
        Self {
            places: HashTable::with_capacity(words),
            state: RandomState::default(),
        }
    }

    /// Adds the word at `place`, unless it is known; whether it was added.
    pub(super) fn add<'a>(&mut self, place: u32, word_at: impl Fn(u32) -> &'a [u8]) -> bool {
        let word = word_at(place);
        let hash = |word: &[u8]| hash(&self.state, word);
        let is_word = |&known: &u32| word_at(known) == word;
        let entry = self
            .places
            .entry(hash(word), is_word, |&known| hash(word_at(known)));
        match entry {
            Entry::Occupied(_) => false,
            Entry::Vacant(free) => {
                free.insert(place);
                true
            }
        }
    }

    /// The place of a word.
    pub(super) fn find<'a>(&self, word: &str, word_at: impl Fn(u32) -> &'a [u8]) -> Option<u32> {
        let word = word.as_bytes();
        let found = self
            .places
            .find(hash(&self.state, word), |&place| word_at(place) == word);
        found.copied()
    }
}

fn hash(state: &RandomState, word: &[u8]) -> u64 {
    let mut hasher = state.build_hasher();
    hasher.write(word);
    hasher.finish()
}
