//! The catalogue's columns, and what makes them consistent: one entry a row in each, codes within their vocabularies,
//! numbers within their ranges.

use std::collections::BTreeMap;

use super::text_terms::{TEXT_TERMS, activity_terms, text_codes};
use super::{Activity, City, Joined, NO_TIME, Words};
use crate::error::CatalogError;
use crate::math::{all_within, count_stops, is_ascending};

/// The columns, all of the same length. Unknown numbers are NaN, unknown words code 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Columns {
    /// Id, as text.
    pub id: Joined,
    /// Code of the type.
    pub kind: Vec<u16>,
    /// Code of the locality.
    pub locality: Vec<u16>,
    /// Code of the level.
    pub level: Vec<u16>,
    /// Code of the organiser.
    pub organiser: Vec<u16>,
    /// Code of the series.
    pub series: Vec<u16>,
    /// Where the tags of row `i` begin in [`Columns::tags`]; one more entry than rows.
    pub tag_offsets: Vec<u32>,
    /// Codes of tags, ascending and distinct within a row.
    pub tags: Vec<u16>,
    /// Where the words of row `i` begin in [`Columns::text`]; one more entry than rows.
    pub text_offsets: Vec<u32>,
    /// Codes of the words the text is known by, ascending and distinct within a row.
    pub text: Vec<u16>,
    /// Latitude, degrees.
    pub lat: Vec<f32>,
    /// Longitude, degrees.
    pub lon: Vec<f32>,
    /// Start, Unix ms.
    pub start_ms: Vec<i64>,
    /// End, Unix ms, or [`NO_TIME`].
    pub end_ms: Vec<i64>,
    /// Publication, Unix ms, or [`NO_TIME`].
    pub published_ms: Vec<i64>,
    /// Price in the city's currency.
    pub price: Vec<f32>,
    /// Distance to public transport, metres.
    pub transit_m: Vec<f32>,
    /// How many other activities take place around: those in the 3 × 3 grid cells of about a kilometre.
    pub density: Vec<f32>,
    /// Local weekday of the start, Monday = 0.
    pub weekday: Vec<u8>,
    /// Local hour of the start.
    pub hour: Vec<u8>,
    /// Season of the start, 0 unknown.
    pub season: Vec<u8>,
    /// 1 where the start falls on a public holiday.
    pub holiday: Vec<u8>,
    /// Availability windows the start falls in, one bit each.
    pub availability: Vec<u16>,
    /// Whether it may be shown: a [`Status`](super::Status) as number, in the order of its variants.
    pub status: Vec<u8>,
}

impl Columns {
    /// No rows yet.
    pub fn empty() -> Self {
        Self {
            tag_offsets: vec![0],
            text_offsets: vec![0],
            ..Self::default()
        }
    }

    /// The codes of a row's tags.
    pub(super) fn tags_of(&self, row: usize) -> &[u16] {
        &self.tags[self.tag_offsets[row] as usize..self.tag_offsets[row + 1] as usize]
    }

    /// The codes of the words a row's text is known by.
    pub(super) fn text_of(&self, row: usize) -> &[u16] {
        &self.text[self.text_offsets[row] as usize..self.text_offsets[row + 1] as usize]
    }

    /// Appends the rows of other columns with the same vocabularies.
    pub fn append(&mut self, other: &Self) {
        self.id.extend(other.id.iter());
        self.kind.extend(&other.kind);
        self.locality.extend(&other.locality);
        self.level.extend(&other.level);
        self.organiser.extend(&other.organiser);
        self.series.extend(&other.series);
        let lists = [
            (
                &mut self.tag_offsets,
                &mut self.tags,
                &other.tag_offsets,
                &other.tags,
            ),
            (
                &mut self.text_offsets,
                &mut self.text,
                &other.text_offsets,
                &other.text,
            ),
        ];
        for (offsets, codes, other_offsets, other_codes) in lists {
            let base = codes.len() as u32;
            offsets.extend(other_offsets.iter().skip(1).map(|offset| base + offset));
            codes.extend(other_codes);
        }
        self.lat.extend(&other.lat);
        self.lon.extend(&other.lon);
        self.start_ms.extend(&other.start_ms);
        self.end_ms.extend(&other.end_ms);
        self.published_ms.extend(&other.published_ms);
        self.price.extend(&other.price);
        self.transit_m.extend(&other.transit_m);
        self.density.extend(&other.density);
        self.weekday.extend(&other.weekday);
        self.hour.extend(&other.hour);
        self.season.extend(&other.season);
        self.holiday.extend(&other.holiday);
        self.availability.extend(&other.availability);
        self.status.extend(&other.status);
    }

