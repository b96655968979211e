//! Which models ship?
//!
//! The one-standard-error rule (Breiman et al. 1984, section 3.4.3), asked twice: of all compositions, the one of fewest parts
//! that the likeliest one beats by no more than a standard error, either in the loss or in NDCG@10 of the judged choices. Both
//! are asked because a part can make choices likelier and lists no better: among the handful that were looked at it sharpens
//! what was ranked well already. A part that cannot be shown to help is bytes to download and time to score; the rule leaves
//! it out. Parts it decides on are the factors and the trees. Towers and neighbours always ship: the towers embed histories
//! and new activities, the neighbours answer "similar". So do the models a training was asked for by name
//! ([`super::OptionalModel`]).

use triqueta::bundle::{Composition, RankingQuality};
use triqueta::model::{MODEL_INPUTS, ModelScores, Models};

use super::optional::heard;
use super::stack::looks;
use super::steps::{Seen, Task, split};
use crate::Result;
use crate::evaluate::{Rank, resolve};
use crate::fit::{Looks, Scored, blend_loss, fit_blend, fit_judged_trees};

/// The models the rule decides on, by the name of their input.
const OPTIONAL: [&str; 1] = ["matrix_factorization"];

/// What was compared and what was chosen.
pub(super) struct Selection {
    /// All compositions, those of few parts first.
    pub(super) compositions: Vec<Composition>,
    /// What the models say that are part of the score.
    pub(super) heard: Vec<Vec<ModelScores>>,
    /// Whether trees are part of it.
    pub(super) trees: bool,
    left_out: Vec<&'static str>,
}

impl Selection {
    /// Takes what was left out from the final models.
    pub(super) fn apply_to(&self, models: &mut Models) {
        if self.left_out.contains(&"matrix_factorization") {
            models.matrix_factorization = None;
        }
    }
}

impl Task<'_> {
    /// Compares all compositions on the choices the models have not seen.
    pub(super) fn select(&self, seen: &Seen, by_choice: &[Vec<ModelScores>]) -> Result<Selection> {
        let asked_for = |scores: &ModelScores| heard(scores, &self.options.models);
        let by_choice: Vec<Vec<ModelScores>> = by_choice
            .iter()
            .map(|scores| scores.iter().map(asked_for).collect())
            .collect();
        let speaks = |name: &&str| {
            let column = column(name);
            let scores = by_choice.iter().flatten();
            scores.clone().any(|scores| scores[column] != 0.0)
        };
        let optional: Vec<&'static str> = OPTIONAL.into_iter().filter(speaks).collect();
        let mut tried: Vec<Tried> = Vec::new();
        for kept in 0..1_usize << optional.len() {
            let numbered = optional.iter().enumerate();
            let (with, without): (Vec<_>, Vec<_>) =
                numbered.partition(|(number, _)| kept >> number & 1 == 1);
            let names = |some: Vec<(usize, &&'static str)>| -> Vec<&'static str> {
                some.into_iter().map(|(_, name)| *name).collect()
            };
            self.try_models(seen, &by_choice, names(with), names(without), &mut tried)?;
        }
        let chosen = choose(&tried);
        let asked_for = self.options.models.iter().map(|model| model.name());
        let compositions = compositions(&tried, chosen, &asked_for.collect::<Vec<_>>());
        let (left_out, trees) = chosen.map_or((Vec::new(), true), |chosen| {
            (tried[chosen].without.clone(), tried[chosen].trees)
        });
        Ok(Selection {
            compositions,
            heard: silence(&by_choice, &left_out),
            trees,
            left_out,
        })
    }

    /// One set of models, by itself and under trees.
    fn try_models(
        &self,
        seen: &Seen,
        by_choice: &[Vec<ModelScores>],
        with: Vec<&'static str>,
        without: Vec<&'static str>,
        tried: &mut Vec<Tried>,
    ) -> Result<()> {
        let silenced = silence(by_choice, &without);
        let pairs = seen.choices.iter().zip(&silenced);
        let scored: Vec<Scored<'_>> = pairs
            .map(|(choice, models)| Scored { choice, models })
            .collect();
        let (learned, judged) = split(&scored);
        if learned.is_empty() || judged.is_empty() {
            return Ok(());
        }
        let blends = self.options.blend_l2.iter().map(|&l2| {
            let blend = fit_blend(learned, l2);
            (blend_loss(&blend, judged), blend)
        });
        let Some((_, blend)) = blends.min_by(|a, b| a.0.total_cmp(&b.0)) else {
            return Ok(());
        };
        let blend = resolve(&blend)?;
        let judged = looks(judged, &blend);
        tried.push(Tried {
            with: with.clone(),
            without: without.clone(),
            trees: false,
            losses: judged.losses(&judged.scores),
            gains: gains(&judged, &judged.scores),
        });
        let (options, seed) = (&self.options.trees, self.options.seed);
        let learned = looks(learned, &blend);
        if let Some(found) = fit_judged_trees(&learned, &judged, options, seed, self.progress)? {
            let scores = judged.adjusted(&found.trees);
            tried.push(Tried {
                with,
                without,
                trees: true,
                losses: judged.losses(&scores),
                gains: gains(&judged, &scores),
            });
        }
        Ok(())
    }
}

