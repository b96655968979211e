//! What the scan needs of every activity, made once a bundle: what occurs more than once, as codes.
//!
//! An activity that is repeated is one content on many dates, and many activities share a place: a request works out what
//! each content, date and place is worth, and an activity is then the sum of a few of those.

use super::contents::Contents;
use super::facet::{Corners, grid_corners};
use super::pair::{TimeOfWeek, transit_feature};
use super::schema::Schema;
use crate::catalog::{Catalog, Counters, Place, ROW_GROUP, Row};
use crate::math::{Distinct, packed, unpacked};

/// The catalogue as the scan reads it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct ScanCodes {
    /// Of each row, up to the end of the last group.
    pub(super) rows: Vec<RowCodes>,
    pub(super) contents: Contents,
    pub(super) dates: Vec<Date>,
    pub(super) places: Places,
    /// When activities were published.
    pub(super) published: Vec<i64>,
    pub(super) times: Vec<TimeOfWeek>,
    pub(super) starts: Starts,
}

/// Where in a request's table ([`super::scan::PairWorth`]) its parts begin; contents begin at 0.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Starts {
    pub(super) dates: u32,
    pub(super) places: u32,
    pub(super) published: u32,
    pub(super) counts: u32,
}

/// What a row is made of: where in a request's table its content, date and place are, side by side, because they are read
/// together.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct RowCodes {
    pub(super) content: u32,
    pub(super) date: u32,
    pub(super) place: u32,
}

/// When an activity starts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Date {
    pub(super) start_ms: i64,
    /// Its number among times of the week.
    pub(super) time: u32,
}

/// Where activities take place.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Places {
    pub(super) lat: Vec<f32>,
    pub(super) lon: Vec<f32>,
    pub(super) localities: Vec<u16>,
    /// Nearness to public transport, as a feature.
    pub(super) transit: Vec<f32>,
    /// The corners of the grid around places, each once.
    pub(super) corners: Vec<u32>,
    /// Of each place the numbers of its corners, and its shares of them, which are 0 where it is unknown.
    pub(super) shares: Vec<Corners>,
}

impl Places {
    /// The places of a catalogue.
    fn new(catalog: &Catalog, centre: Option<&Place>) -> Self {
        let known = &catalog.columns().places;
        let mut places = Self::default();
        let mut around = Vec::with_capacity(known.len());
        for place in known {
            around.push(grid_corners((place.lat, place.lon), centre));
            places.lat.push(place.lat);
            places.lon.push(place.lon);
            places.localities.push(place.locality);
            places.transit.push(transit_feature(place.transit_m));
        }
        // Corners are numbered among cells, which are fewer than places.
        let lowest = |around: &Option<Corners>| around.map(|corners| corners[0].0);
        let cells = Distinct::of(around.iter().map(lowest));
        let mut of_cells = vec![None; cells.values.len()];
        for (around, &cell) in around.iter().zip(&cells.codes) {
            of_cells[cell as usize] = around.map(|corners| corners.map(|corner| corner.0));
        }
        let corners = Distinct::of(of_cells.iter().flat_map(|cell| cell.unwrap_or_default()));
        let numbers = |cell: u32| {
            let first = 4 * cell as usize;
            [0, 1, 2, 3].map(|corner| corners.codes[first + corner])
        };
        let shares = around.iter().zip(&cells.codes).map(|(around, &cell)| {
            let numbers = numbers(cell);
            let share = |corner: usize| around.map_or(0.0, |corners| corners[corner].1);
            [0, 1, 2, 3].map(|corner| (numbers[corner], share(corner)))
        });
        places.shares = shares.collect();
        places.corners = corners.values;
        places
    }

    /// The corners of the grid around a place, and its shares of them, which add up to 1 where they are known.
    pub(super) fn corners_of(&self, place: u32) -> Option<Corners> {
        let shares = self.shares[place as usize];
        let is_known = shares.iter().any(|&(_, share)| share > 0.0);
        let corner = |(number, share): (u32, f32)| (self.corners[number as usize], share);
        is_known.then(|| shares.map(corner))
    }
}

