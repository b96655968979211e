//! The city as data: its clock, its calendar, its seasons, and what its visitors call the parts of a day.
//!
//! The device's time zone is never read. UTC offsets come as intervals, holidays as local dates, both computed by the
//! trainer from a time zone database, so that the browser and the trainer agree on what "Saturday evening" is.

use serde::{Deserialize, Serialize};

use super::Place;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

/// From when on which UTC offset holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OffsetInterval {
    /// Start of the interval, Unix ms.
    pub from_ms: i64,
    /// Local time minus UTC, minutes.
    pub minutes: i32,
}

crate::json::object! { OffsetInterval: strict { from_ms, minutes } }

/// A named part of the year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Season {
    /// Its name, such as `lluvias`.
    pub name: String,
    /// The months it covers, 1 to 12.
    pub months: Vec<u8>,
}

crate::json::object! { Season: strict { name, months } }

/// A part of the week a visitor may be available in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AvailabilityWindow {
    /// Its name in the profile, such as `tarde`.
    pub name: String,
    /// Local weekdays it covers, Monday = 0 to Sunday = 6.
    pub weekdays: Vec<u8>,
    /// First local hour, 0 to 23.
    pub from_hour: u8,
    /// The hour it ends before, 1 to 24.
    pub until_hour: u8,
}

crate::json::object! { AvailabilityWindow: strict { name, weekdays, from_hour, until_hour } }

/// A moment on the city's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// Days since 1970-01-01, local.
    pub day: i32,
    /// Month, 1 to 12.
    pub month: u8,
    /// Monday = 0 to Sunday = 6.
    pub weekday: u8,
    /// Hour, 0 to 23.
    pub hour: u8,
}

impl LocalTime {
    /// Whether it is a Saturday or Sunday.
    pub fn is_weekend(&self) -> bool {
        self.weekday >= 5
    }

    /// The four-hour slot of the day, 0 to 5.
    pub fn slot(&self) -> u8 {
        self.hour / 4
    }
}

/// What the recommender must know of a city.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct City {
    /// Its name.
    pub name: String,
    /// ISO 4217 code of the currency of prices.
    #[serde(default)]
    pub currency: String,
    /// A point distances are projected around.
    #[serde(default)]
    pub centre: Option<Place>,
    /// UTC offsets, in order of time; before the first its offset holds too. Empty means UTC.
    #[serde(default)]
    pub offsets: Vec<OffsetInterval>,
    /// Public holidays as local days since 1970-01-01, sorted.
    #[serde(default)]
    pub holidays: Vec<i32>,
    /// Seasons; months in none belong to the unknown season.
    #[serde(default)]
    pub seasons: Vec<Season>,
    /// Parts of the week visitors choose from.
    #[serde(default)]
    pub availability: Vec<AvailabilityWindow>,
    /// Whether activities and visitors are invented: a page must then say so where nobody can miss it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub simulated: bool,
}

crate::json::object! {
    City: strict
    { name }
    { currency, centre, offsets, holidays, seasons, availability, simulated }
}

impl City {
    /// Local time minus UTC at a moment, minutes.
    pub fn offset_minutes(&self, time_ms: i64) -> i32 {
        let after = self
            .offsets
            .partition_point(|interval| interval.from_ms <= time_ms);
        self.offsets
            .get(after.saturating_sub(1))
            .map_or(0, |interval| interval.minutes)
    }

    /// The moment on the city's clock.
    pub fn local_time(&self, time_ms: i64) -> LocalTime {
        let offset = self.offset_minutes(time_ms);
        let local_ms = time_ms.saturating_add(i64::from(offset) * MINUTE_MS);
        let day = i32::try_from(local_ms.div_euclid(DAY_MS)).unwrap_or(if local_ms < 0 {
            i32::MIN
        } else {
            i32::MAX
        });
        LocalTime {
            day,
            month: month_of(day),
            weekday: u8::try_from((i64::from(day) + 3).rem_euclid(7)).unwrap_or(0),
            hour: u8::try_from(local_ms.rem_euclid(DAY_MS) / (60 * MINUTE_MS)).unwrap_or(0),
        }
    }

    /// Whether the local day is a public holiday.
    pub fn is_holiday(&self, local: LocalTime) -> bool {
        self.holidays.binary_search(&local.day).is_ok()
    }

    /// The season's number, from 1 in the order of [`City::seasons`]; 0 where no season covers the month.
    pub fn season(&self, local: LocalTime) -> u8 {
        let found = self
            .seasons
            .iter()
            .position(|season| season.months.contains(&local.month));
        found
            .and_then(|index| u8::try_from(index + 1).ok())
            .unwrap_or(0)
    }

    /// The availability windows the moment falls in, bit `i` for window `i` (the first 16 count).
    pub fn availability(&self, local: LocalTime) -> u16 {
        let mut bits = 0;
        for (index, window) in self.availability.iter().take(16).enumerate() {
            if window.weekdays.contains(&local.weekday)
                && (window.from_hour..window.until_hour).contains(&local.hour)
            {
                bits |= 1 << index;
            }
        }
        bits
    }
}

/// The month of a day since 1970-01-01 in the proleptic Gregorian calendar (Hinnant, "chrono-compatible low-level date
/// algorithms", civil_from_days).
fn month_of(day: i32) -> u8 {
    let shifted = i64::from(day) + 719_468;
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    u8::try_from(if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    })
    .unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bogota() -> City {
        City {
            name: "Bogotá".into(),
            offsets: vec![OffsetInterval {
                from_ms: 0,
                minutes: -300,
            }],
            holidays: vec![20_089],
            seasons: vec![Season {
                name: "lluvias".into(),
                months: vec![4, 5, 10, 11],
            }],
            availability: vec![
                AvailabilityWindow {
                    name: "noche".into(),
                    weekdays: (0..7).collect(),
                    from_hour: 18,
                    until_hour: 24,
                },
                AvailabilityWindow {
                    name: "fin_de_semana".into(),
                    weekdays: vec![5, 6],
                    from_hour: 0,
                    until_hour: 24,
                },
            ],
            ..City::default()
        }
    }

    #[test]
    fn the_citys_clock_decides_the_day_not_utc() {
        // 2024-11-24T01:30:00Z is Saturday 2024-11-23, 20:30 in Bogotá.
        let local = bogota().local_time(1_732_411_800_000);
        assert_eq!((local.month, local.weekday, local.hour), (11, 5, 20));
        assert!(local.is_weekend());
        assert_eq!(bogota().availability(local), 0b11);
        assert_eq!(bogota().season(local), 1);
    }

    #[test]
    fn new_year_2025_is_a_holiday_in_january() {
        let local = bogota().local_time(1_735_747_200_000); // 2025-01-01T16:00Z
        assert_eq!(
            (local.day, local.month, local.weekday, local.hour),
            (20_089, 1, 2, 11)
        );
        assert!(bogota().is_holiday(local));
    }

    #[test]
    fn impossible_times_do_not_panic() {
        for time_ms in [i64::MIN, i64::MAX, -1, 0] {
            let local = bogota().local_time(time_ms);
            assert!(local.weekday < 7 && local.hour < 24 && (1..=12).contains(&local.month));
        }
    }
}
