use super::*;
use crate::rank::Exploration;

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