    /// Counts again how many activities take place around each, leaving out those `removed`.
    pub fn refresh_density(&mut self, removed: &[bool]) {
        let live = |column: &[f32]| -> Vec<f32> {
            column
                .iter()
                .zip(removed)
                .map(|(&value, &removed)| if removed { f32::NAN } else { value })
                .collect()
        };
        self.density = densities(&live(&self.lat), &live(&self.lon));
    }
}

/// Appends the row of an activity, all but its density.
pub(super) fn push(columns: &mut Columns, activity: &Activity, city: &City, words: &Words) {
    let local = city.local_time(activity.start_ms);
    let mut tags: Vec<u16> = activity
        .tags
        .iter()
        .map(|tag| words.tags.code(tag))
        .filter(|&code| code != 0)
        .collect();
    tags.sort_unstable();
    tags.dedup();
    columns.id.push(activity.id.as_str());
    columns
        .kind
        .push(words.types.code_of(activity.kind.as_deref()));
    columns
        .locality
        .push(words.localities.code_of(activity.locality.as_deref()));
    columns
        .level
        .push(words.levels.code_of(activity.level.as_deref()));
    columns
        .organiser
        .push(words.organisers.code_of(activity.organiser.as_deref()));
    columns
        .series
        .push(words.series.code_of(activity.series.as_deref()));
    columns.tags.extend(tags);
    columns.tag_offsets.push(columns.tags.len() as u32);
    columns
        .text
        .extend(text_codes(&activity_terms(activity), &words.text));
    columns.text_offsets.push(columns.text.len() as u32);
    columns
        .lat
        .push(activity.place.map_or(f32::NAN, |place| place.lat as f32));
    columns
        .lon
        .push(activity.place.map_or(f32::NAN, |place| place.lon as f32));
    columns.start_ms.push(activity.start_ms);
    columns.end_ms.push(activity.end_ms.unwrap_or(NO_TIME));
    columns
        .published_ms
        .push(activity.published_ms.unwrap_or(NO_TIME));
    columns.price.push(activity.price.unwrap_or(f32::NAN));
    columns
        .transit_m
        .push(activity.transit_m.unwrap_or(f32::NAN));
    columns.weekday.push(local.weekday);
    columns.hour.push(local.hour);
    columns.season.push(city.season(local));
    columns.holiday.push(u8::from(city.is_holiday(local)));
    columns.availability.push(city.availability(local));
    columns.status.push(activity.status as u8);
}

/// How many other activities lie in the 3 × 3 cells of 0.01 degree around each; 0 where the place is unknown.
fn densities(lat: &[f32], lon: &[f32]) -> Vec<f32> {
    let cell = |lat: f32, lon: f32| ((lat * 100.0).floor() as i32, (lon * 100.0).floor() as i32);
    let mut counts: BTreeMap<(i32, i32), u32> = BTreeMap::new();
    for (&lat, &lon) in lat.iter().zip(lon) {
        if lat.is_finite() && lon.is_finite() {
            *counts.entry(cell(lat, lon)).or_default() += 1;
        }
    }
    let around = |(north, east): (i32, i32)| -> u32 {
        (-1..=1)
            .flat_map(|dn| (-1..=1).map(move |de| (north + dn, east + de)))
            .filter_map(|key| counts.get(&key))
            .sum()
    };
    lat.iter()
        .zip(lon)
        .map(|(&lat, &lon)| {
            if lat.is_finite() && lon.is_finite() {
                around(cell(lat, lon)).saturating_sub(1) as f32
            } else {
                0.0
            }
        })
        .collect()
}

