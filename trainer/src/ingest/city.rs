//! The city's clock and calendar for the years of the data, from the time zone database that is compiled in.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use triqueta::catalog::{Activity, City, OffsetInterval, Place};

use super::holidays::holidays;
use super::mapping::{CityBlock, Mapping};
use crate::Result;

/// Bundles live on after the data ends: the calendar goes this much further.
const YEARS_AFTER: i16 = 3;
const YEARS_BEFORE: i16 = 1;

/// The city's time zone.
pub(super) fn zone(mapping: &Mapping) -> Result<TimeZone> {
    let name = &mapping.city.time_zone;
    TimeZone::get(name).map_err(|_| {
        let detail = format!("`{name}` is no time zone; give an IANA name such as America/Bogota");
        mapping.impossible("[city] time_zone", &detail)
    })
}

/// The city for data from `first_ms` to `last_ms`.
pub(super) fn city(
    mapping: &Mapping,
    zone: &TimeZone,
    activities: &[Activity],
    first_ms: i64,
    last_ms: i64,
) -> Result<City> {
    let block: &CityBlock = &mapping.city;
    let year = |time_ms: i64| {
        Timestamp::from_millisecond(time_ms)
            .map_or(1970, |moment| moment.to_zoned(zone.clone()).year())
    };
    let (first, last) = (
        year(first_ms).saturating_sub(YEARS_BEFORE),
        year(last_ms).saturating_add(YEARS_AFTER),
    );
    let holidays = holidays(&block.holidays, first, last).map_err(|text| {
        let detail =
            format!("`{text}` is neither a rule nor a rule set; see trainer/mappings/README.md");
        mapping.impossible("[city] holidays", &detail)
    })?;
    Ok(City {
        simulated: false,
        name: block.name.clone(),
        currency: block.currency.clone(),
        centre: block.centre.or_else(|| middle(activities)),
        offsets: offsets(zone, first, last),
        holidays,
        seasons: block.seasons.clone(),
        availability: block.availability.clone(),
    })
}

fn offsets(zone: &TimeZone, first_year: i16, last_year: i16) -> Vec<OffsetInterval> {
    let start = |year: i16| {
        jiff::civil::date(year.clamp(-9000, 9000), 1, 1)
            .to_zoned(TimeZone::UTC)
            .map(|moment| moment.timestamp())
    };
    let (Ok(first), Ok(last)) = (start(first_year), start(last_year.saturating_add(1))) else {
        return Vec::new();
    };
    let interval = |moment: Timestamp| OffsetInterval {
        from_ms: moment.as_millisecond(),
        minutes: zone.to_offset(moment).seconds() / 60,
    };
    let changes = zone
        .following(first)
        .map(|change| change.timestamp())
        .take_while(|&moment| moment < last);
    let mut intervals: Vec<OffsetInterval> = std::iter::once(first)
        .chain(changes)
        .map(interval)
        .collect();
    intervals.dedup_by_key(|interval| interval.minutes);
    intervals
}

/// The median of the coordinates: far outliers do not move it.
fn middle(activities: &[Activity]) -> Option<Place> {
    let median = |axis: fn(Place) -> f64| {
        let mut values: Vec<f64> = activities
            .iter()
            .filter_map(|activity| activity.place.map(axis))
            .collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    Some(Place {
        lat: median(|place| place.lat)?,
        lon: median(|place| place.lon)?,
    })
}
