//! Leaving activities out before they are scored: does it ever leave out one of the best?
//!
//! The long form asks so many times as often: `TRIQUETA_TIMES=200 cargo test --release -p triqueta --test scan`; of a larger
//! catalogue: `TRIQUETA_ACTIVITIES=100000 TRIQUETA_TIMES=50 cargo test --release -p triqueta --test scan large`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
// The core reads no environment; how long its tests are to run, this one does.
#![allow(clippy::disallowed_methods)]

mod support;

use triqueta::bundle::BundleDraft;
use triqueta::catalog::{Activity, Counters, ROW_GROUP, Row};
use triqueta::engine::{Engine, Recollection};
use triqueta::event::{ActivityId, Body, FavouriteAction};
use triqueta::feature::{PAIR_FEATURES, PairRow, PairSide, PairWorth, Prepared, UserRow};
use triqueta::history::Visitor;
use triqueta::math::Random;
use triqueta::model::{FactorizationMachine, PairMachine};
use triqueta::rank::{Filters, Ranking, Request};

const SURVIVORS: u16 = 12;

/// A bundle whose list is the order of its score and nothing else.
fn plain(mut draft: BundleDraft) -> BundleDraft {
    let policy = &mut draft.model.policy;
    policy.survivors = SURVIVORS;
    (
        policy.freshness,
        policy.popularity_penalty,
        policy.seen_penalty,
    ) = (0.0, 0.0, 0.0);
    (policy.organiser_share, policy.series_share) = (1.0, 1.0);
    draft.boosted_trees = None;
    draft
}

fn request(random: &mut Random) -> Request {
    Request {
        limit: 10,
        diversity: Some(0.0),
        exploration_slots: Some(0),
        ranking: Ranking::Learned,
        ..support::request(random)
    }
}

/// The best of the whole catalogue that passes, each scored by itself. `whole` is the engine with a list so long that
/// nothing is left out of it: it only tells what passes.
fn best_of_all(
    (engine, whole): (&Engine, &Engine),
    visitor: &Visitor,
    request: &Request,
) -> Vec<(ActivityId, f32)> {
    let all = Request {
        limit: 200,
        ..request.clone()
    };
    let passing = listed(whole, visitor, &all);
    let ids: Vec<ActivityId> = passing.into_iter().map(|(id, _)| id).collect();
    let scores = engine.scores(visitor, request, &ids).into_iter();
    best(
        ids.into_iter()
            .zip(scores.map(|score| score.unwrap().total)),
    )
}

fn best(scored: impl Iterator<Item = (ActivityId, f32)>) -> Vec<(ActivityId, f32)> {
    let mut scored: Vec<(ActivityId, f32)> = scored.collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    scored.truncate(10);
    scored
}

fn listed(engine: &Engine, visitor: &Visitor, request: &Request) -> Vec<(ActivityId, f32)> {
    listed_recalling(engine, visitor, request, &mut Recollection::default())
}

fn listed_recalling(
    engine: &Engine,
    visitor: &Visitor,
    request: &Request,
    recollection: &mut Recollection,
) -> Vec<(ActivityId, f32)> {
    let slate = engine.recommend_recalling(visitor, request, recollection);
    let items = slate.unwrap().items.into_iter();
    items.map(|item| (item.activity, item.score)).collect()
}

fn asked(variable: &str, usual: usize) -> usize {
    std::env::var(variable).map_or(usual, |number| number.parse().unwrap())
}

/// So many random visitors and requests of a bundle, and as many times more as the long form says.
fn agrees(draft: &BundleDraft, cases: usize, random: &mut Random) {
    let cases = cases * asked("TRIQUETA_TIMES", 1);
    let engine = support::engine_of(draft);
    let mut whole = engine.bundle().clone();
    whole.model.policy.survivors = u16::MAX;
    let whole = Engine::new(whole).unwrap();
    let (mut full, mut recollection) = (0, Recollection::default());
    let mut visitor = Visitor::default();
    for case in 0..cases {
        // A visitor whose first list is made, or the same who has done one more thing.
        if case % 3 == 0 {
            visitor = support::visitor(random, &engine, 40);
        } else {
            let row = Row(random.below(engine.bundle().catalog.len()) as u32);
            let activity = engine.bundle().catalog.id(row).into();
            let body = support::body(random, activity);
            engine.observe(&mut visitor, support::NOW_MS, &body);
        }
        let request = request(random);
        let best = best_of_all((&engine, &whole), &visitor, &request);
        assert_eq!(listed(&engine, &visitor, &request), best, "case {case}");
        let kept = listed_recalling(&engine, &visitor, &request, &mut recollection);
        assert_eq!(kept, best, "case {case}, with what was kept");
        full += usize::from(best.len() == 10);
    }
    assert!(full > cases / 4, "{full} of {cases} lists were full");
}

