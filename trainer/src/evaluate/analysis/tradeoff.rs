//! What does variety cost? The same scores reranked by the serving code at several weights of diversity.

use serde::Serialize;
use triqueta::model::Embedding;
use triqueta::rank::{Candidate, Policy, rerank};

use super::exposure::{Exposure, diversity};
use super::observer::LISTED;
use crate::choices::Choice;

/// The weights of diversity (λ of maximal marginal relevance) that are compared.
const WEIGHTS: [f32; 6] = [0.0, 0.1, 0.25, 0.5, 0.75, 1.0];

/// Sums by weight.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Tradeoff {
    by_weight: [Sums; WEIGHTS.len()],
    questions: usize,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Sums {
    ndcg: f64,
    hits: f64,
    exposure: Exposure,
    diversity: f64,
}

/// Accuracy and variety of the lists of ten at one weight of diversity. Caps are off, so that the weight alone acts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TradeoffPoint {
    /// Weight of diversity against score: 0 ignores likeness, 1 ignores the score.
    pub weight: f32,
    /// NDCG at 10 of the lists.
    pub ndcg10: f64,
    /// Share of lists that hold what was chosen.
    pub hr10: f64,
    /// Intra-list diversity.
    pub diversity: f64,
    /// Share of the offered activities that are in any list.
    pub coverage: f64,
}

impl Tradeoff {
    pub(super) fn add(
        &mut self,
        choice: &Choice,
        scores: &[f32],
        embeddings: &[Embedding],
        words: &[Vec<u32>],
    ) {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| {
            let by_row = || choice.candidates[a].cmp(&choice.candidates[b]);
            scores[b].total_cmp(&scores[a]).then_with(by_row)
        });
        let candidates: Vec<Candidate> = order
            .iter()
            .map(|&candidate| Candidate {
                utility: scores[candidate],
                vector: embeddings[choice.candidates[candidate].index()],
                groups: [0; 4],
                digest: 0,
            })
            .collect();
        let policy = Policy::default();
        self.questions += 1;
        for (sums, weight) in self.by_weight.iter_mut().zip(WEIGHTS) {
            let list: Vec<usize> = rerank(&candidates, LISTED, &policy, weight, &[], 0)
                .into_iter()
                .map(|chosen| order[chosen.index])
                .collect();
            if let Some(place) = list.iter().position(|&candidate| candidate == 0) {
                sums.ndcg += 1.0 / (place as f64 + 2.0).log2();
                sums.hits += 1.0;
            }
            sums.diversity += diversity(&list, choice, words);
            let unasked = vec![0.0; choice.candidates.len()];
            sums.exposure.add(&list, choice, words, &unasked, 0);
        }
    }

    pub(super) fn close(&mut self, offered: &[bool]) {
        for sums in &mut self.by_weight {
            sums.exposure.close(offered);
        }
    }

    pub(super) fn points(&self) -> Vec<TradeoffPoint> {
        let questions = self.questions.max(1) as f64;
        let point = |(sums, weight): (&Sums, f32)| TradeoffPoint {
            weight,
            ndcg10: sums.ndcg / questions,
            hr10: sums.hits / questions,
            diversity: sums.diversity / questions,
            coverage: sums.exposure.figures("").coverage,
        };
        self.by_weight.iter().zip(WEIGHTS).map(point).collect()
    }
}
