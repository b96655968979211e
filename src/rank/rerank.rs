//! From scored survivors to an order: slot by slot, each choice given the prefix.
//!
//! A ranked slot takes the candidate with the largest `(1 − λ)·utility − λ·likeness to the prefix`, among those the caps
//! allow; its propensity is 1. An exploration slot draws from an explicit pool, the best by utility after caps, by
//! softmax; its propensity is the exact probability of what it drew. Which slots explore is declared by the policy, so
//! that off-policy evaluation knows what was random.

use super::policy::Policy;
use crate::math::{Digest, Random, dot, softmax};
use crate::model::Embedding;

/// A survivor, as reranking sees it. Candidates come in order of score, which decides where they are alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Score after penalties.
    pub utility: f32,
    /// For likeness; zero where unknown.
    pub vector: Embedding,
    /// Codes of organiser, series, type and locality; 0 is unknown and never capped.
    pub groups: [u16; 4],
    /// Identifies the candidate in the pool's digest.
    pub digest: u64,
}

/// How a slot was filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    /// By rank.
    Ranked,
    /// By a draw.
    Exploration,
}

/// One filled slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chosen {
    /// Its place among the candidates.
    pub index: usize,
    /// How it was filled.
    pub slot: Slot,
    /// Probability of this choice given the prefix.
    pub propensity: f64,
    /// Digest of the pool an exploration slot drew from.
    pub pool: Option<Digest>,
}

/// Candidates in order of score, and what is known of the others there are.
#[derive(Debug, Clone, Copy)]
pub struct Shortlist<'a> {
    /// Those that are known.
    pub candidates: &'a [Candidate],
    /// None of the others has a larger utility, and none is below the lowest of the candidates; nothing where there are no
    /// others. Where one may be as good as the best candidate, no slot can be filled, so that the scale is always that of all.
    pub others: Option<f32>,
}

/// Fills up to `limit` slots from candidates in order of score.
pub fn rerank(
    candidates: &[Candidate],
    limit: usize,
    policy: &Policy,
    diversity: f32,
    exploration: &[u16],
    seed: u64,
) -> Vec<Chosen> {
    let mut reranking = Reranking::default();
    let others = None;
    let shortlist = Shortlist { candidates, others };
    reranking.fill(shortlist, limit, policy, diversity, exploration, seed);
    reranking.chosen
}

/// A reranking, and room for the next: whoever keeps it has nothing allocated for that.
#[derive(Debug, Clone, Default)]
pub struct Reranking {
    chosen: Vec<Chosen>,
    /// Who has not been chosen, in order.
    remaining: Vec<usize>,
    /// Who of them the caps allow now.
    allowed: Vec<usize>,
    /// Of each candidate.
    standings: Vec<Standing>,
    caps: Caps,
    pool: Pool,
}

impl Reranking {
    /// Fills up to `limit` slots as [`rerank`] does, as if the others were candidates too; says whether it could be done
    /// without a look at them.
    pub fn fill(
        &mut self,
        Shortlist { candidates, others }: Shortlist<'_>,
        limit: usize,
        policy: &Policy,
        diversity: f32,
        exploration: &[u16],
        seed: u64,
    ) -> bool {
        let mut random = Random::new(seed);
        self.chosen.clear();
        self.remaining.clear();
        self.remaining.extend(0..candidates.len());
        self.caps.begin(policy, limit);
        let scale = Scale::of(candidates);
        self.standings.clear();
        self.standings
            .extend(candidates.iter().map(|candidate| Standing {
                relevance: (1.0 - diversity) * scale.of_utility(candidate.utility),
                likeness: 0.0,
                compared: 0,
            }));
        // No value of the others is larger: likeness only takes off, and what rises with utility does so rounded too.
        let others_value = others.map(|utility| (1.0 - diversity) * scale.of_utility(utility));
        while self.chosen.len() < limit && !self.remaining.is_empty() {
            let (caps, remaining) = (&self.caps, &self.remaining);
            let mut allowed = caps.allowed(candidates, remaining, &mut self.allowed);
            if allowed.is_empty() {
                if others.is_some() {
                    return false;
                }
                // A short list is worse than a lopsided one.
                allowed = remaining;
            }
            let position = u16::try_from(self.chosen.len());
            let chosen = if position.is_ok_and(|position| exploration.contains(&position)) {
                let pool = &mut self.pool;
                pool.admit(candidates, allowed, usize::from(policy.exploration.pool));
                if others.is_some_and(|others| !pool.is_above(others, candidates, policy)) {
                    return false;
                }
                pool.draw(candidates, policy, &mut random)
            } else {
                // The first of those with the largest value.
                let mut best = (allowed[0], f32::NEG_INFINITY);
                for &index in allowed {
                    let standing = &mut self.standings[index];
                    // A longer prefix makes nobody less like it: who is behind without a look at the rest of it stays behind.
                    if standing.value(diversity) > best.1 {
                        standing.complete(index, candidates, &self.chosen);
                        let value = standing.value(diversity);
                        if value > best.1 {
                            best = (index, value);
                        }
                    }
                }
                if !others_value.is_none_or(|others| best.1 > others) {
                    return false;
                }
                Chosen {
                    index: best.0,
                    slot: Slot::Ranked,
                    propensity: 1.0,
                    pool: None,
                }
            };
            let place = self
                .remaining
                .partition_point(|&index| index < chosen.index);
            self.remaining.remove(place);
            self.caps.take(&candidates[chosen.index]);
            self.chosen.push(chosen);
        }
        self.chosen.len() == limit || others.is_none()
    }

    /// What was chosen last.
    pub fn chosen(&self) -> &[Chosen] {
        &self.chosen
    }
}

