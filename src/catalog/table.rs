//! The catalogue as columns: one row an activity, rows that keep their numbers between publications.

use std::collections::BTreeMap;

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

/// The columns, all of the same length. Unknown numbers are NaN, unknown words code 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Columns {
    /// Id.
    pub id: Vec<ActivityId>,
    /// Code of the type.
    pub kind: Vec<u16>,
    /// Code of the locality.
    pub locality: Vec<u16>,
    /// Code of the level.
    pub level: Vec<u16>,
    /// Code of the organiser.
    pub organiser: Vec<u16>,
    /// Code of the series.
    pub series: Vec<u16>,
    /// Where the tags of row `i` begin in [`Columns::tags`]; one more entry than rows.
    pub tag_offsets: Vec<u32>,
    /// Codes of tags, ascending and distinct within a row.
    pub tags: Vec<u16>,
    /// Latitude, degrees.
    pub lat: Vec<f32>,
    /// Longitude, degrees.
    pub lon: Vec<f32>,
    /// Start, Unix ms.
    pub start_ms: Vec<i64>,
    /// End, Unix ms, or [`NO_TIME`].
    pub end_ms: Vec<i64>,
    /// Publication, Unix ms, or [`NO_TIME`].
    pub published_ms: Vec<i64>,
    /// Price in the city's currency.
    pub price: Vec<f32>,
    /// Distance to public transport, metres.
    pub transit_m: Vec<f32>,
    /// How many other activities take place around: those in the 3 × 3 grid cells of about a kilometre.
    pub density: Vec<f32>,
    /// Local weekday of the start, Monday = 0.
    pub weekday: Vec<u8>,
    /// Local hour of the start.
    pub hour: Vec<u8>,
    /// Season of the start, 0 unknown.
    pub season: Vec<u8>,
    /// 1 where the start falls on a public holiday.
    pub holiday: Vec<u8>,
    /// Availability windows the start falls in, one bit each.
    pub availability: Vec<u16>,
    /// Whether it may be shown: a [`Status`] as number, in the order of its variants.
    pub status: Vec<u8>,
}

impl Columns {
    /// Appends the rows of other columns with the same vocabularies.
    pub fn append(&mut self, other: &Self) {
        let base = self.tags.len() as u32;
        if self.tag_offsets.is_empty() {
            self.tag_offsets.push(0);
        }
        self.id.extend_from_slice(&other.id);
        self.kind.extend(&other.kind);
        self.locality.extend(&other.locality);
        self.level.extend(&other.level);
        self.organiser.extend(&other.organiser);
        self.series.extend(&other.series);
        self.tag_offsets.extend(other.tag_offsets.iter().skip(1).map(|offset| base + offset));
        self.tags.extend(&other.tags);
        self.lat.extend(&other.lat);
        self.lon.extend(&other.lon);
        self.start_ms.extend(&other.start_ms);
        self.end_ms.extend(&other.end_ms);
        self.published_ms.extend(&other.published_ms);
        self.price.extend(&other.price);
        self.transit_m.extend(&other.transit_m);
        self.density.extend(&other.density);
        self.weekday.extend(&other.weekday);
        self.hour.extend(&other.hour);
        self.season.extend(&other.season);
        self.holiday.extend(&other.holiday);
        self.availability.extend(&other.availability);
        self.status.extend(&other.status);
    }

    /// Counts again how many activities take place around each, leaving out those `removed`.
    pub fn refresh_density(&mut self, removed: &[bool]) {
        let live = |column: &[f32]| -> Vec<f32> {
            column.iter().zip(removed).map(|(&value, &removed)| if removed { f32::NAN } else { value }).collect()
        };
        self.density = densities(&live(&self.lat), &live(&self.lon));
    }
}

/// The catalogue: columns, vocabularies and the city, with tombstones for removed activities.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Catalog {
    city: City,
    words: Words,
    columns: Columns,
    removed: Vec<bool>,
    rows: BTreeMap<ActivityId, Row>,
}

