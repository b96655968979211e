//! Does a bundle rank as its training did, after its weights were stored?
//!
//! Today what is rounded is rounded by the training itself, before anything is learned or judged on top, and the difference is
//! nothing. The comparison is made anyway, of the draft in memory and the bundle as the engine opens it, so that it bites as
//! soon as something is rounded afterwards.

use serde::{Deserialize, Serialize};
use triqueta::bundle::{Bundle, BundleDraft};
use triqueta::feature::ActivityRow;
use triqueta::model::{ActivitySide, BoostedTrees, Models, Resolved};

use crate::choices::{Choice, Lens};
use crate::error::Result;
use crate::evaluate::{Rank, Sight, resolve, stack_score};
use crate::train::{Judged, model_scores};

/// What storing changed in the final model's order of the judged choices' candidates. What was chosen plays no part, for
/// the final model has seen it: the figures are NDCG at 10 as it would be if visitors chose as often as the trained scores
/// say. That falls with every change of the order, by much where it matters and by next to nothing among near equals.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Departure {
    /// Questions.
    pub questions: usize,
    /// Expected NDCG at 10 of the order by the weights as they were trained.
    pub trained: f64,
    /// The same of the order by the weights as they are stored.
    pub stored: f64,
    /// Questions whose first ten are not the same in the same order.
    pub moved: usize,
}

impl Departure {
    /// Ranks the judged choices with a draft and with the bundle that was written of it.
    ///
    /// # Errors
    /// Whatever the score refuses.
    pub fn of(draft: &BundleDraft, bundle: &Bundle, judged: &Judged) -> Result<Self> {
        let items = Lens::items(&draft.catalog);
        let trained = Scorer {
            models: &draft.models,
            activities: with_unknown(&draft.activities, &draft.models, &items),
            blend: resolve(&draft.model.blend)?,
            trees: draft.boosted_trees.as_ref(),
        };
        let stored = Scorer {
            models: &bundle.models,
            activities: with_unknown(&bundle.activities, &bundle.models, &items),
            blend: resolve(&bundle.model.blend)?,
            trees: bundle.boosted_trees.as_ref(),
        };
        let mut departure = Self {
            questions: judged.choices.len(),
            ..Self::default()
        };
        for choice in &judged.choices {
            let believed = trained.scores(&items, choice);
            let served = stored.scores(&items, choice);
            let share = 1.0 / departure.questions as f64;
            departure.trained += share * expected_ndcg(&believed, &believed);
            departure.stored += share * expected_ndcg(&believed, &served);
            departure.moved += usize::from(first_ten(&believed) != first_ten(&served));
        }
        Ok(departure)
    }

    /// The share of NDCG at 10 that storing cost.
    pub fn loss(&self) -> f64 {
        if self.trained > 0.0 {
            1.0 - self.stored / self.trained
        } else {
            0.0
        }
    }
}

/// NDCG at 10 of the order by `served`, each candidate being chosen as often as its score in `believed` says.
fn expected_ndcg(believed: &[f32], served: &[f32]) -> f64 {
    let largest = believed.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let odds = believed
        .iter()
        .map(|score| libm::exp(f64::from(score - largest)));
    let (mut sum, mut total) = (0.0, 0.0);
    for (candidate, odds) in odds.enumerate() {
        sum += odds * Rank::of(served, candidate).ndcg(10);
        total += odds;
    }
    sum / total
}

fn first_ten(scores: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    order.truncate(10);
    order
}

/// One of the two: everything that scores.
struct Scorer<'a> {
    models: &'a Models,
    activities: ActivitySide,
    blend: Resolved,
    trees: Option<&'a BoostedTrees>,
}

impl Scorer<'_> {
    fn scores(&self, items: &[ActivityRow], choice: &Choice) -> Vec<f32> {
        let models = model_scores(self.models, items, &self.activities, choice);
        let sight = Sight {
            choice,
            models: &models,
            blend: &self.blend,
            trees: self.trees,
            untrained: None,
        };
        let candidates = 0..choice.candidates.len();
        candidates
            .map(|number| stack_score(&sight, number).total)
            .collect()
    }
}

/// The activities as they travel, and the one that stands for those the catalogue does not know.
fn with_unknown(activities: &ActivitySide, models: &Models, items: &[ActivityRow]) -> ActivitySide {
    let mut activities = activities.clone();
    if let Some(unknown) = items.last() {
        activities.push(models, unknown);
    }
    activities
}
