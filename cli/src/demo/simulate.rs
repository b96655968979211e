//! What happened in the city? Sixteen weeks of visits in the order of time, seeded: the same (seed, day, visitors) give
//! the same events, bit for bit.

use std::collections::BTreeMap;

use triqueta::catalog::{Activity, City};
use triqueta::event::{ActivityId, Event};
use triqueta::math::{Digest, Random};

use super::calendar::{DAY_MS, Day, HOUR_MS, MINUTE_MS, bogota};
use super::error::{DemoError, Result};
use super::schedule::activities;
use super::taste::{Facts, Names};
use super::visit::{Memory, Visit, World};
use super::visitor::{self, Visitor};

/// Days of visits before the demo's day.
const DAYS: i64 = 112;
/// Days after which a positive interaction counts half in the logging policy.
const HALF_LIFE_DAYS: f64 = 10.0;
/// How often each local hour is chosen for a visit.
const HOURS: [f64; 24] = [
    0.01, 0.0, 0.0, 0.0, 0.0, 0.01, 0.03, 0.06, 0.06, 0.04, 0.04, 0.04, 0.08, 0.07, 0.04, 0.03,
    0.04, 0.06, 0.08, 0.09, 0.09, 0.07, 0.04, 0.02,
];

/// What decides a simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// The demo's day: visits end where it begins.
    pub day: Day,
    /// How many visitors.
    pub visitors: usize,
}

/// A simulated city with its past, and the truth about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulation {
    /// The plan it was made from.
    pub plan: Plan,
    /// The city.
    pub city: City,
    /// The activities, by start.
    pub activities: Vec<Activity>,
    /// The visitors.
    pub visitors: Vec<Visitor>,
    pub(super) facts: Vec<Facts>,
    pub(super) index: BTreeMap<ActivityId, usize>,
    pub(super) memories: Vec<Memory>,
}

impl Simulation {
    /// Runs the simulation. `progress` is told the share that is done, from time to time, and may stop it by `false`.
    ///
    /// # Errors
    /// [`DemoError::Visitors`] for none or too many, [`DemoError::Interrupted`] when stopped, and whatever
    /// [`activities`] refuses.
    pub fn run(plan: Plan, progress: &mut dyn FnMut(f64) -> bool) -> Result<Self> {
        if !(1..=100_000).contains(&plan.visitors) {
            return Err(DemoError::Visitors {
                found: plan.visitors,
            });
        }
        let city = bogota(plan.day);
        let activities = activities(plan.seed, plan.day)?;
        let names = Names::of(&activities);
        let facts: Vec<Facts> = activities
            .iter()
            .map(|activity| Facts::of(activity, &names, &city, plan.seed))
            .collect();
        let until_ms = plan.day.start_ms();
        let from_ms = until_ms - DAYS * DAY_MS;
        let visitors = visitor::draw(plan.visitors, plan.seed, &names, &city, from_ms, until_ms);
        let index = activities
            .iter()
            .enumerate()
            .map(|(number, activity)| (activity.id.clone(), number))
            .collect();
        let memories = vec![Memory::default(); visitors.len()];
        let mut simulation = Self {
            plan,
            city,
            activities,
            visitors,
            facts,
            index,
            memories,
        };
        simulation.live(&names, until_ms, progress)?;
        Ok(simulation)
    }

