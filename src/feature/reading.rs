//! How much does it say that somebody read an activity's detail for so long and so far?
//!
//! In one city ten seconds are interest, in another they are how long the page takes to load, or how long somebody takes who
//! then turns away at the first lines. So it is read from the log: how often each length of reading goes with a yes, quarter
//! by quarter of how far it went. Who reads furthest and longest wants it and mostly says so; of the others, who said
//! nothing wanted it all the same as often as the share of those who say so leaves open.

use serde::Serialize;

use crate::history::{Action, Entry};
use crate::json::{self, ListOrObject};

/// The full weight of a very long reading, by [`Action::weight`].
const FULL: f32 = 0.6;
/// Fewer openings than this teach nothing: the weight of the signal is taken instead.
const LEAST_OPENINGS: f32 = 200.0;
/// How many openings the assumption counts for in each step: half of those who want something say so.
const ASSUMED: f32 = 4.0;
/// The share of openings that were longest, all of which count as wanted.
const LONGEST: f32 = 0.25;
/// No reading is certain.
const LIMIT: f32 = 0.97;
/// Two steps a doubling, up to the 600 seconds that count.
const STEPS: usize = 19;

/// Bands of how far it was read: quarters of the detail. Fewer see less; more want a longer log.
const BANDS: usize = 4;

/// The share of wanted activities among those opened about which nothing was said; empty where nothing was learned.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(into = "Stored")]
pub(super) struct Reading {
    /// By step of time, however far it was read.
    seconds: Vec<f32>,
    /// The same by band of how far.
    by_depth: Vec<Vec<f32>>,
}

json::travels! { Reading as Stored }

/// The form in which it travels: seconds alone, as it was first, or with how far it was read.
type Stored = ListOrObject<f32, Whole>;

#[derive(Serialize)]
struct Whole {
    seconds: Vec<f32>,
    by_depth: Vec<Vec<f32>>,
}

json::object! { Whole: lenient { seconds, by_depth } }

impl From<Stored> for Reading {
    fn from(stored: Stored) -> Self {
        let Whole { seconds, by_depth } = match stored {
            Stored::List(seconds) => Whole {
                seconds,
                by_depth: Vec::new(),
            },
            Stored::Object(whole) => whole,
        };
        Self { seconds, by_depth }
    }
}

impl From<Reading> for Stored {
    fn from(reading: Reading) -> Self {
        let Reading { seconds, by_depth } = reading;
        if by_depth.is_empty() {
            Self::List(seconds)
        } else {
            Self::Object(Whole { seconds, by_depth })
        }
    }
}

/// Chosen and all openings, by step of time.
type Counts = [(f32, f32); STEPS];

fn step(seconds: u16) -> usize {
    let doublings = libm::log2f(1.0 + f32::from(seconds));
    ((2.0 * doublings) as usize).min(STEPS - 1)
}

fn band(percent: u8) -> usize {
    (usize::from(percent) * BANDS / 100).min(BANDS - 1)
}

fn assumed(seconds: u16) -> f32 {
    Action::Opened(seconds).weight() / FULL
}

impl Reading {
    /// Reads it from what became of everything that was opened.
    pub(super) fn of<'a>(entries: impl Iterator<Item = &'a Entry>) -> Self {
        let mut counts: Counts = [(0.0, 0.0); STEPS];
        let mut by_depth = [counts; BANDS];
        for entry in entries {
            let Some(seconds) = entry.read_seconds() else {
                continue;
            };
            let count = |counts: &mut Counts| {
                let (chosen, all) = &mut counts[step(seconds)];
                *chosen += f32::from(u8::from(entry.is_positive()));
                *all += 1.0;
            };
            count(&mut counts);
            if let Some(percent) = entry.read_percent() {
                count(&mut by_depth[band(percent)]);
            }
        }
        let openings = |counts: &Counts| counts.iter().map(|count| count.1).sum::<f32>();
        if openings(&counts) < LEAST_OPENINGS {
            return Self::default();
        }
        let knows_depth: f32 = by_depth.iter().map(openings).sum();
        let outspoken = if knows_depth < LEAST_OPENINGS {
            outspoken(counts.iter().rev())
        } else {
            // Furthest first, and longest among those.
            outspoken(by_depth.iter().rev().flat_map(|counts| counts.iter().rev()))
        };
        let by_depth = by_depth.iter().map(|counts| silent(counts, outspoken));
        Self {
            seconds: silent(&counts, outspoken),
            by_depth: if knows_depth < LEAST_OPENINGS {
                Vec::new()
            } else {
                by_depth.collect()
            },
        }
    }

    /// How likely it was wanted, read for so long and so far and nothing said.
    pub(super) fn label(&self, seconds: u16, percent: Option<u8>) -> f32 {
        let band = percent.and_then(|percent| self.by_depth.get(band(percent)));
        let learned = band.unwrap_or(&self.seconds).get(step(seconds));
        learned.copied().unwrap_or_else(|| assumed(seconds))
    }

    /// Whether every share is one.
    pub(super) fn is_sound(&self) -> bool {
        let mut shares = self.seconds.iter().chain(self.by_depth.iter().flatten());
        shares.all(|share| (0.0..=1.0).contains(share))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.seconds.is_empty()
    }
}

