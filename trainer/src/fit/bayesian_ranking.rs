//! Matrix factorisation by Bayesian personalised ranking (Rendle et al., UAI 2009): what a user chose should score above
//! what the user did not, one pair of items at a time.
//!
//! Steps that touch the same factors cannot run side by side without depending on who is first. So users and items are
//! cut into a fixed number of parts, the items anew and at random each epoch, and a share of the work is one part of
//! the users with one part of the items, the drawn negative from the same part (Gemulla et al., "Large-scale matrix
//! factorization with distributed stochastic gradient descent", KDD 2011). Shares of one round touch nothing in
//! common: any number of threads gives the same bits, and a share's factors fit into a core's cache.

#[cfg(test)]
mod tests;

use ndarray::Array2;
use rayon::prelude::*;
use triqueta::math::Random;
use triqueta::model::{ActivityFactors, FoldIn};

use super::fitted_factors::FittedFactors;
use super::real::Real;
use super::simd::vectorised;
use crate::Result;
use crate::interactions::Interactions;
use crate::progress::{Progress, check};

/// Parts of users and of items. With fewer than [`LEAST`] items a part there is one part only.
const PARTS: usize = 8;
/// A part of fewer items would hardly have a negative to draw.
const LEAST: usize = 32;
/// How often a negative is drawn again that the user chose.
const TRIES: usize = 8;
/// Numbers a vector instruction takes at once.
const LANES: usize = 8;

/// How BPR is done. The defaults were chosen on the validation slice of MovieLens-1M.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankingOptions {
    /// Length of a factor, the last place of which is the item's bias.
    pub width: usize,
    /// Passes, each with as many steps as there are choices.
    pub epochs: usize,
    /// Length of the first steps; it falls to a tenth in a straight line. A small one learns slowly, a large one leaps
    /// about and settles nowhere.
    pub learning_rate: f32,
    /// The pull to zero of users and items a step: none learns by heart, a strong one ranks by popularity.
    pub regularisation: f32,
    /// Deviation of the first factors.
    pub spread: f32,
}

impl Default for RankingOptions {
    fn default() -> Self {
        Self {
            width: 64,
            epochs: 60,
            learning_rate: 0.1,
            regularisation: 0.005,
            spread: 0.1,
        }
    }
}

/// How a visitor's factor follows from history: BPR itself has no closed form for one, so the least-squares one over the
/// same items is taken.
const FOLD_IN: FoldIn = FoldIn {
    unobserved_weight: 0.1,
    observed_weight: 1.0,
    regularisation: 0.05,
    frequency_exponent: 1.0,
};

/// Learns factors from who chose what. Without two items to compare there is nothing to learn, and the factors stay as
/// they were drawn.
///
/// # Errors
/// [`crate::TrainerError::Cancelled`].
pub fn fit_bayesian_ranking(
    interactions: &Interactions,
    options: &RankingOptions,
    seed: u64,
    progress: &dyn Progress,
) -> Result<FittedFactors> {
    let (users, items) = (interactions.users(), interactions.items());
    // Rows are padded with zeros, which stay zero, to what a vector instruction takes at once.
    let (used, width) = (options.width, options.width.next_multiple_of(LANES));
    let parts = if items >= PARTS * LEAST { PARTS } else { 1 };
    let mut random = Random::new(seed);
    let mut order_of_users: Vec<u32> = (0..users as u32).collect();
    random.shuffle(&mut order_of_users);
    let mut draw = |count: usize, bias: f32| -> Vec<f32> {
        let mut factors = Vec::with_capacity(count * width);
        for _ in 0..count {
            factors.extend((1..used).map(|_| (f64::from(options.spread) * random.normal()) as f32));
            factors.push(bias);
            factors.resize(factors.len().next_multiple_of(width.max(1)), 0.0);
        }
        factors
    };
    let (mut user_factors, mut item_factors) = (draw(users, 1.0), draw(items, 0.0));
    let mut order: Vec<u32> = (0..items as u32).collect();
    progress.begin("Bayesian personalised ranking", Some(options.epochs as u64));
    for epoch in 0..options.epochs {
        check(progress)?;
        random.shuffle(&mut order);
        let rounds = Rounds::new(interactions, &order_of_users, &order, parts);
        let mut blocks: Vec<Vec<f32>> = rounds.gather(&item_factors, width);
        let done = epoch as f32 / options.epochs as f32;
        let step = Step {
            used,
            width,
            rate: options.learning_rate * (1.0 - 0.9 * done),
            regularisation: options.regularisation,
        };
        for round in 0..parts {
            let seed = random.next_u64();
            user_factors
                .par_chunks_mut((rounds.users_a_part * width).max(1))
                .zip(&mut blocks)
                .zip(&rounds.shares)
                .enumerate()
                .for_each(|(part, ((users, items), shares))| {
                    let mut random = Random::new(seed ^ ((part as u64) << 32));
                    let share = &shares[(part + round) % parts];
                    vectorised(
                        #[inline(always)]
                        || step.run(share, users, items, &mut random),
                    );
                });
            // The next round meets each part of the users with the next part of the items.
            blocks.rotate_left(1);
        }
        rounds.scatter(&blocks, &mut item_factors, width);
        progress.advance(1);
    }
    let mut by_user = Array2::zeros((users, used));
    let rows = user_factors.chunks_exact(width.max(1)).zip(&order_of_users);
    for (own, &user) in rows {
        by_user
            .row_mut(user as usize)
            .iter_mut()
            .zip(own)
            .for_each(|(value, &own)| *value = own);
    }
    let by_item = Array2::from_shape_fn((items, used), |(item, place)| {
        item_factors[item * width + place]
    });
    Ok(FittedFactors {
        factors: ActivityFactors::new(by_item, FOLD_IN),
        users: by_user,
    })
}

