//! Which simple properties does a regression of taste see in an activity?
//!
//! Each is one code and a value, mostly 1: its type, its type *and* the kind of day together, its tags, organiser, series,
//! the part of the day, its price on a ladder and its place on a grid, both interpolated so that a weight speaks for the
//! surroundings too, the activity itself, and where it agrees with what the visitor declared. What somebody filled in at
//! all tells what sort of visitor they are: some facets are there once more for each sort.

use super::activity::ActivityRow;
use crate::catalog::{Catalog, City, Place, Row, Words};
use crate::history::Profile;
use crate::math::ln_1p;

/// What facets speak of: content, organiser, place, schedule.
pub(super) const PARTS: usize = 4;
const CONTENT: usize = 0;
const ORGANISER: usize = 1;
const PLACE: usize = 2;
const SCHEDULE: usize = 3;

/// A family of facets: the part it belongs to, and the standard deviation of its weights before anything is known. Small:
/// only a long history moves it. Large: one click does. The widths were set by hand on the demo city of seed 1, not searched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Family {
    number: u32,
    pub(super) part: usize,
    /// Of the common weights.
    pub(super) common: f32,
    /// Of one visitor's departures from them; 0 where visitors do not depart.
    pub(super) own: f32,
    /// Whether departures go together with others: in what directions is learned.
    pub(super) directed: bool,
}

const fn family(number: u32, part: usize, common: f32, own: f32) -> Family {
    Family {
        number,
        part,
        common,
        own,
        directed: true,
    }
}

impl Family {
    /// The code of one of its facets.
    pub(super) const fn code(self, code: u32) -> u32 {
        self.number << 24 | code
    }
}

const fn undirected(number: u32, part: usize, common: f32, own: f32) -> Family {
    Family {
        directed: false,
        ..family(number, part, common, own)
    }
}

/// How ready the visitor is to want anything: keeps the others from explaining it, and says nothing of an activity.
pub(super) const READINESS: u32 = 0;
const TYPE: Family = family(1, CONTENT, 0.4, 0.2);
const TYPE_AND_DAY: Family = family(2, CONTENT, 0.6, 0.9);
const TAG: Family = family(3, CONTENT, 0.5, 0.25);
const LEVEL: Family = family(4, CONTENT, 0.3, 0.15);
const PRICE: Family = family(5, CONTENT, 0.5, 0.25);
const ORGANISED_BY: Family = undirected(6, ORGANISER, 0.5, 0.25);
const SERIES: Family = undirected(7, ORGANISER, 0.6, 0.35);
const LOCALITY: Family = family(8, PLACE, 0.3, 0.2);
const GRID: Family = family(9, PLACE, 0.6, 0.35);
const SLOT_AND_DAY: Family = family(10, SCHEDULE, 0.7, 0.4);
const DECLARED: Family = undirected(12, CONTENT, 1.0, 0.25);
const ITSELF: Family = undirected(11, CONTENT, 0.3, 0.2);
const BY_SORT: Family = undirected(13, CONTENT, 0.3, 0.0);
/// One visitor's way along a learned direction.
pub(super) const DIRECTION: Family = undirected(14, CONTENT, 0.0, 1.0);

/// Families by number, for the variances.
const FAMILIES: [Family; 14] = [
    TYPE,
    TYPE_AND_DAY,
    TAG,
    LEVEL,
    PRICE,
    ORGANISED_BY,
    SERIES,
    LOCALITY,
    GRID,
    SLOT_AND_DAY,
    ITSELF,
    DECLARED,
    BY_SORT,
    DIRECTION,
];

/// Edge of the grid that places are interpolated on.
const GRID_KM: f32 = 1.2;
const GRID_LIMIT: f32 = 500.0;
const KM_PER_DEGREE: f32 = 111.195;

/// The family a code belongs to; readiness has none.
pub(super) fn family_of(code: u32) -> Option<Family> {
    FAMILIES
        .into_iter()
        .find(|family| family.number == code >> 24)
}

/// One facet of an activity, and how far the activity has it: mostly 1.
pub(super) type Facet = (u32, f32);

