//! Scoring only those survivors that may come into a list: is it the list of scoring them all?
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use triqueta::bundle::BundleDraft;
use triqueta::catalog::Activity;
use triqueta::engine::Engine;
use triqueta::event::ActivityId;
use triqueta::feature::Component;
use triqueta::history::Visitor;
use triqueta::math::Random;
use triqueta::model::{BoostedTrees, TreeNode};
use triqueta::rank::{Filters, Policy, Ranking, Request, SlateItem};

/// A policy drawn from what is allowed, its ends among it.
fn policy(random: &mut Random) -> Policy {
    let mut knob = |least: f32, most: f32| match random.below(4) {
        0 => least,
        1 => most,
        _ => least + (most - least) * random.uniform() as f32,
    };
    let mut policy = Policy {
        diversity: knob(0.0, 1.0),
        popularity_penalty: knob(0.0, 1.0),
        seen_penalty: knob(0.0, 3.0),
        freshness: knob(0.0, 2.0),
        organiser_share: knob(0.01, 1.0),
        series_share: knob(0.01, 1.0),
        type_share: knob(0.1, 1.0),
        locality_share: knob(0.1, 1.0),
        ..Policy::default()
    };
    policy.survivors = 60 + random.below(200) as u16;
    policy.exploration.pool = 1 + random.below(40) as u16;
    policy.exploration.positions =
        [vec![], vec![0], vec![4, 9], vec![1, 2, 3]][random.below(4)].clone();
    policy
}

/// The same engine with trees that say nothing: for those everybody is scored.
fn with_silent_trees(engine: &Engine) -> Engine {
    let mut bundle = engine.bundle().clone();
    let silence = BoostedTrees::new(vec![0], vec![TreeNode::leaf(0.0)]).unwrap();
    bundle.boosted_trees = Some(silence);
    Engine::new(bundle).unwrap()
}

/// What is listed, but for what names the list and for what trees say.
fn listed(engine: &Engine, visitor: &Visitor, request: &Request) -> Vec<SlateItem> {
    let mut items = engine.recommend(visitor, request).unwrap().items;
    for item in &mut items {
        item.shown.slate.clear();
        item.contributions
            .retain(|part| part.component != Component::Adjustment);
    }
    items
}

/// Many activities that nothing but their ids tells apart.
fn of_pairs(seed: u64) -> BundleDraft {
    let mut random = Random::new(seed);
    let mut activities: Vec<Activity> = (0..350)
        .map(|number| support::activity(&mut random, number))
        .collect();
    let again = activities.clone().into_iter().map(|twin| Activity {
        id: ActivityId(format!("{}-otra", twin.id.0)),
        ..twin
    });
    activities.extend(again);
    let mut draft = support::draft_of(&mut random, &activities);
    let counters = &mut draft.counters;
    counters.positives = vec![1.0; 700].into();
    draft
}

#[test]
fn a_list_of_the_shortlisted_is_that_of_all_survivors() {
    let mut random = Random::new(21);
    for seed in 0..8 {
        let mut draft = match seed {
            0 | 1 => of_pairs(seed),
            _ => support::draft(seed, 700),
        };
        draft.boosted_trees = None;
        if seed >= 4 {
            draft = support::with_taste(draft, &mut random);
        }
        if seed >= 6 {
            support::cancel(&mut draft);
        }
        for _ in 0..4 {
            draft.model.policy = policy(&mut random);
            let engine = support::engine_of(&draft);
            let thorough = with_silent_trees(&engine);
            for case in 0..12 {
                let visitor = support::visitor(&mut random, &engine, 40);
                let request = Request {
                    ranking: Ranking::Learned,
                    filters: Filters {
                        include_past: case % 2 == 0,
                        ..Filters::default()
                    },
                    ..support::request(&mut random)
                };
                assert_eq!(
                    listed(&engine, &visitor, &request),
                    listed(&thorough, &visitor, &request),
                    "bundle {seed}, case {case}: {:?}",
                    draft.model.policy
                );
            }
        }
    }
}
