//! Which activities may be shown at all.

use std::ops::Range;

use super::request::Filters;
use super::search::Search;
use crate::catalog::{
    BLOCK, Catalog, DatePart, Place, ROW_GROUP, Row, RowSet, Status, Texts, Vocabulary,
    distance_km, over_ms,
};
use crate::history::{Entry, History};
use crate::math::sort;

/// A filter with its words resolved to codes, ready to test rows.
pub struct Filter<'a> {
    filters: &'a Filters,
    catalog: &'a Catalog,
    refused: Vec<Row>,
    /// Ascending; where only those are asked for, or those not.
    favourites: Vec<Row>,
    now_ms: i64,
    /// Whether anything is asked of activities beyond being announced, to come and not refused.
    is_particular: bool,
    types: Option<Vec<u16>>,
    localities: Option<Vec<u16>>,
    tags: Option<Vec<u16>>,
    /// Where anything is searched for.
    search: Option<Search<'a>>,
}

impl<'a> Filter<'a> {
    /// Resolves the conditions for a catalogue. A list of words none of which the catalogue knows excludes everything: the
    /// visitor asked for something that is not there.
    pub fn new(
        filters: &'a Filters,
        catalog: &'a Catalog,
        texts: &'a Texts,
        history: &'a History,
        now_ms: i64,
    ) -> Self {
        let words = catalog.words();
        let rows = |chosen: fn(&Entry) -> bool| {
            let entries = history.entries().filter(move |(_, entry)| chosen(entry));
            entries.filter_map(|(id, _)| catalog.row(id))
        };
        let mut favourites = Vec::new();
        if filters.only_favourites || filters.exclude_favourites {
            favourites.extend(rows(Entry::is_favourite));
            sort(&mut favourites, |a, b| a < b);
        }
        let mut refused: Vec<Row> = filters
            .exclude
            .iter()
            .filter_map(|id| catalog.row(id))
            .collect();
        if !filters.include_disliked {
            refused.extend(rows(Entry::is_disliked));
        }
        if filters.exclude_favourites {
            refused.extend(&favourites);
        }
        // What a request says of each activity apart from its whereabouts in time and the visitor's refusals.
        let plain = Filters {
            exclude: filters.exclude.clone(),
            include_past: filters.include_past,
            include_unpublished: filters.include_unpublished,
            include_disliked: filters.include_disliked,
            exclude_favourites: filters.exclude_favourites,
            ..Filters::default()
        };
        Self {
            filters,
            catalog,
            refused,
            favourites,
            now_ms,
            is_particular: *filters != plain,
            types: codes(&filters.types, &words.types),
            localities: codes(&filters.localities, &words.localities),
            tags: codes(&filters.tags, &words.tags),
            search: Search::new(&filters.query, catalog, texts),
        }
    }

    /// Puts the rows that may be shown into `passing`: what was in it is gone.
    pub fn list(&self, passing: &mut RowSet) {
        let least_ms = if self.filters.include_past {
            i64::MIN
        } else {
            self.now_ms
        };
        // A block of rows is a number of bits, and some whole groups.
        const { assert!(BLOCK == u32::BITS as usize && BLOCK.is_multiple_of(ROW_GROUP)) };
        passing.reset(self.catalog.len());
        // Asked first, because most of a catalogue that has stood for a while is over.
        for block in self.catalog.blocks_after(least_ms) {
            let first = Row(block.start as u32);
            let mut bits = self.announced(block, least_ms);
            if self.is_particular {
                let misfits = (0..BLOCK as u32)
                    .filter(|place| bits >> place & 1 == 1 && !self.fits(Row(first.0 + place)));
                bits = misfits.fold(bits, |bits, place| bits & !(1 << place));
            }
            passing.insert(first, bits);
        }
        for &row in &self.refused {
            passing.remove(row);
        }
    }

    /// A bit for each row of a block that is published, or need not be, and not over by then, the lowest for the first.
    fn announced(&self, block: Range<usize>, least_ms: i64) -> u32 {
        let columns = self.catalog.columns();
        let published = Published {
            removed: &self.catalog.removed()[block.clone()],
            status: &columns.status[block.clone()],
            or_not: self.filters.include_unpublished,
        };
        let numbers = &columns.date_numbers[block.clone()];
        published.and_not_over(&columns.dates, numbers, &columns.end_ms[block], least_ms)
    }

    /// Whether it is what the request asks for in particular.
    fn fits(&self, row: Row) -> bool {
        let index = row.index();
        let (columns, filters) = (self.catalog.columns(), self.filters);
        let contains = |codes: &Option<Vec<u16>>, code: u16| {
            codes.as_ref().is_none_or(|codes| codes.contains(&code))
        };
        let content = columns.content(index);
        let (start_ms, price) = (columns.date(index).start_ms, content.price);
        contains(&self.types, content.kind)
            && contains(&self.localities, columns.place(index).locality)
            && self
                .tags
                .as_ref()
                .is_none_or(|tags| self.catalog.tags(row).iter().any(|tag| tags.contains(tag)))
            && (!filters.free || price == 0.0)
            && filters.max_price.is_none_or(|most| price <= most)
            && filters.from_ms.is_none_or(|from_ms| start_ms >= from_ms)
            && filters.to_ms.is_none_or(|to_ms| start_ms < to_ms)
            && self.is_within(row)
            && (!filters.only_favourites || self.favourites.binary_search(&row).is_ok())
            && (self.search.as_ref()).is_none_or(|search| search.finds(row))
    }

    fn is_within(&self, row: Row) -> bool {
        self.filters.within.is_none_or(|within| {
            let centre = Place {
                lat: within.lat,
                lon: within.lon,
            };
            self.catalog
                .place(row)
                .is_some_and(|place| distance_km(centre, place) <= within.km)
        })
    }
}

/// Which rows of a block are published.
struct Published<'a> {
    removed: &'a [bool],
    status: &'a [u8],
    /// Those that are not, but for what was removed, count as well.
    or_not: bool,
}

impl Published<'_> {
    /// A bit for each of them that is not over by then, the lowest for the first. By itself, because a browser keeps what a
    /// loop works with in memory where there is much around it; without branches, because what is over is hard to predict.
    #[inline(never)]
    fn and_not_over(
        &self,
        dates: &[DatePart],
        numbers: &[u32],
        ends: &[i64],
        least_ms: i64,
    ) -> u32 {
        let states = self.removed.iter().zip(self.status);
        let times = numbers.iter().zip(ends);
        let (mut bits, mut bit) = (0, 1);
        for ((&removed, &status), (&number, &end_ms)) in states.zip(times) {
            let start_ms = dates[number as usize].start_ms;
            let passes = (over_ms(start_ms, end_ms) >= least_ms)
                & !removed
                & (self.or_not | (Status::of(status) == Status::Active));
            bits |= if passes { bit } else { 0 };
            bit <<= 1;
        }
        bits
    }
}

fn codes(words: &[String], vocabulary: &Vocabulary) -> Option<Vec<u16>> {
    if words.is_empty() || words.iter().any(|word| word == "*") {
        return None;
    }
    Some(
        words
            .iter()
            .map(|word| vocabulary.code(word))
            .filter(|&code| code != 0)
            .collect(),
    )
}