/// What the visitor told about themselves, in the catalogue's codes: an activity agrees with it or not, and how much that
/// counts is learned like any other weight, for all and for each.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Declared {
    tags: Vec<u16>,
    locality: u16,
    level: u16,
    availability: u16,
    sort: u32,
}

/// How many of the agreements are there for each sort of visitor too: those that speak of one thing each.
const AGREEMENTS_BY_SORT: u32 = 5;

impl Declared {
    pub(super) fn of(profile: &Profile, city: &City, words: &Words) -> Self {
        let tags = profile.tags.iter().map(|tag| words.tags.code(tag));
        let windows = city.availability.iter().take(16).enumerate();
        let tags: Vec<u16> = tags.filter(|&code| code != 0).collect();
        let is_given = |given: bool, bit: u32| u32::from(given) << bit;
        let several = match tags.len() {
            0 => 0,
            1..=2 => 1,
            3..=4 => 2,
            _ => 3,
        };
        Self {
            sort: several
                | is_given(!profile.availability.is_empty(), 2)
                | is_given(profile.level.is_some(), 3),
            tags,
            locality: words.localities.code_of(profile.locality.as_deref()),
            level: words.levels.code_of(profile.level.as_deref()),
            availability: windows
                .filter(|(_, window)| profile.availability.contains(&window.name))
                .fold(0, |bits, (index, _)| bits | 1 << index),
        }
    }

    /// How an activity agrees, as codes of [`DECLARED`]: tags in common, at all and how many; when there is time; where; how
    /// hard; and then window by window, on working days and days off: who has time in the evening may mean weekdays.
    fn agreement(&self, activity: &Outline<'_>) -> Vec<(u32, f32)> {
        let flag = |condition: bool| f32::from(u8::from(condition));
        let common = activity.tags.iter().filter(|tag| self.tags.contains(tag));
        let common = common.count().min(3) as f32;
        let sides = |known: bool, agrees: bool| match (known, agrees) {
            (false, _) => 0.0,
            (true, true) => 0.5,
            (true, false) => -0.5,
        };
        let mut agreement = vec![
            (0, flag(common > 0.0)),
            (1, common),
            (
                2,
                sides(
                    self.availability != 0,
                    self.availability & activity.availability != 0,
                ),
            ),
            (
                3,
                flag(self.locality != 0 && self.locality == activity.locality),
            ),
            (
                4,
                sides(
                    self.level != 0 && activity.level != 0,
                    self.level == activity.level,
                ),
            ),
        ];
        let windows = (0..16_u32).filter(|window| activity.availability >> window & 1 == 1);
        agreement.extend(windows.map(|window| {
            let code = AGREEMENTS_BY_SORT + (window << 1 | u32::from(activity.day_off));
            let declared = self.availability >> window & 1 == 1;
            (code, sides(self.availability != 0, declared))
        }));
        agreement.retain(|&(_, value)| value != 0.0);
        agreement
    }
}

/// What both forms of an activity have in common.
pub(super) struct Outline<'a> {
    row: Option<Row>,
    kind: u16,
    tags: &'a [u16],
    level: u16,
    price: f32,
    organiser: u16,
    series: u16,
    locality: u16,
    place: (f32, f32),
    slot: u8,
    day_off: bool,
    availability: u16,
}

impl<'a> Outline<'a> {
    pub(super) fn of_row(catalog: &'a Catalog, row: Row) -> Self {
        let (columns, index) = (catalog.columns(), row.index());
        Self {
            row: Some(row),
            kind: columns.kind[index],
            tags: catalog.tags(row),
            level: columns.level[index],
            price: columns.price[index],
            organiser: columns.organiser[index],
            series: columns.series[index],
            locality: columns.locality[index],
            place: (columns.lat[index], columns.lon[index]),
            slot: columns.hour[index] / 4,
            day_off: columns.weekday[index] >= 5 || columns.holiday[index] != 0,
            availability: columns.availability[index],
        }
    }

    pub(super) fn of_activity(activity: &'a ActivityRow, availability: u16) -> Self {
        Self {
            row: None,
            kind: activity.kind,
            tags: &activity.tags,
            level: activity.level,
            price: activity.price,
            organiser: activity.organiser,
            series: activity.series,
            locality: activity.locality,
            place: activity.place,
            slot: activity.slot,
            day_off: activity.is_day_off(),
            availability,
        }
    }

