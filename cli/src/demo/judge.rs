//! How good are the published recommendations, really? The regret of each way of ranking against the oracle.

use serde::Serialize;
use triqueta::engine::Engine;
use triqueta::event::ActivityId;
use triqueta::history::Visitor;
use triqueta::model::Score;
use triqueta::rank::{Ranking, Request};

use super::error::{DemoError, Result};
use super::simulate::Simulation;
use super::spread::{Spread, Spreading};
use super::taste::Family;

/// Length of the slates compared.
const LENGTH: u16 = 10;

/// The mean regret of one way of ranking.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeanRegret {
    /// `learned`, `score alone`, `rule`, `popularity`, `content` or `any order`.
    pub ranking: &'static str,
    /// Over all visitors compared.
    pub all: f64,
    /// By family of taste: by tag, by place, contrary.
    pub by_family: [f64; 3],
    /// Mean value of the best slates: the regret of showing nothing.
    pub best: f64,
    /// Visitors compared.
    pub visitors: usize,
    /// How broad the lists are.
    pub spread: Spread,
}

/// A way to make a list.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// As the page shows it, without exploration.
    Page(Ranking),
    /// In the order of the learned score: the model without reranking.
    Score,
    /// Spread evenly over the programme.
    AnyOrder,
}

const WAYS: [(&str, Way); 6] = [
    ("learned", Way::Page(Ranking::Learned)),
    ("score alone", Way::Score),
    ("rule", Way::Page(Ranking::Rule)),
    ("popularity", Way::Page(Ranking::Popularity)),
    ("content", Way::Page(Ranking::Content)),
    ("any order", Way::AnyOrder),
];

/// Compares the ways of ranking on every `step`-th visitor who keeps a history, at the demo's day, without exploration.
///
/// # Errors
/// Whatever the engine refuses.
pub fn regrets(city: &Simulation, engine: &Engine, step: usize) -> Result<Vec<MeanRegret>> {
    let now_ms = city.plan.day.start_ms();
    let mut means = WAYS.map(|(name, _)| Mean {
        name,
        ..Mean::default()
    });
    let bundle = engine.bundle();
    let chosen = |id: &ActivityId| {
        let row = bundle.catalog.row(id);
        let counts = &bundle.counters.positives_total;
        row.and_then(|row| counts.get(row.index()))
            .map_or(0.0, |&count| f64::from(count))
    };
    let numbered = city.visitors.iter().enumerate();
    let keeping = numbered.filter(|(_, visitor)| visitor.consent.allows_storage());
    for (number, simulated) in keeping.step_by(step.max(1)) {
        let mut visitor = Visitor {
            profile: simulated.profile.clone(),
            ..Visitor::default()
        };
        for event in city.events(number) {
            engine.observe(&mut visitor, event.time_ms, &event.body);
        }
        for (mean, (_, way)) in means.iter_mut().zip(WAYS) {
            let slate = list(city, engine, &visitor, way, now_ms)?;
            mean.spreading.add(city, &slate, chosen);
            if let Some(regret) = city.regret(number, &slate, now_ms) {
                mean.add(simulated.family(), regret.lost(), regret.best);
            }
        }
    }
    let candidates = city.candidates(now_ms).len();
    let finished = means.into_iter().map(|mean| mean.finish(candidates));
    Ok(finished.collect())
}

fn list(
    city: &Simulation,
    engine: &Engine,
    visitor: &Visitor,
    way: Way,
    now_ms: i64,
) -> Result<Vec<ActivityId>> {
    let length = usize::from(LENGTH);
    let request = Request {
        limit: LENGTH,
        now_ms,
        exploration_slots: Some(0),
        ..Request::default()
    };
    match way {
        Way::Page(ranking) => {
            let request = Request { ranking, ..request };
            let slate = engine
                .recommend(visitor, &request)
                .map_err(DemoError::Recommender)?;
            Ok(slate.items.into_iter().map(|item| item.activity).collect())
        }
        Way::Score => {
            let candidates = city.candidates(now_ms);
            let scores = engine.scores(visitor, &request, &candidates);
            let total = |score: Option<Score>| score.map_or(f32::NEG_INFINITY, |score| score.total);
            let mut scored: Vec<_> = candidates
                .into_iter()
                .zip(scores.into_iter().map(total))
                .collect();
            scored.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            Ok(scored.into_iter().take(length).map(|(id, _)| id).collect())
        }
        Way::AnyOrder => {
            let candidates = city.candidates(now_ms);
            let step = (candidates.len() / length).max(1);
            Ok(candidates.into_iter().step_by(step).take(length).collect())
        }
    }
}

#[derive(Default)]
struct Mean {
    name: &'static str,
    lost: [f64; 3],
    best: f64,
    counts: [usize; 3],
    spreading: Spreading,
}

impl Mean {
    fn add(&mut self, family: Family, lost: f64, best: f64) {
        self.lost[family as usize] += lost;
        self.counts[family as usize] += 1;
        self.best += best;
    }

    fn finish(self, candidates: usize) -> MeanRegret {
        let visitors = self.counts.iter().sum::<usize>();
        let share = |sum: f64, count: usize| if count == 0 { 0.0 } else { sum / count as f64 };
        MeanRegret {
            ranking: self.name,
            all: share(self.lost.iter().sum(), visitors),
            by_family: [0, 1, 2].map(|family| share(self.lost[family], self.counts[family])),
            best: share(self.best, visitors),
            visitors,
            spread: self.spreading.finish(candidates),
        }
    }
}