    /// All visits of all visitors in the order of time.
    fn live(
        &mut self,
        names: &Names,
        until_ms: i64,
        progress: &mut dyn FnMut(f64) -> bool,
    ) -> Result<()> {
        let mut streams: Vec<Random> = (0..self.visitors.len())
            .map(|number| {
                Random::new(
                    Digest::default()
                        .integer(self.plan.seed)
                        .integer(number as u64)
                        .value(),
                )
            })
            .collect();
        let mut visits = Vec::new();
        for (number, visitor) in self.visitors.iter().enumerate() {
            let times = visit_times(visitor, &self.city, until_ms, &mut streams[number]);
            visits.extend(times.into_iter().map(|time_ms| (time_ms, number)));
        }
        visits.sort_unstable();
        let ids: Vec<ActivityId> = self
            .activities
            .iter()
            .map(|activity| activity.id.clone())
            .collect();
        let localities: Vec<_> = self
            .activities
            .iter()
            .map(|activity| activity.locality.clone())
            .collect();
        let ends_ms: Vec<i64> = self
            .activities
            .iter()
            .map(|activity| activity.end_ms.unwrap_or(activity.start_ms))
            .collect();
        let mut popularity = Popularity::new(ids.len());
        for (done, &(time_ms, number)) in visits.iter().enumerate() {
            if done % 256 == 0 && !progress(done as f64 / visits.len() as f64) {
                return Err(DemoError::Interrupted);
            }
            let open = self.open(time_ms);
            let world = World {
                ids: &ids,
                facts: &self.facts,
                names,
                localities: &localities,
                ends_ms: &ends_ms,
                open: &open,
                popularity: &popularity.at(time_ms),
            };
            let memory = &mut self.memories[number];
            let session = memory.diary.begin(time_ms, &mut streams[number]);
            let (visitor, random) = (&self.visitors[number], &mut streams[number]);
            let mut positives = Vec::new();
            Visit {
                world: &world,
                visitor,
                memory,
                random,
                session,
                positives: &mut positives,
            }
            .run();
            if visitor.uploads() {
                positives
                    .iter()
                    .for_each(|&activity| popularity.add(activity, time_ms));
            }
        }
        Ok(())
    }

    /// Indices of the activities that are announced and still to come at `now_ms`.
    pub(super) fn open(&self, now_ms: i64) -> Vec<usize> {
        let is_open = |activity: &Activity| {
            activity
                .published_ms
                .is_none_or(|published| published <= now_ms)
                && activity.start_ms > now_ms
        };
        self.activities
            .iter()
            .enumerate()
            .filter(|(_, activity)| is_open(activity))
            .map(|(index, _)| index)
            .collect()
    }

    /// What a visitor's device wrote down, in order. Only those of visitors who upload may be sent.
    pub fn events(&self, visitor: usize) -> &[Event] {
        self.memories
            .get(visitor)
            .map_or(&[], |memory| &memory.diary.events)
    }

    /// The visitors who send their events, with these.
    pub fn uploads(&self) -> impl Iterator<Item = (&Visitor, &[Event])> {
        let all = self.visitors.iter().zip(&self.memories);
        all.filter(|(visitor, _)| visitor.uploads())
            .map(|(visitor, memory)| (visitor, memory.diary.events.as_slice()))
    }
}

/// Exponential gaps around the visitor's rate, moved to hours at which people look for something to do.
fn visit_times(visitor: &Visitor, city: &City, until_ms: i64, random: &mut Random) -> Vec<i64> {
    let mut times = vec![visitor.since_ms];
    let mut around_ms = visitor.since_ms;
    loop {
        let weeks = -libm::log(1.0 - random.uniform()) / visitor.visits_per_week;
        around_ms += (weeks * 7.0 * DAY_MS as f64) as i64;
        if around_ms >= until_ms {
            break;
        }
        let midnight_ms = Day(city.local_time(around_ms).day).start_ms();
        let hour = visitor::pick(&HOURS, random) as i64;
        times.push(midnight_ms + hour * HOUR_MS + random.below(60) as i64 * MINUTE_MS);
    }
    times.sort_unstable();
    // Two visits within an hour are one, and the last one is over when the demo's day begins.
    times.dedup_by(|later, earlier| *later - *earlier < HOUR_MS);
    times.retain(|&time_ms| time_ms >= visitor.since_ms && time_ms < until_ms - HOUR_MS);
    times
}

/// Positive interactions, losing half their weight every half-life.
struct Popularity {
    counts: Vec<(f64, i64)>,
}

impl Popularity {
    fn new(activities: usize) -> Self {
        Self {
            counts: vec![(0.0, 0); activities],
        }
    }

    fn value(&self, activity: usize, now_ms: i64) -> f64 {
        let (count, as_of_ms) = self.counts[activity];
        if count == 0.0 {
            0.0
        } else {
            count * libm::exp2((as_of_ms - now_ms) as f64 / DAY_MS as f64 / HALF_LIFE_DAYS)
        }
    }

    fn at(&self, now_ms: i64) -> Vec<f64> {
        (0..self.counts.len())
            .map(|activity| self.value(activity, now_ms))
            .collect()
    }

    fn add(&mut self, activity: usize, now_ms: i64) {
        self.counts[activity] = (self.value(activity, now_ms) + 1.0, now_ms);
    }
}

#[cfg(test)]
mod tests;
