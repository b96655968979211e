//! How good could a list have been? The truth about wants, and the regret of a slate against the best one.

use triqueta::event::ActivityId;

use super::simulate::Simulation;

/// How far a slate is from the best one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Regret {
    /// Value of the best slate of the same length.
    pub best: f64,
    /// Value of the slate.
    pub value: f64,
}

impl Regret {
    /// What was lost: the best value minus the slate's, never below 0.
    pub fn lost(self) -> f64 {
        (self.best - self.value).max(0.0)
    }
}

impl Simulation {
    /// The number of the visitor with this device or user id.
    pub fn visitor(&self, id: &str) -> Option<usize> {
        self.visitors.iter().position(|visitor| {
            visitor.user.as_deref() == Some(id) || visitor.device.to_string() == id
        })
    }

    /// The probability that the visitor, looking at the activity at `now_ms`, wants to go: from what they did up to then
    /// and their hidden taste. Nothing for unknown visitors and activities.
    pub fn expected_utility(
        &self,
        visitor: usize,
        activity: &ActivityId,
        now_ms: i64,
    ) -> Option<f64> {
        let &activity = self.index.get(activity)?;
        self.utility(visitor, activity, now_ms)
    }

    fn utility(&self, visitor: usize, activity: usize, now_ms: i64) -> Option<f64> {
        let taste = &self.visitors.get(visitor)?.taste;
        let past = &self.memories.get(visitor)?.past;
        Some(taste.utility(&self.facts[activity], past, &self.facts, now_ms))
    }

    /// Ids of what a list at `now_ms` may show: announced and still to come.
    pub fn candidates(&self, now_ms: i64) -> Vec<ActivityId> {
        self.open(now_ms)
            .into_iter()
            .map(|index| self.activities[index].id.clone())
            .collect()
    }

    /// Compares a slate for a visitor at `now_ms` with the best slate of the same length. The value of a slate is the
    /// mean of its utilities, position `i` (from 0) weighing `1 / log2(i + 2)`; repeated, unknown, past and unannounced
    /// activities are worth nothing. Nothing for unknown visitors and empty slates.
    pub fn regret(&self, visitor: usize, slate: &[ActivityId], now_ms: i64) -> Option<Regret> {
        let open = self.open(now_ms);
        let mut best = open
            .iter()
            .map(|&index| self.utility(visitor, index, now_ms))
            .collect::<Option<Vec<f64>>>()?;
        best.sort_by(|a, b| b.total_cmp(a));
        best.truncate(slate.len());
        best.resize(slate.len(), 0.0);
        let value = slate.iter().enumerate().map(|(position, id)| {
            let index = self
                .index
                .get(id)
                .filter(|index| open.binary_search(index).is_ok());
            let is_new = !slate[..position].contains(id);
            index
                .filter(|_| is_new)
                .and_then(|&index| self.utility(visitor, index, now_ms))
                .unwrap_or(0.0)
        });
        let value: Vec<f64> = value.collect();
        (!slate.is_empty()).then(|| Regret {
            best: discounted_mean(&best),
            value: discounted_mean(&value),
        })
    }
}

