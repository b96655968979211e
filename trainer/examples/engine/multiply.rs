//! A larger catalogue of the same kind: activities repeated on other days and nearby, under the weights there are.

use triqueta::bundle::Bundle;
use triqueta::catalog::{Catalog, Columns, NO_TIME};
use triqueta::math::Random;

const DAY_MS: i64 = 86_400_000;

/// The bundle with its live activities repeated until there are `rows`. Repetitions move by whole weeks, so that hour and
/// weekday stay what they are, and up to two kilometres; what only the original has (factors, neighbours) they lack.
pub(crate) fn multiplied(mut bundle: Bundle, rows: usize) -> Bundle {
    let from = bundle.catalog.columns();
    let live: Vec<usize> = bundle.catalog.live_rows().map(|row| row.index()).collect();
    let mut random = Random::new(7);
    let mut columns = Columns::empty();
    let mut sources = Vec::with_capacity(rows);
    for row in 0..rows {
        let source = live[row % live.len()];
        let copy = (row / live.len()) as i64;
        sources.push(source);
        columns.id.push(if copy == 0 {
            from.id[source].clone()
        } else {
            format!("{}-{copy}", from.id[source].as_str())
                .as_str()
                .into()
        });
        let weeks = 7 * DAY_MS * (copy % 8);
        let jitter = |random: &mut Random| {
            if copy == 0 {
                0.0
            } else {
                (random.uniform() as f32 - 0.5) * 0.036
            }
        };
        let moved = |time: i64| {
            if time == NO_TIME {
                NO_TIME
            } else {
                time + weeks
            }
        };
        columns.kind.push(from.kind[source]);
        columns.locality.push(from.locality[source]);
        columns.level.push(from.level[source]);
        columns.organiser.push(from.organiser[source]);
        columns.series.push(from.series[source]);
        let span = |offsets: &[u32]| offsets[source] as usize..offsets[source + 1] as usize;
        columns.tags.extend(&from.tags[span(&from.tag_offsets)]);
        columns.tag_offsets.push(columns.tags.len() as u32);
        columns.text.extend(&from.text[span(&from.text_offsets)]);
        columns.text_offsets.push(columns.text.len() as u32);
        columns.lat.push(from.lat[source] + jitter(&mut random));
        columns.lon.push(from.lon[source] + jitter(&mut random));
        columns.start_ms.push(moved(from.start_ms[source]));
        columns.end_ms.push(moved(from.end_ms[source]));
        columns.published_ms.push(from.published_ms[source]);
        columns.price.push(from.price[source]);
        columns.transit_m.push(from.transit_m[source]);
        columns.density.push(from.density[source]);
        columns.weekday.push(from.weekday[source]);
        columns.hour.push(from.hour[source]);
        columns.season.push(from.season[source]);
        columns.holiday.push(from.holiday[source]);
        columns.availability.push(from.availability[source]);
        columns.status.push(from.status[source]);
    }
    let counts = &mut bundle.counters;
    for column in [
        &mut counts.positives,
        &mut counts.views,
        &mut counts.positives_total,
        &mut counts.views_total,
    ] {
        *column = sources.iter().map(|&source| column[source]).collect();
    }
    let activities = &mut bundle.activities;
    activities.embeddings = sources
        .iter()
        .map(|&source| activities.embeddings[source])
        .collect();
    bundle.texts = sources
        .iter()
        .map(|&source| bundle.texts[source].clone())
        .collect();
    let (city, words) = (
        bundle.catalog.city().clone(),
        bundle.catalog.words().clone(),
    );
    bundle.catalog = Catalog::from_columns(city, words, columns, vec![false; rows]).unwrap();
    bundle
}
