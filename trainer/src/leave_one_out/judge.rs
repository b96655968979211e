//! Where does the held-out choice stand?

use rayon::prelude::*;

use crate::evaluate::Rank;
use crate::interactions::LeaveOneOut;

/// A model that scores items for a user by number; higher is better.
pub trait PairScorer: Sync {
    /// The score of each of `items` for `user`, into `out` of the same length.
    fn scores(&self, user: u32, items: &[u32], out: &mut [f32]);
}

/// The ranks of all held-out choices, in the order of [`LeaveOneOut::held_out`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaveOneOutRun {
    /// Among the listed negatives.
    pub sampled: Vec<Rank>,
    /// Among all items the user had not chosen in training.
    pub full: Vec<Rank>,
    /// The first ten items of the full ranking, a user: what would be shown.
    pub first_ten: Vec<Vec<u32>>,
}

/// Ranks every held-out choice by a model. The result does not depend on the number of threads.
pub fn judge(problem: &LeaveOneOut, model: &dyn PairScorer) -> LeaveOneOutRun {
    let all: Vec<u32> = (0..problem.train.items() as u32).collect();
    let questions: Vec<(&(u32, u32), &Vec<u32>)> =
        problem.held_out.iter().zip(&problem.negatives).collect();
    let ranked: Vec<(Rank, Rank, Vec<u32>)> = questions
        .par_iter()
        .map_init(
            || vec![0.0_f32; all.len()],
            |scores, &(&(user, positive), negatives)| {
                let mut listed = vec![positive];
                listed.extend(negatives);
                let mut of_listed = vec![0.0; listed.len()];
                model.scores(user, &listed, &mut of_listed);
                let sampled = Rank::of(&of_listed, 0);
                model.scores(user, &all, scores);
                for &item in problem.train.of_user(user) {
                    scores[item as usize] = f32::NAN;
                }
                let (full, first_ten) = among_unchosen(scores, positive as usize);
                (sampled, full, first_ten)
            },
        )
        .collect();
    let mut run = LeaveOneOutRun {
        sampled: Vec::with_capacity(ranked.len()),
        full: Vec::with_capacity(ranked.len()),
        first_ten: Vec::with_capacity(ranked.len()),
    };
    for (sampled, full, first_ten) in ranked {
        run.sampled.push(sampled);
        run.full.push(full);
        run.first_ten.push(first_ten);
    }
    run
}

/// The rank of `positive` among the scores that are numbers, and the first ten of them. A positive without a number ranks
/// last.
fn among_unchosen(scores: &[f32], positive: usize) -> (Rank, Vec<u32>) {
    let own = if scores[positive].is_nan() {
        f32::NEG_INFINITY
    } else {
        scores[positive]
    };
    let (mut above, mut tied, mut others) = (0, 0, 0);
    let mut first: Vec<(f32, u32)> = Vec::with_capacity(11);
    for (item, &score) in scores
        .iter()
        .enumerate()
        .filter(|(_, score)| !score.is_nan())
    {
        if item != positive {
            others += 1;
            above += usize::from(score > own);
            tied += usize::from(score == own);
        }
        if first.len() < 10 || score > first[first.len() - 1].0 {
            let place = first.partition_point(|&(better, _)| better >= score);
            first.insert(place, (score, item as u32));
            first.truncate(10);
        }
    }
    (
        Rank {
            above,
            tied,
            others,
        },
        first.into_iter().map(|(_, item)| item).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interactions::Interactions;

    /// Scores every item by its number.
    struct ByNumber;

    impl PairScorer for ByNumber {
        fn scores(&self, _user: u32, items: &[u32], out: &mut [f32]) {
            for (score, &item) in out.iter_mut().zip(items) {
                *score = item as f32;
            }
        }
    }

    #[test]
    fn training_items_are_no_candidates_of_the_full_ranking() {
        let problem = LeaveOneOut {
            train: Interactions::new(1, 20, [(0, 19), (0, 18), (0, 3)]),
            held_out: vec![(0, 15)],
            negatives: vec![vec![16, 1, 2]],
            ..LeaveOneOut::default()
        };
        let run = judge(&problem, &ByNumber);
        assert_eq!(
            run.sampled,
            [Rank {
                above: 1,
                tied: 0,
                others: 3
            }]
        );
        assert_eq!(
            run.full,
            [Rank {
                above: 2,
                tied: 0,
                others: 16
            }]
        );
        assert_eq!(run.first_ten[0][..3], [17, 16, 15]);
    }
}
