//! What takes place, whenever and wherever? Everything of an activity but date, place and counts, once for all dates.
//!
//! A request works out what each content is worth.

use super::schema::Schema;
use crate::catalog::{Catalog, CodeLists, DatePart};
use crate::math::Distinct;

/// No number of a content: there are fewer.
const NONE: u32 = u32::MAX;

/// The contents of a catalogue, in order of their first rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Contents {
    pub(super) codes: Vec<ContentCodes>,
    pub(super) tag_lists: Terms,
    pub(super) word_lists: Terms,
    /// The bits of prices.
    pub(super) prices: Vec<u32>,
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

    /// Lists with one over the length of their vectors.
    fn of(lists: &CodeLists, idf: impl Fn(u16) -> f32) -> Self {
        let mut terms = Self::default();
        for list in lists.iter() {
            terms.push(list, norm(list, &idf));
        }
        terms
    }

    /// How many lists there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
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
    /// The contents of a catalogue, each on days off a content of its own, and of each row the number of its content.
    pub(super) fn new(schema: &Schema, catalog: &Catalog) -> (Self, Vec<u32>) {
        let columns = catalog.columns();
        let tag_lists = Terms::of(&columns.tags, |tag| schema.idf(tag));
        let word_lists = Terms::of(&columns.text, |word| schema.text_idf(word));
        let prices = columns.contents.iter();
        let prices = Distinct::of(prices.map(|content| content.price.to_bits()));
        let days_off = columns.dates.iter().map(DatePart::is_day_off);
        let days_off: Vec<usize> = days_off.map(usize::from).collect();
        // Of each content, on other days and on days off.
        let mut known = vec![[NONE; 2]; columns.contents.len()];
        let mut count = 0;
        let number = |(&content, &date): (&u32, &u32)| {
            let known = &mut known[content as usize][days_off[date as usize]];
            if *known == NONE {
                *known = count;
                count += 1;
            }
            *known
        };
        let rows = columns.content_numbers.iter().zip(&columns.date_numbers);
        let numbers = rows.map(number).collect();
        let mut codes = vec![ContentCodes::default(); count as usize];
        for ((content, &price), known) in columns.contents.iter().zip(&prices.codes).zip(known) {
            for (day_off, number) in (0..).zip(known) {
                let Some(codes) = codes.get_mut(number as usize) else {
                    continue;
                };
                *codes = ContentCodes {
                    kind: 2 * u32::from(content.kind) + day_off,
                    price,
                    tags: content.tags,
                    words: content.text,
                    level: content.level,
                    organiser: content.organiser,
                    series: content.series,
                };
            }
        }
        let contents = Self {
            codes,
            tag_lists,
            word_lists,
            prices: prices.values,
        };
        (contents, numbers)
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
