//! What a factorization machine learns from.

use triqueta::math::Random;
use triqueta::model::Feature;

/// Examples that share some of their features: one visitor at one moment, and several activities. What is shared is
/// summed once forward and once backward.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Group {
    pub(in crate::fit) shared: Vec<Feature>,
    pub(super) own: Vec<Feature>,
    /// Where in `own` each example ends, and its label.
    pub(super) examples: Vec<(usize, f32)>,
}

impl Group {
    /// Empties it, keeping the memory.
    pub fn clear(&mut self) {
        self.shared.clear();
        self.own.clear();
        self.examples.clear();
    }

    /// The features all its examples have; each at most once, and none of them in an example's own.
    pub fn shared(&mut self) -> &mut Vec<Feature> {
        &mut self.shared
    }

    /// Adds an example: its own features, each at most once, and 1 for wanted or 0 for not.
    pub fn example(&mut self, features: impl IntoIterator<Item = Feature>, label: f32) {
        self.own.extend(features);
        self.examples.push((self.own.len(), label));
    }

    /// Its examples' own features and labels.
    pub(in crate::fit) fn examples(&self) -> impl Iterator<Item = (&[Feature], f32)> {
        let mut from = 0;
        self.examples.iter().map(move |&(until, label)| {
            let features = &self.own[from..until];
            from = until;
            (features, label)
        })
    }
}

/// A source of groups. It is asked for one at a time, so that examples with fresh negatives are made when they are needed
/// and never held all together.
pub trait Groups: Sync {
    /// How many groups an epoch has.
    fn len(&self) -> usize;

    /// Whether there is nothing to learn from.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many examples a group has, or nearly: shards are cut by it.
    fn size(&self, group: usize) -> usize;

    /// Reads a little of what a group is filled from, where that lies scattered in memory: it is asked of several groups
    /// before the first of them is filled, so that their memory comes at the same time.
    fn fetch(&self, group: usize) {
        let _ = group;
    }

    /// Fills an empty group. `random` follows from the seed, the epoch and the group's number alone.
    fn fill(&self, group: usize, random: &mut Random, into: &mut Group);
}
