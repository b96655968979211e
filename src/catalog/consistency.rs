//! Do the columns fit each other and the vocabularies? One entry a row in each, numbers of values there are, codes within their
//! vocabularies, and numbers within their ranges.

use super::parts::{CodeLists, ContentPart};
use super::{Columns, MOST_TAGS, TEXT_TERMS, Words};
use crate::error::CatalogError;
use crate::json;
use crate::math::{all_within, count_stops, is_ascending};

fn refuse(column: &str, detail: String) -> Result<(), CatalogError> {
    Err(CatalogError::Inconsistent {
        column: column.into(),
        detail,
    })
}

/// Checks that the columns fit each other and the vocabularies.
pub(super) fn check(
    columns: &Columns,
    removed: &[bool],
    words: &Words,
) -> Result<(), CatalogError> {
    let rows = columns.len();
    for (column, found, expected) in [
        ("end_ms", columns.end_ms.len(), rows),
        ("density", columns.density.len(), rows),
        ("status", columns.status.len(), rows),
        ("removed", removed.len(), rows),
        ("content", columns.content_numbers.len(), rows),
        ("date", columns.date_numbers.len(), rows),
        ("place", columns.place_numbers.len(), rows),
        ("published", columns.publication_numbers.len(), rows),
    ] {
        if found != expected {
            return refuse(column, format!("{found} entries for {expected}"));
        }
    }
    for (column, numbers, values) in [
        ("content", &columns.content_numbers, columns.contents.len()),
        ("date", &columns.date_numbers, columns.dates.len()),
        ("place", &columns.place_numbers, columns.places.len()),
        (
            "published",
            &columns.publication_numbers,
            columns.publications_ms.len(),
        ),
    ] {
        let most = numbers.iter().fold(0, |most, &number| number.max(most));
        if !numbers.is_empty() && most as usize >= values {
            return refuse(column, format!("number {most} of {values} values"));
        }
    }
    let (tags, text) = (columns.tags.len() as u32, columns.text.len() as u32);
    let is_known = |content: &ContentPart| content.tags < tags && content.text < text;
    if !columns.contents.iter().all(is_known) {
        return refuse("content", "tags or words of a list there is none of".into());
    }
    check_lists("tags", &columns.tags, MOST_TAGS)?;
    check_lists("text", &columns.text, TEXT_TERMS)?;
    check_codes(columns, words)?;
    check_numbers(columns)
}

fn check_lists(column: &str, lists: &CodeLists, most: usize) -> Result<(), CatalogError> {
    let (offsets, codes) = (&lists.offsets, &lists.codes);
    let end = offsets.last().map_or(0, |&end| end as usize);
    if offsets.first() != Some(&0) || !is_ascending(offsets) || end != codes.len() {
        return refuse(column, "offsets do not cover the codes in order".into());
    }
    // Codes ascend but where the next list begins.
    let (mut stops, mut too_long) = (0, false);
    for pair in offsets.windows(2) {
        let begin = pair[1] as usize;
        too_long |= (pair[1] - pair[0]) as usize > most;
        let is_stop = |begin: usize| codes[begin - 1] >= codes[begin];
        let is_new = pair[0] < pair[1] && begin < codes.len();
        stops += usize::from(is_new && is_stop(begin));
    }
    if too_long || stops != count_stops(codes) {
        let detail = "a row's codes do not ascend, or are too many";
        return refuse(column, detail.into());
    }
    Ok(())
}

fn check_codes(columns: &Columns, words: &Words) -> Result<(), CatalogError> {
    let mut most = [0; 7];
    let mut take = |at: usize, code: u16| most[at] = code.max(most[at]);
    for content in &columns.contents {
        take(0, content.kind);
        take(1, content.level);
        take(2, content.organiser);
        take(3, content.series);
    }
    columns
        .places
        .iter()
        .for_each(|place| take(4, place.locality));
    columns.tags.codes.iter().for_each(|&code| take(5, code));
    columns.text.codes.iter().for_each(|&code| take(6, code));
    let vocabularies = [
        ("kind", &words.types),
        ("level", &words.levels),
        ("organiser", &words.organisers),
        ("series", &words.series),
        ("locality", &words.localities),
        ("tags", &words.tags),
        ("text", &words.text),
    ];
    for ((column, vocabulary), most) in vocabularies.into_iter().zip(most) {
        if usize::from(most) >= vocabulary.size() {
            let detail = format!("code {most} in a vocabulary of {}", vocabulary.size());
            return refuse(column, detail);
        }
    }
    Ok(())
}

/// Refuses numbers that are neither unknown nor from `least` to `most`.
fn check_within(
    column: &str,
    mut numbers: impl Iterator<Item = f32> + Clone,
    least: f32,
    most: f32,
) -> Result<(), CatalogError> {
    if all_within(numbers.clone(), least, most) {
        return Ok(());
    }
    let outside = |number: &f32| *number < least || *number > most;
    let number = numbers.find(outside).unwrap_or(most);
    let [number, least, most] = [number, least, most].map(json::text_of);
    refuse(column, format!("{number} is outside {least} to {most}"))
}

fn check_numbers(columns: &Columns) -> Result<(), CatalogError> {
    let (places, prices) = (columns.places.iter(), columns.contents.iter());
    check_within("lat", places.clone().map(|place| place.lat), -90.0, 90.0)?;
    check_within("lon", places.clone().map(|place| place.lon), -180.0, 180.0)?;
    let most = f32::MAX;
    check_within("transit_m", places.map(|place| place.transit_m), 0.0, most)?;
    check_within("price", prices.map(|content| content.price), 0.0, most)?;
    check_within(
        "density",
        columns.density.values().iter().copied(),
        0.0,
        most,
    )?;
    for date in &columns.dates {
        for (column, number, most) in [("weekday", date.weekday, 6), ("hour", date.hour, 23)] {
            if number > most {
                return refuse(column, format!("{number} is above {most}"));
            }
        }
    }
    Ok(())
}
