//! How good are the published recommendations, really? The regret of each way of ranking against the oracle.

use serde::Serialize;
use triqueta::engine::Engine;
use triqueta::event::ActivityId;
use triqueta::history::Visitor;
use triqueta::rank::{Ranking, Request};

use super::error::{DemoError, Result};
use super::simulate::Simulation;
use super::taste::Family;

/// Length of the slates compared.
const LENGTH: u16 = 10;

/// The mean regret of one way of ranking.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeanRegret {
    /// `learned`, `rule`, `popularity`, `content` or `any order`.
    pub ranking: &'static str,
    /// Over all visitors compared.
    pub all: f64,
    /// By family of taste: by tag, by place, contrary.
    pub by_family: [f64; 3],
    /// Mean value of the best slates: the regret of showing nothing.
    pub best: f64,
    /// Visitors compared.
    pub visitors: usize,
}

/// Compares the ways of ranking on every `step`-th visitor who keeps a history, at the demo's day, without exploration.
///
/// # Errors
/// Whatever the engine refuses.
pub fn regrets(simulation: &Simulation, engine: &Engine, step: usize) -> Result<Vec<MeanRegret>> {
    let now_ms = simulation.plan.day.start_ms();
    let mut means: Vec<Mean> = Vec::new();
    let rankings = [
        ("learned", Some(Ranking::Learned)),
        ("rule", Some(Ranking::Rule)),
        ("popularity", Some(Ranking::Popularity)),
        ("content", Some(Ranking::Content)),
        ("any order", None),
    ];
    let keeping = simulation
        .visitors
        .iter()
        .enumerate()
        .filter(|(_, visitor)| visitor.consent.allows_storage());
    let sample: Vec<usize> = keeping
        .map(|(number, _)| number)
        .step_by(step.max(1))
        .collect();
    for (name, ranking) in rankings {
        let mut mean = Mean {
            name,
            ..Mean::default()
        };
        for &number in &sample {
            let slate = match ranking {
                Some(ranking) => recommended(simulation, engine, number, ranking, now_ms)?,
                None => simulation
                    .candidates(now_ms)
                    .into_iter()
                    .step_by(11)
                    .take(usize::from(LENGTH))
                    .collect(),
            };
            if let Some(regret) = simulation.regret(number, &slate, now_ms) {
                mean.add(
                    simulation.visitors[number].family(),
                    regret.lost(),
                    regret.best,
                );
            }
        }
        means.push(mean);
    }
    Ok(means.into_iter().map(Mean::finish).collect())
}

fn recommended(
    simulation: &Simulation,
    engine: &Engine,
    number: usize,
    ranking: Ranking,
    now_ms: i64,
) -> Result<Vec<ActivityId>> {
    let mut visitor = Visitor {
        profile: simulation.visitors[number].profile.clone(),
        ..Visitor::default()
    };
    for event in simulation.events(number) {
        engine.observe(&mut visitor, event.time_ms, &event.body);
    }
    let request = Request {
        limit: LENGTH,
        now_ms,
        ranking,
        exploration_slots: Some(0),
        ..Request::default()
    };
    let slate = engine
        .recommend(&visitor, &request)
        .map_err(DemoError::Recommender)?;
    Ok(slate.items.into_iter().map(|item| item.activity).collect())
}

#[derive(Default)]
struct Mean {
    name: &'static str,
    lost: [f64; 3],
    best: f64,
    counts: [usize; 3],
}

impl Mean {
    fn add(&mut self, family: Family, lost: f64, best: f64) {
        self.lost[family as usize] += lost;
        self.counts[family as usize] += 1;
        self.best += best;
    }

    fn finish(self) -> MeanRegret {
        let visitors = self.counts.iter().sum::<usize>();
        let share = |sum: f64, count: usize| if count == 0 { 0.0 } else { sum / count as f64 };
        MeanRegret {
            ranking: self.name,
            all: share(self.lost.iter().sum(), visitors),
            by_family: [0, 1, 2].map(|family| share(self.lost[family], self.counts[family])),
            best: share(self.best, visitors),
            visitors,
        }
    }
}
