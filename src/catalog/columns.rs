//! The catalogue's columns: what each row has of its own, and the number of what it shares with others.

use std::collections::BTreeMap;

use super::parts::{CodeLists, ContentPart, DatePart, Numbered, Parts, PlacePart};
use super::text_terms::{activity_terms, text_codes};
use super::{Activity, City, Joined, NO_TIME, Place, Words};
use crate::math::Column;

/// The columns. Unknown numbers are NaN, unknown words code 0. To ask columns that do not fit each other for a row's values
/// panics: those of a [`Catalog`](super::Catalog) do.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Columns {
    /// Id, as text.
    pub id: Joined,
    /// End, Unix ms, or [`NO_TIME`].
    pub end_ms: Vec<i64>,
    /// How many other activities take place around: those in the 3 × 3 grid cells of about a kilometre.
    pub density: Column<f32>,
    /// Whether it may be shown: a [`Status`](super::Status) as number, in the order of its variants.
    pub status: Vec<u8>,
    /// Of each row the number of its content in [`Columns::contents`].
    pub content_numbers: Vec<u32>,
    /// Of each row the number of its date in [`Columns::dates`].
    pub date_numbers: Vec<u32>,
    /// Of each row the number of its place in [`Columns::places`].
    pub place_numbers: Vec<u32>,
    /// Of each row the number of its publication in [`Columns::publications_ms`].
    pub publication_numbers: Vec<u32>,
    /// What takes place.
    pub contents: Vec<ContentPart>,
    /// Lists of tags.
    pub tags: CodeLists,
    /// Lists of the words that texts are known by.
    pub text: CodeLists,
    /// When activities start.
    pub dates: Vec<DatePart>,
    /// Where they take place.
    pub places: Vec<PlacePart>,
    /// When they were published, Unix ms, or [`NO_TIME`].
    pub publications_ms: Vec<i64>,
}

