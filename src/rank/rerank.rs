//! From scored survivors to an order: slot by slot, each choice given the prefix.
//!
//! A ranked slot takes the candidate with the largest `(1 − λ)·utility − λ·likeness to the prefix`, among those the caps
//! allow; its propensity is 1. An exploration slot draws from an explicit pool, the best by utility after caps, by
//! softmax; its propensity is the exact probability of what it drew. Which slots explore is declared by the policy, so
//! that off-policy evaluation knows what was random.

use super::policy::Policy;
use crate::math::{Digest, Random, dot, softmax};
use crate::model::Embedding;

/// A survivor, as reranking sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// A number the caller knows it by; also the last tie-breaker: candidates come in order of score.
    pub index: usize,
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
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// [`Candidate::index`].
    pub index: usize,
    /// How it was filled.
    pub slot: Slot,
    /// Probability of this choice given the prefix.
    pub propensity: f64,
    /// Digest of the pool an exploration slot drew from.
    pub pool: Option<String>,
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
    let mut random = Random::new(seed);
    let mut remaining: Vec<&Candidate> = candidates.iter().collect();
    let mut caps = Caps::new(policy, limit);
    let mut likeness = vec![Likeness::default(); candidates.len()];
    let scale = Scale::of(candidates);
    let mut prefix: Vec<&Candidate> = Vec::with_capacity(limit.min(candidates.len()));
    let mut chosen = Vec::with_capacity(limit.min(candidates.len()));
    while chosen.len() < limit && !remaining.is_empty() {
        let allowed = caps.allowed(&remaining);
        let explores =
            u16::try_from(chosen.len()).is_ok_and(|position| exploration.contains(&position));
        let (position, slot, propensity, pool) = if explores {
            draw(&remaining, &allowed, policy, &mut random)
        } else {
            let value = |candidate: &Candidate, likeness: &Likeness| {
                (1.0 - diversity) * scale.of_utility(candidate.utility) - diversity * likeness.most
            };
            // The first of those with the largest value.
            let mut best = (allowed[0], f32::NEG_INFINITY);
            for &position in &allowed {
                let candidate = remaining[position];
                let likeness = &mut likeness[candidate.index];
                // A longer prefix makes nobody less like it: who is behind without a look at the rest of it stays behind.
                if value(candidate, likeness) > best.1 {
                    likeness.complete(candidate, &prefix);
                    let value = value(candidate, likeness);
                    if value > best.1 {
                        best = (position, value);
                    }
                }
            }
            (best.0, Slot::Ranked, 1.0, None)
        };
        let taken = remaining.remove(position);
        caps.take(taken);
        prefix.push(taken);
        chosen.push(Chosen {
            index: taken.index,
            slot,
            propensity,
            pool,
        });
    }
    chosen
}

/// How like the prefix a candidate is, as far as it has been looked at.
#[derive(Debug, Clone, Copy, Default)]
struct Likeness {
    most: f32,
    compared: usize,
}

impl Likeness {
    /// Looks at what has come to the prefix since.
    fn complete(&mut self, candidate: &Candidate, prefix: &[&Candidate]) {
        for taken in &prefix[self.compared..] {
            let alike = dot(&taken.vector, &candidate.vector);
            // No function call, which `max` is in a browser.
            if alike > self.most {
                self.most = alike;
            }
        }
        self.compared = prefix.len();
    }
}