impl Catalog {
    /// Builds the catalogue of `activities`, row `i` for activity `i`.
    ///
    /// # Errors
    /// [`CatalogError`] for the first impossible or repeated activity.
    pub fn build(city: City, words: Words, activities: &[Activity]) -> Result<Self, CatalogError> {
        let mut columns = Columns { tag_offsets: vec![0], ..Columns::default() };
        for activity in activities {
            activity.validate()?;
            push(&mut columns, activity, &city, &words);
        }
        columns.density = densities(&columns.lat, &columns.lon);
        let removed = vec![false; activities.len()];
        Self::from_columns(city, words, columns, removed)
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
        check(&columns, &removed, &words)?;
        let mut rows = BTreeMap::new();
        for (index, id) in columns.id.iter().enumerate() {
            let row = Row(u32::try_from(index).map_err(|_| CatalogError::Inconsistent {
                column: "id".into(),
                detail: "more than 4,294,967,295 rows".into(),
            })?);
            if !removed[index] && rows.insert(id.clone(), row).is_some() {
                return Err(CatalogError::DuplicateId { activity: id.0.clone() });
            }
        }
        Ok(Self { city, words, columns, removed, rows })
    }

    /// How many rows there are, removed ones included.
    pub fn len(&self) -> usize {
        self.columns.id.len()
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

    /// The live row of an id.
    pub fn row(&self, id: &ActivityId) -> Option<Row> {
        self.rows.get(id).copied()
    }

    /// The id of a row.
    pub fn id(&self, row: Row) -> &ActivityId {
        &self.columns.id[row.index()]
    }

    /// Live rows in order.
    pub fn live_rows(&self) -> impl Iterator<Item = Row> + '_ {
        (0..self.len() as u32).map(Row).filter(|row| !self.removed[row.index()])
    }

    /// The tag codes of a row.
    pub fn tags(&self, row: Row) -> &[u16] {
        let (from, until) = (self.columns.tag_offsets[row.index()], self.columns.tag_offsets[row.index() + 1]);
        &self.columns.tags[from as usize..until as usize]
    }

    /// Where it takes place, if known.
    pub fn place(&self, row: Row) -> Option<Place> {
        let (lat, lon) = (f64::from(self.columns.lat[row.index()]), f64::from(self.columns.lon[row.index()]));
        (lat.is_finite() && lon.is_finite()).then_some(Place { lat, lon })
    }

    /// Its price, if known.
    pub fn price(&self, row: Row) -> Option<f32> {
        known(self.columns.price[row.index()])
    }

    /// Its status.
    pub fn status(&self, row: Row) -> Status {
        match self.columns.status[row.index()] {
            0 => Status::Active,
            1 => Status::Pending,
            2 => Status::Rejected,
            _ => Status::Inactive,
        }
    }

    /// Its raw content in words, as history remembers it. The title is filled by whoever has the texts.
    pub fn content(&self, row: Row) -> Content {
        let index = row.index();
        let columns = &self.columns;
        let word = |term: Option<&str>| term.map(str::to_owned);
        Content {
            title: String::new(),
            kind: word(self.words.types.term(columns.kind[index])),
            tags: self.tags(row).iter().filter_map(|&code| word(self.words.tags.term(code))).collect(),
            locality: word(self.words.localities.term(columns.locality[index])),
            level: word(self.words.levels.term(columns.level[index])),
            organiser: word(self.words.organisers.term(columns.organiser[index])),
            series: word(self.words.series.term(columns.series[index])),
            place: self.place(row),
            price: self.price(row),
            transit_m: known(columns.transit_m[index]),
            density: known(columns.density[index]),
            start_ms: columns.start_ms[index],
            end_ms: Some(columns.end_ms[index]).filter(|&end_ms| end_ms != NO_TIME),
            weekday: columns.weekday[index],
            hour: columns.hour[index],
        }
    }
}

