//! How do scores of what was chosen differ from those of the rest?

use serde::Serialize;

/// Bars between −8 and 8 of a logit; what lies beyond falls into the outermost.
const BARS: usize = 32;
const REACH: f64 = 8.0;

/// Shares of scores by value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Histogram {
    chosen: [f64; BARS],
    others: [f64; BARS],
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            chosen: [0.0; BARS],
            others: [0.0; BARS],
        }
    }
}

/// One bar of the distribution of scores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ScoreBar {
    /// Calibrated scores (logits) from here.
    pub from: f64,
    /// The share of what was chosen that lies here.
    pub chosen: f64,
    /// The share of the other candidates that lies here.
    pub others: f64,
}

impl Histogram {
    pub(super) fn add(&mut self, logit: f64, chosen: bool, weight: f64) {
        if logit.is_nan() {
            return;
        }
        let place = (logit + REACH) / (2.0 * REACH) * BARS as f64;
        let bar = (place.max(0.0) as usize).min(BARS - 1);
        let bars = if chosen {
            &mut self.chosen
        } else {
            &mut self.others
        };
        bars[bar] += weight;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for bar in 0..BARS {
            self.chosen[bar] += other.chosen[bar];
            self.others[bar] += other.others[bar];
        }
    }

    pub(super) fn bars(&self) -> Vec<ScoreBar> {
        let total = |bars: &[f64]| bars.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let (chosen, others) = (total(&self.chosen), total(&self.others));
        (0..BARS)
            .map(|bar| ScoreBar {
                from: -REACH + bar as f64 * 2.0 * REACH / BARS as f64,
                chosen: self.chosen[bar] / chosen,
                others: self.others[bar] / others,
            })
            .collect()
    }
}
