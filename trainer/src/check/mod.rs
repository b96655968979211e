//! Is this data fit to learn from?
//!
//! Models learn whatever is there, mistakes included. This module looks for what commonly goes wrong in event data and
//! says for each finding how often, where, what it does to the learning, and what [`repair`] would do about it. It never
//! changes anything by itself.

mod catalogue;
mod events;
mod finding;
mod log;
mod places;
mod repair;
mod words;

use crate::dataset::Dataset;

pub use finding::{CheckReport, Finding, Severity};
pub use repair::repair;

/// Looks at everything. `now_ms` is the present, Unix ms: events after it are from broken clocks.
pub fn check(dataset: &Dataset, now_ms: i64) -> CheckReport {
    let mut findings = Vec::new();
    catalogue::check(dataset, &mut findings);
    places::check(dataset, &mut findings);
    words::check(dataset, &mut findings);
    events::check(dataset, now_ms, &mut findings);
    log::check(dataset, &mut findings);
    findings.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then(b.count.cmp(&a.count))
            .then(a.code.cmp(b.code))
    });
    CheckReport {
        activities: dataset.activities.len() as u64,
        visitors: dataset.visitors.len() as u64,
        events: dataset.events.len() as u64,
        findings,
    }
}
