//! Which simple properties does a regression of taste see in an activity?
//!
//! Each is one code and a value, mostly 1: its type, its type *and* the kind of day together, its tags, organiser, series,
//! the part of the day, its price on a ladder and its place on a grid, both interpolated so that a weight speaks for the
//! surroundings too, the activity itself, and where it agrees with what the visitor declared. What somebody filled in at
//! all tells what sort of visitor they are: some facets are there once more for each sort.

use crate::catalog::{City, Place, Row, Words};
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
pub(super) const ITSELF: Family = undirected(11, CONTENT, 0.3, 0.2);
const BY_SORT: Family = undirected(13, CONTENT, 0.3, 0.0);
/// One visitor's way along a learned direction.
pub(super) const DIRECTION: Family = undirected(14, CONTENT, 0.0, 1.0);

/// Families in the order of their numbers, from 1.
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
    let place = (code >> 24).checked_sub(1)?;
    FAMILIES.get(place as usize).copied()
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

    /// The facets of one property alone, in the order an activity has them; `add` gets each code and how far it is had.
    // Whoever calls it knows what sort of property it is: inlined, most of it is not there.
    #[inline(always)]
    pub(super) fn facets_of(&self, property: Property, mut add: impl FnMut(u32, f32)) {
        // Sort 0 told nothing: its weights are the common ones.
        let by_sort = |group: u32, code: u32| {
            let is_apart = self.sort != 0 && code < 1 << 18;
            is_apart.then(|| BY_SORT.code(self.sort << 20 | group << 18 | code))
        };
        let flag = |condition: bool| u32::from(condition);
        match property {
            Property::Kind { kind: 0, .. } => {}
            Property::Kind { kind, day_off } => {
                let on_such_days = u32::from(kind) << 1 | flag(day_off);
                add(TYPE.code(u32::from(kind)), 1.0);
                add(TYPE_AND_DAY.code(on_such_days), 1.0);
                by_sort(0, on_such_days)
                    .into_iter()
                    .for_each(|code| add(code, 1.0));
            }
            Property::Tag(tag) => add(TAG.code(u32::from(tag)), 1.0),
            Property::Level(code) => known(code, |code| add(LEVEL.code(code), 1.0)),
            Property::Organiser(code) => known(code, |code| add(ORGANISED_BY.code(code), 1.0)),
            Property::Series(code) => known(code, |code| add(SERIES.code(code), 1.0)),
            Property::Locality(code) => known(code, |code| add(LOCALITY.code(code), 1.0)),
            Property::Price(price) => price_facets(price, |code, value| {
                add(PRICE.code(code), value);
                by_sort(1, code)
                    .into_iter()
                    .for_each(|code| add(code, value));
            }),
            Property::Slot { slot, day_off } => {
                add(SLOT_AND_DAY.code(u32::from(slot) << 1 | flag(day_off)), 1.0);
            }
            Property::Corner(code, share) => add(GRID.code(code), share),
            Property::Row(row) if row.0 < 1 << 24 => add(ITSELF.code(row.0), 1.0),
            Property::Row(_) => {}
            Property::Agreement(agreement) => {
                self.agrees(agreement, |code, value| {
                    add(DECLARED.code(code), value);
                    let apart = (code < AGREEMENTS_BY_SORT).then(|| by_sort(2, code));
                    apart
                        .flatten()
                        .into_iter()
                        .for_each(|code| add(code, value));
                });
            }
        }
    }

    /// How many of these tags the visitor declared.
    pub(super) fn tags_in_common(&self, tags: &[u16]) -> usize {
        tags.iter().filter(|tag| self.tags.contains(tag)).count()
    }

    /// How an activity agrees, as codes of [`DECLARED`]: tags in common, at all and how many; when there is time; where; how
    /// hard; and then window by window, on working days and days off: who has time in the evening may mean weekdays.
    fn agrees(&self, agreement: Agreement, mut add: impl FnMut(u32, f32)) {
        let mut sides = |code: u32, known: bool, agrees: bool| {
            if known {
                add(code, if agrees { 0.5 } else { -0.5 });
            }
        };
        let is_available = self.availability != 0;
        match agreement {
            Agreement::Tags(0) => {}
            Agreement::Tags(common) => {
                add(0, 1.0);
                add(1, common.min(3) as f32);
            }
            Agreement::Time(windows) => {
                sides(2, is_available, self.availability & windows != 0);
            }
            Agreement::Locality(code) => {
                if self.locality != 0 && self.locality == code {
                    add(3, 1.0);
                }
            }
            Agreement::Level(code) => {
                sides(4, self.level != 0 && code != 0, self.level == code);
            }
            Agreement::Windows { windows, day_off } if is_available => {
                for window in (0..16_u32).filter(|window| windows >> window & 1 == 1) {
                    let code = AGREEMENTS_BY_SORT + (window << 1 | u32::from(day_off));
                    let declared = self.availability >> window & 1 == 1;
                    sides(code, true, declared);
                }
            }
            Agreement::Windows { .. } => {}
        }
    }
}

/// One property of an activity that has facets of its own, whatever the others are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Property {
    Kind {
        kind: u16,
        day_off: bool,
    },
    Tag(u16),
    Level(u16),
    Organiser(u16),
    Series(u16),
    Locality(u16),
    Price(f32),
    Slot {
        slot: u8,
        day_off: bool,
    },
    /// One corner of the grid around its place, and its share of it.
    Corner(u32, f32),
    Row(Row),
    Agreement(Agreement),
}

/// What an activity can agree with a visitor's declarations in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Agreement {
    /// So many tags in common.
    Tags(usize),
    /// The windows of availability it falls in, one bit each.
    Time(u16),
    Locality(u16),
    Level(u16),
    Windows {
        windows: u16,
        day_off: bool,
    },
}

fn known(code: u16, add: impl FnOnce(u32)) {
    if code != 0 {
        add(u32::from(code));
    }
}

fn price_facets(price: f32, mut add: impl FnMut(u32, f32)) {
    if !price.is_nan() {
        add(0, ln_1p(price) / 10.0);
    }
    if price >= 1.0 {
        let doublings = libm::log2f(price).min(60.0);
        let rung = libm::floorf(doublings);
        add(1 + rung as u32, 1.0 - (doublings - rung));
        add(2 + rung as u32, doublings - rung);
    }
}

/// The corners of the grid around a place, and its shares of them.
pub(super) type Corners = [(u32, f32); 4];

/// The corners around a place; nothing where it or the city's centre is unknown.
pub(super) fn grid_corners(place: (f32, f32), centre: Option<&Place>) -> Option<Corners> {
    let centre = centre.filter(|_| place.0.is_finite() && place.1.is_finite())?;
    let narrowing = libm::cos(centre.lat.to_radians()) as f32;
    let cells = |degrees: f32| degrees * (KM_PER_DEGREE / GRID_KM);
    let north = cells(place.0 - centre.lat as f32);
    let east = cells(place.1 - centre.lon as f32) * narrowing;
    Some(corners(north, east))
}

/// The four corners of the cell a point lies in, with bilinear shares.
fn corners(north: f32, east: f32) -> Corners {
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
    fn a_family_is_found_by_its_number() {
        for family in FAMILIES {
            assert_eq!(family_of(family.code(7)), Some(family));
        }
        assert_eq!(family_of(READINESS), None);
        assert_eq!(family_of((FAMILIES.len() as u32 + 1) << 24), None);
    }

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
