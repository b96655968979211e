//! What does a list allocate, once the room of earlier lists is there?
//!
//! A browser's allocator is slow, and so is the memory of a module that grows. Scanning the catalogue and reranking have room of
//! their own and allocate nothing; what leaves with the slate must be made anew, and so is what is made of the visitor.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use triqueta::catalog::{ROW_GROUP, Row};
use triqueta::engine::{Engine, Recollection};
use triqueta::event::ActivityId;
use triqueta::feature::{PAIR_FEATURES, PairSide, PairWorth, Prepared, UserRow};
use triqueta::history::Visitor;
use triqueta::math::Random;
use triqueta::rank::{Candidate, Exploration, Policy, Request, Reranking, Shortlist};

/// How often memory was asked for.
fn allocations(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

/// A made-up city of so many activities, with every model, and with or without trees.
fn engine(rows: usize, trees: bool) -> Engine {
    let mut draft = support::with_every_model(support::draft(31, rows), 31);
    if !trees {
        draft.boosted_trees = None;
    }
    support::engine_of(&draft)
}

#[test]
fn what_is_counted_is_what_is_allocated() {
    assert_eq!(allocations(|| drop(vec![1_u8; 3])), 1);
    assert_eq!(allocations(|| drop(Vec::<u8>::new())), 0);
}

#[test]
fn scanning_allocates_nothing() {
    let engine = engine(900, true);
    let (bundle, now_ms) = (engine.bundle(), support::NOW_MS);
    let (schema, catalog, counters) = (&bundle.schema, &bundle.catalog, &bundle.counters);
    let prepared = Prepared::new(schema, catalog, counters);
    let machine = bundle.models.factorization_machine.as_ref().unwrap();
    let weights = [0.5; PAIR_FEATURES.len()];
    let mut random = Random::new(2);
    let mut worth = PairWorth::default();
    let mut sum = 0.0;
    for number in 0..6 {
        let visitor = support::visitor(&mut random, &engine, 40);
        let user = UserRow::of(&visitor, schema, catalog.words(), now_ms);
        let side = PairSide::new(&user, &visitor, schema, catalog, now_ms);
        let asked = allocations(|| {
            side.weigh(&weights, catalog, &prepared, counters, schema, &mut worth);
            let sums = worth.sums(&prepared);
            let groups = 0..catalog.len().div_ceil(ROW_GROUP);
            sum += groups.flat_map(|group| sums.of_all(group)).sum::<f32>();
            let vectors = machine.vectors();
            side.interact(vectors, catalog, &prepared, counters, schema, &mut worth);
            let points = worth.points(vectors, &prepared);
            let meet = |row: Row| {
                let arrow = bundle.activities.machine[row.index()].arrow();
                points.meet(vectors.origin(), row, &arrow).value
            };
            sum += catalog.live_rows().map(meet).sum::<f32>();
        });
        assert_eq!(asked == 0, number > 0, "visitor {number}: {asked}");
    }
    assert!(sum.is_finite() && sum != 0.0);
}

#[test]
fn reranking_allocates_nothing() {
    let mut random = Random::new(3);
    let policy = Policy {
        exploration: Exploration {
            positions: vec![2, 5, 7],
            ..Policy::default().exploration
        },
        ..Policy::default()
    };
    let mut reranking = Reranking::default();
    for number in 0..6 {
        let candidates: Vec<Candidate> = (0..200)
            .map(|digest| Candidate {
                utility: random.normal() as f32,
                vector: [0.25 * random.normal() as f32; 16],
                groups: [1 + random.below(9) as u16; 4],
                digest,
            })
            .collect();
        let exploration = policy.exploration_positions(None);
        let asked = allocations(|| {
            let shortlist = Shortlist {
                candidates: &candidates,
                others: None,
            };
            assert!(reranking.fill(shortlist, 10, &policy, 0.3, exploration, number));
            assert_eq!(reranking.chosen().len(), 10);
        });
        // Caps have met other groups before.
        assert!(number < 2 || asked == 0, "list {number}: {asked}");
    }
}

/// How often a list asked for memory beside what it hands over.
fn beside_the_slate(
    engine: &Engine,
    visitor: &Visitor,
    request: &Request,
    recollection: &mut Recollection,
) -> u64 {
    let mut slate = None;
    let whole = allocations(|| {
        slate = engine
            .recommend_recalling(visitor, request, recollection)
            .ok();
    });
    let slate = slate.unwrap();
    let handed_over = allocations(|| drop(slate.clone()));
    assert_eq!(slate.items.len(), usize::from(request.limit));
    whole - handed_over
}

#[test]
fn a_list_of_a_larger_catalogue_allocates_no_more() {
    for trees in [true, false] {
        let [small, large] = [300, 2_400].map(|rows| most_asked(&engine(rows, trees)));
        assert!(large <= small + 20, "{small} {large}, trees {trees}");
        // What is made of the visitor, and explanations.
        assert!(large <= 240, "{large}, trees {trees}");
    }
}

/// How often a list of this engine asks for memory at most, once others have made room.
fn most_asked(engine: &Engine) -> u64 {
    let request = Request {
        now_ms: support::NOW_MS,
        ..Request::default()
    };
    let mut random = Random::new(4);
    let mut recollection = Recollection::default();
    let mut most = 0;
    for number in 0..30 {
        let mut visitor = support::visitor(&mut random, engine, 0);
        for _ in 0..20 {
            let activity = ActivityId(format!("actividad-{}", random.below(300)));
            let body = support::body(&mut random, activity);
            engine.observe(&mut visitor, support::NOW_MS - 1_000, &body);
        }
        beside_the_slate(engine, &visitor, &request, &mut recollection);
        let asked = beside_the_slate(engine, &visitor, &request, &mut recollection);
        if number >= 10 {
            most = most.max(asked);
        }
    }
    most
}