impl ScanCodes {
    pub(super) fn new(schema: &Schema, catalog: &Catalog) -> Self {
        let columns = catalog.columns();
        let times = Distinct::of(columns.dates.iter().map(TimeOfWeek::of));
        let dates = columns.dates.iter().zip(times.codes);
        let dates = dates.map(|(date, time)| Date {
            start_ms: date.start_ms,
            time,
        });
        let dates: Vec<Date> = dates.collect();
        let (contents, of_contents) = Contents::new(schema, catalog);
        let published = columns.publications_ms.clone();
        let places = Places::new(catalog, schema.city.centre.as_ref());
        let mut starts = Starts {
            dates: contents.codes.len() as u32,
            ..Starts::default()
        };
        starts.places = starts.dates + dates.len() as u32;
        starts.published = starts.places + places.lat.len() as u32;
        starts.counts = starts.published + published.len() as u32;
        let (dates_of, places_of) = (&columns.date_numbers, &columns.place_numbers);
        let rows = of_contents.iter().zip(dates_of).zip(places_of);
        let rows = rows.map(|((&content, date), place)| RowCodes {
            content,
            date: starts.dates + date,
            place: starts.places + place,
        });
        let mut rows: Vec<RowCodes> = rows.collect();
        rows.resize(rows.len().next_multiple_of(ROW_GROUP), RowCodes::default());
        Self {
            rows,
            starts,
            contents,
            dates,
            places,
            published,
            times: times.values,
        }
    }

    /// The number of a row's place.
    pub(super) fn place(&self, row: Row) -> u32 {
        self.rows[row.index()].place - self.starts.places
    }

    /// The lengths of a row's TF-IDF vectors of tags and of words.
    pub(super) fn norms(&self, row: Row) -> [f32; 2] {
        self.contents.norms(self.rows[row.index()].content)
    }
}

/// What is told apart of rows by their publications, and by what is counted of them in the order of
/// [`super::pair::PairSide::counts`].
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct OtherCodes {
    /// Of each row, up to the end of the last group.
    pub(super) rows: Vec<OtherRow>,
    /// Positives, all positives ever, views, and density.
    pub(super) counts: [Vec<f32>; 4],
}

/// Where in a request's table a row's publication and its counts are: apart from [`RowCodes`], because of groups that are left
/// out they are not asked for, and side by side, because who asks for one is far away in memory and asks for the other.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct OtherRow {
    pub(super) published: u32,
    pub(super) counts: u32,
}

impl OtherCodes {
    /// Those of a catalogue, in a table whose parts begin so.
    pub(super) fn new(catalog: &Catalog, counters: &Counters, starts: Starts) -> Self {
        let columns = [
            &counters.positives,
            &counters.positives_total,
            &counters.views,
            &catalog.columns().density,
        ];
        let counts = |row: usize| packed(columns.map(|counts| counts.key(row)));
        let distinct = Distinct::of((0..catalog.len()).map(counts));
        let column = |of: usize| {
            let values = distinct.values.iter();
            values.map(move |&counts| columns[of].of_key(unpacked(counts)[of]))
        };
        let counts = [0, 1, 2, 3].map(|of| column(of).collect());
        let publications = catalog.columns().publication_numbers.iter();
        let rows = publications.zip(&distinct.codes);
        let rows = rows.map(|(published, code)| OtherRow {
            published: starts.published + published,
            counts: starts.counts + code,
        });
        let mut rows: Vec<OtherRow> = rows.collect();
        let none = OtherRow {
            published: starts.published,
            counts: starts.counts,
        };
        rows.resize(rows.len().next_multiple_of(ROW_GROUP), none);
        Self { rows, counts }
    }
}
