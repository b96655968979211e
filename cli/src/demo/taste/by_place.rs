//! Taste by place and time: what is near when there is time, cheap, and by people already trusted.

use triqueta::catalog::Place;
use triqueta::catalog::distance_km;
use triqueta::math::Random;

use super::{Consumed, Facts, Names, RESERVE, logistic};

/// Where and when a visitor can go, and whom they trust.
#[derive(Debug, Clone, PartialEq)]
pub struct ByPlace {
    home: Place,
    work: Place,
    free_windows: u16,
    price_aversion: f64,
    trusted: Vec<usize>,
    tag_weights: Vec<f64>,
}

/// Index of the window `fin_de_semana` in the demo city's availability.
const WEEKEND: u16 = 1 << 3;

impl ByPlace {
    /// Draws a taste around a home and a workplace.
    pub fn draw(names: &Names, home: Place, work: Place, random: &mut Random) -> Self {
        let mut free_windows = 0;
        for window in 0..3 {
            if random.uniform() < [0.2, 0.35, 0.7][window] {
                free_windows |= 1 << window;
            }
        }
        if random.uniform() < 0.7 || free_windows == 0 {
            free_windows |= WEEKEND;
        }
        let count = names.organisers.len();
        Self {
            home,
            work,
            free_windows,
            price_aversion: 0.5 + 1.5 * random.uniform(),
            trusted: (0..3).map(|_| random.below(count)).collect(),
            tag_weights: names.tags.iter().map(|_| 0.15 * random.normal()).collect(),
        }
    }

    /// On days off the way starts at home, otherwise at work until the evening.
    fn distance(&self, activity: &Facts) -> f64 {
        let from_home = distance_km(self.home, activity.place);
        if activity.day_off {
            from_home
        } else {
            from_home.min(distance_km(self.work, activity.place))
        }
    }

    fn is_free(&self, activity: &Facts) -> bool {
        let windows = if activity.day_off {
            WEEKEND
        } else {
            activity.windows & !WEEKEND
        };
        windows & self.free_windows != 0
    }

    pub(super) fn utility(
        &self,
        activity: &Facts,
        past: &[Consumed],
        facts: &[Facts],
        now_ms: i64,
    ) -> f64 {
        let near = 2.6 * libm::exp(-self.distance(activity) / 1.2);
        let time = if self.is_free(activity) { 1.2 } else { -1.2 };
        let price = self.price_aversion * activity.price_thousands / 20.0;
        let trust = if self.trusted.contains(&activity.organiser) {
            1.5
        } else {
            0.0
        };
        let returning = activity.series.is_some()
            && past.iter().any(|seen| {
                seen.time_ms <= now_ms && facts[seen.activity].series == activity.series
            });
        let loyalty = if returning { 1.3 } else { 0.0 };
        let tags: f64 = activity
            .tags
            .iter()
            .filter_map(|&tag| self.tag_weights.get(tag))
            .sum();
        logistic(RESERVE + near + time - price + trust + loyalty + tags + 0.4 * activity.appeal)
    }

    /// What the visitor tells the page about tags: little, and not what decides.
    pub fn declare(&self, names: &Names, random: &mut Random) -> Vec<String> {
        let count = random.below(3);
        let mut declared: Vec<String> = Vec::new();
        for _ in 0..count {
            let word = &names.tags[random.below(names.tags.len())];
            if !declared.contains(word) {
                declared.push(word.clone());
            }
        }
        declared
    }

    /// The windows the visitor is free in, one bit each.
    pub fn free_windows(&self) -> u16 {
        self.free_windows
    }
}