/// The choices between one part of the users and one part of the items, by places within the parts.
#[derive(Default, Clone)]
struct Share {
    pairs: Vec<(u32, u32)>,
    items: usize,
}

/// One epoch's cut.
struct Rounds<'a> {
    order: &'a [u32],
    parts: usize,
    users_a_part: usize,
    /// By part of the users, then by part of the items.
    shares: Vec<Vec<Share>>,
}

impl<'a> Rounds<'a> {
    fn new(
        interactions: &Interactions,
        order_of_users: &[u32],
        order: &'a [u32],
        parts: usize,
    ) -> Self {
        let users_a_part = order_of_users.len().div_ceil(parts).max(1);
        let mut rounds = Self {
            order,
            parts,
            users_a_part,
            shares: Vec::new(),
        };
        let mut place = vec![(0_u32, 0_u32); order.len()];
        for part in 0..parts {
            for (own, &item) in rounds.items_of(part).iter().enumerate() {
                place[item as usize] = (part as u32, own as u32);
            }
        }
        let empty: Vec<Share> = (0..parts)
            .map(|part| Share {
                pairs: Vec::new(),
                items: rounds.items_of(part).len(),
            })
            .collect();
        rounds.shares = order_of_users
            .par_chunks(users_a_part)
            .map(|users| {
                let mut shares = empty.clone();
                for (own, &user) in users.iter().enumerate() {
                    for &item in interactions.of_user(user) {
                        let (part, item) = place[item as usize];
                        shares[part as usize].pairs.push((own as u32, item));
                    }
                }
                shares
            })
            .collect();
        rounds
    }

    fn items_of(&self, part: usize) -> &'a [u32] {
        let bound = |part: usize| self.order.len() * part / self.parts;
        &self.order[bound(part)..bound(part + 1)]
    }

    fn gather(&self, factors: &[f32], width: usize) -> Vec<Vec<f32>> {
        let of_part = |part: usize| {
            let items = self.items_of(part).iter();
            items
                .flat_map(|&item| &factors[item as usize * width..][..width])
                .copied()
                .collect()
        };
        (0..self.parts).map(of_part).collect()
    }

    fn scatter(&self, blocks: &[Vec<f32>], factors: &mut [f32], width: usize) {
        for (part, block) in blocks.iter().enumerate() {
            for (&item, own) in self
                .items_of(part)
                .iter()
                .zip(block.chunks_exact(width.max(1)))
            {
                factors[item as usize * width..][..width].copy_from_slice(own);
            }
        }
    }
}

struct Step {
    /// Length of a factor, and of its row.
    used: usize,
    width: usize,
    rate: f32,
    regularisation: f32,
}

impl Step {
    /// As many steps as the share has choices, each a choice and a negative drawn evenly.
    #[inline(always)]
    fn run(&self, share: &Share, users: &mut [f32], items: &mut [f32], random: &mut Random) {
        if share.pairs.is_empty() || share.items < 2 || self.used == 0 {
            return;
        }
        let width = self.width;
        let mut chosen = vec![0_u64; (users.len() / width * share.items).div_ceil(64)];
        for &(user, item) in &share.pairs {
            let bit = user as usize * share.items + item as usize;
            chosen[bit / 64] |= 1 << (bit % 64);
        }
        for _ in 0..share.pairs.len() {
            let (user, positive) = share.pairs[random.below(share.pairs.len())];
            let (user, positive) = (user as usize, positive as usize);
            for _ in 0..TRIES {
                let negative = random.below(share.items);
                let bit = user * share.items + negative;
                if chosen[bit / 64] & (1 << (bit % 64)) == 0 {
                    let rows = [positive, negative].map(|row| row * width..(row + 1) * width);
                    if let Ok([positive, negative]) = items.get_disjoint_mut(rows) {
                        self.update(&mut users[user * width..][..width], positive, negative);
                    }
                    break;
                }
            }
        }
    }

    /// One step up the gradient of `ln sigmoid(⟨u, p − n⟩) − λ/2·(‖u‖² + ‖p‖² + ‖n‖²)`.
    #[inline(always)]
    fn update(&self, user: &mut [f32], positive: &mut [f32], negative: &mut [f32]) {
        let mut sums = [0.0_f32; LANES];
        let chunks = user.as_chunks::<LANES>().0.iter();
        let chunks = chunks
            .zip(positive.as_chunks::<LANES>().0)
            .zip(negative.as_chunks::<LANES>().0);
        for ((u, p), n) in chunks {
            for lane in 0..LANES {
                sums[lane] += u[lane] * (p[lane] - n[lane]);
            }
        }
        let [a, b, c, d, e, f, g, h] = sums;
        let lead = ((a + e) + (b + f)) + ((c + g) + (d + h));
        let pull = self.rate / (1.0 + lead.exponential());
        let keep = 1.0 - self.rate * self.regularisation;
        for ((u, p), n) in user.iter_mut().zip(&mut *positive).zip(&mut *negative) {
            let old = *u;
            *u = keep * old + pull * (*p - *n);
            *p = keep * *p + pull * old;
            *n = keep * *n - pull * old;
        }
        // The last place of a user multiplies the item's bias and stays 1.
        user[self.used - 1] = 1.0;
    }
}