fn discounted_mean(values: &[f64]) -> f64 {
    let weight = |position: usize| 1.0 / libm::log2(position as f64 + 2.0);
    let total: f64 = (0..values.len()).map(weight).sum();
    values
        .iter()
        .enumerate()
        .map(|(position, value)| weight(position) * value)
        .sum::<f64>()
        / total
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::demo::calendar::Day;
    use crate::demo::simulate::Plan;
    use crate::demo::taste::{Family, Taste};

    fn city() -> (Simulation, i64) {
        let day = Day::parse("2026-11-22").unwrap();
        let plan = Plan {
            seed: 1,
            day,
            visitors: 600,
        };
        (
            Simulation::run(plan, &mut |_| true).unwrap(),
            day.start_ms(),
        )
    }

    /// Mean over the visitors of a family of: mean utility where `wanted` holds minus mean utility where it does not.
    fn contrast(
        city: &Simulation,
        now_ms: i64,
        family: Family,
        wanted: impl Fn(usize, &ActivityId) -> bool,
    ) -> f64 {
        let mut contrasts = Vec::new();
        for number in
            (0..city.visitors.len()).filter(|&number| city.visitors[number].family() == family)
        {
            let (mut yes, mut no) = (Vec::new(), Vec::new());
            for id in city.candidates(now_ms) {
                let utility = city.expected_utility(number, &id, now_ms).unwrap();
                if wanted(number, &id) {
                    yes.push(utility)
                } else {
                    no.push(utility)
                }
            }
            if !yes.is_empty() && !no.is_empty() {
                let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
                contrasts.push(mean(&yes) - mean(&no));
            }
        }
        assert!(contrasts.len() > 50, "{}", contrasts.len());
        contrasts.iter().sum::<f64>() / contrasts.len() as f64
    }

    #[test]
    fn declared_tags_tell_the_truth_in_one_family_and_nothing_in_the_contrary_one() {
        let (city, now_ms) = city();
        let declared = |number: usize, id: &ActivityId| {
            let activity = &city.activities[city.index[id]];
            activity
                .tags
                .iter()
                .any(|tag| city.visitors[number].profile.tags.contains(tag))
        };
        let honest = contrast(&city, now_ms, Family::ByTag, declared);
        let misleading = contrast(&city, now_ms, Family::Contrary, declared);
        assert!(honest > 0.12, "{honest}");
        assert!(misleading.abs() < 0.03, "{misleading}");
    }

    #[test]
    fn nearness_matters_to_one_family_only_and_type_alone_to_the_contrary_one_not_at_all() {
        let (city, now_ms) = city();
        let own_locality = |number: usize, id: &ActivityId| {
            city.visitors[number].profile.locality == city.activities[city.index[id]].locality
        };
        let (near, indifferent) = (
            contrast(&city, now_ms, Family::ByPlace, own_locality),
            contrast(&city, now_ms, Family::ByTag, own_locality),
        );
        assert!(
            near > 0.06 && indifferent.abs() < 0.03,
            "{near} {indifferent}"
        );
        // The flip of type and day: neither alone says anything, together they say almost all.
        let culture = |_: usize, id: &ActivityId| city.facts[city.index[id]].culture;
        assert!(contrast(&city, now_ms, Family::Contrary, culture).abs() < 0.10);
        let agrees = |number: usize, id: &ActivityId| {
            let facts = &city.facts[city.index[id]];
            let Taste::Contrary(taste) = &city.visitors[number].taste else {
                return false;
            };
            (facts.culture != facts.day_off) == taste.culture_on_working_days()
        };
        assert!(contrast(&city, now_ms, Family::Contrary, agrees) > 0.25);
    }

    #[test]
    fn what_was_just_saved_is_avoided_by_the_contrary_and_a_series_kept_up_by_the_loyal() {
        let (city, now_ms) = city();
        let resembles = |number: usize, id: &ActivityId| {
            let facts = &city.facts[city.index[id]];
            let recent = |seen: &&crate::demo::taste::Consumed| {
                seen.time_ms <= now_ms && now_ms - seen.time_ms < 14 * crate::demo::calendar::DAY_MS
            };
            city.memories[number]
                .past
                .iter()
                .filter(recent)
                .any(|seen| city.facts[seen.activity].overlap(facts) >= 0.5)
        };
        assert!(contrast(&city, now_ms, Family::Contrary, resembles) < -0.08);
        assert!(contrast(&city, now_ms, Family::ByTag, resembles) > 0.05);
    }

    #[test]
    fn the_best_slate_has_no_regret_and_nonsense_loses_everything() {
        let (city, now_ms) = city();
        for number in (0..city.visitors.len()).step_by(37) {
            let mut ids = city.candidates(now_ms);
            let utility = |id: &ActivityId| city.expected_utility(number, id, now_ms).unwrap();
            assert!(ids.iter().all(|id| (0.0..1.0).contains(&utility(id))));
            ids.sort_by(|a, b| utility(b).total_cmp(&utility(a)));
            let best = city.regret(number, &ids[..10], now_ms).unwrap();
            assert!(best.lost() < 1e-12 && best.best > 0.1);
            let worst = city.regret(number, &ids[ids.len() - 10..], now_ms).unwrap();
            assert!(worst.lost() > 0.1 && worst.best == best.best);
            let repeated = vec![ids[0].clone(); 10];
            assert!(city.regret(number, &repeated, now_ms).unwrap().value < best.value);
            let past = city.activities[0].id.clone();
            let nonsense = [ActivityId::from("nowhere"), past];
            assert_eq!(city.regret(number, &nonsense, now_ms).unwrap().value, 0.0);
        }
        assert_eq!(city.regret(0, &[], now_ms), None);
        assert_eq!(
            city.regret(usize::MAX, &city.candidates(now_ms), now_ms),
            None
        );
    }

    /// The hidden tastes stay hidden: nothing the learner is built from names them.
    #[test]
    fn neither_the_core_nor_the_trainer_names_the_hidden_tastes() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for manifest in ["Cargo.toml", "trainer/Cargo.toml"] {
            let text = fs::read_to_string(root.join(manifest)).unwrap();
            let dependencies = text.split("[dependencies]").nth(1).unwrap_or_default();
            assert!(!dependencies.contains("triqueta-cli"), "{manifest}");
        }
        let mut folders = vec![root.join("src"), root.join("trainer")];
        let mut read = 0;
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let text = fs::read_to_string(&path).unwrap();
                    read += 1;
                    for name in [
                        "TasteVersion",
                        "TASTE_VERSION",
                        "triqueta_cli",
                        "expected_utility",
                        "restlessness",
                    ] {
                        assert!(!text.contains(name), "{} names {name}", path.display());
                    }
                }
            }
        }
        assert!(read > 20, "{read}");
    }
}