#[test]
fn every_feature_is_in_the_sums() {
    let mut random = Random::new(8);
    let subjects = ["música", "teatro", "arte", "marionetas", "ajedrez", "boxeo"];
    let activities: Vec<Activity> = (0..150)
        .map(|number| Activity {
            title: format!("Taller de {}", subjects[random.below(subjects.len())]),
            ..support::activity(&mut random, number)
        })
        .collect();
    let draft = support::draft_of(&mut random, &activities);
    let draft = support::with_taste(plain(draft), &mut random);
    let engine = support::engine_of(&draft);
    let (bundle, now_ms) = (engine.bundle(), support::NOW_MS);
    let (schema, catalog, counters) = (&bundle.schema, &bundle.catalog, &bundle.counters);
    let prepared = Prepared::new(schema, catalog, counters);
    let mut seen = [false; PAIR_FEATURES.len()];
    let mut worth = PairWorth::default();
    for _ in 0..12 {
        let visitor = support::visitor(&mut random, &engine, 40);
        let user = UserRow::of(&visitor, schema, catalog.words(), now_ms);
        let side = PairSide::new(&user, &visitor, schema, catalog, now_ms);
        let row = |row: Row| side.row(catalog, &prepared, counters, schema, row);
        let live: Vec<Row> = catalog.live_rows().collect();
        let rows: Vec<PairRow> = live.iter().copied().map(row).collect();
        for (column, feature) in PAIR_FEATURES.iter().enumerate() {
            let mut alone = [0.0; PAIR_FEATURES.len()];
            alone[column] = 1.0;
            side.weigh(&alone, catalog, &prepared, counters, schema, &mut worth);
            let sums = worth.sums(&prepared);
            for (features, &row) in rows.iter().zip(&live) {
                let sum = sums.of_all(row.index() / ROW_GROUP)[row.index() % ROW_GROUP];
                let error = (features[column] - sum).abs();
                assert!(
                    error <= 1e-5 * (1.0 + worth.magnitude) + worth.drift,
                    "{}: {error}",
                    feature.name
                );
                assert!(
                    features[column].abs() <= 1.001 * worth.magnitude + 1e-5,
                    "{}",
                    feature.name
                );
                seen[column] |= features[column] != 0.0;
            }
        }
    }
    let unseen: Vec<&str> = PAIR_FEATURES
        .iter()
        .zip(seen)
        .filter(|(_, seen)| !seen)
        .map(|(feature, _)| feature.name)
        .collect();
    assert!(unseen.is_empty(), "{unseen:?} were 0 for everybody");
}

#[test]
fn what_is_carried_on_is_known_to_be_off_by_more() {
    let mut random = Random::new(30);
    let engine = support::engine_of(&plain(support::draft(30, 200)));
    let (bundle, now_ms) = (engine.bundle(), support::NOW_MS);
    let (schema, catalog, counters) = (&bundle.schema, &bundle.catalog, &bundle.counters);
    let prepared = Prepared::new(schema, catalog, counters);
    let weights = [1.0; PAIR_FEATURES.len()];
    let mut visitor = Visitor::default();
    for row in 0..8 {
        let activity = catalog.id(Row(row)).into();
        let body = Body::Favourite {
            activity,
            action: FavouriteAction::Added,
            shown: None,
        };
        engine.observe(&mut visitor, now_ms - i64::from(row), &body);
    }
    let mut worth = PairWorth::default();
    let drift = |visitor: &Visitor, now_ms: i64, worth: &mut PairWorth| {
        let user = UserRow::of(visitor, schema, catalog.words(), now_ms);
        let side = PairSide::new(&user, visitor, schema, catalog, now_ms);
        side.weigh(&weights, catalog, &prepared, counters, schema, worth);
        worth.drift
    };
    assert_eq!(drift(&visitor, now_ms, &mut worth), 0.0, "all is new");
    assert!(drift(&visitor, now_ms + 1_000, &mut worth) > 0.0);
    let another = support::visitor(&mut random, &engine, 40);
    assert_eq!(
        drift(&another, now_ms, &mut worth),
        0.0,
        "nothing is the same"
    );
}

