//! What takes place, when and where? The repertoire spread over four months before the demo's day and six weeks after.

use std::collections::BTreeMap;

use triqueta::catalog::{Activity, City, Status};
use triqueta::event::ActivityId;
use triqueta::math::Random;

use super::calendar::{DAY_MS, Day, HOUR_MS, MINUTE_MS, bogota};
use super::error::{DemoError, Result};
use super::phrase::{Closers, fill, series_name};
use super::place::{Venue, venues};
use super::programme::{Programme, organisers, repertoire};

/// Days of activities before the demo's day.
pub const DAYS_BEFORE: i32 = 119;
/// Days of activities from the demo's day on.
pub const DAYS_AFTER: i32 = 42;
const SPAN: i32 = DAYS_BEFORE + DAYS_AFTER;

/// The activities of the demo city around `day`, by start, each with an id that depends on nothing but `(seed, day)`.
///
/// # Errors
/// [`DemoError::Table`] if a built-in table is damaged, a catalogue error if an activity would be impossible.
pub fn activities(seed: u64, day: Day) -> Result<Vec<Activity>> {
    let mut planner = Planner::new(seed, day)?;
    for programme in repertoire()? {
        match (programme.every, programme.run) {
            (Some(every), Some(run)) => {
                planner.series(&programme, i32::from(every), i32::from(run))?
            }
            _ => planner.singles(&programme)?,
        }
    }
    let mut activities = planner.activities;
    activities.sort_by(|a, b| (a.start_ms, &a.title).cmp(&(b.start_ms, &b.title)));
    for (number, activity) in activities.iter_mut().enumerate() {
        activity.id = ActivityId(format!("bogota-{:04}", number + 1));
        activity.validate()?;
    }
    Ok(activities)
}

/// Everything an occurrence needs beyond its programme.
struct Occurrence<'a> {
    day: Day,
    start: (u8, u8),
    venue: &'a Venue,
    theme: usize,
    price_thousands: usize,
    series: Option<String>,
    lead_days: i64,
    closer: String,
}

struct Planner {
    random: Random,
    city: City,
    today: Day,
    venues: BTreeMap<String, Venue>,
    organisers: BTreeMap<String, String>,
    closers: Closers,
    activities: Vec<Activity>,
}

impl Planner {
    fn new(seed: u64, today: Day) -> Result<Self> {
        Ok(Self {
            random: Random::new(seed ^ 0x70_726f_6772_616d),
            city: bogota(today),
            today,
            venues: venues()?,
            organisers: organisers()?,
            closers: Closers::load()?,
            activities: Vec::new(),
        })
    }

    /// One venue, one weekday and one hour, from a random week on.
    fn series(&mut self, programme: &Programme, every: i32, run: i32) -> Result<()> {
        let venue = self.venue(programme, None)?;
        let weekday = pick(&programme.weekdays(), &mut self.random).unwrap_or(5);
        let start = pick(&programme.starts(), &mut self.random).unwrap_or((18, 0));
        let price_thousands = self.price(programme);
        let weeks = SPAN / 7;
        let run = run.min((weeks - 1) / every + 1);
        let slack = usize::try_from(weeks - (run - 1) * every).unwrap_or(1);
        let first = self
            .today
            .plus(-DAYS_BEFORE + 7 * self.random.below(slack) as i32);
        let first = first.plus((i32::from(weekday) - i32::from(first.weekday())).rem_euclid(7));
        let first_theme = self.random.below(programme.themes.len());
        let series = series_name(&programme.title, &venue);
        let closer = self
            .closers
            .pick(venue.setting, price_thousands, &mut self.random);
        for number in 0..run {
            let occurrence = Occurrence {
                day: first.plus(7 * every * number),
                start,
                venue: &venue,
                theme: first_theme + number as usize,
                price_thousands,
                series: Some(series.clone()),
                lead_days: 28,
                closer: closer.clone(),
            };
            self.add(programme, &occurrence)?;
        }
        Ok(())
    }