/// NDCG@10 of each choice under these scores.
fn gains(judged: &Looks, scores: &[f64]) -> Vec<f64> {
    let gain = |ends: &[usize]| {
        let scores = scores[ends[0]..ends[1]].iter().map(|&score| score as f32);
        Rank::of(&scores.collect::<Vec<f32>>(), 0).ndcg(10)
    };
    judged.begins.windows(2).map(gain).collect()
}

/// A composition, and its loss and NDCG@10 on each judged choice.
struct Tried {
    with: Vec<&'static str>,
    without: Vec<&'static str>,
    trees: bool,
    losses: Vec<f64>,
    gains: Vec<f64>,
}

impl Tried {
    fn parts(&self) -> usize {
        self.with.len() + usize::from(self.trees)
    }

    fn loss(&self) -> f64 {
        mean(&self.losses)
    }

    /// How far its loss is above another's, and the standard error of that.
    fn above(&self, other: &Self) -> Difference {
        Difference::of(&self.losses, &other.losses)
    }

    /// How far its NDCG is below another's, and the standard error of that.
    fn below(&self, other: &Self) -> Difference {
        Difference::of(&other.gains, &self.gains)
    }
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}

/// By how much one exceeds another, choice by choice.
struct Difference {
    mean: f64,
    standard_error: f64,
}

impl Difference {
    fn of(one: &[f64], other: &[f64]) -> Self {
        let n = one.len() as f64;
        let differences: Vec<f64> = one.iter().zip(other).map(|(a, b)| a - b).collect();
        let mean = mean(&differences);
        let squares = differences.iter().map(|one| (one - mean).powi(2));
        let variance = squares.sum::<f64>() / (n - 1.0).max(1.0);
        let standard_error = (variance / n.max(1.0)).sqrt();
        Self {
            mean,
            standard_error,
        }
    }

    /// Whether it may be chance.
    fn is_within_error(&self) -> bool {
        self.mean <= self.standard_error
    }
}

fn least(tried: &[Tried]) -> Option<&Tried> {
    tried.iter().min_by(|a, b| a.loss().total_cmp(&b.loss()))
}

/// The composition of fewest parts that the best does not beat in both; of equals the one with the smaller loss.
fn choose(tried: &[Tried]) -> Option<usize> {
    let best = least(tried)?;
    let near = tried.iter().enumerate().filter(|(_, tried)| {
        let beaten_at_most_once =
            tried.above(best).is_within_error() || tried.below(best).is_within_error();
        tried.loss().is_finite() && beaten_at_most_once
    });
    let fewest = near.min_by(|(_, a), (_, b)| {
        let by_parts = a.parts().cmp(&b.parts());
        by_parts.then(a.loss().total_cmp(&b.loss()))
    });
    fewest.map(|(number, _)| number)
}

