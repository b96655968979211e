//! The ensemble: factors see tastes, neighbours see what goes together, the machine sees what is known of both, and their
//! scores are added.
//!
//! Models score on scales of their own, so that each user's scores are first standardised over all items. The weights were
//! chosen on two validation slices. There the sum gains a little among sampled negatives, and less in full ranking, where
//! EASE alone is nearly as good.

use super::learners::machine;
use super::{PairScorer, collaborative};
use crate::Result;
use crate::interactions::LeaveOneOut;
use crate::progress::Progress;

/// Weights of iALS with many factors, EASE, BPR and the factorization machine.
const WEIGHTS: [f32; 4] = [1.0, 1.0, 0.3, 0.3];

/// Trains the members on the same choices.
pub(super) fn ensemble(
    problem: &LeaveOneOut,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Box<dyn PairScorer>> {
    Ok(Box::new(Ensemble {
        members: [
            collaborative::ials_wide(problem, seed, progress)?,
            collaborative::item_item(problem, seed, progress)?,
            collaborative::bpr(problem, seed, progress)?,
            machine(problem, seed, progress)?,
        ],
        items: (0..problem.train.items() as u32).collect(),
    }))
}

struct Ensemble {
    members: [Box<dyn PairScorer>; WEIGHTS.len()],
    items: Vec<u32>,
}

impl PairScorer for Ensemble {
    fn scores(&self, user: u32, items: &[u32], out: &mut [f32]) {
        out.fill(0.0);
        let mut all = vec![0.0; self.items.len()];
        for (member, weight) in self.members.iter().zip(WEIGHTS) {
            member.scores(user, &self.items, &mut all);
            let count = all.len().max(1) as f64;
            let mean = all.iter().copied().map(f64::from).sum::<f64>() / count;
            let squares = all.iter().map(|&score| (f64::from(score) - mean).powi(2));
            let deviation = (squares.sum::<f64>() / count).sqrt();
            let scale = if deviation > 0.0 {
                1.0 / deviation
            } else {
                0.0
            };
            for (sum, &item) in out.iter_mut().zip(items) {
                let score = all
                    .get(item as usize)
                    .map_or(mean, |&score| f64::from(score));
                *sum += weight * ((score - mean) * scale) as f32;
            }
        }
    }
}
