//! A larger catalogue of the same kind: activities repeated in other towns and weeks, under the weights there are.

use std::collections::BTreeMap;

use triqueta::bundle::Bundle;
use triqueta::catalog::{Catalog, Columns, ContentPart, DatePart, NO_TIME, PlacePart, Row};
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
    let mut columns = Columns::default();
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
        let at = *from.place(source);
        let (lat, lon) = (at.lat, at.lon);
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
        columns.end_ms.push(moved(from.end_ms[source]));
        columns.density.rows_mut().push(from.density[source]);
        columns.status.push(from.status[source]);
        let content = ContentPart {
            price: from.content(theirs).price,
            ..*from.content(source)
        };
        let date = *from.date(source);
        columns.push_parts(
            content,
            (from.tags_of(theirs), from.text_of(theirs)),
            DatePart {
                start_ms: moved(date.start_ms),
                ..date
            },
            PlacePart {
                lat: place.0,
                lon: place.1,
                ..at
            },
            from.published_ms(source),
        );
    }
    let counts = &mut bundle.counters;
    for column in [
        &mut counts.positives,
        &mut counts.views,
        &mut counts.positives_total,
        &mut counts.views_total,
    ] {
        let of_rows: Vec<f32> = sources.iter().map(|&source| column[source]).collect();
        *column = of_rows.into();
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
    let catalog = Catalog::from_columns(city, words, columns, vec![false; rows]);
    bundle.catalog = catalog.unwrap().sharing();
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
    let mut known = BTreeMap::new();
    let mut programmes = Programmes {
        of_row: BTreeMap::new(),
        rows: Vec::new(),
    };
    for &row in live {
        let content = columns.content(row);
        let programme = (
            content.organiser,
            content.series,
            columns.tags_of(row),
            columns.text_of(row),
            content.price.to_bits(),
        );
        let number = *known.entry(programme).or_insert_with(|| {
            programmes.rows.push(row);
            programmes.rows.len() - 1
        });
        programmes.of_row.insert(row, number);
    }
    programmes
}
