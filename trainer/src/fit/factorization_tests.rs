//! What every learner of who chose what has to do: find a right answer that is known, give the same bits on one and two
//! threads, and stay sane where there is next to nothing to learn from.

use super::*;
use crate::interactions::Interactions;
use crate::progress::Silent;

type Scores = Vec<Vec<f32>>;

/// The scores of all pairs under each learner, users folded in by the shipped pass where that is how they are served.
fn learned(log: &Interactions) -> Vec<(&'static str, Scores)> {
    let of_factors = |fitted: FittedFactors| -> Scores {
        let users = fitted.users.rows().into_iter();
        let score = |user: &[f32]| {
            let items = 0..log.items();
            items.map(|item| fitted.factors.score(user, item)).collect()
        };
        users.map(|user| score(&user.to_vec())).collect()
    };
    let history = |user: u32| log.of_user(user).iter().map(|&item| (item as usize, 1.0));
    let als = AlsOptions {
        width: 8,
        ..AlsOptions::default()
    };
    let ranking = RankingOptions {
        width: 8,
        ..RankingOptions::default()
    };
    let themes = NonnegativeOptions {
        width: 4,
        ..NonnegativeOptions::default()
    };
    let svd = SvdOptions {
        width: 4,
        ..SvdOptions::default()
    };
    let item_item = ItemItemOptions {
        regularisation: 1.0,
        ..ItemItemOptions::default()
    };
    let als = fit_alternating_least_squares(log, &als, 7, &Silent).unwrap();
    let folded = (0..log.users() as u32)
        .map(|user| {
            let user = als.factors.fold_in(history(user));
            let items = 0..log.items();
            items.map(|item| als.factors.score(&user, item)).collect()
        })
        .collect();
    let neighbours = fit_item_item(log, &item_item, &Silent).unwrap();
    let spoken = (0..log.users() as u32)
        .map(|user| neighbours.scores(history(user), log.items()))
        .collect();
    vec![
        ("ials", of_factors(als)),
        ("ials, folded in", folded),
        (
            "bpr",
            of_factors(fit_bayesian_ranking(log, &ranking, 7, &Silent).unwrap()),
        ),
        (
            "svd",
            of_factors(fit_truncated_svd(log, &svd, 7, &Silent).unwrap()),
        ),
        (
            "nmf",
            of_factors(fit_nonnegative_factors(log, &themes, 7, &Silent).unwrap()),
        ),
        ("item-item", spoken),
    ]
}

/// Users of a checkerboard choose the items of their own colour, all but one: that one must come before the other colour.
#[test]
fn the_missing_field_of_a_checkerboard_is_found() {
    let missing = |user: u32| (user * 2 + user % 2) % 24;
    let fields = (0..40_u32).flat_map(|user| (0..24_u32).map(move |item| (user, item)));
    let chosen = fields.filter(|&(user, item)| user % 2 == item % 2 && item != missing(user));
    let log = Interactions::new(40, 24, chosen);
    for (name, scores) in learned(&log) {
        for user in 0..40_u32 {
            let own = scores[user as usize][missing(user) as usize];
            let others = (0..24).filter(|item| item % 2 != user as usize % 2);
            for item in others {
                assert!(
                    own > scores[user as usize][item],
                    "{name}: user {user}, item {item}"
                );
            }
        }
    }
}

#[test]
fn one_and_two_threads_learn_the_same_bits() {
    let mut random = triqueta::math::Random::new(11);
    let pairs = (0..6_000).map(|_| (random.below(300) as u32, random.below(280) as u32));
    let log = Interactions::new(300, 280, pairs.collect::<Vec<_>>());
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(|| learned(&log))
    };
    for ((name, one), (_, two)) in on(1).into_iter().zip(on(2)) {
        assert_eq!(one, two, "{name}");
    }
}

#[test]
fn next_to_nothing_to_learn_from_gives_numbers() {
    let logs = [
        Interactions::new(0, 0, []),
        Interactions::new(1, 1, []),
        Interactions::new(1, 1, [(0, 0)]),
        Interactions::new(3, 1, [(0, 0), (1, 0), (2, 0)]),
        Interactions::new(1, 3, [(0, 0), (0, 1), (0, 2)]),
        Interactions::new(4, 4, []),
    ];
    for log in logs {
        for (name, scores) in learned(&log) {
            assert!(
                scores.iter().flatten().all(|score| score.is_finite()),
                "{name} {log:?}"
            );
        }
    }
}
