//! What becomes of things whoever sees them, as a log tells it: learned again and again as the log goes on, so that the
//! choices of a time are seen with what was known before it, and once more from everything for the bundle.

use triqueta::catalog::Catalog;
use triqueta::feature::CommonTaste;

use crate::choices::Positive;
use crate::fit::fit_taste_directions;
use crate::progress::Progress;
use crate::replay::Replay;
use crate::{Dataset, Result};

/// How often it is learned while the choices for the blend go by.
const TIMES: usize = 5;

/// The common taste before each part of the choices, with the moment the part begins.
pub(super) fn common_tastes(
    dataset: &Dataset,
    catalog: &Catalog,
    parts: [&[Positive]; 2],
    progress: &dyn Progress,
) -> Result<Vec<(i64, CommonTaste)>> {
    let mut replay = Replay::new(dataset, catalog, 1.0);
    parts
        .into_iter()
        .flat_map(|choices| choices.chunks(choices.len().div_ceil(TIMES).max(1)))
        .filter_map(|part| part.first())
        .map(|first| {
            let taste = learn(&mut replay, catalog, first.time_ms, progress)?;
            Ok((first.time_ms, taste))
        })
        .collect()
}

/// The common taste of the whole log.
pub(super) fn common_taste(
    dataset: &Dataset,
    catalog: &Catalog,
    progress: &dyn Progress,
) -> Result<CommonTaste> {
    let last_ms = dataset.events.last().map_or(0, |event| event.time_ms);
    let mut replay = Replay::new(dataset, catalog, 1.0);
    learn(&mut replay, catalog, last_ms.saturating_add(1), progress)
}

/// The examples and the regression are the serving code's.
fn learn(
    replay: &mut Replay<'_>,
    catalog: &Catalog,
    before_ms: i64,
    progress: &dyn Progress,
) -> Result<CommonTaste> {
    replay.advance_before(before_ms);
    let taste = CommonTaste::of(replay.visitors(), catalog, before_ms);
    if taste.is_empty() {
        return Ok(taste);
    }
    let examples = taste.examples(replay.visitors(), catalog, before_ms);
    fit_taste_directions(taste, &examples, progress)
}
