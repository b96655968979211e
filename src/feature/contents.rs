//! What takes place, whenever and wherever? Everything of an activity but date, place and counts, once for all dates.
//!
//! A request works out what each content is worth.

use std::hash::{Hash, Hasher};

use bytemuck::cast_slice;

use super::distinct::{Distinct, packed};
use super::pair::TimeOfWeek;
use super::schema::Schema;
use crate::catalog::{Catalog, Row};

/// The contents of a catalogue, in order of their first rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Contents {
    pub(super) codes: Vec<ContentCodes>,
    pub(super) tag_lists: Terms,
    pub(super) word_lists: Terms,
    /// The bits of prices.
    pub(super) prices: Vec<u32>,
}

/// What a content is, in the catalogue's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Content<'a> {
    tags: &'a [u16],
    words: &'a [u16],
    price: u32,
    kind: u32,
    level: u16,
    organiser: u16,
    series: u16,
}

impl Hash for Content<'_> {
    /// Both lists, and everything else as one number: field by field it takes several times as long.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(cast_slice(self.tags));
        state.write(cast_slice(self.words));
        let words = u32::from(self.organiser) << 16 | u32::from(self.series);
        state.write_u128(packed([self.price, words, self.kind, self.level.into()]));
    }
}

/// What a content is made of.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
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

    /// Lists with one over the length of their vectors, each once; and the number of each.
    fn of<'a>(
        lists: impl Iterator<Item = &'a [u16]>,
        idf: impl Fn(u16) -> f32,
    ) -> (Self, Vec<u32>) {
        let distinct = Distinct::of(lists);
        let mut terms = Self::default();
        for list in distinct.values {
            terms.push(list, norm(list, &idf));
        }
        (terms, distinct.codes)
    }

    /// The length of the vector of a list, by number.
    fn norm(&self, number: u32) -> f32 {
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

/// The length of the TF-IDF vector of these codes.
pub(super) fn norm(codes: &[u16], idf: impl Fn(u16) -> f32) -> f32 {
    let squares = codes.iter().map(|&code| idf(code) * idf(code));
    // Exactly rounded everywhere, unlike other functions of std.
    squares.sum::<f32>().sqrt()
}

impl Contents {
    /// The contents of a catalogue, and of each row the number of its content.
    pub(super) fn new(schema: &Schema, catalog: &Catalog) -> (Self, Vec<u32>) {
        let columns = catalog.columns();
        let content = |row: Row| {
            let index = row.index();
            let day_off = TimeOfWeek::of(columns, index).day_off;
            Content {
                tags: catalog.tags(row),
                words: catalog.text(row),
                price: columns.price[index].to_bits(),
                kind: 2 * u32::from(columns.kind[index]) + u32::from(day_off),
                level: columns.level[index],
                organiser: columns.organiser[index],
                series: columns.series[index],
            }
        };
        let distinct = Distinct::of((0..catalog.len() as u32).map(Row).map(content));
        // Numbered among contents only: these are fewer than rows.
        let contents = || distinct.values.iter();
        let tags = contents().map(|content| content.tags);
        let (tag_lists, tags) = Terms::of(tags, |tag| schema.idf(tag));
        let words = contents().map(|content| content.words);
        let (word_lists, words) = Terms::of(words, |word| schema.text_idf(word));
        let prices = Distinct::of(contents().map(|content| content.price));
        let codes = contents().enumerate();
        let codes = codes.map(|(number, content)| ContentCodes {
            kind: content.kind,
            price: prices.codes[number],
            tags: tags[number],
            words: words[number],
            level: content.level,
            organiser: content.organiser,
            series: content.series,
        });
        let contents = Self {
            codes: codes.collect(),
            tag_lists,
            word_lists,
            prices: prices.values,
        };
        (contents, distinct.codes)
    }

    /// The lengths of a content's TF-IDF vectors of tags and of words.
    pub(super) fn norms(&self, number: u32) -> [f32; 2] {
        let content = &self.codes[number as usize];
        [
            self.tag_lists.norm(content.tags),
            self.word_lists.norm(content.words),
        ]
    }
}