fn known(number: f32) -> Option<f32> {
    (!number.is_nan()).then_some(number)
}

fn push(columns: &mut Columns, activity: &Activity, city: &City, words: &Words) {
    let local = city.local_time(activity.start_ms);
    let mut tags: Vec<u16> = activity.tags.iter().map(|tag| words.tags.code(tag)).filter(|&code| code != 0).collect();
    tags.sort_unstable();
    tags.dedup();
    columns.id.push(activity.id.clone());
    columns.kind.push(words.types.code_of(activity.kind.as_deref()));
    columns.locality.push(words.localities.code_of(activity.locality.as_deref()));
    columns.level.push(words.levels.code_of(activity.level.as_deref()));
    columns.organiser.push(words.organisers.code_of(activity.organiser.as_deref()));
    columns.series.push(words.series.code_of(activity.series.as_deref()));
    columns.tags.extend(tags);
    columns.tag_offsets.push(columns.tags.len() as u32);
    columns.lat.push(activity.place.map_or(f32::NAN, |place| place.lat as f32));
    columns.lon.push(activity.place.map_or(f32::NAN, |place| place.lon as f32));
    columns.start_ms.push(activity.start_ms);
    columns.end_ms.push(activity.end_ms.unwrap_or(NO_TIME));
    columns.published_ms.push(activity.published_ms.unwrap_or(NO_TIME));
    columns.price.push(activity.price.unwrap_or(f32::NAN));
    columns.transit_m.push(activity.transit_m.unwrap_or(f32::NAN));
    columns.weekday.push(local.weekday);
    columns.hour.push(local.hour);
    columns.season.push(city.season(local));
    columns.holiday.push(u8::from(city.is_holiday(local)));
    columns.availability.push(city.availability(local));
    columns.status.push(activity.status as u8);
}

/// How many other activities lie in the 3 × 3 cells of 0.01 degree around each; 0 where the place is unknown.
fn densities(lat: &[f32], lon: &[f32]) -> Vec<f32> {
    let cell = |lat: f32, lon: f32| ((lat * 100.0).floor() as i32, (lon * 100.0).floor() as i32);
    let mut counts: BTreeMap<(i32, i32), u32> = BTreeMap::new();
    for (&lat, &lon) in lat.iter().zip(lon) {
        if lat.is_finite() && lon.is_finite() {
            *counts.entry(cell(lat, lon)).or_default() += 1;
        }
    }
    let around = |(north, east): (i32, i32)| -> u32 {
        (-1..=1)
            .flat_map(|dn| (-1..=1).map(move |de| (north + dn, east + de)))
            .filter_map(|key| counts.get(&key))
            .sum()
    };
    lat.iter()
        .zip(lon)
        .map(|(&lat, &lon)| {
            if lat.is_finite() && lon.is_finite() { around(cell(lat, lon)).saturating_sub(1) as f32 } else { 0.0 }
        })
        .collect()
}