/// Checks that the columns fit each other and the vocabularies.
pub(super) fn check(
    columns: &Columns,
    removed: &[bool],
    words: &Words,
) -> Result<(), CatalogError> {
    let rows = columns.id.len();
    let refuse = |column: &str, detail: String| {
        Err(CatalogError::Inconsistent {
            column: column.into(),
            detail,
        })
    };
    for (column, found) in [
        ("kind", columns.kind.len()),
        ("locality", columns.locality.len()),
        ("level", columns.level.len()),
        ("organiser", columns.organiser.len()),
        ("series", columns.series.len()),
        ("tag_offsets", columns.tag_offsets.len().wrapping_sub(1)),
        ("text_offsets", columns.text_offsets.len().wrapping_sub(1)),
        ("lat", columns.lat.len()),
        ("lon", columns.lon.len()),
        ("start_ms", columns.start_ms.len()),
        ("end_ms", columns.end_ms.len()),
        ("published_ms", columns.published_ms.len()),
        ("price", columns.price.len()),
        ("transit_m", columns.transit_m.len()),
        ("density", columns.density.len()),
        ("weekday", columns.weekday.len()),
        ("hour", columns.hour.len()),
        ("season", columns.season.len()),
        ("holiday", columns.holiday.len()),
        ("availability", columns.availability.len()),
        ("status", columns.status.len()),
        ("removed", removed.len()),
    ] {
        if found != rows {
            return refuse(column, format!("{found} entries for {rows} rows"));
        }
    }
    for (column, offsets, codes) in [
        ("tag_offsets", &columns.tag_offsets, &columns.tags),
        ("text_offsets", &columns.text_offsets, &columns.text),
    ] {
        let ascending = is_ascending(offsets);
        if offsets[0] != 0 || !ascending || offsets[rows] as usize != codes.len() {
            return refuse(column, "offsets do not cover the codes in order".into());
        }
        let is_too_long = |length: u32| column == "text_offsets" && length as usize > TEXT_TERMS;
        // Codes ascend but where the next row begins.
        let (mut stops, mut too_long) = (0, false);
        for pair in offsets.windows(2) {
            let begin = pair[1] as usize;
            too_long |= is_too_long(pair[1] - pair[0]);
            let is_stop = |begin: usize| codes[begin - 1] >= codes[begin];
            let is_new = pair[0] < pair[1] && begin < codes.len();
            stops += usize::from(is_new && is_stop(begin));
        }
        if too_long || stops != count_stops(codes) {
            return refuse(
                column,
                "a row's codes do not ascend, or are too many".into(),
            );
        }
    }
    for (column, codes, vocabulary) in [
        ("kind", &columns.kind, &words.types),
        ("locality", &columns.locality, &words.localities),
        ("level", &columns.level, &words.levels),
        ("organiser", &columns.organiser, &words.organisers),
        ("series", &columns.series, &words.series),
        ("tags", &columns.tags, &words.tags),
        ("text", &columns.text, &words.text),
    ] {
        let code = codes.iter().fold(0, |most, &code| code.max(most));
        if !codes.is_empty() && usize::from(code) >= vocabulary.size() {
            return refuse(
                column,
                format!("code {code} in a vocabulary of {}", vocabulary.size()),
            );
        }
    }
    for (column, numbers, least, most) in [
        ("lat", &columns.lat, -90.0, 90.0),
        ("lon", &columns.lon, -180.0, 180.0),
        ("price", &columns.price, 0.0, f32::MAX),
        ("transit_m", &columns.transit_m, 0.0, f32::MAX),
        ("density", &columns.density, 0.0, f32::MAX),
    ] {
        if !all_within(numbers, least, most) {
            let outside = |n: &&f32| !n.is_nan() && !(least..=most).contains(*n);
            let number = numbers.iter().find(outside).unwrap_or(&most);
            return refuse(column, format!("{number} is outside {least} to {most}"));
        }
    }
    for (column, numbers, most) in [
        ("weekday", &columns.weekday, 6),
        ("hour", &columns.hour, 23),
    ] {
        let number = numbers.iter().fold(0, |largest, &n| n.max(largest));
        if number > most {
            return refuse(column, format!("{number} is above {most}"));
        }
    }
    Ok(())
}
