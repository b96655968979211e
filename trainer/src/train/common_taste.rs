//! What becomes of things whoever sees them, as a log tells it: learned again and again as the log goes on, so that the
//! choices of a time are seen with what was known before it, and once more from everything for the bundle.

use triqueta::catalog::Catalog;
use triqueta::feature::CommonTaste;

use crate::Dataset;
use crate::choices::Positive;
use crate::replay::Replay;

/// How often it is learned while the choices for the blend go by.
const TIMES: usize = 5;

/// The common taste before each part of the choices, with the moment the part begins.
pub(super) fn common_tastes(
    dataset: &Dataset,
    catalog: &Catalog,
    choices: &[Positive],
) -> Vec<(i64, CommonTaste)> {
    let mut replay = Replay::new(dataset, catalog, 1.0);
    choices
        .chunks(choices.len().div_ceil(TIMES).max(1))
        .filter_map(|part| part.first())
        .map(|first| (first.time_ms, learn(&mut replay, catalog, first.time_ms)))
        .collect()
}

/// The common taste of the whole log.
pub(super) fn common_taste(dataset: &Dataset, catalog: &Catalog) -> CommonTaste {
    let last_ms = dataset.events.last().map_or(0, |event| event.time_ms);
    let mut replay = Replay::new(dataset, catalog, 1.0);
    learn(&mut replay, catalog, last_ms.saturating_add(1))
}

/// The regression is the serving code's.
fn learn(replay: &mut Replay<'_>, catalog: &Catalog, before_ms: i64) -> CommonTaste {
    replay.advance_before(before_ms);
    CommonTaste::of(replay.visitors(), catalog, before_ms)
}