impl Columns {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.id.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.id.is_empty()
    }

    /// What takes place.
    pub fn content(&self, row: usize) -> &ContentPart {
        &self.contents[self.content_numbers[row] as usize]
    }

    /// When it starts.
    pub fn date(&self, row: usize) -> &DatePart {
        &self.dates[self.date_numbers[row] as usize]
    }

    /// Where it takes place.
    pub fn place(&self, row: usize) -> &PlacePart {
        &self.places[self.place_numbers[row] as usize]
    }

    /// When it was published, Unix ms, or [`NO_TIME`].
    pub fn published_ms(&self, row: usize) -> i64 {
        self.publications_ms[self.publication_numbers[row] as usize]
    }

    /// The codes of a row's tags.
    pub fn tags_of(&self, row: usize) -> &[u16] {
        self.tags.get(self.content(row).tags as usize)
    }

    /// The codes of the words a row's text is known by.
    pub fn text_of(&self, row: usize) -> &[u16] {
        self.text.get(self.content(row).text as usize)
    }

    /// Appends the rows of other columns with the same vocabularies.
    pub fn append(&mut self, other: &Self) {
        self.id.extend(other.id.iter());
        self.end_ms.extend(&other.end_ms);
        self.density.rows_mut().extend(other.density.iter());
        self.status.extend(&other.status);
        for (numbers, others, known) in [
            (
                &mut self.content_numbers,
                &other.content_numbers,
                self.contents.len(),
            ),
            (
                &mut self.date_numbers,
                &other.date_numbers,
                self.dates.len(),
            ),
            (
                &mut self.place_numbers,
                &other.place_numbers,
                self.places.len(),
            ),
            (
                &mut self.publication_numbers,
                &other.publication_numbers,
                self.publications_ms.len(),
            ),
        ] {
            numbers.extend(others.iter().map(|number| known as u32 + number));
        }
        let (tags, text) = (self.tags.len() as u32, self.text.len() as u32);
        let contents = other.contents.iter();
        self.contents.extend(contents.map(|content| ContentPart {
            tags: tags + content.tags,
            text: text + content.text,
            ..*content
        }));
        other.tags.iter().for_each(|list| self.tags.push(list));
        other.text.iter().for_each(|list| self.text.push(list));
        self.dates.extend(&other.dates);
        self.places.extend(&other.places);
        self.publications_ms.extend(&other.publications_ms);
    }

    /// Appends a row that shares nothing yet: what its content is beside the numbers of its tags and words, these, and all else
    /// but its id, end, density and status, which are the caller's to append.
    pub fn push_parts(
        &mut self,
        content: ContentPart,
        (tags, text): (&[u16], &[u16]),
        date: DatePart,
        place: PlacePart,
        published_ms: i64,
    ) {
        self.content_numbers.push(self.contents.len() as u32);
        self.contents.push(ContentPart {
            tags: self.tags.len() as u32,
            text: self.text.len() as u32,
            ..content
        });
        self.tags.push(tags);
        self.text.push(text);
        self.date_numbers.push(self.dates.len() as u32);
        self.dates.push(date);
        self.place_numbers.push(self.places.len() as u32);
        self.places.push(place);
        self.publication_numbers
            .push(self.publications_ms.len() as u32);
        self.publications_ms.push(published_ms);
    }

    /// Keeps once what several rows have, of columns that fit each other.
    pub(super) fn share(&mut self) {
        let Parts {
            contents,
            dates,
            places,
            published,
        } = Parts::of(self, 0..self.len());
        let mut shared = Self::default();
        let rows = contents.firsts.iter().map(|&row| row as usize);
        let tags = Numbered::of_lists(rows.clone().map(|row| self.tags_of(row)));
        let text = Numbered::of_lists(rows.clone().map(|row| self.text_of(row)));
        for (number, row) in rows.enumerate() {
            let (tags, text) = (tags.numbers[number], text.numbers[number]);
            if tags as usize == shared.tags.len() {
                shared.tags.push(self.tags_of(row));
            }
            if text as usize == shared.text.len() {
                shared.text.push(self.text_of(row));
            }
            let content = *self.content(row);
            shared.contents.push(ContentPart {
                tags,
                text,
                ..content
            });
        }
        let of_dates = dates.firsts.iter();
        shared.dates = of_dates.map(|&row| *self.date(row as usize)).collect();
        let of_places = places.firsts.iter();
        shared.places = of_places.map(|&row| *self.place(row as usize)).collect();
        let times = published.firsts.iter();
        shared.publications_ms = times.map(|&row| self.published_ms(row as usize)).collect();
        *self = Self {
            id: std::mem::take(&mut self.id),
            end_ms: std::mem::take(&mut self.end_ms),
            density: std::mem::take(&mut self.density),
            status: std::mem::take(&mut self.status),
            content_numbers: contents.numbers,
            date_numbers: dates.numbers,
            place_numbers: places.numbers,
            publication_numbers: published.numbers,
            ..shared
        };
    }

    /// Counts again how many activities take place around each, leaving out those `removed`.
    pub fn refresh_density(&mut self, removed: &[bool]) {
        let place = |(row, &removed): (usize, &bool)| {
            let place = self.place(row);
            let is_known = !removed && place.lat.is_finite() && place.lon.is_finite();
            is_known.then_some((place.lat, place.lon))
        };
        self.density = densities(removed.iter().enumerate().map(place).collect()).into();
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
    columns.end_ms.push(activity.end_ms.unwrap_or(NO_TIME));
    columns.status.push(activity.status as u8);
    let content = ContentPart {
        kind: words.types.code_of(activity.kind.as_deref()),
        level: words.levels.code_of(activity.level.as_deref()),
        organiser: words.organisers.code_of(activity.organiser.as_deref()),
        series: words.series.code_of(activity.series.as_deref()),
        price: activity.price.unwrap_or(f32::NAN),
        ..ContentPart::default()
    };
    let text = text_codes(&activity_terms(activity), &words.text);
    let date = DatePart {
        start_ms: activity.start_ms,
        weekday: local.weekday,
        hour: local.hour,
        season: city.season(local),
        holiday: u8::from(city.is_holiday(local)),
        availability: city.availability(local),
    };
    let degrees =
        |of: fn(&Place) -> f64| activity.place.map_or(f32::NAN, |place| of(&place) as f32);
    let place = PlacePart {
        lat: degrees(|place| place.lat),
        lon: degrees(|place| place.lon),
        transit_m: activity.transit_m.unwrap_or(f32::NAN),
        locality: words.localities.code_of(activity.locality.as_deref()),
    };
    let published_ms = activity.published_ms.unwrap_or(NO_TIME);
    columns.push_parts(content, (&tags, &text), date, place, published_ms);
}

/// How many other activities lie in the 3 × 3 cells of 0.01 degree around each; 0 where the place is unknown.
fn densities(places: Vec<Option<(f32, f32)>>) -> Vec<f32> {
    let cell =
        |(lat, lon): (f32, f32)| ((lat * 100.0).floor() as i32, (lon * 100.0).floor() as i32);
    let mut counts: BTreeMap<(i32, i32), u32> = BTreeMap::new();
    for &place in places.iter().flatten() {
        *counts.entry(cell(place)).or_default() += 1;
    }
    let around = |(north, east): (i32, i32)| -> u32 {
        (-1..=1)
            .flat_map(|dn| (-1..=1).map(move |de| (north + dn, east + de)))
            .filter_map(|key| counts.get(&key))
            .sum()
    };
    let density = |place: (f32, f32)| around(cell(place)).saturating_sub(1) as f32;
    places
        .into_iter()
        .map(|place| place.map_or(0.0, density))
        .collect()
}