/// How a candidate stands.
#[derive(Debug, Clone, Copy)]
struct Standing {
    /// `(1 − λ)·utility`.
    relevance: f32,
    /// How like the prefix it is, as far as it has been compared with that.
    likeness: f32,
    compared: usize,
}

impl Standing {
    fn value(&self, diversity: f32) -> f32 {
        self.relevance - diversity * self.likeness
    }

    /// Looks at what has come to the prefix since.
    fn complete(&mut self, index: usize, candidates: &[Candidate], prefix: &[Chosen]) {
        for taken in &prefix[self.compared..] {
            let alike = dot(&candidates[taken.index].vector, &candidates[index].vector);
            // No function call, which `max` is in a browser.
            if alike > self.likeness {
                self.likeness = alike;
            }
        }
        self.compared = prefix.len();
    }
}

/// Whom an exploration slot draws from.
#[derive(Debug, Clone, Default)]
struct Pool {
    candidates: Vec<usize>,
    probabilities: Vec<f64>,
}

impl Pool {
    /// Whether it is full of candidates of larger utility.
    fn is_above(&self, utility: f32, candidates: &[Candidate], policy: &Policy) -> bool {
        let last = self.candidates.last();
        self.candidates.len() == usize::from(policy.exploration.pool)
            && last.is_some_and(|&last| candidates[last].utility > utility)
    }

    fn draw(&mut self, candidates: &[Candidate], policy: &Policy, random: &mut Random) -> Chosen {
        let pool = || self.candidates.iter().map(|&index| &candidates[index]);
        let mut digest = Digest::default();
        pool().for_each(|candidate| {
            digest.integer(candidate.digest);
        });
        let utilities = pool().map(|candidate| f64::from(candidate.utility));
        self.probabilities.clear();
        self.probabilities.extend(utilities);
        softmax(
            &mut self.probabilities,
            f64::from(policy.exploration.temperature),
        );
        let mut left = random.uniform();
        let mut drawn = self.candidates.len() - 1;
        for (place, probability) in self.probabilities.iter().enumerate() {
            left -= probability;
            if left < 0.0 {
                drawn = place;
                break;
            }
        }
        // A draw on the very edge of the last interval could name a candidate of vanishing probability: the logged one stays
        // above 0 in any case.
        Chosen {
            index: self.candidates[drawn],
            slot: Slot::Exploration,
            propensity: self.probabilities[drawn].max(f64::MIN_POSITIVE),
            pool: Some(digest),
        }
    }

    /// Takes in the `most` best of those allowed by utility, equals in order.
    fn admit(&mut self, candidates: &[Candidate], allowed: &[usize], most: usize) {
        self.candidates.clear();
        for &index in allowed {
            // They come in order of score, so that most are put last or not at all.
            let utility = candidates[index].utility;
            let is_as_good = |&other: &usize| candidates[other].utility.total_cmp(&utility).is_ge();
            let before = self.candidates.iter().rposition(is_as_good);
            let place = before.map_or(0, |before| before + 1);
            if place < most {
                self.candidates.truncate(most - 1);
                self.candidates.insert(place, index);
            }
        }
    }
}

/// Utilities brought to 0..1 over the survivors, so that diversity weighs the same in every bundle.
struct Scale {
    least: f32,
    range: f32,
}

impl Scale {
    fn of(candidates: &[Candidate]) -> Self {
        let utilities = candidates.iter().map(|candidate| candidate.utility);
        let least = utilities.clone().fold(f32::INFINITY, f32::min);
        let most = utilities.fold(f32::NEG_INFINITY, f32::max);
        Self {
            least,
            range: (most - least).max(1e-6),
        }
    }

    fn of_utility(&self, utility: f32) -> f32 {
        (utility - self.least) / self.range
    }
}

/// How many of each organiser, series, type and locality may still come.
#[derive(Debug, Clone, Default)]
struct Caps {
    most: [usize; 4],
    /// Of each, the groups that have come, and how often: no more than there are slots.
    taken: [Vec<(u16, usize)>; 4],
    /// The groups of which no more may come.
    full: Vec<(usize, u16)>,
}

impl Caps {
    /// Begins anew: nothing has come.
    fn begin(&mut self, policy: &Policy, limit: usize) {
        let most = |share: f32| {
            if share >= 1.0 {
                usize::MAX
            } else {
                (libm::ceilf(share * limit as f32) as usize).max(1)
            }
        };
        self.most = [
            most(policy.organiser_share),
            most(policy.series_share),
            most(policy.type_share),
            most(policy.locality_share),
        ];
        self.taken.iter_mut().for_each(Vec::clear);
        self.full.clear();
    }

    /// Whom of the remaining the caps allow; `allowed` is room for them.
    fn allowed<'a>(
        &self,
        candidates: &[Candidate],
        remaining: &'a [usize],
        allowed: &'a mut Vec<usize>,
    ) -> &'a [usize] {
        let fits = |index: &&usize| {
            let groups = &candidates[**index].groups;
            !self.full.iter().any(|&(sort, group)| groups[sort] == group)
        };
        if self.full.is_empty() {
            return remaining;
        }
        allowed.clear();
        allowed.extend(remaining.iter().filter(fits));
        allowed
    }

    fn take(&mut self, candidate: &Candidate) {
        let sorts = self.taken.iter_mut().zip(self.most).enumerate();
        for ((sort, (taken, most)), &group) in sorts.zip(&candidate.groups) {
            let count = match taken.iter_mut().find(|(known, _)| *known == group) {
                Some((_, count)) => {
                    *count += 1;
                    *count
                }
                None => {
                    taken.push((group, 1));
                    1
                }
            };
            // What is unknown is no group.
            if group != 0 && count == most {
                self.full.push((sort, group));
            }
        }
    }
}

#[cfg(test)]
mod tests;