fn check(columns: &Columns, removed: &[bool], words: &Words) -> Result<(), CatalogError> {
    let rows = columns.id.len();
    let refuse = |column: &str, detail: String| Err(CatalogError::Inconsistent { column: column.into(), detail });
    for (column, found) in [
        ("kind", columns.kind.len()),
        ("locality", columns.locality.len()),
        ("level", columns.level.len()),
        ("organiser", columns.organiser.len()),
        ("series", columns.series.len()),
        ("tag_offsets", columns.tag_offsets.len().wrapping_sub(1)),
        ("lat", columns.lat.len()),
        ("lon", columns.lon.len()),
        ("start_ms", columns.start_ms.len()),
        ("end_ms", columns.end_ms.len()),
        ("published_ms", columns.published_ms.len()),
        ("price", columns.price.len()),
        ("transit_m", columns.transit_m.len()),
        ("density", columns.density.len()),
        ("weekday", columns.weekday.len()),
        ("hour", columns.hour.len()),
        ("season", columns.season.len()),
        ("holiday", columns.holiday.len()),
        ("availability", columns.availability.len()),
        ("status", columns.status.len()),
        ("removed", removed.len()),
    ] {
        if found != rows {
            return refuse(column, format!("{found} entries for {rows} rows"));
        }
    }
    let ascending = columns.tag_offsets.windows(2).all(|pair| pair[0] <= pair[1]);
    if columns.tag_offsets[0] != 0 || !ascending || columns.tag_offsets[rows] as usize != columns.tags.len() {
        return refuse("tag_offsets", "offsets do not cover the tags in order".into());
    }
    for (column, codes, vocabulary) in [
        ("kind", &columns.kind, &words.types),
        ("locality", &columns.locality, &words.localities),
        ("level", &columns.level, &words.levels),
        ("organiser", &columns.organiser, &words.organisers),
        ("series", &columns.series, &words.series),
        ("tags", &columns.tags, &words.tags),
    ] {
        if let Some(code) = codes.iter().find(|&&code| usize::from(code) >= vocabulary.size()) {
            return refuse(column, format!("code {code} in a vocabulary of {}", vocabulary.size()));
        }
    }
    for (column, numbers, least, most) in [
        ("lat", &columns.lat, -90.0, 90.0),
        ("lon", &columns.lon, -180.0, 180.0),
        ("price", &columns.price, 0.0, f32::MAX),
        ("transit_m", &columns.transit_m, 0.0, f32::MAX),
        ("density", &columns.density, 0.0, f32::MAX),
    ] {
        if let Some(number) = numbers.iter().find(|n| !n.is_nan() && !(least..=most).contains(*n)) {
            return refuse(column, format!("{number} is outside {least} to {most}"));
        }
    }
    for (column, numbers, most) in [("weekday", &columns.weekday, 6), ("hour", &columns.hour, 23)] {
        if let Some(number) = numbers.iter().find(|&&n| n > most) {
            return refuse(column, format!("{number} is above {most}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn activity(id: &str, tags: &[&str]) -> Activity {
        serde_json::from_value(serde_json::json!({
            "id": id, "title": id, "type": "cultura", "tags": tags, "start_ms": 1_732_411_800_000_i64,
            "place": {"lat": 4.6, "lon": -74.07},
        }))
        .unwrap()
    }

    fn catalog() -> Catalog {
        let activities = [activity("a", &["música", "teatro"]), activity("b", &["arte", "arte"])];
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
        assert_eq!(catalog.columns().density, [1.0, 1.0]);
        assert_eq!(catalog.tags(catalog.row(&"b".into()).unwrap()).len(), 1);
    }

    #[test]
    fn damaged_columns_are_refused_with_the_columns_name() {
        let good = catalog();
        let cases: [(&str, fn(&mut Columns)); 5] = [
            ("price", |columns| columns.price.truncate(1)),
            ("tag_offsets", |columns| columns.tag_offsets[1] = 99),
            ("kind", |columns| columns.kind[0] = 77),
            ("lat", |columns| columns.lat[0] = 91.0),
            ("hour", |columns| columns.hour[0] = 24),
        ];
        for (name, damage) in cases {
            let mut columns = good.columns().clone();
            damage(&mut columns);
            match Catalog::from_columns(City::default(), good.words().clone(), columns, vec![false; 2]) {
                Err(CatalogError::Inconsistent { column, .. }) => assert_eq!(column, name),
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_removed_row_frees_its_id() {
        let good = catalog();
        let mut columns = good.columns().clone();
        columns.id[1] = "a".into();
        let replaced =
            Catalog::from_columns(City::default(), good.words().clone(), columns, vec![true, false]).unwrap();
        assert_eq!(replaced.row(&"a".into()), Some(Row(1)));
        assert_eq!(replaced.live_rows().collect::<Vec<_>>(), [Row(1)]);
    }
}
