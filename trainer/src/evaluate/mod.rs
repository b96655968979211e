//! How good are the rankings, honestly?
//!
//! A ranking figure means nothing without its candidates and the random and popularity rows beside it; so every protocol
//! reports all peers on the same queries, newcomers and regulars apart, over several seeds, and the difference to
//! popularity with a bootstrap interval clustered by visitor. Everything a scorer sees dates from before the moment it
//! ranks at. Hyper-parameters are chosen inside the training period.

mod analysis;
mod bootstrap;
mod differences;
mod figures;
mod full;
mod html;
mod live;
mod metrics;
mod peers;
mod problem;
mod queries;
mod report;
mod run;
mod split;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub use analysis::{
    Analysis, Curve, EpochLosses, Example, LearningPoint, ListFigures, Observed, ScoreBar,
    ShownActivity, Slice, TradeoffPoint, VisitorLoss,
};
pub(crate) use analysis::{Worth, slices};
pub use bootstrap::{Difference, clustered_difference};
pub use full::{FullRun, rank_full};
pub use html::html;
pub use live::{Freshness, LiveRun, Query, queries_after, rank_live};
pub use metrics::{
    Calibration, ListMetrics, Rank, RankedList, Reliability, ReliabilityBin, coverage, gini,
    intra_list_diversity, mean_and_deviation, self_information, set_cosine,
};
pub(crate) use peers::ask_all;
pub use peers::{
    BLEND, PEERS, POPULARITY, Peer, RANDOM, RULE, STACK, Sight, Untrained, blend_scores,
    content_scores, pair_column, popularity_so_far, resolve, stack_score,
};
pub use problem::EvaluateError;
pub use queries::{OtherRanks, read_queries, read_ranks};
pub use report::{Evaluation, Figure, figures_table};
pub use run::{EvaluateOptions, Protocol, evaluate};
pub use split::{Fold, in_order_of_publication, quantile_ms, time_folds, up_to};

/// Means over queries with one positive each.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct RankingMetrics {
    /// Queries.
    pub queries: usize,
    /// NDCG at 10.
    pub ndcg10: f64,
    /// Average precision at 10.
    pub map10: f64,
    /// Reciprocal rank.
    pub mrr: f64,
    /// Share of positives ranked first.
    pub hr1: f64,
    /// Share of positives within the first 10.
    pub hr10: f64,
    /// Share of others ranked below the positive.
    pub auc: f64,
}

impl RankingMetrics {
    /// The names of the metrics, in the order of [`RankingMetrics::values`].
    pub const NAMES: [&str; 6] = ["ndcg@10", "map@10", "mrr", "hr@1", "hr@10", "auc"];

    /// The metrics as numbers.
    pub fn values(&self) -> [f64; 6] {
        [
            self.ndcg10,
            self.map10,
            self.mrr,
            self.hr1,
            self.hr10,
            self.auc,
        ]
    }

    /// The means; zeros where there is no query.
    pub fn of(ranks: &[Rank]) -> Self {
        let mean = |metric: &dyn Fn(&Rank) -> f64| {
            ranks.iter().map(metric).sum::<f64>() / ranks.len().max(1) as f64
        };
        Self {
            queries: ranks.len(),
            ndcg10: mean(&|rank| rank.ndcg(10)),
            map10: mean(&|rank| rank.average_precision(10)),
            mrr: mean(&Rank::reciprocal),
            hr1: mean(&|rank| rank.hit(1)),
            hr10: mean(&|rank| rank.hit(10)),
            auc: mean(&Rank::auc),
        }
    }
}
