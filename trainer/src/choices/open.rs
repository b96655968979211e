//! What was open to a visitor at a moment?

use triqueta::catalog::{Catalog, NO_TIME, Row, Status};
use triqueta::math::Random;

/// Which activities are open at a moment: published by then, and starting after it but within the horizon.
#[derive(Debug, Clone)]
pub struct Open {
    by_start: Vec<(i64, Row)>,
    published_ms: Vec<i64>,
    horizon_ms: i64,
}

impl Open {
    /// Prepares a catalogue. A short horizon asks "what next?", a long one mixes next week with next season.
    pub fn new(catalog: &Catalog, horizon_days: f64) -> Self {
        let shown = |row: &Row| matches!(catalog.status(*row), Status::Active | Status::Inactive);
        let columns = catalog.columns();
        let mut by_start: Vec<(i64, Row)> = catalog
            .live_rows()
            .filter(shown)
            .map(|row| (columns.date(row.index()).start_ms, row))
            .collect();
        by_start.sort_unstable();
        // Where a source knows publication times, what has none was never published as far as it knows.
        let published = (0..columns.len()).map(|row| columns.published_ms(row));
        let some_known = published
            .clone()
            .any(|published_ms| published_ms != NO_TIME);
        let known = |published_ms| match published_ms {
            NO_TIME if some_known => i64::MAX,
            published_ms => published_ms,
        };
        Self {
            by_start,
            published_ms: published.map(known).collect(),
            horizon_ms: (horizon_days * 86_400_000.0) as i64,
        }
    }

    /// The open rows in ascending order.
    pub fn at(&self, time_ms: i64) -> Vec<Row> {
        let from = self
            .by_start
            .partition_point(|&(start_ms, _)| start_ms <= time_ms);
        let until = self
            .by_start
            .partition_point(|&(start_ms, _)| start_ms < time_ms.saturating_add(self.horizon_ms));
        let starting = self.by_start.get(from..until).unwrap_or_default();
        let mut rows: Vec<Row> = starting
            .iter()
            .map(|&(_, row)| row)
            .filter(|row| self.published_ms[row.index()] <= time_ms)
            .collect();
        rows.sort_unstable();
        rows
    }

    /// Whether a positive at this moment can be learned from: its activity had been published *before*. Where a source
    /// knows no publication times and the first event stands for it, the first positive of an activity is told from all
    /// others by "nobody before", and would give itself away.
    pub fn can_be_chosen(&self, row: Row, time_ms: i64) -> bool {
        self.published_ms[row.index()] == NO_TIME || self.published_ms[row.index()] < time_ms
    }
}

/// At most `limit` candidates: the first, which was chosen, and an even draw of the others, in their order.
pub fn thin(candidates: Vec<Row>, limit: usize, seed: u64) -> Vec<Row> {
    if candidates.len() <= limit.max(2) {
        return candidates;
    }
    let mut others: Vec<usize> = (1..candidates.len()).collect();
    Random::new(seed).shuffle(&mut others);
    others.truncate(limit.max(2) - 1);
    others.sort_unstable();
    std::iter::once(0)
        .chain(others)
        .map(|index| candidates[index])
        .collect()
}
