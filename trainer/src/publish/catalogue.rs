//! New activities without a training: rows that did not change keep their numbers, changed ones move to the tail, removed
//! ones are marked.

use std::collections::{BTreeMap, BTreeSet};

use triqueta::bundle::{Bundle, BundleDraft};
use triqueta::catalog::{Activity, Catalog, Content, Row, Text};
use triqueta::feature::ActivityRow;

use crate::error::Result;

/// The most shards of a bundle: each is three files that a first visit asks for.
const MOST_SHARDS: usize = 33;

/// What a catalogue publication changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct CatalogueChange {
    /// Activities that were not there before.
    pub added: u32,
    /// Activities whose content or texts changed.
    pub changed: u32,
    /// Activities that are no longer offered.
    pub removed: u32,
    /// Activities that stayed as they were, but perhaps for their status.
    pub unchanged: u32,
}

/// The bundle with these activities instead of its own, embedded with the weights it has.
///
/// # Errors
/// [`triqueta::error::CatalogError`] for an impossible or repeated activity.
pub fn with_activities(
    bundle: Bundle,
    activities: &[Activity],
) -> Result<(BundleDraft, CatalogueChange)> {
    let city = bundle.schema.city.clone();
    let words = bundle.catalog.words().extended(activities)?;
    // Builds every activity once, to validate all of them before anything is changed.
    Catalog::build(city.clone(), words.clone(), activities)?;
    let mut change = CatalogueChange::default();
    let mut columns = bundle.catalog.columns().clone();
    let mut removed = vec![true; bundle.catalog.len()];
    let mut fresh: Vec<Activity> = Vec::new();
    for activity in activities {
        match bundle.catalog.row(&activity.id) {
            Some(row) if is_same(&bundle, row, activity) => {
                removed[row.index()] = false;
                columns.status[row.index()] = activity.status as u8;
                change.unchanged += 1;
            }
            Some(_) => {
                change.changed += 1;
                fresh.push(activity.clone());
            }
            None => {
                change.added += 1;
                fresh.push(activity.clone());
            }
        }
    }
    let ids = activities.iter().map(|activity| activity.id.as_str());
    let offered: BTreeSet<&str> = ids.collect();
    let gone = bundle
        .catalog
        .live_rows()
        .filter(|&row| !offered.contains(bundle.catalog.id(row)));
    change.removed = gone.count() as u32;

    let tail = Catalog::build(city.clone(), words.clone(), &fresh)?;
    columns.append(tail.columns());
    removed.extend(std::iter::repeat_n(false, fresh.len()));
    let before = bundle.catalog.len();
    // Old rows keep the density they were published with, as in training; new ones count what is around them now.
    let mut now = columns.clone();
    now.refresh_density(&removed);
    let densities = now.density.rows_mut();
    columns.density.rows_mut()[before..].copy_from_slice(&densities[before..]);
    let mut draft = BundleDraft::from(bundle);
    draft.catalog = Catalog::from_columns(city, words, columns, removed)?;
    for row in before..draft.catalog.len() {
        let row = ActivityRow::of_row(&draft.catalog, Row(row as u32));
        draft.activities.push(&draft.models, &row);
    }
    draft.texts.extend(fresh.iter().map(Text::of));
    let counters = &mut draft.counters;
    for counts in [
        &mut counters.positives,
        &mut counters.views,
        &mut counters.positives_total,
        &mut counters.views_total,
    ] {
        counts.rows_mut().resize(draft.catalog.len(), 0.0);
    }
    carry_counts(&mut draft, before, &fresh);
    add_rows(&mut draft.shard_rows, fresh.len() as u32);
    Ok((draft, change))
}

/// The least rows that a shard is closed with: of fewer, a file is mostly its head.
const LEAST_CLOSED: u32 = 50;

/// Adds the rows of a publication to the last shard, which is then downloaded anew, or as a shard of its own once that one
/// holds a hundredth of all rows. The last of [`MOST_SHARDS`] grows until the next training.
fn add_rows(shards: &mut Vec<u32>, fresh: u32) {
    let rows: u32 = shards.iter().sum();
    let is_full = shards.len() == MOST_SHARDS;
    let open = |tail: &&mut u32| is_full || **tail < (rows / 100).max(LEAST_CLOSED);
    match shards.get_mut(1..).and_then(<[u32]>::last_mut).filter(open) {
        Some(tail) => *tail += fresh,
        None if fresh == 0 => {}
        None => shards.push(fresh),
    }
}

/// A changed activity keeps the popularity it had: the counts move from its old row to its new one.
fn carry_counts(draft: &mut BundleDraft, before: usize, fresh: &[Activity]) {
    let ids = draft.catalog.columns().id.iter().take(before);
    let last_row: BTreeMap<&str, usize> = ids.zip(0..).collect();
    let counters = &mut draft.counters;
    for (offset, activity) in fresh.iter().enumerate() {
        if let Some(&old) = last_row.get(activity.id.as_str()) {
            for counts in [
                &mut counters.positives,
                &mut counters.views,
                &mut counters.positives_total,
                &mut counters.views_total,
            ] {
                let counts = counts.rows_mut();
                counts[before + offset] = std::mem::take(&mut counts[old]);
            }
        }
    }
}

fn is_same(bundle: &Bundle, row: Row, activity: &Activity) -> bool {
    let comparable = |content: Content| {
        let mut tags = content.tags.clone();
        tags.sort_unstable();
        tags.dedup();
        // Coordinates travel as f32; density is not the activity's own, and texts are compared apart.
        let place = content
            .place
            .map(|place| (place.lat as f32, place.lon as f32));
        (
            Content {
                tags,
                place: None,
                density: None,
                title: String::new(),
                text: Vec::new(),
                ..content
            },
            place,
        )
    };
    let published_ms = bundle.catalog.columns().published_ms(row.index());
    comparable(bundle.catalog.content(row))
        == comparable(Content::of(activity, &bundle.schema.city))
        && bundle.texts.get(row) == Text::of(activity)
        && published_ms == activity.published_ms.unwrap_or(triqueta::catalog::NO_TIME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_grows_to_a_hundredth_and_shards_stay_few() {
        let mut shards = vec![40_000];
        for fresh in [0, 240, 0, 240, 240, 3] {
            add_rows(&mut shards, fresh);
        }
        assert_eq!(shards, [40_000, 480, 243]);
        (0..200).for_each(|_| add_rows(&mut shards, 2_000));
        assert_eq!(shards.len(), MOST_SHARDS);
        assert_eq!(shards.iter().sum::<u32>(), 40_723 + 200 * 2_000);
        let mut shards = vec![50];
        (0..100).for_each(|_| add_rows(&mut shards, 1));
        assert_eq!(shards, [50, 50, 50]);
    }
}
