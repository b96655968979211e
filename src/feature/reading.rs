//! How much does it say that somebody read an activity's detail for so long?
//!
//! In one city ten seconds are interest, in another they are how long the page takes to load. So it is read from the log:
//! how often each length of reading goes with a yes. Who reads longest wants it and mostly says so; of the others, who
//! said nothing wanted it all the same as often as the share of those who say so leaves open.

use serde::{Deserialize, Serialize};

use crate::history::{Action, Entry};

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

/// The share of wanted activities among those read for so long about which nothing was said, by step of time; empty where
/// nothing was learned.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Reading(Vec<f32>);

fn step(seconds: u16) -> usize {
    let doublings = libm::log2f(1.0 + f32::from(seconds));
    ((2.0 * doublings) as usize).min(STEPS - 1)
}

fn assumed(seconds: u16) -> f32 {
    Action::Opened(seconds).weight() / FULL
}

impl Reading {
    /// Reads it from what became of everything that was opened.
    pub(super) fn of<'a>(entries: impl Iterator<Item = &'a Entry>) -> Self {
        let mut counts = [(0.0_f32, 0.0_f32); STEPS];
        let mut openings = 0.0;
        for entry in entries {
            let Some(seconds) = entry.read_seconds() else {
                continue;
            };
            openings += 1.0;
            let (chosen, all) = &mut counts[step(seconds)];
            *chosen += f32::from(u8::from(entry.is_positive()));
            *all += 1.0;
        }
        if openings < LEAST_OPENINGS {
            return Self::default();
        }
        // Who reads longest.
        let (mut chosen, mut all) = (0.0, 0.0);
        for count in counts.iter().rev() {
            if all < LONGEST * openings {
                chosen += count.0;
                all += count.1;
            }
        }
        let outspoken = (chosen / all).clamp(0.05, 0.95);
        for (number, count) in (0..).zip(&mut counts) {
            let seconds = libm::exp2f(0.5 * number as f32 + 0.25) - 1.0;
            count.0 += ASSUMED * outspoken * assumed(seconds as u16);
            count.1 += ASSUMED;
        }
        let silent = |rate: f32| {
            let wanted = (rate / outspoken).clamp(0.0, LIMIT);
            wanted * (1.0 - outspoken) / (1.0 - wanted * outspoken)
        };
        Self(ascending(&counts).into_iter().map(silent).collect())
    }

    /// How likely it was wanted, read for so long and nothing said.
    pub(super) fn label(&self, seconds: u16) -> f32 {
        let learned = self.0.get(step(seconds));
        learned.copied().unwrap_or_else(|| assumed(seconds))
    }

    /// Whether every share is one.
    pub(super) fn is_sound(&self) -> bool {
        self.0.iter().all(|share| (0.0..=1.0).contains(share))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
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

    fn history(readings: impl Iterator<Item = (u16, bool)>) -> Vec<History> {
        let entry = |(seconds, saved): (u16, bool)| {
            let activity = ActivityId("a".into());
            let mut history = History::default();
            let opened = Body::DetailView {
                activity: activity.clone(),
                dwell_seconds: f32::from(seconds),
                scroll_depth: 0.5,
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

    fn learned(readings: impl Iterator<Item = (u16, bool)>) -> Reading {
        let histories = history(readings);
        Reading::of(histories.iter().flat_map(History::entries).map(|e| e.1))
    }

    #[test]
    fn what_is_read_long_was_wanted_and_what_is_closed_at_once_was_not() {
        // Half of what is read for a minute is saved, nothing of what is read for five seconds.
        let readings = (0..400).map(|n| {
            if n % 2 == 0 {
                (5, false)
            } else {
                (60, n % 4 == 1)
            }
        });
        let reading = learned(readings);
        assert!(reading.is_sound() && !reading.is_empty());
        assert!(reading.label(5) < 0.1, "{}", reading.label(5));
        assert!(reading.label(60) > 0.6, "{}", reading.label(60));
        let labels: Vec<f32> = (0..600).map(|seconds| reading.label(seconds)).collect();
        assert!(labels.is_sorted());
    }

    #[test]
    fn too_few_openings_leave_the_weight_of_the_signal() {
        let reading = learned((0..50).map(|n| (30, n % 2 == 0)));
        assert_eq!(reading, Reading::default());
        assert!((reading.label(20) - 0.5).abs() < 1e-6);
    }
}
