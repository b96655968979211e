//! Learners that know nothing but ids: all of [`LEARNERS`].

use triqueta::math::Random;
use triqueta_trainer::interactions::{Interactions, LeaveOneOut, SideFeatures};
use triqueta_trainer::leave_one_out::{LEARNERS, Learner, PairScorer, judge};
use triqueta_trainer::progress::{Progress, Silent};
use triqueta_trainer::{Result, TrainerError};

const BLOCKS: u32 = 3;
const USERS: u32 = 36;
const ITEMS: u32 = 24;

/// Those that do not look at the user.
const IMPERSONAL: [&str; 2] = ["random", "popularity"];

fn features_of(count: u32, name: &str, block: impl Fn(u32) -> u32) -> SideFeatures {
    let entity = |number| vec![format!("{name}={}", block(number))];
    SideFeatures::learn(&(0..count).map(entity).collect::<Vec<_>>())
}

/// A checkerboard: users of a block choose two thirds of the items of their block; one of the others is held out, and to be
/// found among all items of the other blocks.
fn checkerboard_of(users: u32, items: u32) -> LeaveOneOut {
    let own = items / BLOCKS;
    let mut random = Random::new(7);
    let (mut pairs, mut held_out, mut negatives) = (Vec::new(), Vec::new(), Vec::new());
    for user in 0..users {
        let block = user % BLOCKS;
        let mut squares: Vec<u32> = (block * own..(block + 1) * own).collect();
        random.shuffle(&mut squares);
        let (chosen, left) = squares.split_at(squares.len() * 2 / 3);
        pairs.extend(chosen.iter().map(|&item| (user, item)));
        held_out.push((user, left[0]));
        negatives.push((0..items).filter(|item| item / own != block).collect());
    }
    LeaveOneOut {
        train: Interactions::new(users as usize, items as usize, pairs),
        held_out,
        negatives,
        user_features: features_of(users, "block", |user| user % BLOCKS),
        item_features: features_of(items, "kind", |item| item / own),
    }
}

fn checkerboard() -> LeaveOneOut {
    checkerboard_of(USERS, ITEMS)
}

fn fit(learner: &Learner, problem: &LeaveOneOut) -> Result<Box<dyn PairScorer>> {
    (learner.fit)(problem, 1, &Silent)
}

fn scores(model: &dyn PairScorer, user: u32, items: &[u32]) -> Vec<f32> {
    let mut out = vec![f32::NAN; items.len()];
    model.scores(user, items, &mut out);
    out
}

/// Either a typed error, or finite scores for everybody, known or not.
fn is_sane(learner: &Learner, case: &str, problem: &LeaveOneOut) {
    let users = problem.train.users() as u32;
    let items: Vec<u32> = (0..problem.train.items() as u32).collect();
    match fit(learner, problem) {
        Err(error) => {
            assert!(!error.code().is_empty() && !matches!(error, TrainerError::Cancelled))
        }
        Ok(model) => {
            for user in (0..users.min(5)).chain([users, users + 1_000]) {
                for score in scores(model.as_ref(), user, &items) {
                    assert!(
                        score.is_finite(),
                        "{}, {case}: user {user}: {score}",
                        learner.name
                    );
                }
            }
            let run = judge(problem, model.as_ref());
            assert_eq!(run.full.len(), problem.held_out.len());
        }
    }
}

