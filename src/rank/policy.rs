//! How a scored list becomes a slate: the knobs of reranking, each said by what happens at its ends.

use serde::{Deserialize, Serialize};

use crate::error::BundleError;
use crate::model::RuleOptions;

/// Declared exploration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exploration {
    /// The slate positions (from 0) that explore, ascending. Only these are random; every other slot is deterministic.
    pub positions: Vec<u16>,
    /// From how many of the best remaining candidates a slot draws, at least 1. 1 never surprises; hundreds show what the
    /// model believes in least.
    pub pool: u16,
    /// Temperature of the draw over utilities, above 0. Towards 0 the best candidate wins every time; at large values all
    /// are equally likely.
    pub temperature: f32,
}

crate::json::object! { Exploration: strict { positions, pool, temperature } }

/// The reranking policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Names this policy in events; raised whenever propensities would be computed otherwise.
    pub version: u16,
    /// How many of the best scored are reranked, at least 1. Small is fast and narrow, large lets diversity reach deep.
    pub survivors: u16,
    /// Weight of diversity against utility, 0 to 1 (Carbonell and Goldstein 1998, maximal marginal relevance). 0 ignores
    /// likeness, 1 ignores the score. The default is what accuracy does not notice (docs/accuracy.md, Variety): lists grow
    /// more alike inside below it, worse above.
    pub diversity: f32,
    /// What is taken from the utility of the most popular survivor, 0 and above. 0 lets popularity count as learned;
    /// large values turn the list upside down.
    pub popularity_penalty: f32,
    /// What is taken from the utility for each time the activity was shown lately without being acted on (the count halves
    /// every week), 0 and above. 0 repeats the same list forever.
    pub seen_penalty: f32,
    /// What is added for an activity published just now, halving every week, 0 and above.
    pub freshness: f32,
    /// The largest share of a slate one organiser may have, above 0 to 1; 1 is no cap.
    pub organiser_share: f32,
    /// The largest share of a slate one series may have, above 0 to 1; 1 is no cap. Each date of a series is an activity
    /// of its own: without a cap one liked series fills the list.
    pub series_share: f32,
    /// The largest share of a slate one type may have, above 0 to 1; 1 is no cap.
    pub type_share: f32,
    /// The largest share of a slate one locality may have, above 0 to 1; 1 is no cap.
    pub locality_share: f32,
    /// Exploration.
    pub exploration: Exploration,
    /// Options of the fallback rule.
    pub rule: RuleOptions,
}

crate::json::object! {
    Policy: strict
    {
        version, survivors, diversity, popularity_penalty, seen_penalty, freshness, organiser_share,
        series_share, type_share, locality_share, exploration, rule,
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            version: 1,
            survivors: 200,
            diversity: 0.1,
            popularity_penalty: 0.0,
            seen_penalty: 0.15,
            freshness: 0.0,
            organiser_share: 0.4,
            series_share: 0.3,
            type_share: 1.0,
            locality_share: 1.0,
            exploration: Exploration {
                positions: vec![4, 9],
                pool: 30,
                temperature: 1.0,
            },
            rule: RuleOptions {
                availability: false,
                future_only: true,
            },
        }
    }
}

impl Policy {
    /// Checks every knob's range.
    ///
    /// # Errors
    /// [`BundleError::Malformed`] names the first that is impossible.
    pub fn check(&self) -> Result<(), BundleError> {
        let share = |value: f32| value > 0.0 && value <= 1.0;
        let amount = |value: f32| value >= 0.0 && value.is_finite();
        let ascending = self
            .exploration
            .positions
            .windows(2)
            .all(|pair| pair[0] < pair[1]);
        let problem = [
            (self.survivors == 0, "survivors"),
            (!(0.0..=1.0).contains(&self.diversity), "diversity"),
            (!amount(self.popularity_penalty), "popularity_penalty"),
            (!amount(self.seen_penalty), "seen_penalty"),
            (!amount(self.freshness), "freshness"),
            (!share(self.organiser_share), "organiser_share"),
            (!share(self.series_share), "series_share"),
            (!share(self.type_share), "type_share"),
            (!share(self.locality_share), "locality_share"),
            (!ascending, "exploration.positions"),
            (self.exploration.pool == 0, "exploration.pool"),
            (
                !(self.exploration.temperature > 0.0 && self.exploration.temperature.is_finite()),
                "exploration.temperature",
            ),
        ]
        .into_iter()
        .find_map(|(bad, name)| bad.then_some(name));
        problem.map_or(Ok(()), |name| {
            Err(BundleError::Malformed {
                path: "model.json".into(),
                detail: format!("policy knob `{name}` is out of range"),
            })
        })
    }

    /// The positions that explore, with the request's wish for their number: the first `slots` of the declared ones.
    pub fn exploration_positions(&self, slots: Option<u8>) -> &[u16] {
        let declared = &self.exploration.positions;
        let count = slots.map_or(declared.len(), |slots| {
            usize::from(slots).min(declared.len())
        });
        &declared[..count]
    }
}
