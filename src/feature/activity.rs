//! The activity as a model sees it: codes, and numbers of order one.
//!
//! There is one way to make this row, from raw content, so that an activity in the catalogue and the same activity
//! remembered in a history, or described to a device that never downloaded it, give the same row.

use crate::catalog::{Catalog, City, Content, Row, Words, text_codes};
use crate::math::ln_1p;

/// Names of [`ActivityRow::numbers`], in order.
pub const ACTIVITY_NUMBERS: [&str; 12] = [
    "price_log",
    "price_known",
    "free",
    "weekend",
    "holiday",
    "density_log",
    "transit_near",
    "transit_known",
    "north_of_centre",
    "east_of_centre",
    "place_known",
    "duration_log",
];

/// Column of `holiday`.
const HOLIDAY: usize = 4;
/// Degrees of latitude or longitude that count as one unit away from the centre: about eleven kilometres.
const DEGREES_PER_UNIT: f64 = 0.1;

/// One activity, ready for a model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ActivityRow {
    /// Code of the type.
    pub kind: u16,
    /// Codes of the tags, ascending.
    pub tags: Vec<u16>,
    /// Codes of the words its text is known by, ascending.
    pub text: Vec<u16>,
    /// Code of the locality.
    pub locality: u16,
    /// Code of the level.
    pub level: u16,
    /// Code of the organiser.
    pub organiser: u16,
    /// Code of the series.
    pub series: u16,
    /// Season of the start, 0 unknown.
    pub season: u8,
    /// Local weekday of the start, Monday = 0.
    pub weekday: u8,
    /// Four-hour slot of the start, 0 to 5.
    pub slot: u8,
    /// Latitude and longitude, degrees; NaN where unknown.
    pub place: (f32, f32),
    /// Price in the city's currency; NaN where unknown.
    pub price: f32,
    /// Columns as [`ACTIVITY_NUMBERS`] names them.
    pub numbers: [f32; ACTIVITY_NUMBERS.len()],
}

impl ActivityRow {
    /// Whether it starts on a weekend or a public holiday.
    pub fn is_day_off(&self) -> bool {
        self.weekday >= 5 || self.numbers[HOLIDAY] > 0.0
    }

    /// The row of a catalogue entry.
    pub fn of_row(catalog: &Catalog, row: Row) -> Self {
        Self::of_content(&catalog.content(row), catalog.city(), catalog.words())
    }

    /// The row of raw content, such as a history remembers.
    pub fn of_content(content: &Content, city: &City, words: &Words) -> Self {
        let local = city.local_time(content.start_ms);
        let mut tags: Vec<u16> = content
            .tags
            .iter()
            .map(|tag| words.tags.code(tag))
            .filter(|&code| code != 0)
            .collect();
        tags.sort_unstable();
        tags.dedup();
        let place = content.place.map_or((f32::NAN, f32::NAN), |place| {
            (place.lat as f32, place.lon as f32)
        });
        Self {
            kind: words.types.code_of(content.kind.as_deref()),
            tags,
            text: text_codes(&content.text, &words.text),
            locality: words.localities.code_of(content.locality.as_deref()),
            level: words.levels.code_of(content.level.as_deref()),
            organiser: words.organisers.code_of(content.organiser.as_deref()),
            series: words.series.code_of(content.series.as_deref()),
            season: city.season(local),
            weekday: local.weekday,
            slot: local.slot(),
            place,
            price: content.price.unwrap_or(f32::NAN),
            numbers: numbers(content, city),
        }
    }
}

fn numbers(content: &Content, city: &City) -> [f32; ACTIVITY_NUMBERS.len()] {
    let local = city.local_time(content.start_ms);
    let flag = |condition: bool| f32::from(u8::from(condition));
    let (north, east) = match (content.place, city.centre) {
        (Some(place), Some(centre)) => (
            ((place.lat - centre.lat) / DEGREES_PER_UNIT).clamp(-4.0, 4.0) as f32,
            ((place.lon - centre.lon) / DEGREES_PER_UNIT).clamp(-4.0, 4.0) as f32,
        ),
        _ => (0.0, 0.0),
    };
    let hours = content
        .end_ms
        .map_or(0, |end_ms| end_ms.saturating_sub(content.start_ms).max(0)) as f32
        / 3_600_000.0;
    [
        content.price.map_or(0.0, |price| ln_1p(price) / 10.0),
        flag(content.price.is_some()),
        flag(content.price == Some(0.0)),
        flag(local.is_weekend()),
        flag(city.is_holiday(local)),
        content.density.map_or(0.0, |density| ln_1p(density) / 4.0),
        content
            .transit_m
            .map_or(0.0, |metres| 1.0 / (1.0 + metres / 500.0)),
        flag(content.transit_m.is_some()),
        north,
        east,
        flag(content.place.is_some()),
        ln_1p(hours.min(1_000.0)) / 3.0,
    ]
}
