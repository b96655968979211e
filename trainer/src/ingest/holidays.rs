//! Public holidays from rules, for any span of years.
//!
//! A rule is a short text, so that a mapping file can state its own:
//! `12-25` every 25 December; `01-06 monday` moved to the following Monday unless it is one; `easter-2` two days before
//! Easter Sunday; `easter+43` that many days after it; `11 thursday 4` the fourth Thursday of November (`5 monday -1` the
//! last Monday of May); `2026-05-04` that day only. A name stands for a rule set.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// Ley 51 de 1983 ("Ley Emiliani") and the fixed feasts of Colombia.
const COLOMBIA: [&str; 18] = [
    "01-01",
    "01-06 monday",
    "03-19 monday",
    "easter-3",
    "easter-2",
    "05-01",
    "easter+43",
    "easter+64",
    "easter+71",
    "06-29 monday",
    "07-20",
    "08-07",
    "08-15 monday",
    "10-12 monday",
    "11-01 monday",
    "11-11 monday",
    "12-08",
    "12-25",
];

/// Federal holidays of the United States, on their own days (5 U.S.C. 6103; Juneteenth since 2021 is not dated back).
const UNITED_STATES: [&str; 10] = [
    "01-01",
    "1 monday 3",
    "2 monday 3",
    "5 monday -1",
    "07-04",
    "9 monday 1",
    "10 monday 2",
    "11-11",
    "11 thursday 4",
    "12-25",
];

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Yearly {
        month: i8,
        day: i8,
        to_monday: bool,
    },
    Easter {
        offset: i32,
    },
    Nth {
        month: i8,
        weekday: Weekday,
        nth: i8,
    },
    Once(Date),
}

/// The holidays of `first_year` to `last_year` as local days since 1970-01-01, sorted.
///
/// # Errors
/// The first text that is no rule.
pub(super) fn holidays(
    texts: &[String],
    first_year: i16,
    last_year: i16,
) -> Result<Vec<i32>, String> {
    let mut rules = Vec::new();
    for text in texts {
        match text.as_str() {
            "colombia" => rules.extend(COLOMBIA.iter().filter_map(|rule| parse(rule))),
            "united-states" => rules.extend(UNITED_STATES.iter().filter_map(|rule| parse(rule))),
            own => rules.push(parse(own).ok_or_else(|| own.to_owned())?),
        }
    }
    let dates = (first_year..=last_year)
        .flat_map(|year| rules.iter().filter_map(move |rule| date(*rule, year)));
    let epoch = Date::constant(1970, 1, 1);
    let mut days: Vec<i32> = dates
        .filter_map(|date| epoch.until(date).ok().map(|span| span.get_days()))
        .collect();
    days.sort_unstable();
    days.dedup();
    Ok(days)
}

fn parse(text: &str) -> Option<Rule> {
    if let Some(offset) = text.strip_prefix("easter") {
        let offset = if offset.is_empty() {
            0
        } else {
            offset.parse().ok()?
        };
        return Some(Rule::Easter { offset });
    }
    if let Ok(date) = text.parse::<Date>() {
        return Some(Rule::Once(date));
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        [month_day] | [month_day, "monday"] => {
            let (month, day) = month_day.split_once('-')?;
            let (month, day) = (month.parse().ok()?, day.parse().ok()?);
            Date::new(2024, month, day).ok()?;
            Some(Rule::Yearly {
                month,
                day,
                to_monday: words.len() == 2,
            })
        }
        [month, weekday, nth] => {
            let (month, nth) = (month.parse().ok()?, nth.parse().ok()?);
            let valid = (1..=12).contains(&month) && matches!(nth, 1..=5 | -5..=-1);
            valid.then_some(Rule::Nth {
                month,
                weekday: weekday_of(weekday)?,
                nth,
            })
        }
        _ => None,
    }
}

fn weekday_of(name: &str) -> Option<Weekday> {
    Some(match name {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

fn date(rule: Rule, year: i16) -> Option<Date> {
    match rule {
        Rule::Once(date) => (date.year() == year).then_some(date),
        Rule::Easter { offset } => easter(year)?.checked_add(offset.days()).ok(),
        Rule::Nth {
            month,
            weekday,
            nth,
        } => Date::new(year, month, 1)
            .ok()?
            .nth_weekday_of_month(nth, weekday)
            .ok(),
        Rule::Yearly {
            month,
            day,
            to_monday,
        } => {
            let date = Date::new(year, month, day).ok()?;
            let past_monday = i32::from(date.weekday().to_monday_zero_offset());
            if to_monday && past_monday > 0 {
                date.checked_add((7 - past_monday).days()).ok()
            } else {
                Some(date)
            }
        }
    }
}

/// Easter Sunday of the Gregorian calendar (the anonymous algorithm printed in Nature, 20 April 1876; Meeus,
/// "Astronomical Algorithms", chapter 8).
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let days = h + l - 7 * m + 114;
    Date::new(
        year,
        i8::try_from(days / 31).ok()?,
        i8::try_from(days % 31 + 1).ok()?,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn dates(rules: &[&str], year: i16) -> Vec<String> {
        let rules: Vec<String> = rules.iter().map(|&rule| rule.to_owned()).collect();
        let epoch = Date::constant(1970, 1, 1);
        holidays(&rules, year, year)
            .unwrap()
            .iter()
            .map(|&day| (epoch + day.days()).to_string())
            .collect()
    }

    #[test]
    fn colombia_2025_is_as_the_calendar_prints_it() {
        assert_eq!(
            dates(&["colombia"], 2025),
            [
                "2025-01-01",
                "2025-01-06",
                "2025-03-24",
                "2025-04-17",
                "2025-04-18",
                "2025-05-01",
                "2025-06-02",
                "2025-06-23",
                "2025-06-30",
                "2025-07-20",
                "2025-08-07",
                "2025-08-18",
                "2025-10-13",
                "2025-11-03",
                "2025-11-17",
                "2025-12-08",
                "2025-12-25",
            ]
        );
    }

    #[test]
    fn easter_falls_where_it_fell() {
        for (year, date) in [
            (2008, "2008-03-23"),
            (2016, "2016-03-27"),
            (2024, "2024-03-31"),
            (2038, "2038-04-25"),
        ] {
            assert_eq!(dates(&["easter"], year), [date]);
        }
    }

    #[test]
    fn rules_can_be_stated() {
        assert_eq!(
            dates(
                &["11 thursday 4", "5 monday -1", "2015-02-03", "2016-02-03"],
                2015
            ),
            ["2015-02-03", "2015-05-25", "2015-11-26",]
        );
    }

    #[test]
    fn what_is_no_rule_is_refused_by_name() {
        for text in [
            "atlantis",
            "13-01",
            "02-30",
            "easter-x",
            "11 thursday 9",
            "",
        ] {
            assert_eq!(
                holidays(&[text.to_owned()], 2025, 2025),
                Err(text.to_owned())
            );
        }
    }
}
