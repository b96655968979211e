//! When is it, in Bogotá? The city's clock, seasons and public holidays, and the day the demo is made for.

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan};
use triqueta::catalog::{AvailabilityWindow, City, OffsetInterval, Place, Season};

use super::error::{DemoError, Result};

/// A day in milliseconds.
pub(super) const DAY_MS: i64 = 86_400_000;
/// An hour in milliseconds.
pub(super) const HOUR_MS: i64 = 3_600_000;
/// A minute in milliseconds.
pub(super) const MINUTE_MS: i64 = 60_000;
/// Bogotá's clock: five hours behind UTC, without daylight saving since 1993.
const OFFSET_MINUTES: i32 = -300;

/// A local day of Bogotá, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i32);

impl Day {
    /// The day it is now in Bogotá.
    pub fn today() -> Self {
        let local_ms = Timestamp::now().as_millisecond() + i64::from(OFFSET_MINUTES) * MINUTE_MS;
        Self(i32::try_from(local_ms.div_euclid(DAY_MS)).unwrap_or(i32::MAX))
    }

    /// Reads `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`DemoError::Day`] for anything but a date of the years 2001 to 2098.
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = |detail: String| DemoError::Day {
            found: text.chars().take(40).collect(),
            detail,
        };
        let date: Date = text
            .parse()
            .map_err(|error: jiff::Error| refuse(error.to_string()))?;
        if (2001..=2098).contains(&date.year()) {
            Ok(Self::of(date))
        } else {
            Err(refuse("too far away".into()))
        }
    }

    /// The moment it begins, Unix ms.
    pub fn start_ms(self) -> i64 {
        i64::from(self.0) * DAY_MS - i64::from(OFFSET_MINUTES) * MINUTE_MS
    }

    /// Monday = 0 to Sunday = 6.
    pub fn weekday(self) -> u8 {
        u8::try_from((i64::from(self.0) + 3).rem_euclid(7)).unwrap_or(0)
    }

    /// The day `days` later.
    pub fn plus(self, days: i32) -> Self {
        Self(self.0 + days)
    }

    fn of(date: Date) -> Self {
        Self((date - Date::constant(1970, 1, 1)).get_days())
    }

    fn date(self) -> Date {
        Date::constant(1970, 1, 1).saturating_add(self.0.days())
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.date().fmt(formatter)
    }
}

/// The city as the recommender needs it, with the public holidays of the years around `day`.
pub fn bogota(day: Day) -> City {
    let year = day.date().year();
    let mut holidays: Vec<i32> = (year - 1..=year + 1)
        .flat_map(holidays)
        .map(|day| day.0)
        .collect();
    holidays.sort_unstable();
    let window =
        |name: &str, weekdays: std::ops::Range<u8>, from_hour, until_hour| AvailabilityWindow {
            name: name.to_owned(),
            weekdays: weekdays.collect(),
            from_hour,
            until_hour,
        };
    City {
        simulated: true,
        name: "Bogotá".into(),
        currency: "COP".into(),
        centre: Some(Place {
            lat: 4.6270,
            lon: -74.0660,
        }),
        offsets: vec![OffsetInterval {
            from_ms: 0,
            minutes: OFFSET_MINUTES,
        }],
        holidays,
        seasons: vec![
            Season {
                name: "lluvias".into(),
                months: vec![3, 4, 5, 9, 10, 11],
            },
            Season {
                name: "seca".into(),
                months: vec![1, 2, 6, 7, 8, 12],
            },
        ],
        availability: vec![
            window("mañana", 0..7, 5, 12),
            window("tarde", 0..7, 12, 18),
            window("noche", 0..7, 18, 24),
            window("fin_de_semana", 5..7, 0, 24),
        ],
    }
}

/// Colombia's eighteen public holidays of a year: fixed ones, those moved to the following Monday (Ley 51 de 1983), and
/// those that follow Easter.
fn holidays(year: i16) -> Vec<Day> {
    let date = |(month, day): (i8, i8)| Day::of(Date::new(year, month, day).unwrap_or(Date::ZERO));
    let fixed = [(1, 1), (5, 1), (7, 20), (8, 7), (12, 8), (12, 25)].map(date);
    let moved = [
        (1, 6),
        (3, 19),
        (6, 29),
        (8, 15),
        (10, 12),
        (11, 1),
        (11, 11),
    ]
    .map(date)
    .map(following_monday);
    let after_easter = [-3, -2, 43, 64, 71].map(|days| easter(year).plus(days));
    fixed.into_iter().chain(moved).chain(after_easter).collect()
}

fn following_monday(day: Day) -> Day {
    let until =
        Weekday::Monday.to_monday_zero_offset() - day.date().weekday().to_monday_zero_offset();
    day.plus(i32::from(until).rem_euclid(7))
}

/// Easter Sunday of the Gregorian calendar (the anonymous algorithm printed in Nature, 20 April 1876).
fn easter(year: i16) -> Day {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let (month, day) = ((h + l - 7 * m + 114) / 31, (h + l - 7 * m + 114) % 31 + 1);
    let part = |value: i32| i8::try_from(value).unwrap_or(1);
    Day::of(Date::new(year, part(month), part(day)).unwrap_or(Date::ZERO))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_holidays_of_2026_are_those_of_the_official_calendar() {
        let mut days: Vec<String> = holidays(2026).iter().map(Day::to_string).collect();
        days.sort();
        let official = [
            "2026-01-01",
            "2026-01-12",
            "2026-03-23",
            "2026-04-02",
            "2026-04-03",
            "2026-05-01",
            "2026-05-18",
            "2026-06-08",
            "2026-06-15",
            "2026-06-29",
            "2026-07-20",
            "2026-08-07",
            "2026-08-17",
            "2026-10-12",
            "2026-11-02",
            "2026-11-16",
            "2026-12-08",
            "2026-12-25",
        ];
        assert_eq!(days, official);
    }

    #[test]
    fn a_day_is_read_and_printed_and_begins_at_local_midnight() {
        let day = Day::parse("2026-11-22").unwrap();
        assert_eq!(day.to_string(), "2026-11-22");
        assert_eq!(day.weekday(), 6);
        assert_eq!(day.start_ms(), 1_795_323_600_000); // 05:00 UTC
        let local = bogota(day).local_time(day.start_ms());
        assert_eq!((local.day, local.hour, local.weekday), (day.0, 0, 6));
    }

    #[test]
    fn what_is_not_a_day_is_refused_with_a_way_out() {
        for text in ["", "ayer", "2026-02-30", "1900-01-01", "2026-13-01"] {
            let error = Day::parse(text).unwrap_err();
            assert_eq!(error.code(), "DEMO_DAY");
            assert!(error.to_string().contains("YYYY-MM-DD"), "{error}");
        }
    }
}