/// Which share of those who want something say so: of the readings that come first, the furthest and longest, so many
/// are a yes.
fn outspoken<'a>(counts: impl Iterator<Item = &'a (f32, f32)> + Clone) -> f32 {
    let openings: f32 = counts.clone().map(|count| count.1).sum();
    let (mut chosen, mut all) = (0.0, 0.0);
    for count in counts {
        if all < LONGEST * openings {
            chosen += count.0;
            all += count.1;
        }
    }
    (chosen / all).clamp(0.05, 0.95)
}

/// How likely what was read for each step of time, and nothing said of it, was wanted.
fn silent(counts: &Counts, outspoken: f32) -> Vec<f32> {
    let mut counts = *counts;
    for (number, count) in (0..).zip(&mut counts) {
        let seconds = libm::exp2f(0.5 * number as f32 + 0.25) - 1.0;
        count.0 += ASSUMED * outspoken * assumed(seconds as u16);
        count.1 += ASSUMED;
    }
    let silent = |rate: f32| {
        let wanted = (rate / outspoken).clamp(0.0, LIMIT);
        wanted * (1.0 - outspoken) / (1.0 - wanted * outspoken)
    };
    ascending(&counts).into_iter().map(silent).collect()
}

/// The rates, longer never below shorter: neighbours that contradict are pooled (Ayer et al. 1955).
fn ascending(counts: &[(f32, f32)]) -> Vec<f32> {
    let mut blocks: Vec<(f32, f32, usize)> = Vec::new();
    for &(chosen, all) in counts {
        blocks.push((chosen, all, 1));
        while let [.., a, b] = blocks[..]
            && a.0 * b.1 >= b.0 * a.1
        {
            blocks.truncate(blocks.len() - 2);
            blocks.push((a.0 + b.0, a.1 + b.1, a.2 + b.2));
        }
    }
    let rates = blocks.iter();
    rates
        .flat_map(|&(chosen, all, steps)| std::iter::repeat_n(chosen / all, steps))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{ActivityId, Body, FavouriteAction, Source};
    use crate::history::History;

    /// For how long something was read, how far, and whether it was saved.
    type Read = (u16, f32, bool);

    fn history(readings: impl Iterator<Item = Read>) -> Vec<History> {
        let entry = |(seconds, depth, saved): Read| {
            let activity = ActivityId("a".into());
            let mut history = History::default();
            let opened = Body::DetailView {
                activity: activity.clone(),
                dwell_seconds: f32::from(seconds),
                scroll_depth: depth,
                external_click: false,
                source: Source::Recommendation,
                shown: None,
            };
            history.observe(1, &opened, None);
            if saved {
                let saved = Body::Favourite {
                    activity,
                    action: FavouriteAction::Added,
                    shown: None,
                };
                history.observe(2, &saved, None);
            }
            history
        };
        readings.map(entry).collect()
    }

    fn learned(readings: impl Iterator<Item = Read>) -> Reading {
        let histories = history(readings);
        Reading::of(histories.iter().flat_map(History::entries).map(|e| e.1))
    }

    #[test]
    fn what_is_read_long_was_wanted_and_what_is_closed_at_once_was_not() {
        // Half of what is read for a minute is saved, nothing of what is read for five seconds.
        let readings = (0..400).map(|n| {
            if n % 2 == 0 {
                (5, 0.5, false)
            } else {
                (60, 0.5, n % 4 == 1)
            }
        });
        let reading = learned(readings);
        assert!(reading.is_sound() && !reading.is_empty());
        let [short, long] = [5, 60].map(|seconds| reading.label(seconds, Some(50)));
        assert!(short < 0.1 && long > 0.6, "{short} {long}");
        let labels: Vec<f32> = (0..600)
            .map(|seconds| reading.label(seconds, None))
            .collect();
        assert!(labels.is_sorted());
    }

    #[test]
    fn what_was_read_to_its_end_says_more_than_the_same_seconds_at_its_top() {
        // Everything is read for half a minute; who reads to the end saves it every other time, who does not never.
        let readings = (0..800).map(|n| {
            let depth = if n % 2 == 0 { 0.2 } else { 0.95 };
            (30, depth, n % 4 == 1)
        });
        let reading = learned(readings);
        assert!(reading.is_sound());
        let [top, end] = [20, 95].map(|percent| reading.label(30, Some(percent)));
        assert!(top < 0.1 && end > 0.5, "{top} {end}");
        // Of whom it is not known: something between.
        let unknown = reading.label(30, None);
        assert!(top < unknown && unknown < end, "{top} {unknown} {end}");
        let travelled = serde_json::to_string(&reading).unwrap();
        assert_eq!(
            json::read::<Reading>(travelled.as_bytes()).unwrap(),
            reading
        );
        // As it travelled before depth was read.
        let seconds: Reading = json::read(b"[0.1,0.2]").unwrap();
        assert_eq!(seconds.label(0, Some(95)), 0.1);
    }

    #[test]
    fn too_few_openings_leave_the_weight_of_the_signal() {
        let reading = learned((0..50).map(|n| (30, 0.5, n % 2 == 0)));
        assert_eq!(reading, Reading::default());
        assert!((reading.label(20, None) - 0.5).abs() < 1e-6);
    }
}