#[test]
fn counters_that_came_later_are_summed_as_those_that_were_there() {
    let mut random = Random::new(31);
    let engine = support::engine_of(&plain(support::draft(31, 200)));
    let (bundle, now_ms) = (engine.bundle(), support::NOW_MS);
    let (schema, catalog, counters) = (&bundle.schema, &bundle.catalog, &bundle.counters);
    let there = Prepared::new(schema, catalog, counters);
    let mut later = Prepared::new(schema, catalog, &Counters::new(catalog.len(), now_ms, 30.0));
    later.refresh(catalog, counters);
    let visitor = support::visitor(&mut random, &engine, 40);
    let user = UserRow::of(&visitor, schema, catalog.words(), now_ms);
    let side = PairSide::new(&user, &visitor, schema, catalog, now_ms);
    let weights = std::array::from_fn(|_| random.normal() as f32);
    let sums = [there, later].map(|prepared| {
        let mut worth = PairWorth::default();
        side.weigh(&weights, catalog, &prepared, counters, schema, &mut worth);
        let sums = worth.sums(&prepared);
        let rows = (0..catalog.len()).map(|row| sums.of_all(row / ROW_GROUP)[row % ROW_GROUP]);
        rows.map(f32::to_bits).collect::<Vec<u32>>()
    });
    assert_eq!(sums[0], sums[1]);
}

#[test]
fn a_group_is_left_out_where_all_its_rows_are_below_the_bar() {
    let mut random = Random::new(21);
    let engine = support::engine_of(&plain(support::draft(4, 400)));
    let (bundle, now_ms) = (engine.bundle(), support::NOW_MS);
    let (schema, catalog, counters) = (&bundle.schema, &bundle.catalog, &bundle.counters);
    let prepared = Prepared::new(schema, catalog, counters);
    let mut worth = PairWorth::default();
    let (mut left_out, mut summed) = (0, 0);
    for _ in 0..20 {
        let visitor = support::visitor(&mut random, &engine, 40);
        let user = UserRow::of(&visitor, schema, catalog.words(), now_ms);
        let side = PairSide::new(&user, &visitor, schema, catalog, now_ms);
        let weights = std::array::from_fn(|_| random.normal() as f32);
        side.weigh(&weights, catalog, &prepared, counters, schema, &mut worth);
        for strange in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let row = random.below(catalog.len());
            worth.by_row.all_mut()[row] = strange;
        }
        let sums = worth.sums(&prepared);
        let groups = 0..catalog.len() / ROW_GROUP;
        let all: Vec<_> = groups.map(|group| sums.of_all(group)).collect();
        let bits = |sums: [f32; ROW_GROUP]| sums.map(f32::to_bits);
        // The sums themselves as bars, each of which is not below itself, and those next to them.
        for bar in all
            .as_flattened()
            .iter()
            .flat_map(|sum| [*sum, sum.next_up()])
        {
            for (group, &own) in all.iter().enumerate() {
                let found = sums.of(group, bar);
                if own.iter().all(|sum| *sum < bar) {
                    assert_eq!(found, None, "{own:?} and {bar}");
                    left_out += 1;
                } else {
                    assert_eq!(found.map(bits), Some(bits(own)), "{bar}");
                    summed += 1;
                }
            }
        }
    }
    assert!(left_out > 1_000 && summed > 1_000, "{left_out}, {summed}");
}