#[test]
fn every_learner_finds_the_squares_of_a_checkerboard() {
    // Large enough for many steps of learners whose options are meant for far larger ones.
    let problem = checkerboard_of(120, 90);
    let mut missed = Vec::new();
    for learner in LEARNERS
        .iter()
        .filter(|learner| !IMPERSONAL.contains(&learner.name))
    {
        let model =
            fit(learner, &problem).unwrap_or_else(|error| panic!("{}: {error}", learner.name));
        let run = judge(&problem, model.as_ref());
        let auc = |ranks: &[triqueta_trainer::evaluate::Rank]| {
            ranks.iter().map(|rank| rank.auc()).sum::<f64>() / ranks.len() as f64
        };
        // Half of the pairs by chance. Whoever understood has all of those listed right; in full ranking the rest of the
        // user's own block is as good as what is held out.
        let (listed, full) = (auc(&run.sampled), auc(&run.full));
        if listed < 0.95 || full < 0.85 {
            missed.push(format!("{}: {listed:.3}, {full:.3}", learner.name));
        }
    }
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn every_learner_learns_the_same_from_the_same() {
    let problem = checkerboard();
    let items: Vec<u32> = (0..ITEMS).collect();
    let pool = |threads| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap()
    };
    for learner in LEARNERS {
        let bits = |threads: usize| -> Vec<u32> {
            pool(threads).install(|| {
                let model = fit(learner, &problem).unwrap();
                (0..USERS)
                    .flat_map(|user| scores(model.as_ref(), user, &items))
                    .map(f32::to_bits)
                    .collect()
            })
        };
        let first = bits(1);
        assert!(first == bits(1), "{}", learner.name);
        assert!(first == bits(2), "{} with two threads", learner.name);
    }
}

#[test]
fn every_learner_is_sane_about_degenerate_choices() {
    let full = checkerboard();
    let with = |users: usize, items: usize, pairs: Vec<(u32, u32)>| LeaveOneOut {
        train: Interactions::new(users, items, pairs),
        ..LeaveOneOut::default()
    };
    let all = (0..6).flat_map(|user| (0..5).map(move |item| (user, item)));
    let constant = LeaveOneOut {
        user_features: features_of(USERS, "block", |_| 0),
        item_features: features_of(ITEMS, "kind", |_| 0),
        ..full.clone()
    };
    let repeated = {
        let pairs: Vec<(u32, u32)> = full.train.pairs().collect();
        let twice = pairs.iter().chain(&pairs).copied();
        let train = Interactions::new(USERS as usize, ITEMS as usize, twice);
        assert_eq!(train, full.train);
        LeaveOneOut {
            train,
            ..full.clone()
        }
    };
    let newcomers = {
        let pairs = full.train.pairs().filter(|&(user, _)| user > 3);
        LeaveOneOut {
            train: Interactions::new(USERS as usize, ITEMS as usize, pairs),
            ..full.clone()
        }
    };
    let new_items = {
        let pairs = full.train.pairs().filter(|&(_, item)| item > 3);
        LeaveOneOut {
            train: Interactions::new(USERS as usize, ITEMS as usize, pairs),
            ..full.clone()
        }
    };
    let cases = [
        ("nothing at all", with(0, 0, vec![])),
        ("no choices", with(5, 7, vec![])),
        ("no items", with(5, 0, vec![])),
        ("no users", with(0, 7, vec![])),
        ("one user", with(1, 9, vec![(0, 2), (0, 5)])),
        ("one item", with(9, 1, vec![(0, 0), (4, 0)])),
        ("one choice", with(1, 1, vec![(0, 0)])),
        ("everything chosen", with(6, 5, all.collect())),
        ("constant features", constant),
        ("every choice twice", repeated),
        ("users without choices", newcomers),
        ("items nobody chose", new_items),
    ];
    for learner in LEARNERS {
        for (case, problem) in &cases {
            is_sane(learner, case, problem);
        }
    }
}

#[test]
fn every_learner_stops_on_request() {
    struct Impatient;
    impl Progress for Impatient {
        fn begin(&self, _step: &str, _total: Option<u64>) {}
        fn advance(&self, _units: u64) {}
        fn cancelled(&self) -> bool {
            true
        }
    }
    let problem = checkerboard();
    for learner in LEARNERS
        .iter()
        .filter(|learner| !IMPERSONAL.contains(&learner.name))
    {
        let stopped = (learner.fit)(&problem, 1, &Impatient);
        assert!(
            matches!(stopped, Err(TrainerError::Cancelled)),
            "{}",
            learner.name
        );
    }
}
