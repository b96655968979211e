//! The catalogue: rows that keep their numbers between publications, found by id.

use std::ops::Range;

use super::columns::{self, Columns};
use super::consistency;
use super::index::Index;
use super::{Activity, City, Content, Place, Status, Words};
use crate::error::CatalogError;
use crate::event::ActivityId;

/// The number of a row. It is stable within a bundle's line of publications; outside, an activity is its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row(pub u32);

impl Row {
    /// The row as an index into columns.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A time that is not known.
pub const NO_TIME: i64 = i64::MIN;
/// So many rows are looked at together: those of a publication mostly end about the same time.
pub(crate) const BLOCK: usize = 32;

/// The catalogue: columns, vocabularies and the city, with tombstones for removed activities.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Catalog {
    city: City,
    words: Words,
    columns: Columns,
    removed: Vec<bool>,
    rows: Index,
    /// When the last of each [`BLOCK`] rows is over.
    blocks_over_ms: Vec<i64>,
}

impl Catalog {
    /// Builds the catalogue of `activities`, row `i` for activity `i`.
    ///
    /// # Errors
    /// [`CatalogError`] for the first impossible or repeated activity.
    pub fn build(city: City, words: Words, activities: &[Activity]) -> Result<Self, CatalogError> {
        let mut columns = Columns::default();
        for activity in activities {
            activity.validate()?;
            columns::push(&mut columns, activity, &city, &words);
        }
        columns.refresh_density(&vec![false; activities.len()]);
        let removed = vec![false; activities.len()];
        Self::from_columns(city, words, columns, removed).map(Self::sharing)
    }

    /// Takes columns as a bundle carries them.
    ///
    /// # Errors
    /// [`CatalogError::Inconsistent`] where lengths, offsets or codes do not fit, [`CatalogError::DuplicateId`] where a
    /// live id occurs twice.
    pub fn from_columns(
        city: City,
        words: Words,
        columns: Columns,
        removed: Vec<bool>,
    ) -> Result<Self, CatalogError> {
        consistency::check(&columns, &removed, &words)?;
        let mut rows = Index::with_capacity(columns.id.len());
        for (index, removed) in removed.iter().enumerate() {
            let row = u32::try_from(index).map_err(|_| CatalogError::Inconsistent {
                column: "id".into(),
                detail: "more than 4,294,967,295 rows".into(),
            })?;
            if !removed && !rows.add(row, |row| columns.id.bytes(row as usize)) {
                return Err(CatalogError::DuplicateId {
                    activity: columns.id.get(index).to_owned(),
                });
            }
        }
        let over_ms = |(row, &end_ms): (usize, &i64)| over_ms(columns.date(row).start_ms, end_ms);
        let mut blocks_over_ms = vec![i64::MIN; columns.len().div_ceil(BLOCK)];
        for (row, over_ms) in columns.end_ms.iter().enumerate().map(over_ms).enumerate() {
            let last_ms = &mut blocks_over_ms[row / BLOCK];
            *last_ms = over_ms.max(*last_ms);
        }
        Ok(Self {
            blocks_over_ms,
            city,
            words,
            columns,
            removed,
            rows,
        })
    }

    /// The same catalogue, keeping once what several rows have.
    #[must_use]
    pub fn sharing(mut self) -> Self {
        self.columns.share();
        self
    }

    /// How many rows there are, removed ones included.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The city.
    pub fn city(&self) -> &City {
        &self.city
    }

    /// The vocabularies.
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// The columns.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Which rows are removed, one entry a row.
    pub fn removed(&self) -> &[bool] {
        &self.removed
    }

    /// Rows that may not be over at a moment, in blocks: the others are.
    pub(crate) fn blocks_after(&self, time_ms: i64) -> impl Iterator<Item = Range<usize>> {
        let blocks = self.blocks_over_ms.iter().enumerate();
        let later = blocks.filter(move |(_, last_ms)| **last_ms >= time_ms);
        later.map(|(block, _)| block * BLOCK..self.len().min((block + 1) * BLOCK))
    }

    /// The live row of an id.
    pub fn row(&self, id: &ActivityId) -> Option<Row> {
        let id_at = |row: u32| self.columns.id.bytes(row as usize);
        self.rows.find(id.as_str(), id_at).map(Row)
    }

    /// The id of a row, as text.
    pub fn id(&self, row: Row) -> &str {
        self.columns.id.get(row.index())
    }

