//! What takes place, whenever and wherever? Everything of an activity but date, place and counts, once for all dates.
//!
//! A request works out what each content is worth.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::pair::TimeOfWeek;
use super::prepared::norm;
use super::scan_codes::Distinct;
use crate::catalog::Catalog;

/// The contents of a catalogue, in order of their first rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Contents {
    pub(super) codes: Vec<ContentCodes>,
    pub(super) tag_lists: Terms,
    pub(super) word_lists: Terms,
}

/// What a content is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct ContentCodes {
    /// Twice the type, one more on days off.
    pub(super) kind: u32,
    /// The number of its price.
    pub(super) price: u32,
    /// The numbers of its lists of tags and of words.
    pub(super) tags: u32,
    pub(super) words: u32,
    pub(super) level: u16,
    pub(super) organiser: u16,
    pub(super) series: u16,
}

/// Lists of terms, each with one over the length of its vector.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Terms {
    ends: Vec<u32>,
    codes: Vec<u16>,
    scales: Vec<f32>,
    norms: Vec<f32>,
    /// The longest list.
    pub(super) most: usize,
}

impl Terms {
    fn push(&mut self, codes: &[u16], norm: f32) {
        self.codes.extend(codes);
        self.ends.push(self.codes.len() as u32);
        self.scales.push(1.0 / norm.max(1e-6));
        self.norms.push(norm);
        self.most = self.most.max(codes.len());
    }

    /// The lists of rows with one over the length of their vectors, each once; and of each row the number of its list.
    pub(super) fn of<'a>(
        rows: impl Iterator<Item = &'a [u16]>,
        idf: impl Fn(u16) -> f32,
    ) -> (Self, Vec<u32>) {
        let mut terms = Self::default();
        let mut known = HashMap::with_hasher(RandomState::default());
        let number = |list: &'a [u16]| {
            *known.entry(list).or_insert_with(|| {
                terms.push(list, norm(list, &idf));
                terms.ends.len() as u32 - 1
            })
        };
        let numbers = rows.map(number).collect();
        (terms, numbers)
    }

    /// The length of the vector of a list, by number.
    pub(super) fn norm(&self, number: u32) -> f32 {
        self.norms[number as usize]
    }

    /// Each list and one over the length of its vector.
    pub(super) fn lists(&self) -> impl Iterator<Item = (&[u16], f32)> {
        let mut start = 0;
        self.ends
            .iter()
            .zip(&self.scales)
            .map(move |(&end, &scale)| {
                let list = &self.codes[start..end as usize];
                start = end as usize;
                (list, scale)
            })
    }
}

impl Contents {
    /// The contents of a catalogue, and of each row the number of its content. `prices` are the numbers of rows' prices; lists
    /// of tags and of words come with the numbers of rows' lists.
    pub(super) fn new(
        catalog: &Catalog,
        prices: &[u32],
        (tag_lists, tags): (Terms, &[u32]),
        (word_lists, words): (Terms, &[u32]),
    ) -> (Self, Vec<u32>) {
        let columns = catalog.columns();
        let content = |index: usize| {
            let day_off = TimeOfWeek::of(columns, index).day_off;
            ContentCodes {
                kind: 2 * u32::from(columns.kind[index]) + u32::from(day_off),
                price: prices[index],
                tags: tags[index],
                words: words[index],
                level: columns.level[index],
                organiser: columns.organiser[index],
                series: columns.series[index],
            }
        };
        let distinct = Distinct::of((0..catalog.len()).map(content));
        let contents = Self {
            codes: distinct.values,
            tag_lists,
            word_lists,
        };
        (contents, distinct.codes)
    }
}
