//! Who chose what, as large as MovieLens-1M: 6,000 users with tastes, 3,700 items of which few are very popular, about a
//! million choices. One choice a user is held out, beside 99 items the user did not choose.

use std::path::Path;

use triqueta::math::Random;
use triqueta_trainer::interactions::Interactions;

use super::{Accuracy, files};

const USERS: usize = 6_000;
const ITEMS: usize = 3_700;
const TASTES: usize = 12;
const LISTED: usize = 100;

/// Everything of a data set.
pub(super) struct Choices {
    pub(super) train: Interactions,
    /// A user, the held-out choice, and 99 others.
    held_out: Vec<[u32; LISTED + 1]>,
}

impl Choices {
    /// The choices of the first so many users.
    pub(super) fn read(folder: &Path, users: usize) -> Self {
        let of_first = |user: &u32| (*user as usize) < users;
        let pairs = files::rows(folder, "choices.u32").map(|[user, item]| (user, item));
        let held_out =
            files::rows(folder, "held_out.u32").filter(|row: &[u32; _]| of_first(&row[0]));
        Self {
            train: Interactions::new(
                users.min(USERS),
                ITEMS,
                pairs.filter(|(user, _)| of_first(user)),
            ),
            held_out: held_out.collect(),
        }
    }

    pub(super) fn read_all(folder: &Path) -> Self {
        Self::read(folder, USERS)
    }

    /// How often the held-out choice is among the first ten, under `scores` of a user's items.
    pub(super) fn hits(&self, mut scores: impl FnMut(u32, &[u32], &mut [f32])) -> Accuracy {
        let mut hits = 0;
        let mut of_items = [0.0; LISTED];
        for row in &self.held_out {
            scores(row[0], &row[1..], &mut of_items);
            let better = of_items[1..].iter().filter(|other| **other >= of_items[0]);
            hits += usize::from(better.count() < 10);
        }
        Accuracy::HitsAtTen(hits as f64 / self.held_out.len() as f64)
    }
}

/// A user's choices are the first of all items by taste, popularity and chance (Gumbel's: so they are drawn from a
/// softmax, without repetition).
pub(super) fn make_data(folder: &Path) {
    let mut random = Random::new(5);
    let mut vectors = |count: usize| -> Vec<[f32; TASTES]> {
        let one = |_| std::array::from_fn(|_| random.normal() as f32);
        (0..count).map(one).collect()
    };
    let (users, items) = (vectors(USERS), vectors(ITEMS));
    let popularity: Vec<f32> = (0..ITEMS).map(|_| 1.3 * random.normal() as f32).collect();
    let (mut pairs, mut held_out) = (Vec::new(), Vec::new());
    for (number, user) in users.iter().enumerate() {
        let count = (libm::exp(4.6 + random.normal()) as usize).clamp(20, 1_500);
        let mut scores: Vec<(f32, u32)> = Vec::with_capacity(ITEMS);
        for (item, (vector, popular)) in items.iter().zip(&popularity).enumerate() {
            let taste: f32 = user.iter().zip(vector).map(|(a, b)| a * b).sum();
            let chance = -libm::log(-libm::log(1.0 - random.uniform()));
            scores.push((0.6 * taste + popular + chance as f32, item as u32));
        }
        scores.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (chosen, others) = scores.split_at_mut(count);
        random.shuffle(chosen);
        random.shuffle(others);
        held_out.extend([number as u32, chosen[0].1]);
        held_out.extend(others.iter().take(LISTED - 1).map(|(_, item)| *item));
        pairs.extend(
            chosen[1..]
                .iter()
                .flat_map(|(_, item)| [number as u32, *item]),
        );
    }
    files::write(folder, "choices.u32", pairs);
    files::write(folder, "held_out.u32", held_out);
}