    /// Live rows in order.
    pub fn live_rows(&self) -> impl Iterator<Item = Row> + '_ {
        (0..self.len() as u32)
            .map(Row)
            .filter(|row| !self.removed[row.index()])
    }

    /// The tag codes of a row.
    pub fn tags(&self, row: Row) -> &[u16] {
        self.columns.tags_of(row.index())
    }

    /// The codes of the words a row's text is known by.
    pub fn text(&self, row: Row) -> &[u16] {
        self.columns.text_of(row.index())
    }

    /// Where it takes place, if known.
    pub fn place(&self, row: Row) -> Option<Place> {
        let place = self.columns.place(row.index());
        let (lat, lon) = (f64::from(place.lat), f64::from(place.lon));
        (lat.is_finite() && lon.is_finite()).then_some(Place { lat, lon })
    }

    /// Its price, if known.
    pub fn price(&self, row: Row) -> Option<f32> {
        known(self.columns.content(row.index()).price)
    }

    /// Its status.
    pub fn status(&self, row: Row) -> Status {
        Status::of(self.columns.status[row.index()])
    }

    /// Its raw content in words, as history remembers it. The title is filled by whoever has the texts.
    pub fn content(&self, row: Row) -> Content {
        let index = row.index();
        let columns = &self.columns;
        let (what, date, place) = (
            columns.content(index),
            columns.date(index),
            columns.place(index),
        );
        let word = |term: Option<&str>| term.map(str::to_owned);
        Content {
            title: String::new(),
            kind: word(self.words.types.term(what.kind)),
            tags: self
                .tags(row)
                .iter()
                .filter_map(|&code| word(self.words.tags.term(code)))
                .collect(),
            text: self
                .text(row)
                .iter()
                .filter_map(|&code| word(self.words.text.term(code)))
                .collect(),
            locality: word(self.words.localities.term(place.locality)),
            level: word(self.words.levels.term(what.level)),
            organiser: word(self.words.organisers.term(what.organiser)),
            series: word(self.words.series.term(what.series)),
            place: self.place(row),
            price: self.price(row),
            transit_m: known(place.transit_m),
            density: known(columns.density[index]),
            start_ms: date.start_ms,
            end_ms: Some(columns.end_ms[index]).filter(|&end_ms| end_ms != NO_TIME),
            weekday: date.weekday,
            hour: date.hour,
        }
    }
}

/// When an activity is over: at its start, where its end is unknown.
pub(crate) fn over_ms(start_ms: i64, end_ms: i64) -> i64 {
    if end_ms == NO_TIME { start_ms } else { end_ms }
}

fn known(number: f32) -> Option<f32> {
    (!number.is_nan()).then_some(number)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::catalog::{CodeLists, Joined};

    fn activity(id: &str, tags: &[&str]) -> Activity {
        serde_json::from_value(serde_json::json!({
            "id": id, "title": id, "type": "cultura", "tags": tags, "start_ms": 1_732_411_800_000_i64,
            "place": {"lat": 4.6, "lon": -74.07},
        }))
        .unwrap()
    }

    fn catalog() -> Catalog {
        let activities = [
            activity("a", &["música", "teatro"]),
            activity("b", &["arte", "arte"]),
        ];
        let words = Words::learn(&activities, [], 1).unwrap();
        Catalog::build(City::default(), words, &activities).unwrap()
    }

    #[test]
    fn rows_give_back_the_words_they_came_from() {
        let catalog = catalog();
        let row = catalog.row(&"a".into()).unwrap();
        let content = catalog.content(row);
        assert_eq!(content.kind.as_deref(), Some("cultura"));
        let mut tags = content.tags;
        tags.sort();
        assert_eq!(tags, ["música", "teatro"]);
        assert_eq!(content.price, None);
        assert_eq!(catalog.columns().density, vec![1.0, 1.0].into());
        assert_eq!(catalog.tags(catalog.row(&"b".into()).unwrap()).len(), 1);
    }

    #[test]
    fn damaged_columns_are_refused_with_the_columns_name() {
        let good = catalog();
        let cases: [(&str, fn(&mut Columns)); 14] = [
            ("end_ms", |columns| columns.end_ms.truncate(1)),
            ("content", |columns| columns.content_numbers[1] = 2),
            ("date", |columns| columns.dates.clear()),
            ("place", |columns| columns.place_numbers.truncate(1)),
            ("tags", |columns| columns.tags.offsets[1] = 99),
            ("content", |columns| columns.tags.offsets.clear()),
            ("tags", |columns| columns.tags.codes[..2].reverse()),
            ("content", |columns| columns.contents[1].tags = 2),
            ("content", |columns| columns.text = CodeLists::default()),
            ("text", |columns| columns.text.offsets[1] = 99),
            ("kind", |columns| columns.contents[0].kind = 77),
            ("price", |columns| columns.contents[1].price = -1.0),
            ("lat", |columns| columns.places[0].lat = 91.0),
            ("hour", |columns| columns.dates[0].hour = 24),
        ];
        for (name, damage) in cases {
            let mut columns = good.columns().clone();
            damage(&mut columns);
            match Catalog::from_columns(
                City::default(),
                good.words().clone(),
                columns,
                vec![false; 2],
            ) {
                Err(CatalogError::Inconsistent { column, .. }) => assert_eq!(column, name),
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_removed_row_frees_its_id() {
        let good = catalog();
        let mut columns = good.columns().clone();
        columns.id = Joined::default();
        columns.id.extend(["a", "a"]);
        let replaced = Catalog::from_columns(
            City::default(),
            good.words().clone(),
            columns,
            vec![true, false],
        )
        .unwrap();
        assert_eq!(replaced.row(&"a".into()), Some(Row(1)));
        assert_eq!(replaced.live_rows().collect::<Vec<_>>(), [Row(1)]);
    }
}