    /// Every theme once, one in each equal part of the span.
    fn singles(&mut self, programme: &Programme) -> Result<()> {
        let count = programme.times.map_or(programme.themes.len(), usize::from);
        let mut themes: Vec<usize> = (0..count).collect();
        self.random.shuffle(&mut themes);
        let first_venue = self.random.below(programme.at.len());
        let mut days: Vec<Day> = (0..SPAN)
            .map(|offset| self.today.plus(offset - DAYS_BEFORE))
            .collect();
        if !programme.months.is_empty() {
            days.retain(|day| {
                programme
                    .months
                    .contains(&self.city.local_time(day.start_ms()).month)
            });
        }
        for (part, &theme) in themes.iter().enumerate() {
            let (from, until) = (days.len() * part / count, days.len() * (part + 1) / count);
            let weekdays = programme.weekdays();
            let fitting: Vec<Day> = days[from..until]
                .iter()
                .copied()
                .filter(|day| weekdays.contains(&day.weekday()))
                .collect();
            let Some(day) = pick(&fitting, &mut self.random) else {
                continue;
            };
            let venue = self.venue(programme, Some(first_venue + part))?;
            let price_thousands = self.price(programme);
            let occurrence = Occurrence {
                day,
                start: pick(&programme.starts(), &mut self.random).unwrap_or((18, 0)),
                venue: &venue,
                theme,
                price_thousands,
                series: None,
                lead_days: 21 + self.random.below(25) as i64,
                closer: self
                    .closers
                    .pick(venue.setting, price_thousands, &mut self.random),
            };
            self.add(programme, &occurrence)?;
        }
        Ok(())
    }

    fn add(&mut self, programme: &Programme, occurrence: &Occurrence<'_>) -> Result<()> {
        let (words, sentence) = programme.theme(occurrence.theme);
        let venue = occurrence.venue;
        let parts = [
            fill(sentence, venue, words),
            fill(&programme.text, venue, words),
            occurrence.closer.clone(),
        ];
        let (hour, minute) = occurrence.start;
        let start_ms =
            occurrence.day.start_ms() + i64::from(hour) * HOUR_MS + i64::from(minute) * MINUTE_MS;
        // What is still ahead was announced by now, some of it in the last days.
        let announced = start_ms - occurrence.lead_days * DAY_MS;
        let latest = self.today.start_ms() - (1 + self.random.below(7 * 24) as i64) * HOUR_MS;
        let organiser = self.organisers.get(&programme.by).cloned();
        self.activities.push(Activity {
            id: ActivityId::from("pending"),
            title: fill(&programme.title, venue, words),
            description: parts
                .iter()
                .filter(|part| !part.is_empty())
                .cloned()
                .collect::<Vec<_>>()
                .join(" "),
            kind: Some(programme.kind.clone()),
            tags: programme.tags.clone(),
            locality: Some(venue.locality.clone()),
            level: programme.level.clone(),
            place: Some(venue.place),
            address: format!("{}, {}", venue.name, venue.address),
            start_ms,
            end_ms: Some(start_ms + i64::from(programme.minutes) * MINUTE_MS),
            price: Some(occurrence.price_thousands as f32 * 1_000.0),
            organiser: Some(organiser.ok_or_else(|| unknown(&programme.by))?),
            series: occurrence.series.clone(),
            published_ms: Some(announced.min(latest)),
            status: Status::Active,
            transit_m: Some(venue.transit_m),
            link: None,
            image: None,
            contact: None,
            seed_counts: None,
        });
        Ok(())
    }

    /// The venue of a number, counted around, or any.
    fn venue(&mut self, programme: &Programme, number: Option<usize>) -> Result<Venue> {
        let count = programme.at.len().max(1);
        let number = number.unwrap_or_else(|| self.random.below(count)) % count;
        let key = programme.at.get(number).map_or("", String::as_str);
        self.venues.get(key).cloned().ok_or_else(|| unknown(key))
    }

    /// A price in thousands: whole fives from twenty on, as on posters.
    fn price(&mut self, programme: &Programme) -> usize {
        let (low, high) = programme.price_range();
        let price = low + self.random.below(high - low + 1);
        if price >= 20 {
            price.div_ceil(5) * 5
        } else {
            price
        }
    }
}

fn unknown(key: &str) -> DemoError {
    DemoError::Table {
        table: "venues.toml or organisers.toml",
        detail: format!("there is no `{key}`"),
    }
}

fn pick<T: Copy>(items: &[T], random: &mut Random) -> Option<T> {
    items.get(random.below(items.len())).copied()
}

#[cfg(test)]
mod tests;