#[test]
fn what_features_make_of_each_other_is_what_the_machine_says() {
    let mut random = Random::new(13);
    let draft = support::with_every_model(support::draft(9, 150), 9);
    let draft = support::with_taste(plain(draft), &mut random);
    let engine = support::engine_of(&draft);
    let (bundle, now_ms) = (engine.bundle(), support::NOW_MS);
    let (schema, catalog, counters) = (&bundle.schema, &bundle.catalog, &bundle.counters);
    let prepared = Prepared::new(schema, catalog, counters);
    let machine = bundle.models.factorization_machine.as_ref().unwrap();
    let mut worth = PairWorth::default();
    for _ in 0..30 {
        let visitor = support::visitor(&mut random, &engine, 40);
        let user = UserRow::of(&visitor, schema, catalog.words(), now_ms);
        let side = PairSide::new(&user, &visitor, schema, catalog, now_ms);
        let past = user.history.iter();
        let of_visitor = machine.visitor(&user, past.map(|past| (&*past.activity, past.weight)));
        let weights = [0.0; PAIR_FEATURES.len()];
        side.weigh(&weights, catalog, &prepared, counters, schema, &mut worth);
        let vectors = machine.vectors();
        side.interact(vectors, catalog, &prepared, counters, schema, &mut worth);
        let points = worth.points(vectors, &prepared);
        for row in catalog.live_rows() {
            let activity = &bundle.activities.machine[row.index()];
            let pair = side.row(catalog, &prepared, counters, schema, row);
            let exact = machine.score(&of_visitor, activity, &pair);
            let meeting = points.meet(&machine.origin(&of_visitor), row, &activity.arrow());
            let size = meeting.flat_size + meeting.length * meeting.length;
            let error = (exact - meeting.value).abs();
            assert!(error <= 1e-6 * size, "{error} of {size}");
            assert!(exact.abs() <= size && size < 1e4 * (1.0 + exact.abs()));
        }
    }
}

#[test]
fn the_best_are_those_of_scoring_every_activity() {
    let mut random = Random::new(5);
    for seed in 0..6 {
        let draft = support::with_every_model(support::draft(seed, 190), seed);
        agrees(
            &support::with_taste(plain(draft), &mut random),
            60,
            &mut random,
        );
    }
}

#[test]
fn the_best_of_a_large_catalogue_are_those_of_scoring_every_activity() {
    let mut random = Random::new(12);
    let draft = support::draft(2, asked("TRIQUETA_ACTIVITIES", 4_000));
    let draft = support::with_taste(plain(draft), &mut random);
    let engine = support::engine_of(&draft);
    let catalog = &engine.bundle().catalog;
    let ids: Vec<ActivityId> = catalog
        .live_rows()
        .map(|row| catalog.id(row).into())
        .collect();
    for case in 0..20 * asked("TRIQUETA_TIMES", 1) {
        let visitor = support::visitor(&mut random, &engine, 40);
        let everything = Filters {
            include_past: true,
            include_unpublished: true,
            include_disliked: true,
            ..Filters::default()
        };
        let request = Request {
            filters: everything,
            ..request(&mut random)
        };
        let scores = engine.scores(&visitor, &request, &ids).into_iter();
        let best = best(
            ids.iter()
                .cloned()
                .zip(scores.map(|score| score.unwrap().total)),
        );
        assert_eq!(listed(&engine, &visitor, &request), best, "case {case}");
    }
}

#[test]
fn blends_whose_terms_nearly_cancel_leave_out_nobody() {
    let mut random = Random::new(6);
    let mut draft = support::with_taste(plain(support::draft(3, 190)), &mut random);
    support::cancel(&mut draft);
    agrees(&draft, 100, &mut random);
}

/// The same bundle with its machine changed, and heard in the blend.
fn with_machine(
    mut draft: BundleDraft,
    change: impl FnOnce(&mut FactorizationMachine, &mut PairRow, &mut PairRow),
) -> BundleDraft {
    let known = draft.models.factorization_machine.as_ref().unwrap();
    let (mean, scale) = known.scaling();
    let (mut machine, mut mean, mut scale) = (known.machine().clone(), *mean, *scale);
    change(&mut machine, &mut mean, &mut scale);
    draft.models.factorization_machine = PairMachine::new(&draft.schema, machine, mean, scale);
    draft.activities = support::activity_side(&draft.models, &draft.catalog);
    draft
}

