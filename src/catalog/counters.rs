//! Live popularity: the volatile columns, apart from the catalogue so that they can be refreshed hourly and alone.

use super::table::Row;
use crate::math::{Column, exp2};

/// Decayed counts an activity, as of one moment. A count loses half its weight every half-life, so that "popular" means
/// popular lately; the decay since [`Counters::as_of_ms`] is applied when it is read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Counters {
    /// The moment the counts are of, Unix ms.
    pub as_of_ms: i64,
    /// Half-life of a count in days, above 0. Short ones follow fashion, long ones remember the whole season.
    pub half_life_days: f32,
    /// Positive interactions (saved, liked, attended) an activity, decayed.
    pub positives: Column<f32>,
    /// Views an activity, decayed.
    pub views: Column<f32>,
    /// Positive interactions an activity, never decayed.
    pub positives_total: Column<f32>,
    /// Views an activity, never decayed.
    pub views_total: Column<f32>,
}

impl Counters {
    /// Zero counts for `rows` activities.
    pub fn new(rows: usize, as_of_ms: i64, half_life_days: f32) -> Self {
        let zeros = Column::from(vec![0.0; rows]);
        Self {
            as_of_ms,
            half_life_days,
            positives: zeros.clone(),
            views: zeros.clone(),
            positives_total: zeros.clone(),
            views_total: zeros,
        }
    }

    /// The factor counts have lost by `now_ms`, in (0, 1]; 1 for moments before the counts were taken.
    pub fn decay(&self, now_ms: i64) -> f32 {
        let days = now_ms.saturating_sub(self.as_of_ms).max(0) as f32 / 86_400_000.0;
        exp2(-days / self.half_life_days.max(1e-3))
    }

    /// Positive interactions a view over the whole catalogue; 0 where nothing was viewed.
    pub fn positive_rate(&self) -> f32 {
        let views: f32 = self.views.iter().sum();
        if views > 0.0 {
            self.positives.iter().sum::<f32>() / views
        } else {
            0.0
        }
    }

    /// Moves the moment of the counts to `now_ms` (no earlier than before), decaying all of them.
    pub fn advance(&mut self, now_ms: i64) {
        if now_ms > self.as_of_ms {
            let factor = self.decay(now_ms);
            let decayed = [&mut self.positives, &mut self.views];
            for count in decayed.into_iter().flat_map(Column::rows_mut) {
                *count *= factor;
            }
            self.as_of_ms = now_ms;
        }
    }

    /// Adds one interaction at `time_ms`. Earlier ones than the counts' moment are added with the weight they have left.
    pub fn add(&mut self, row: Row, time_ms: i64, positive: bool, amount: f32) {
        let age_days = self.as_of_ms.saturating_sub(time_ms).max(0) as f32 / 86_400_000.0;
        let left = amount * exp2(-age_days / self.half_life_days.max(1e-3));
        let (decayed, total) = if positive {
            (&mut self.positives, &mut self.positives_total)
        } else {
            (&mut self.views, &mut self.views_total)
        };
        let (decayed, total) = (decayed.rows_mut(), total.rows_mut());
        if let (Some(decayed), Some(total)) =
            (decayed.get_mut(row.index()), total.get_mut(row.index()))
        {
            *decayed += left;
            *total += amount;
        }
    }
}
