//! What do rows share? An activity that is repeated is one content on many dates, and many take place at one place: each of
//! these is kept once, and of each row its number.
//!
//! A value may have several numbers, where rows of several publications have it: nothing may depend on that.

use std::hash::Hash;
use std::ops::Range;

use super::{Columns, NO_TIME};
use crate::math::{Distinct, packed};

/// What takes place. Unknown words are code 0, an unknown price NaN.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ContentPart {
    /// Code of the type.
    pub kind: u16,
    /// Code of the level.
    pub level: u16,
    /// Code of the organiser.
    pub organiser: u16,
    /// Code of the series.
    pub series: u16,
    /// Price in the city's currency.
    pub price: f32,
    /// The number of its list of tags, in [`Columns::tags`].
    pub tags: u32,
    /// The number of its list of words, in [`Columns::text`].
    pub text: u32,
}

/// When it starts, with what the calendar says of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DatePart {
    /// Start, Unix ms.
    pub start_ms: i64,
    /// Local weekday of the start, Monday = 0.
    pub weekday: u8,
    /// Local hour of the start.
    pub hour: u8,
    /// Season of the start, 0 unknown.
    pub season: u8,
    /// 1 where the start falls on a public holiday.
    pub holiday: u8,
    /// Availability windows the start falls in, one bit each.
    pub availability: u16,
}

impl Default for DatePart {
    fn default() -> Self {
        Self {
            start_ms: NO_TIME,
            weekday: 0,
            hour: 0,
            season: 0,
            holiday: 0,
            availability: 0,
        }
    }
}

impl DatePart {
    /// Whether it starts on a weekend or a public holiday.
    pub fn is_day_off(&self) -> bool {
        self.weekday >= 5 || self.holiday != 0
    }
}

/// Where it takes place. Unknown numbers are NaN, an unknown locality code 0.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PlacePart {
    /// Latitude, degrees.
    pub lat: f32,
    /// Longitude, degrees.
    pub lon: f32,
    /// Distance to public transport, metres.
    pub transit_m: f32,
    /// Code of the locality.
    pub locality: u16,
}

/// Lists of codes, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeLists {
    /// Where each list begins in [`CodeLists::codes`], and where the last one ends.
    pub offsets: Vec<u32>,
    /// The codes, ascending and distinct within a list.
    pub codes: Vec<u16>,
}

impl Default for CodeLists {
    fn default() -> Self {
        Self {
            offsets: vec![0],
            codes: Vec::new(),
        }
    }
}

impl CodeLists {
    /// How many lists there are.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A list by number.
    pub fn get(&self, number: usize) -> &[u16] {
        &self.codes[self.offsets[number] as usize..self.offsets[number + 1] as usize]
    }

    /// Appends a list.
    pub fn push(&mut self, codes: &[u16]) {
        self.codes.extend_from_slice(codes);
        self.offsets.push(self.codes.len() as u32);
    }

    /// All lists in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u16]> {
        (0..self.len()).map(|number| self.get(number))
    }
}

/// Which of so many values rows have, in order of their first rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Numbered {
    /// Of each row the number of its value.
    pub numbers: Vec<u32>,
    /// Of each value its first row.
    pub firsts: Vec<u32>,
}

impl Numbered {
    /// Numbers the values of rows, counted from the first of these.
    fn of<T: Copy + Eq + Hash>(values: impl Iterator<Item = T>) -> Self {
        let numbers = Distinct::of(values).codes;
        let mut firsts = Vec::new();
        for (row, &number) in (0..).zip(&numbers) {
            if number as usize == firsts.len() {
                firsts.push(row);
            }
        }
        Self { numbers, firsts }
    }

    /// Numbers lists of codes.
    pub(crate) fn of_lists<'a>(lists: impl IntoIterator<Item = &'a [u16]>) -> Self {
        Self::of(lists.into_iter())
    }

    /// Of each row 0 where its value is new, and otherwise one more than its number: what is mostly new is then mostly 0.
    pub fn codes(&self) -> Vec<u32> {
        let mut known = 0;
        let code = |&number: &u32| {
            let is_new = number == known;
            known += u32::from(is_new);
            if is_new { 0 } else { number + 1 }
        };
        self.numbers.iter().map(code).collect()
    }
}

/// Makes numbers of what [`Numbered::codes`] say of rows whose values are numbered from `begin` on. How many values there
/// are; nothing where a row has a number that none before it has.
pub(crate) fn number(codes: &mut [u32], begin: u32) -> Option<u32> {
    u32::try_from(codes.len()).ok()?.checked_add(begin)?;
    let (mut values, mut are_known) = (0, true);
    for code in codes {
        let is_new = *code == 0;
        are_known &= *code <= values;
        let number = if is_new { values } else { *code - 1 };
        values += u32::from(is_new);
        *code = begin.wrapping_add(number);
    }
    are_known.then_some(values)
}

/// What some rows share.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parts {
    /// Type, tags, words, level, organiser, series and price.
    pub contents: Numbered,
    /// Starts, with what the calendar says of them.
    pub dates: Numbered,
    /// Coordinates, locality and distance to public transport.
    pub places: Numbered,
    /// Times of publication.
    pub published: Numbered,
}

impl Parts {
    /// The parts of some rows, counted from the first of these, found by hashing.
    pub(crate) fn of(columns: &Columns, rows: Range<usize>) -> Self {
        // Lists that are the same may have several numbers too.
        let [tags, text] =
            [&columns.tags, &columns.text].map(|lists| Numbered::of_lists(lists.iter()));
        let content = |row: usize| {
            let content = columns.content(row);
            let pair = |one: u16, other: u16| u32::from(one) << 16 | u32::from(other);
            let beside_words = packed([
                content.price.to_bits(),
                pair(content.kind, content.level),
                pair(content.organiser, content.series),
                tags.numbers[content.tags as usize],
            ]);
            (beside_words, text.numbers[content.text as usize])
        };
        let place = |row: usize| {
            let place = columns.place(row);
            let [lat, lon, transit] = [place.lat, place.lon, place.transit_m].map(f32::to_bits);
            packed([lat, lon, place.locality.into(), transit])
        };
        Self {
            contents: Numbered::of(rows.clone().map(content)),
            dates: Numbered::of(rows.clone().map(|row| *columns.date(row))),
            places: Numbered::of(rows.clone().map(place)),
            published: Numbered::of(rows.map(|row| columns.published_ms(row))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_where_those_before_end() {
        let numbered = Numbered::of([7, 7, 3, 7].into_iter());
        assert_eq!(
            (&numbered.numbers[..], &numbered.firsts[..]),
            (&[0, 0, 1, 0][..], &[0, 2][..])
        );
        assert_eq!(numbered.codes(), [0, 1, 0, 1]);
        for (mut codes, begin, values, numbers) in [
            (numbered.codes(), 0, 2, vec![0, 0, 1, 0]),
            (vec![0, 0, 1], 2, 2, vec![2, 3, 2]),
            (vec![], 4, 0, vec![]),
        ] {
            assert_eq!(number(&mut codes, begin), Some(values));
            assert_eq!(codes, numbers);
        }
    }

    #[test]
    fn numbers_that_nothing_before_has_are_refused() {
        for (codes, begin) in [
            (&[1][..], 1),
            (&[0, 2], 1),
            (&[0, 1, u32::MAX], 1),
            (&[u32::MAX], 1),
            (&[0, 0], u32::MAX - 1),
            (&[0, 0, 3], 0),
        ] {
            assert_eq!(number(&mut codes.to_vec(), begin), None, "{codes:?}");
        }
    }
}