#[test]
fn machines_of_any_size_leave_out_nobody() {
    let mut random = Random::new(14);
    for (seed, size) in (0..).zip([1e-30_f32, 1e-3, 3.0, 30.0, 1e4, 1e9, 1e17]) {
        let draft = support::with_every_model(support::draft(seed, 190), seed);
        let draft = support::with_taste(plain(draft), &mut random);
        let draft = with_machine(draft, |machine, _, _| {
            machine.factors.mapv_inplace(|v| v * size);
        });
        agrees(&draft, 25, &mut random);
    }
}

#[test]
fn machines_whose_products_are_too_small_to_be_numbers_leave_out_nobody() {
    let mut random = Random::new(16);
    for (seed, faint) in (0..).zip([1e-17_f32, 1e-20, 1e-23, 1e-25]) {
        let draft = support::with_every_model(support::draft(seed, 190), seed);
        let draft = support::with_taste(plain(draft), &mut random);
        let draft = with_machine(draft, |machine, mean, scale| {
            let start = machine.factors.nrows() - PAIR_FEATURES.len();
            for p in 0..PAIR_FEATURES.len() {
                let mut vector = machine.factors.row_mut(start + p);
                vector.mapv_inplace(|v| v * faint);
                machine.weight[start + p] = 0.0;
                (mean[p], scale[p]) = (0.0, 0.1 / faint);
            }
        });
        agrees(&draft, 25, &mut random);
        // Lists with reranking assert that what is nearly known of survivors is near enough.
        let engine = support::engine_of(&draft);
        for _ in 0..25 {
            let visitor = support::visitor(&mut random, &engine, 40);
            let request = Request {
                ranking: Ranking::Learned,
                ..support::request(&mut random)
            };
            assert!(engine.recommend(&visitor, &request).is_ok());
        }
    }
}

#[test]
fn machines_whose_terms_nearly_cancel_leave_out_nobody() {
    let mut random = Random::new(15);
    for seed in 0..4 {
        let draft = support::with_every_model(support::draft(seed, 190), seed);
        let draft = support::with_taste(plain(draft), &mut random);
        let mut draft = with_machine(draft, |machine, mean, scale| {
            // Features of all sizes, far from their means, under weights that take away what the vectors add.
            for (mean, scale) in mean.iter_mut().zip(scale.iter_mut()) {
                *mean = 30.0 * random.normal() as f32;
                *scale = (0.2 + random.uniform() as f32) * [1.0, 30.0][random.below(2)];
            }
            for weight in &mut machine.weight {
                *weight *= 1e3;
            }
        });
        for input in &mut draft.model.blend.inputs {
            if input.name == "factorization_machine" {
                input.weight = [-1.0, 1.0][random.below(2)];
            }
        }
        agrees(&draft, 40, &mut random);
    }
}

#[test]
fn points_too_faint_to_have_a_length_leave_out_nobody() {
    let mut random = Random::new(9);
    let mut draft = plain(support::draft(6, 190));
    let (schema, words) = (&draft.schema, draft.catalog.words());
    let stranger = UserRow::of(&Visitor::default(), schema, words, support::NOW_MS);
    let viewpoint = draft.models.two_tower.embed_user(&stranger);
    for point in draft.activities.embeddings.iter_mut().step_by(2) {
        // Only the first has a square that is not 0: the point is three times as long as it seems, and so is its cosine.
        *point = viewpoint.map(|x| x.signum() * 2.6e-23);
        point[0] = viewpoint[0].signum() * 4.5e-23;
    }
    for input in &mut draft.model.blend.inputs {
        if input.name == "two_tower_cosine" {
            (input.weight, input.maturity_weight) = (3.0, 0.0);
        }
    }
    agrees(&draft, 100, &mut random);
}

#[test]
fn a_blend_that_names_an_input_twice_is_asked_of_everything() {
    let mut random = Random::new(11);
    let mut draft = plain(support::draft(6, 190));
    let inputs = &mut draft.model.blend.inputs;
    inputs.push(inputs[0].clone());
    agrees(&draft, 60, &mut random);
}

#[test]
fn activities_that_are_equally_good_are_listed_by_id() {
    let mut random = Random::new(7);
    let mut draft = plain(support::draft(4, 190));
    for input in &mut draft.model.blend.inputs {
        let counts = input.name == "weekend" || input.name == "free";
        (input.weight, input.maturity_weight) = (f32::from(u8::from(counts)), 0.0);
    }
    agrees(&draft, 60, &mut random);
}
