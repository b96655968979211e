//! Times as sources write them, to Unix milliseconds.

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::cell::Cell;

/// How a column writes times.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(super) enum TimeFormat {
    /// Whole numbers since 1970 in units of so many a second.
    Epoch { per_second: i64 },
    /// ISO 8601 with or without zone, time of day optional.
    Iso,
    /// A strftime pattern, such as `%d/%m/%Y`.
    Pattern(String),
}

impl From<String> for TimeFormat {
    fn from(text: String) -> Self {
        match text.as_str() {
            "epoch_s" => Self::Epoch { per_second: 1 },
            "epoch_ms" => Self::Epoch { per_second: 1_000 },
            "epoch_us" => Self::Epoch {
                per_second: 1_000_000,
            },
            "epoch_ns" => Self::Epoch {
                per_second: 1_000_000_000,
            },
            "iso" => Self::Iso,
            _ => Self::Pattern(text),
        }
    }
}

impl TimeFormat {
    /// The moment; a time without zone is local in `zone`. `None` if the cell is not of this format.
    pub(super) fn parse(&self, cell: &Cell, zone: &TimeZone) -> Option<i64> {
        if let Cell::Time(time_ms) = cell {
            return Some(*time_ms);
        }
        match self {
            Self::Epoch { per_second } => epoch_ms(cell, *per_second),
            Self::Iso => {
                let text = cell.text()?;
                match text.parse::<Timestamp>() {
                    Ok(timestamp) => Some(timestamp.as_millisecond()),
                    Err(_) => local_ms(text.parse::<DateTime>().ok()?, zone),
                }
            }
            Self::Pattern(pattern) => {
                let broken = strtime::parse(pattern, cell.text()?).ok()?;
                if let Ok(timestamp) = broken.to_timestamp() {
                    return Some(timestamp.as_millisecond());
                }
                let date = broken.to_date().ok()?;
                local_ms(
                    date.to_datetime(broken.to_time().unwrap_or(Time::midnight())),
                    zone,
                )
            }
        }
    }
}

fn epoch_ms(cell: &Cell, per_second: i64) -> Option<i64> {
    let whole = match cell {
        Cell::Integer(value) => Some(*value),
        Cell::Text(text) => text.trim().parse::<i64>().ok(),
        _ => None,
    };
    if let Some(value) = whole {
        return if per_second <= 1_000 {
            value.checked_mul(1_000 / per_second)
        } else {
            Some(value.div_euclid(per_second / 1_000))
        };
    }
    let fraction = match cell {
        Cell::Number(value) => *value,
        Cell::Text(text) => text.trim().parse::<f64>().ok()?,
        _ => return None,
    };
    let time_ms = fraction * 1_000.0 / per_second as f64;
    (time_ms.is_finite() && time_ms.abs() < 9e15).then_some(time_ms.round() as i64)
}

/// A local time; where the clock is turned back the first of the two, where it is turned forward the later hour.
fn local_ms(local: DateTime, zone: &TimeZone) -> Option<i64> {
    Some(
        local
            .to_zoned(zone.clone())
            .ok()?
            .timestamp()
            .as_millisecond(),
    )
}

/// `time_ms` moved to the `nth` time of day named in `text`, such as the first of `9:00 a. m. – 1:30 p. m.`.
pub(super) fn at_clock(time_ms: i64, text: &str, nth: usize, zone: &TimeZone) -> Option<i64> {
    let (hour, minute) = *clocks(text).get(nth)?;
    let day: Date = Timestamp::from_millisecond(time_ms)
        .ok()?
        .to_zoned(zone.clone())
        .date();
    // 24:00 is the midnight that ends the day.
    let midnight = local_ms(day.to_datetime(Time::midnight()), zone);
    match Time::new(hour, minute, 0, 0) {
        Ok(time) => local_ms(day.to_datetime(time), zone),
        Err(_) if (hour, minute) == (24, 0) => {
            midnight.map(|start| start + SignedDuration::from_hours(24).as_millis() as i64)
        }
        Err(_) => None,
    }
}

