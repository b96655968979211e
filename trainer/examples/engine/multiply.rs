//! A larger catalogue of the same kind: activities repeated in other towns and weeks, under the weights there are.

use std::collections::BTreeMap;

use triqueta::bundle::Bundle;
use triqueta::catalog::{Catalog, Columns, NO_TIME, Row};
use triqueta::math::Random;
use triqueta::model::Neighbours;

const DAY_MS: i64 = 86_400_000;

/// The bundle with its live activities repeated until there are `rows`. Each repetition of the whole is a town of its own:
/// all its activities move by the same whole weeks, so that hour and weekday stay what they are, each place moves somewhere
/// within two kilometres, with all that happens there, organisers' programmes trade their tags, words and prices, and
/// neighbours stay within the town. Factors are left out.
pub(crate) fn multiplied(mut bundle: Bundle, rows: usize) -> Bundle {
    let from = bundle.catalog.columns();
    let live: Vec<usize> = bundle.catalog.live_rows().map(|row| row.index()).collect();
    let mut random = Random::new(7);
    let programmes = programmes(from, &live);
    let mut places = BTreeMap::new();
    let mut columns = Columns::empty();
    let mut sources = Vec::with_capacity(rows);
    for row in 0..rows {
        let source = live[row % live.len()];
        let copy = (row / live.len()) as i64;
        sources.push(source);
        let id = from.id.get(source);
        columns.id.push(&match copy {
            0 => id.to_owned(),
            _ => format!("{id}-{copy}"),
        });
        let weeks = 7 * DAY_MS * (copy % 8);
        let (lat, lon) = (from.lat[source], from.lon[source]);
        let mut moved_by = || (random.uniform() as f32 - 0.5) * 0.036;
        let place = places
            .entry((lat.to_bits(), lon.to_bits(), copy))
            .or_insert_with(|| {
                if copy == 0 {
                    (lat, lon)
                } else {
                    (lat + moved_by(), lon + moved_by())
                }
            });
        let programme = &programmes.of_row[&source];
        let other = (programme + copy as usize) % programmes.rows.len();
        let theirs = programmes.rows[other];
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
        let span = |offsets: &[u32]| offsets[theirs] as usize..offsets[theirs + 1] as usize;
        columns.tags.extend(&from.tags[span(&from.tag_offsets)]);
        columns.tag_offsets.push(columns.tags.len() as u32);
        columns.text.extend(&from.text[span(&from.text_offsets)]);
        columns.text_offsets.push(columns.text.len() as u32);
        columns.lat.push(place.0);
        columns.lon.push(place.1);
        columns.start_ms.push(moved(from.start_ms[source]));
        columns.end_ms.push(moved(from.end_ms[source]));
        columns.published_ms.push(from.published_ms[source]);
        columns.price.push(from.price[theirs]);
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
    bundle.models.matrix_factorization = None;
    let neighbours = bundle.models.item_neighbours.as_ref();
    let neighbours = neighbours.map(|known| {
        let place = |of: u32| live.binary_search(&(of as usize)).ok();
        let of_row = |row: usize| {
            let town = row - row % live.len();
            let theirs = known.of(sources[row]);
            let moved = theirs.filter_map(|(of, weight)| Some((town + place(of)?, weight)));
            let inside = moved.filter(|&(of, _)| of < rows);
            inside.map(|(of, weight)| (of as u32, weight)).collect()
        };
        Neighbours::new((0..rows).map(of_row).collect())
    });
    bundle.models.item_neighbours = neighbours;
    bundle.texts = sources
        .iter()
        .map(|&source| bundle.texts.get(Row(source as u32)))
        .collect();
    let (city, words) = (
        bundle.catalog.city().clone(),
        bundle.catalog.words().clone(),
    );
    bundle.catalog = Catalog::from_columns(city, words, columns, vec![false; rows]).unwrap();
    bundle
}

/// Activities that are one but for when and where.
struct Programmes {
    /// Of each row the number of its programme.
    of_row: BTreeMap<usize, usize>,
    /// Of each programme a row.
    rows: Vec<usize>,
}

fn programmes(columns: &Columns, live: &[usize]) -> Programmes {
    let span = |offsets: &[u32], row: usize| offsets[row] as usize..offsets[row + 1] as usize;
    let mut known = BTreeMap::new();
    let mut programmes = Programmes {
        of_row: BTreeMap::new(),
        rows: Vec::new(),
    };
    for &row in live {
        let programme = (
            columns.organiser[row],
            columns.series[row],
            &columns.tags[span(&columns.tag_offsets, row)],
            &columns.text[span(&columns.text_offsets, row)],
            columns.price[row].to_bits(),
        );
        let number = *known.entry(programme).or_insert_with(|| {
            programmes.rows.push(row);
            programmes.rows.len() - 1
        });
        programmes.of_row.insert(row, number);
    }
    programmes
}