    /// The facets, by code ascending within a family and families in order.
    pub(super) fn facets(&self, centre: Option<Place>, declared: &Declared) -> Vec<Facet> {
        let mut facets = Vec::with_capacity(40);
        let mut add = |family: Family, code: u32, value: f32| {
            facets.push((family.number << 24 | code, value));
            // Sort 0 told nothing: its weights are the common ones.
            let group = match family.number {
                number if number == TYPE_AND_DAY.number => 0,
                number if number == PRICE.number => 1,
                number if number == DECLARED.number && code < AGREEMENTS_BY_SORT => 2,
                _ => return,
            };
            if declared.sort != 0 && code < 1 << 18 {
                let code = declared.sort << 20 | group << 18 | code;
                facets.push((BY_SORT.number << 24 | code, value));
            }
        };
        let day = u32::from(self.day_off);
        for (family, code) in [
            (TYPE, u32::from(self.kind)),
            (TYPE_AND_DAY, u32::from(self.kind) << 1 | day),
        ] {
            if self.kind != 0 {
                add(family, code, 1.0);
            }
        }
        self.tags
            .iter()
            .for_each(|&tag| add(TAG, u32::from(tag), 1.0));
        for (family, code) in [
            (LEVEL, self.level),
            (ORGANISED_BY, self.organiser),
            (SERIES, self.series),
            (LOCALITY, self.locality),
        ] {
            if code != 0 {
                add(family, u32::from(code), 1.0);
            }
        }
        if !self.price.is_nan() {
            add(PRICE, 0, ln_1p(self.price) / 10.0);
        }
        if self.price >= 1.0 {
            let doublings = libm::log2f(self.price).min(60.0);
            let rung = libm::floorf(doublings);
            add(PRICE, 1 + rung as u32, 1.0 - (doublings - rung));
            add(PRICE, 2 + rung as u32, doublings - rung);
        }
        add(SLOT_AND_DAY, u32::from(self.slot) << 1 | day, 1.0);
        if let Some(centre) =
            centre.filter(|_| self.place.0.is_finite() && self.place.1.is_finite())
        {
            let narrowing = libm::cos(centre.lat.to_radians()) as f32;
            let cells = |degrees: f32| degrees * (KM_PER_DEGREE / GRID_KM);
            let north = cells(self.place.0 - centre.lat as f32);
            let east = cells(self.place.1 - centre.lon as f32) * narrowing;
            for (code, share) in corners(north, east) {
                add(GRID, code, share);
            }
        }
        if let Some(row) = self.row.filter(|row| row.0 < 1 << 24) {
            add(ITSELF, row.0, 1.0);
        }
        for (code, value) in declared.agreement(self) {
            add(DECLARED, code, value);
        }
        facets
    }
}

/// The four corners of the cell a point lies in, with bilinear shares.
fn corners(north: f32, east: f32) -> [(u32, f32); 4] {
    let split = |x: f32| {
        let x = x.clamp(-GRID_LIMIT, GRID_LIMIT);
        let low = libm::floorf(x);
        ((low + GRID_LIMIT) as u32, x - low)
    };
    let ((row, up), (column, right)) = (split(north), split(east));
    let code = |row: u32, column: u32| row << 12 | column;
    [
        (code(row, column), (1.0 - up) * (1.0 - right)),
        (code(row, column + 1), (1.0 - up) * right),
        (code(row + 1, column), up * (1.0 - right)),
        (code(row + 1, column + 1), up * right),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_shared_out_among_the_corners_around_it() {
        let shares = corners(0.25, -1.5);
        assert!((shares.iter().map(|corner| corner.1).sum::<f32>() - 1.0).abs() < 1e-6);
        assert!((shares[0].1 - 0.75 * 0.5).abs() < 1e-6);
        let far = corners(1e9, -1e9);
        assert!(
            far.iter()
                .all(|corner| corner.1.is_finite() && corner.0 < 1 << 24)
        );
    }
}
