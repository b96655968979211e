//! What do rows share? An activity that is repeated is one content on many dates, and many take place at one place.
//!
//! A value may have several numbers, where rows of several publications have it: nothing may depend on that.

use std::hash::{Hash, Hasher};
use std::ops::Range;

use bytemuck::cast_slice;

use super::Columns;
use crate::math::{Distinct, packed};

/// Values by number, in order of their first rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Numbered {
    numbers: Vec<u32>,
    firsts: Vec<u32>,
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

    /// Of each row 0 where its value is new, and otherwise one more than its number: what is mostly new is then mostly 0.
    pub fn codes(&self) -> Vec<u32> {
        let mut firsts = self.firsts().peekable();
        let code = |(row, &number): (usize, &u32)| {
            let is_new = firsts.next_if_eq(&row).is_some();
            if is_new { 0 } else { number + 1 }
        };
        self.numbers.iter().enumerate().map(code).collect()
    }

    /// Appends rows by the codes of these alone; false where one has a number that none before it has, and then only those up to
    /// there are appended.
    #[must_use]
    pub fn append(&mut self, codes: &[u32]) -> bool {
        let begin = self.firsts.len() as u32;
        self.numbers.reserve(codes.len());
        for &code in codes {
            let next = self.firsts.len() as u32;
            let number = match code.checked_sub(1) {
                None => {
                    self.firsts.push(self.numbers.len() as u32);
                    next
                }
                Some(known) if known < next - begin => begin + known,
                Some(_) => return false,
            };
            self.numbers.push(number);
        }
        true
    }

    /// Of each row the number of its value.
    pub fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    /// Of each value its first row.
    pub fn firsts(&self) -> impl ExactSizeIterator<Item = usize> {
        self.firsts.iter().map(|&row| row as usize)
    }
}

/// What rows are made of, beside their ids, ends, densities and states.
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

/// What a content is, in the catalogue's own words.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Content<'a> {
    tags: &'a [u16],
    words: &'a [u16],
    price: u32,
    kind: u16,
    level: u16,
    organiser: u16,
    series: u16,
}

impl Hash for Content<'_> {
    /// Both lists, and everything else as one number: field by field it takes several times as long.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(cast_slice(self.tags));
        state.write(cast_slice(self.words));
        let pair = |one: u16, other: u16| u32::from(one) << 16 | u32::from(other);
        let words = pair(self.organiser, self.series);
        state.write_u128(packed([self.price, words, pair(self.kind, self.level), 0]));
    }
}

impl Parts {
    /// The parts of some rows, counted from the first of these, found by hashing.
    pub(crate) fn of(columns: &Columns, rows: Range<usize>) -> Self {
        let content = |row: usize| Content {
            tags: columns.tags_of(row),
            words: columns.text_of(row),
            price: columns.price[row].to_bits(),
            kind: columns.kind[row],
            level: columns.level[row],
            organiser: columns.organiser[row],
            series: columns.series[row],
        };
        let date = |row: usize| {
            let [weekday, hour, season, holiday] = [
                &columns.weekday,
                &columns.hour,
                &columns.season,
                &columns.holiday,
            ];
            let of_day = u32::from_le_bytes([weekday, hour, season, holiday].map(|of| of[row]));
            (columns.start_ms[row], of_day, columns.availability[row])
        };
        let place = |row: usize| {
            let [lat, lon, transit] =
                [&columns.lat, &columns.lon, &columns.transit_m].map(|of| of[row].to_bits());
            packed([lat, lon, columns.locality[row].into(), transit])
        };
        Self {
            contents: Numbered::of(rows.clone().map(content)),
            dates: Numbered::of(rows.clone().map(date)),
            places: Numbered::of(rows.clone().map(place)),
            published: Numbered::of(rows.map(|row| columns.published_ms[row])),
        }
    }

    /// Whether each of so many rows has all of them.
    pub(crate) fn cover(&self, rows: usize) -> bool {
        let Self {
            contents,
            dates,
            places,
            published,
        } = self;
        let all = [contents, dates, places, published];
        all.iter().all(|part| part.numbers.len() == rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_where_those_before_end() {
        let mut numbered = Numbered::of([7, 7, 3, 7].into_iter());
        assert_eq!(
            (numbered.numbers(), &numbered.firsts[..]),
            (&[0, 0, 1, 0][..], &[0, 2][..])
        );
        assert_eq!(numbered.codes(), [0, 1, 0, 1]);
        assert!(numbered.append(&[0, 0, 1]) && numbered.append(&[]));
        assert_eq!(numbered.numbers(), [0, 0, 1, 0, 2, 3, 2]);
        assert!(numbered.firsts().eq([0, 2, 4, 5]));
    }

    #[test]
    fn numbers_that_nothing_before_has_are_refused() {
        for codes in [&[1][..], &[0, 2], &[0, 1, u32::MAX], &[u32::MAX]] {
            let mut numbered = Numbered::of([7].into_iter());
            assert!(!numbered.append(codes), "{codes:?}");
        }
    }
}