fn compositions(tried: &[Tried], chosen: Option<usize>, asked_for: &[&str]) -> Vec<Composition> {
    let Some(best) = least(tried) else {
        return Vec::new();
    };
    let mut order: Vec<usize> = (0..tried.len()).collect();
    order.sort_by_key(|&number| tried[number].parts());
    let composition = |number: usize| {
        let (above, below) = (tried[number].above(best), tried[number].below(best));
        let always = ["two_tower", "item_neighbours"].into_iter();
        let always = always.chain(asked_for.iter().copied());
        let trees = tried[number].trees.then_some("boosted_trees");
        let parts = always
            .chain(tried[number].with.iter().copied())
            .chain(trees);
        Composition {
            parts: parts.map(str::to_owned).collect(),
            loss: tried[number].loss(),
            above_best: above.mean,
            standard_error: above.standard_error,
            ranking: Some(RankingQuality {
                ndcg_at_10: mean(&tried[number].gains),
                below_best: below.mean,
                standard_error: below.standard_error,
            }),
            chosen: Some(number) == chosen,
        }
    };
    order.into_iter().map(composition).collect()
}

fn column(name: &str) -> usize {
    let found = MODEL_INPUTS.iter().position(|input| input.name == name);
    found.unwrap_or_default()
}

fn silence(by_choice: &[Vec<ModelScores>], left_out: &[&str]) -> Vec<Vec<ModelScores>> {
    let columns: Vec<usize> = left_out.iter().map(|name| column(name)).collect();
    let mut silenced = by_choice.to_vec();
    for scores in silenced.iter_mut().flatten() {
        columns.iter().for_each(|&column| scores[column] = 0.0);
    }
    silenced
}

#[cfg(test)]
mod tests {
    use triqueta::model::SECOND_LOOK_INPUTS;

    use super::*;

    fn tried(with: &[&'static str], trees: bool, losses: &[f64], gains: &[f64]) -> Tried {
        Tried {
            with: with.to_vec(),
            without: Vec::new(),
            trees,
            losses: losses.to_vec(),
            gains: gains.to_vec(),
        }
    }

    #[test]
    fn the_fewest_parts_within_a_standard_error_of_the_best_are_chosen() {
        let gains = [0.4, 0.5, 0.6, 0.3];
        let better = [0.6, 0.8, 0.7, 0.5];
        let alone = || tried(&[], false, &[1.0, 1.2, 1.1, 1.3], &gains);
        // Lists are better, choices a little likelier, but not each of them.
        let factors = tried(
            &["matrix_factorization"],
            false,
            &[0.9, 1.3, 0.9, 1.4],
            &better,
        );
        let trees = |gains| tried(&[], true, &[0.5, 0.7, 0.6, 0.9], gains);
        let all = tried(
            &["matrix_factorization"],
            true,
            &[0.4, 0.8, 0.5, 0.95],
            &better,
        );
        let chosen = |tried: &[Tried]| choose(tried).map(|number| tried[number].parts());
        assert_eq!(choose(&[]), None);
        assert_eq!(chosen(&[alone(), factors]), Some(0));
        assert_eq!(chosen(&[alone(), trees(&better), all]), Some(1));
        // Likelier choices, and lists that are no better.
        assert_eq!(chosen(&[alone(), trees(&gains)]), Some(0));
        assert_eq!(chosen(&[alone(), trees(&[0.3, 0.5, 0.5, 0.3])]), Some(0));
        // What has no loss must not ship, however it ranks.
        let broken = tried(&[], false, &[f64::NAN; 4], &better);
        assert_eq!(chosen(&[broken, trees(&better)]), Some(1));
    }

    #[test]
    fn what_was_chosen_comes_first_in_each_choice() {
        let mut looks = Looks::default();
        let look = [0.0; SECOND_LOOK_INPUTS];
        looks.push([(look, 1.0), (look, 3.0), (look, 2.0)]);
        looks.push([(look, 5.0), (look, 4.0)]);
        let gains = gains(&looks, &looks.scores);
        assert_eq!(gains, [1.0 / 4.0_f64.log2(), 1.0]);
    }
}
