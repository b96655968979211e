//! Popularity: what others do, lately. Windowed by decay and smoothed, so that one early save does not put an activity
//! above a hundred considered ones.

use serde::{Deserialize, Serialize};

use crate::catalog::{Counters, Row};
use crate::math::{Column, ln_1p};

/// The prior that smooths popularity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PopularitySmoothing {
    /// Views an activity is assumed to have had at the average rate before the first. 0 trusts a single view; large
    /// values make all activities equally popular until much is known.
    pub prior_views: f32,
    /// How much the rate of positives counts beside their number, 0 to 1. 0 ranks by volume, 1 adds the whole rate.
    pub rate_share: f32,
}

crate::json::object! { PopularitySmoothing: strict { prior_views, rate_share } }

impl Default for PopularitySmoothing {
    fn default() -> Self {
        Self {
            prior_views: 20.0,
            rate_share: 0.5,
        }
    }
}

/// The popularity of a row at `now_ms`: the logarithm of its decayed positives, corrected by a share of its smoothed rate
/// of positives a view relative to `average_rate` (see [`Counters::positive_rate`]). Rows without counts score 0.
pub fn popularity_score(
    counters: &Counters,
    average_rate: f32,
    row: Row,
    now_ms: i64,
    smoothing: PopularitySmoothing,
) -> f32 {
    let decay = counters.decay(now_ms);
    let count = |counts: &Column<f32>| counts.get(row.index()).copied().unwrap_or(0.0) * decay;
    let (positives, views) = (count(&counters.positives), count(&counters.views));
    if average_rate <= 0.0 {
        return ln_1p(positives);
    }
    let smoothed = (positives + smoothing.prior_views * average_rate)
        / (views + smoothing.prior_views).max(1e-6);
    let relative = (smoothed / average_rate).clamp(0.0, 4.0);
    ln_1p(positives) * (1.0 + smoothing.rate_share * (relative - 1.0))
}