fn draw(
    remaining: &[&Candidate],
    allowed: &[usize],
    policy: &Policy,
    random: &mut Random,
) -> (usize, Slot, f64, Option<String>) {
    let mut pool = allowed.to_vec();
    pool.sort_by(|&a, &b| {
        remaining[b]
            .utility
            .total_cmp(&remaining[a].utility)
            .then(a.cmp(&b))
    });
    pool.truncate(usize::from(policy.exploration.pool));
    let mut digest = Digest::default();
    pool.iter().for_each(|&position| {
        digest.integer(remaining[position].digest);
    });
    let mut probabilities: Vec<f64> = pool
        .iter()
        .map(|&position| f64::from(remaining[position].utility))
        .collect();
    softmax(
        &mut probabilities,
        f64::from(policy.exploration.temperature),
    );
    let mut left = random.uniform();
    let mut drawn = pool.len() - 1;
    for (index, probability) in probabilities.iter().enumerate() {
        left -= probability;
        if left < 0.0 {
            drawn = index;
            break;
        }
    }
    // A draw on the very edge of the last interval could name a candidate of vanishing probability: the logged one stays
    // above 0 in any case.
    (
        pool[drawn],
        Slot::Exploration,
        probabilities[drawn].max(f64::MIN_POSITIVE),
        Some(digest.hexadecimal()),
    )
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
struct Caps {
    most: [usize; 4],
    /// Of each, the groups that have come, and how often: no more than there are slots.
    taken: [Vec<(u16, usize)>; 4],
}

impl Caps {
    fn new(policy: &Policy, limit: usize) -> Self {
        let most = |share: f32| {
            if share >= 1.0 {
                usize::MAX
            } else {
                (libm::ceilf(share * limit as f32) as usize).max(1)
            }
        };
        Self {
            most: [
                most(policy.organiser_share),
                most(policy.series_share),
                most(policy.type_share),
                most(policy.locality_share),
            ],
            taken: Default::default(),
        }
    }

    /// Positions the caps allow; all of them where they allow none, because a short list is worse than a lopsided one.
    fn allowed(&self, remaining: &[&Candidate]) -> Vec<usize> {
        let full: Vec<(usize, u16)> = self.full().collect();
        if full.is_empty() {
            return (0..remaining.len()).collect();
        }
        let fits = |candidate: &Candidate| {
            let is_full = |&(sort, group): &(usize, u16)| candidate.groups[sort] == group;
            !full.iter().any(is_full)
        };
        let allowed: Vec<usize> = (0..remaining.len())
            .filter(|&position| fits(remaining[position]))
            .collect();
        if allowed.is_empty() {
            (0..remaining.len()).collect()
        } else {
            allowed
        }
    }

    /// The groups of which no more may come. What is unknown is no group.
    fn full(&self) -> impl Iterator<Item = (usize, u16)> {
        let sorts = self.taken.iter().zip(self.most).enumerate();
        sorts.flat_map(|(sort, (taken, most))| {
            let full = taken
                .iter()
                .filter(move |(group, count)| *group != 0 && *count >= most);
            full.map(move |&(group, _)| (sort, group))
        })
    }

    fn take(&mut self, candidate: &Candidate) {
        for (&group, taken) in candidate.groups.iter().zip(&mut self.taken) {
            match taken.iter_mut().find(|(known, _)| *known == group) {
                Some((_, count)) => *count += 1,
                None => taken.push((group, 1)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Exploration;
    use super::*;

    fn candidate(index: usize, utility: f32, direction: usize, organiser: u16) -> Candidate {
        let mut vector = [0.0; 16];
        vector[direction] = 1.0;
        Candidate {
            index,
            utility,
            vector,
            groups: [organiser, 0, 0, 0],
            digest: index as u64,
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
                .filter(|one| !prefix.iter().any(|taken| taken.index == one.index));
            let valued = rest.map(|one| {
                let alike = prefix.iter().map(|taken| dot(&taken.vector, &one.vector));
                let most = alike.fold(0.0, f32::max);
                let utility = (1.0 - diversity) * scale.of_utility(one.utility);
                (utility - diversity * most, one)
            });
            let best = valued.reduce(|best, next| if next.0 > best.0 { next } else { best });
            prefix.extend(best.map(|(_, one)| one));
        }
        prefix.iter().map(|taken| taken.index).collect()
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
                    usize::from(i),
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