/// Every time of day in a text: `9:00`, `09h30`, `7 pm`, `7:30 p. m.`
fn clocks(text: &str) -> Vec<(i8, i8)> {
    let text = text.to_lowercase();
    let bytes = text.as_bytes();
    let number = |at: usize| {
        let digits = bytes
            .iter()
            .skip(at)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let value = text
            .get(at..at + digits)
            .and_then(|digits| digits.parse::<i8>().ok());
        (value.filter(|_| (1..=2).contains(&digits)), at + digits)
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
            continue;
        }
        let (hour, mut end) = number(at);
        let mut minute = None;
        if matches!(bytes.get(end), Some(b':' | b'h' | b'.'))
            && bytes.get(end + 1).is_some_and(u8::is_ascii_digit)
        {
            (minute, end) = number(end + 1);
        }
        let rest: String = text
            .get(end..)
            .unwrap_or_default()
            .chars()
            .filter(|c| !matches!(c, ' ' | '.' | '\u{a0}'))
            .take(2)
            .collect();
        let half_day = match rest.as_str() {
            "am" => Some(0),
            "pm" => Some(12),
            _ => None,
        };
        if let Some(hour) = hour.filter(|_| minute.is_some() || half_day.is_some()) {
            let hour = half_day.map_or(hour, |offset| hour % 12 + offset);
            found.push((hour, minute.unwrap_or(0)));
        }
        at = end.max(at + 1);
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn parse(format: &str, text: &str) -> Option<i64> {
        let zone = TimeZone::get("America/Bogota").unwrap();
        TimeFormat::from(format.to_owned()).parse(&Cell::Text(text.to_owned()), &zone)
    }

    #[test]
    fn the_same_moment_in_every_notation() {
        let moment = Some(1_732_411_800_000); // 2024-11-24T01:30Z, Saturday evening in Bogotá
        assert_eq!(parse("epoch_ms", "1732411800000"), moment);
        assert_eq!(parse("epoch_s", "1732411800"), moment);
        assert_eq!(parse("epoch_s", "1732411800.0"), moment);
        assert_eq!(parse("epoch_us", "1732411800000000"), moment);
        assert_eq!(parse("iso", "2024-11-24T01:30:00Z"), moment);
        assert_eq!(parse("iso", "2024-11-24T01:30:00+00:00"), moment);
        assert_eq!(parse("iso", "2024-11-23 20:30"), moment);
        assert_eq!(parse("%d/%m/%Y %H:%M", "23/11/2024 20:30"), moment);
    }

    #[test]
    fn a_date_is_a_local_midnight_not_one_of_utc() {
        let midnight = 1_732_338_000_000; // 2024-11-23T05:00Z
        assert_eq!(parse("iso", "2024-11-23"), Some(midnight));
        assert_eq!(parse("%d/%m/%Y", "23/11/2024"), Some(midnight));
        let zone = TimeZone::get("America/Bogota").unwrap();
        assert_eq!(
            at_clock(midnight, "20:30 - 22:00", 0, &zone),
            Some(1_732_411_800_000)
        );
        assert_eq!(at_clock(midnight, "todo el día", 0, &zone), None);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for (format, text) in [
            ("iso", "mañana"),
            ("epoch_ms", "12:00"),
            ("%d/%m/%Y", "31/02/2024"),
            ("epoch_s", "1e300"),
            ("iso", ""),
        ] {
            assert_eq!(parse(format, text), None, "{format} {text}");
        }
    }

    #[test]
    fn times_of_day_are_found_in_prose() {
        assert_eq!(clocks("9:00 a. m. – 1:30 p. m."), [(9, 0), (13, 30)]);
        assert_eq!(clocks("de 08h30 a 24:00"), [(8, 30), (24, 0)]);
        assert_eq!(clocks("12 am, 12 pm"), [(0, 0), (12, 0)]);
        assert_eq!(clocks("sábados, 3 sesiones"), []);
    }
}
