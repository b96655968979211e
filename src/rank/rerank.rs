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
    reranking.fill(candidates, limit, policy, diversity, exploration, seed);
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
    /// Fills up to `limit` slots from candidates in order of score, as [`rerank`] does.
    pub fn fill(
        &mut self,
        candidates: &[Candidate],
        limit: usize,
        policy: &Policy,
        diversity: f32,
        exploration: &[u16],
        seed: u64,
    ) -> &[Chosen] {
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
        while self.chosen.len() < limit && !self.remaining.is_empty() {
            let (caps, remaining) = (&self.caps, &self.remaining);
            let allowed = caps.allowed(candidates, remaining, &mut self.allowed);
            let position = u16::try_from(self.chosen.len());
            let chosen = if position.is_ok_and(|position| exploration.contains(&position)) {
                self.pool.draw(candidates, allowed, policy, &mut random)
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
    fn draw(
        &mut self,
        candidates: &[Candidate],
        allowed: &[usize],
        policy: &Policy,
        random: &mut Random,
    ) -> Chosen {
        self.admit(candidates, allowed, usize::from(policy.exploration.pool));
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

    /// Whom of the remaining the caps allow; all of them where they allow none, because a short list is worse than a lopsided
    /// one. `allowed` is room for them.
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
        if allowed.is_empty() {
            remaining
        } else {
            allowed
        }
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
mod tests {
    use super::super::Exploration;
    use super::*;

    fn candidate(digest: u64, utility: f32, direction: usize, organiser: u16) -> Candidate {
        let mut vector = [0.0; 16];
        vector[direction] = 1.0;
        Candidate {
            utility,
            vector,
            groups: [organiser, 0, 0, 0],
            digest,
        }
    }

    fn policy() -> Policy {
        Policy {
            organiser_share: 1.0,
            ..Policy::default()
        }
    }

    fn indices(chosen: &[Chosen]) -> Vec<usize> {
        chosen.iter().map(|chosen| chosen.index).collect()
    }

    #[test]
    fn without_diversity_the_order_is_the_score() {
        let candidates = [
            candidate(0, 3.0, 0, 1),
            candidate(1, 2.0, 0, 1),
            candidate(2, 1.0, 1, 1),
        ];
        assert_eq!(
            indices(&rerank(&candidates, 3, &policy(), 0.0, &[], 1)),
            [0, 1, 2]
        );
    }

    #[test]
    fn diversity_brings_the_different_one_forward() {
        let candidates = [
            candidate(0, 3.0, 0, 1),
            candidate(1, 2.9, 0, 1),
            candidate(2, 2.0, 1, 1),
        ];
        assert_eq!(
            indices(&rerank(&candidates, 3, &policy(), 0.7, &[], 1)),
            [0, 2, 1]
        );
    }

    /// Each slot by a look at everybody beside the whole prefix.
    fn one_by_one(candidates: &[Candidate], limit: usize, diversity: f32) -> Vec<usize> {
        let scale = Scale::of(candidates);
        let mut prefix: Vec<&Candidate> = Vec::new();
        while prefix.len() < limit {
            let rest = candidates
                .iter()
                .filter(|one| !prefix.iter().any(|taken| taken.digest == one.digest));
            let valued = rest.map(|one| {
                let alike = prefix.iter().map(|taken| dot(&taken.vector, &one.vector));
                let most = alike.fold(0.0, f32::max);
                let utility = (1.0 - diversity) * scale.of_utility(one.utility);
                (utility - diversity * most, one)
            });
            let best = valued.reduce(|best, next| if next.0 > best.0 { next } else { best });
            prefix.extend(best.map(|(_, one)| one));
        }
        prefix.iter().map(|taken| taken.digest as usize).collect()
    }

    #[test]
    fn nobody_is_passed_over_who_would_have_been_the_best() {
        let mut random = Random::new(4);
        for diversity in [0.0, 0.1, 0.5, 0.9, 1.0] {
            let mut candidates: Vec<Candidate> = (0..60)
                .map(|index| candidate(index, random.normal() as f32, 0, 0))
                .collect();
            for one in &mut candidates {
                one.vector = one.vector.map(|_| random.normal() as f32 / 4.0);
            }
            let chosen = rerank(&candidates, 20, &policy(), diversity, &[], 1);
            assert_eq!(indices(&chosen), one_by_one(&candidates, 20, diversity));
        }
    }

    #[test]
    fn caps_hold_until_nothing_else_is_left() {
        let capped = Policy {
            organiser_share: 0.25,
            ..Policy::default()
        };
        let candidates = [
            candidate(0, 5.0, 0, 1),
            candidate(1, 4.0, 0, 1),
            candidate(2, 3.0, 0, 1),
            candidate(3, 1.0, 1, 2),
        ];
        assert_eq!(
            indices(&rerank(&candidates, 4, &capped, 0.0, &[], 1)),
            [0, 3, 1, 2]
        );
    }

    /// One case: its second slot explores a pool, after caps, at a temperature.
    fn frequencies_match(pool: u16, temperature: f32, organiser_share: f32) {
        let candidates: Vec<Candidate> = (0..6_u16)
            .map(|i| {
                candidate(
                    u64::from(i),
                    2.0 - f32::from(i) * 0.5,
                    usize::from(i),
                    i % 2 + 1,
                )
            })
            .collect();
        let exploration = Exploration {
            positions: vec![1],
            pool,
            temperature,
        };
        let explore = Policy {
            exploration,
            organiser_share,
            ..policy()
        };
        let seeds = 100_000_u32;
        let mut counts = [0_u32; 6];
        let mut logged = [0.0_f64; 6];
        for seed in 0..seeds {
            let chosen = rerank(&candidates, 3, &explore, 0.3, &[1], u64::from(seed));
            assert_eq!((chosen[0].index, chosen[0].propensity), (0, 1.0));
            assert_eq!(chosen[1].slot, Slot::Exploration);
            counts[chosen[1].index] += 1;
            logged[chosen[1].index] = chosen[1].propensity;
        }
        assert!(
            (logged.iter().sum::<f64>() - 1.0).abs() < 1e-9,
            "{logged:?}"
        );
        for (count, propensity) in counts.iter().zip(logged) {
            let expected = propensity * f64::from(seeds);
            let deviation = libm::sqrt(expected * (1.0 - propensity)).max(1.0);
            assert!(
                (f64::from(*count) - expected).abs() < 4.5 * deviation,
                "{counts:?} {logged:?}"
            );
        }
        let drawn = counts.iter().filter(|&&count| count > 0).count();
        assert!(drawn <= usize::from(pool));
    }

    #[test]
    fn logged_propensities_match_frequencies_over_100_000_seeds() {
        frequencies_match(4, 0.8, 1.0);
        frequencies_match(2, 0.3, 1.0);
        frequencies_match(5, 5.0, 1.0);
        // A cap of one an organiser leaves only the other organiser's candidates in the pool.
        frequencies_match(5, 1.0, 0.3);
    }

    #[test]
    fn no_candidates_no_slots() {
        assert!(rerank(&[], 10, &policy(), 0.5, &[0], 1).is_empty());
    }
}
