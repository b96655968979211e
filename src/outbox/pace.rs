//! When may the queue be sent again, and how much of it at once? Kept beside the queue, so that the pages of a device wait
//! together: eight pages that each waited for themselves would ask an overloaded server eight times as often.

use serde::{Deserialize, Serialize};

use super::queue::backoff_ms;
use crate::event::LIMIT_EVENTS_PER_BATCH;

/// How sending has fared so far. What another version of this code noted beside it is passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pace {
    /// Failures in a row.
    pub failures: u32,
    /// When the present waiting began on the device's clock, Unix ms.
    since_ms: i64,
    /// How long it lasts.
    wait_ms: i64,
    /// The most events the next batch takes.
    pub at_most: usize,
    /// The server will take nothing from here; only a page that is opened, or a visitor who asks, tries again.
    stopped: bool,
    /// The server does not read packed batches.
    pub plain: bool,
}

crate::json::object! {
    Pace: lenient
    {}
    { failures, since_ms, wait_ms, at_most, stopped, plain }
    or Self::default()
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            failures: 0,
            since_ms: 0,
            wait_ms: 0,
            at_most: LIMIT_EVENTS_PER_BATCH,
            stopped: false,
            plain: false,
        }
    }
}

impl Pace {
    /// How long until the next try is allowed, in ms: 0 where it is now, `None` where sending has stopped. A clock that was
    /// set back ends the waiting: nobody knows how much of it is over.
    pub fn wait_ms(&self, now_ms: i64) -> Option<i64> {
        let gone_ms = now_ms.saturating_sub(self.since_ms);
        let left_ms = if gone_ms < 0 {
            0
        } else {
            self.wait_ms.saturating_sub(gone_ms).max(0)
        };
        (!self.stopped).then_some(left_ms)
    }

    /// Whether the next try is allowed now.
    pub fn is_due(&self, now_ms: i64) -> bool {
        self.wait_ms(now_ms) == Some(0)
    }

    /// A page was opened: what stopped sending may be mended. The waiting goes on.
    pub fn reopened(&mut self) {
        self.stopped = false;
    }

    /// The network came back, or the visitor asks: reason enough to try at once.
    pub fn reset(&mut self) {
        (self.failures, self.wait_ms, self.stopped) = (0, 0, false);
    }

    pub(super) fn succeeded(&mut self) {
        (self.failures, self.wait_ms) = (0, 0);
        self.at_most = self
            .at_most
            .saturating_mul(2)
            .clamp(1, LIMIT_EVENTS_PER_BATCH);
    }

    pub(super) fn too_large(&mut self, sent: usize) {
        self.at_most = (sent / 2).max(1);
    }

    pub(super) fn failed(&mut self, now_ms: i64, uniform: f64, retry_after_ms: Option<i64>) {
        self.failures = self.failures.saturating_add(1);
        self.since_ms = now_ms;
        self.wait_ms = backoff_ms(self.failures, retry_after_ms, uniform);
    }

    pub(super) fn stop(&mut self) {
        self.stopped = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_by_the_clock_and_by_a_clock_set_back() {
        let mut pace = Pace::default();
        assert!(pace.is_due(0));
        pace.failed(1_000_000, 0.5, None);
        assert_eq!(pace.wait_ms(1_000_000), Some(3_000));
        assert_eq!(pace.wait_ms(1_002_000), Some(1_000));
        assert!(pace.is_due(1_003_000));
        let ten_years_ms = 3_650 * 86_400_000;
        assert!(pace.is_due(1_000_000 - ten_years_ms));
        assert!(pace.is_due(1_000_000 + ten_years_ms));
        assert!(pace.is_due(i64::MAX) && pace.is_due(i64::MIN));
    }

    #[test]
    fn what_stopped_is_tried_again_by_a_page_that_opens_and_waiting_is_not_cut_short_by_it() {
        let mut pace = Pace::default();
        pace.failed(0, 0.5, None);
        pace.stop();
        assert_eq!(pace.wait_ms(10_000), None);
        pace.reopened();
        assert_eq!(pace.wait_ms(1_000), Some(2_000));
        pace.stop();
        pace.reset();
        assert!(pace.is_due(1_000));
    }

    #[test]
    fn the_next_page_reads_how_it_stands() {
        let mut pace = Pace::default();
        pace.failed(77, 0.1, Some(60_000));
        pace.too_large(100);
        let json = serde_json::to_string(&pace).unwrap_or_default();
        assert_eq!(serde_json::from_str(&json).ok(), Some(pace));
        assert_eq!(
            serde_json::from_str::<Pace>("{}").ok(),
            Some(Pace::default())
        );
    }
}
