//! From what the models say to one score: the blend, the trees on top of it, and the calibration of both together.
//!
//! Everything is learned from the first two thirds of the choices and judged on the last third: how hard the blend is
//! pulled to its prior, how large trees are, how many there are, and whether they are worth having at all. Then both are
//! learned from all choices. What the judged choices say of calibration and offline figures comes from models that had
//! not seen them.

use std::collections::{BTreeMap, BTreeSet};

use triqueta::model::{Blend, BoostedTrees, ModelScores, Resolved, second_look};

use super::selection::Selection;
use super::steps::{Seen, Task, split};
use crate::Result;
use crate::evaluate::{Rank, Sight, Untrained, ask_all, resolve, stack_score};
use crate::fit::{
    Looks, Scored, blend_loss, calibrate, fit_blend, fit_judged_trees, fit_trees, prior_blend,
};

/// The score of a training.
pub(super) struct Stack {
    pub(super) blend: Blend,
    pub(super) trees: Option<BoostedTrees>,
    /// How each peer ranks each of the judged choices, the last ones.
    pub(super) ranks: BTreeMap<&'static str, Vec<Rank>>,
}

impl Task<'_> {
    /// Learns what was selected; `models` is what all say, for a row of their own.
    pub(super) fn stack(
        &self,
        seen: &Seen,
        models: &[Vec<ModelScores>],
        selection: &Selection,
    ) -> Result<Stack> {
        let (options, progress) = (self.options, self.progress);
        let scored = scored(seen, &selection.heard);
        let (learned, judged) = split(&scored);
        let mut best: Option<(f64, f64, Blend)> = None;
        for &l2 in &options.blend_l2 {
            let blend = fit_blend(learned, l2);
            let loss = blend_loss(&blend, judged);
            if best.as_ref().is_none_or(|(least, ..)| loss < *least) {
                best = Some((loss, l2, blend));
            }
        }
        let Some((_, l2, judge)) = best.filter(|_| !scored.is_empty()) else {
            return Ok(Stack {
                blend: prior_blend(),
                trees: None,
                ranks: BTreeMap::new(),
            });
        };
        progress.begin("growing trees", None);
        let first = resolve(&judge)?;
        let found = if selection.trees {
            fit_judged_trees(
                &looks(learned, &first),
                &looks(judged, &first),
                &options.trees,
                options.seed,
                progress,
            )?
        } else {
            None
        };
        let judged_trees = found.as_ref().map(|found| &found.trees);
        let scores: Vec<Vec<f32>> = judged
            .iter()
            .map(|scored| {
                let sight = sight(scored, &first, judged_trees);
                let candidates = 0..scored.choice.candidates.len();
                candidates
                    .map(|number| stack_score(&sight, number).total)
                    .collect()
            })
            .collect();
        let (calibration_slope, calibration_offset) = calibrate(&scores);
        let blend = Blend {
            calibration_slope,
            calibration_offset,
            ..fit_blend(&scored, l2)
        };
        // Models that are there for comparison have a row of their own, and no say in the others.
        let all = self::scored(seen, models);
        let untrained = &seen.untrained[learned.len()..];
        let ranks = judged_ranks(split(&all).1, untrained, &first, judged_trees);
        let trees = match &found {
            Some(found) => Some(fit_trees(
                &looks(&scored, &resolve(&blend)?),
                (found.rounds, found.leaves),
                &options.trees,
                options.seed,
                progress,
            )?),
            None => None,
        };
        Ok(Stack {
            blend,
            trees,
            ranks,
        })
    }
}

/// The choices with what models say of each.
fn scored<'a>(seen: &'a Seen, models: &'a [Vec<ModelScores>]) -> Vec<Scored<'a>> {
    let choices = seen.choices.iter().zip(models);
    choices
        .map(|(choice, models)| Scored { choice, models })
        .collect()
}

/// Choices as a second look sees them.
pub(super) fn looks(choices: &[Scored<'_>], blend: &Resolved) -> Looks {
    let mut looks = Looks::default();
    for scored in choices {
        let viewpoint = &scored.choice.viewpoint;
        let pairs = scored.choice.pairs.iter().zip(scored.models);
        looks.push(pairs.map(|(pair, models)| {
            let score = blend.score(models, pair, viewpoint.maturity);
            let look = second_look(&score, models, pair, &viewpoint.user, viewpoint.maturity);
            (look, score.total)
        }));
    }
    looks
}

/// A choice through the eyes of a blend and its trees.
fn sight<'a>(
    scored: &Scored<'a>,
    blend: &'a Resolved,
    trees: Option<&'a BoostedTrees>,
) -> Sight<'a> {
    Sight {
        choice: scored.choice,
        models: scored.models,
        blend,
        trees,
        untrained: None,
    }
}

/// How each peer that has something to say ranks the judged choices.
fn judged_ranks(
    judged: &[Scored<'_>],
    untrained: &[Untrained],
    blend: &Resolved,
    trees: Option<&BoostedTrees>,
) -> BTreeMap<&'static str, Vec<Rank>> {
    let mut ranks: BTreeMap<&str, Vec<Rank>> = BTreeMap::new();
    let mut speaking = BTreeSet::new();
    for (scored, untrained) in judged.iter().zip(untrained) {
        let sight = Sight {
            untrained: Some(untrained),
            ..sight(scored, blend, trees)
        };
        for (peer, scores) in ask_all(&sight, &mut speaking) {
            ranks.entry(peer).or_default().push(Rank::of(&scores, 0));
        }
    }
    ranks.retain(|name, _| speaking.contains(name));
    ranks
}
