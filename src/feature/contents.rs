//! What takes place, whenever and wherever? Everything of an activity but date, place and counts, once for all dates.
//!
//! A request works out what each content is worth; columns lie in the order of contents, so that it reads them from front
//! to back.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::pair::TimeOfWeek;
use crate::catalog::{Catalog, Row};

/// The contents of a catalogue, in order of their first rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Contents {
    /// Of each row the number of its content.
    pub(super) codes: Vec<u32>,
    /// Twice the type, one more on days off.
    pub(super) kinds: Vec<u32>,
    pub(super) levels: Vec<u16>,
    pub(super) organisers: Vec<u16>,
    pub(super) series: Vec<u16>,
    /// Numbers of prices.
    pub(super) prices: Vec<u32>,
    /// Numbers of lists of tags.
    pub(super) tags: Vec<u32>,
    /// Numbers of lists of words.
    pub(super) words: Vec<u32>,
    pub(super) tag_lists: Terms,
    pub(super) word_lists: Terms,
}

/// Lists of terms, each with one over the length of its vector.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Terms {
    ends: Vec<u32>,
    codes: Vec<u16>,
    scales: Vec<f32>,
    /// The longest list.
    pub(super) most: usize,
}

impl Terms {
    fn push(&mut self, codes: &[u16], norm: f32) {
        self.codes.extend(codes);
        self.ends.push(self.codes.len() as u32);
        self.scales.push(1.0 / norm.max(1e-6));
        self.most = self.most.max(codes.len());
    }

    /// The lists of rows and the lengths of their vectors, each once, and of each row the number of its list.
    fn of<'a>(rows: impl Iterator<Item = (&'a [u16], f32)>) -> (Self, Vec<u32>) {
        let mut terms = Self::default();
        let mut known = HashMap::with_hasher(RandomState::default());
        let number = |(list, norm): (&'a [u16], f32)| {
            *known.entry(list).or_insert_with(|| {
                terms.push(list, norm);
                terms.ends.len() as u32 - 1
            })
        };
        let numbers = rows.map(number).collect();
        (terms, numbers)
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
    /// `prices` are the numbers of rows' prices, norms the lengths of their vectors of tags and words.
    pub(super) fn new(
        catalog: &Catalog,
        prices: &[u32],
        (tag_norm, text_norm): (&[f32], &[f32]),
    ) -> Self {
        let columns = catalog.columns();
        let rows = || (0..catalog.len() as u32).map(Row);
        let tags = rows().map(|row| (catalog.tags(row), tag_norm[row.index()]));
        let (tag_lists, tags) = Terms::of(tags);
        let words = rows().map(|row| (catalog.text(row), text_norm[row.index()]));
        let (word_lists, words) = Terms::of(words);
        let content = |index: usize| {
            let codes = [
                columns.kind[index],
                columns.level[index],
                columns.organiser[index],
                columns.series[index],
            ];
            let day_off = TimeOfWeek::of(columns, index).day_off;
            (codes, day_off, [prices[index], tags[index], words[index]])
        };
        let mut contents = Self {
            tag_lists,
            word_lists,
            ..Self::default()
        };
        let mut known = HashMap::with_hasher(RandomState::default());
        for index in 0..catalog.len() {
            let content = content(index);
            let next = contents.kinds.len() as u32;
            let number = *known.entry(content).or_insert(next);
            contents.codes.push(number);
            if number != next {
                continue;
            }
            let ([kind, level, organiser, series], day_off, [price, tags, words]) = content;
            contents
                .kinds
                .push(2 * u32::from(kind) + u32::from(day_off));
            contents.levels.push(level);
            contents.organisers.push(organiser);
            contents.series.push(series);
            contents.prices.push(price);
            contents.tags.push(tags);
            contents.words.push(words);
        }
        contents
    }
}
