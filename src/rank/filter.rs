//! Which activities may be shown at all.

use super::announced::Announced;
use super::request::Filters;
use super::search::Search;
use crate::catalog::{Catalog, Place, Row, RowSet, Texts, Vocabulary, distance_km};
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

    /// Puts the rows that may be shown into `passing`: what was in it is gone. `announced` is kept from one list of a catalogue to
    /// the next.
    pub fn list(&self, announced: &mut Announced, passing: &mut RowSet) {
        let least_ms = if self.filters.include_past {
            i64::MIN
        } else {
            self.now_ms
        };
        let announced = announced.at(self.catalog, least_ms, self.filters.include_unpublished);
        passing.clone_from(announced);
        if self.is_particular {
            for misfit in announced.rows().filter(|&row| !self.fits(row)) {
                passing.remove(misfit);
            }
        }
        for &row in &self.refused {
            passing.remove(row);
        }
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
