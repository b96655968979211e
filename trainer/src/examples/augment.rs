//! The same decision by a visitor of whom less is known.
//!
//! A log holds mostly regulars, and the next visitor is mostly new. Hiding part of what is known, before the serving code
//! computes anything from it, gives examples of what the model will meet: statistics, pooled history and pair features all
//! agree about what is left. (Hiding the identity of activities, so that unknown organisers are met too, is the towers'
//! own dropout, which costs nothing a step.)

use serde::{Deserialize, Serialize};
use triqueta::event::ActivityId;
use triqueta::history::Visitor;
use triqueta::math::Random;

/// What is hidden, each a probability from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Augmentation {
    /// That a remembered activity is forgotten. 0 forgets none; 1 leaves newcomers only.
    pub forget: f64,
    /// That only the latest few activities are kept, an even draw from none to all. 0 never; 1 always.
    pub truncate: f64,
    /// That a declared interest, locality, level or part of the week was not declared. 0 believes profiles are always
    /// filled; 1 never looks at them.
    pub undeclare: f64,
}

impl Default for Augmentation {
    fn default() -> Self {
        Self {
            forget: 0.2,
            truncate: 0.3,
            undeclare: 0.2,
        }
    }
}

impl Augmentation {
    /// The visitor with something hidden; the draws depend on the visitor and the random numbers only.
    pub fn apply(&self, visitor: &Visitor, random: &mut Random) -> Visitor {
        let mut changed = visitor.clone();
        let mut by_time: Vec<(Option<i64>, &ActivityId)> = visitor
            .history
            .entries()
            .map(|(id, entry)| (entry.last_ms(), id))
            .collect();
        by_time.sort_unstable();
        let older = if random.uniform() < self.truncate {
            by_time.len() - random.below(by_time.len() + 1)
        } else {
            0
        };
        for (place, (_, id)) in by_time.into_iter().enumerate() {
            let forgotten = random.uniform() < self.forget;
            if place < older || forgotten {
                changed.history.forget(id);
            }
        }
        let profile = &mut changed.profile;
        profile.tags.retain(|_| random.uniform() >= self.undeclare);
        profile
            .availability
            .retain(|_| random.uniform() >= self.undeclare);
        if random.uniform() < self.undeclare {
            profile.locality = None;
        }
        if random.uniform() < self.undeclare {
            profile.level = None;
        }
        changed
    }
}
