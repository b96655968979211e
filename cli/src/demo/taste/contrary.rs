//! A taste that breaks what models assume: an exclusive or of type and day, company, and flight from the familiar.

use triqueta::math::Random;

use super::{Consumed, Facts, Names, RESERVE, logistic};

/// Tags of activities one goes to in company, and avoids alone.
const SOCIABLE: [&str; 5] = ["familia", "juegos", "gastronomía", "mercado", "danza"];
/// How long something consumed is avoided.
const MEMORY_MS: f64 = 21.0 * 86_400_000.0;

/// The flips of one visitor.
#[derive(Debug, Clone, PartialEq)]
pub struct Contrary {
    /// Culture on working days and the rest on days off, or the other way round.
    culture_on_working_days: bool,
    /// Probability of being in company on a working day, and on a day off.
    company: [f64; 2],
    sociable: Vec<usize>,
    restlessness: f64,
}

impl Contrary {
    /// Draws a taste.
    pub fn draw(names: &Names, random: &mut Random) -> Self {
        let gregarious = 0.3 * random.uniform();
        Self {
            culture_on_working_days: random.uniform() < 0.5,
            company: [0.1 + gregarious, 0.6 + gregarious],
            sociable: SOCIABLE.iter().filter_map(|word| names.tag(word)).collect(),
            restlessness: 1.5 + 1.5 * random.uniform(),
        }
    }

    pub(super) fn utility(
        &self,
        activity: &Facts,
        past: &[Consumed],
        facts: &[Facts],
        now_ms: i64,
    ) -> f64 {
        let wanted = (activity.culture != activity.day_off) == self.culture_on_working_days;
        let flip = if wanted { 1.7 } else { -1.3 };
        let base = RESERVE
            + 0.3
            + flip
            + self.novelty(activity, past, facts, now_ms)
            + 0.5 * activity.appeal;
        if !activity.tags.iter().any(|tag| self.sociable.contains(tag)) {
            return logistic(base);
        }
        let company = self.company[usize::from(activity.day_off)];
        company * logistic(base + 1.2) + (1.0 - company) * logistic(base - 1.2)
    }

    /// Minus what resembles the recently consumed, plus a little for organisers never met.
    fn novelty(&self, activity: &Facts, past: &[Consumed], facts: &[Facts], now_ms: i64) -> f64 {
        let mut weariness = 0.0;
        let mut met = false;
        for seen in past.iter().filter(|seen| seen.time_ms <= now_ms) {
            let other = &facts[seen.activity];
            met |= other.organiser == activity.organiser;
            let age = (now_ms - seen.time_ms) as f64 / MEMORY_MS;
            if age < 1.0 {
                let same_series = activity.series.is_some() && other.series == activity.series;
                let likeness = if same_series {
                    1.0
                } else {
                    activity.overlap(other)
                };
                weariness += likeness * (1.0 - age);
            }
        }
        let curiosity = if met { 0.0 } else { 0.4 };
        curiosity - self.restlessness * weariness.min(1.5)
    }

    /// Which way the flip of type and day goes.
    pub fn culture_on_working_days(&self) -> bool {
        self.culture_on_working_days
    }

    /// What the visitor tells the page: tags drawn by lot, which say nothing.
    pub fn declare(&self, names: &Names, random: &mut Random) -> Vec<String> {
        let mut declared: Vec<String> = Vec::new();
        for _ in 0..3 + random.below(2) {
            let word = &names.tags[random.below(names.tags.len())];
            if !declared.contains(word) {
                declared.push(word.clone());
            }
        }
        declared
    }
}
