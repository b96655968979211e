//! Do the trees' second look and the blend make one score, in the list, beside a single activity, and in its parts?
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use triqueta::event::ActivityId;
use triqueta::feature::Component;
use triqueta::history::Visitor;
use triqueta::math::Random;
use triqueta::model::{BoostedTrees, TreeNode};
use triqueta::rank::{Ranking, Request};

fn request() -> Request {
    Request {
        now_ms: support::NOW_MS,
        limit: 20,
        diversity: Some(0.0),
        exploration_slots: Some(0),
        ..Request::default()
    }
}

#[test]
fn the_list_is_ordered_by_the_score_after_the_second_look_and_shows_it_as_a_part() {
    let mut draft = support::draft(11, 150);
    let plain = support::engine_of(&draft);
    draft.boosted_trees = Some(support::boosted_trees(&mut Random::new(2)));
    draft.model.policy.organiser_share = 1.0;
    draft.model.policy.series_share = 1.0;
    draft.model.policy.freshness = 0.0;
    draft.model.policy.popularity_penalty = 0.0;
    let engine = support::engine_of(&draft);
    let visitor = Visitor::default();
    let slate = engine.recommend(&visitor, &request()).unwrap();
    let ids: Vec<ActivityId> = slate
        .items
        .iter()
        .map(|item| item.activity.clone())
        .collect();
    let first = plain.scores(&visitor, &request(), &ids);
    let second = engine.scores(&visitor, &request(), &ids);
    let mut moved = 0;
    for ((item, first), second) in slate.items.iter().zip(first).zip(second) {
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!(item.score, second.total);
        let part = item
            .contributions
            .iter()
            .find(|part| part.component == Component::Adjustment)
            .unwrap();
        assert_eq!(first.adjusted(part.value), second);
        moved += usize::from(part.value != 0.0);
    }
    assert!(moved > 0);
    assert!(
        slate
            .items
            .windows(2)
            .all(|two| two[0].score >= two[1].score)
    );
    // Other rankings are not looked at again.
    for ranking in [Ranking::Rule, Ranking::Popularity, Ranking::Content] {
        let request = Request {
            ranking,
            ..request()
        };
        let (a, b) = (
            plain.scores(&visitor, &request, &ids),
            engine.scores(&visitor, &request, &ids),
        );
        assert_eq!(a, b, "{ranking:?}");
    }
}

#[test]
fn what_cannot_be_checked_is_never_given_as_the_reason() {
    let mut draft = support::draft(12, 60);
    let reasons = |draft: &triqueta::bundle::BundleDraft| {
        let slate = support::engine_of(draft)
            .recommend(&Visitor::default(), &request())
            .unwrap();
        let codes = slate
            .items
            .iter()
            .map(|item| (item.activity.clone(), item.reason.code.clone()));
        codes.collect::<Vec<_>>()
    };
    let before = reasons(&draft);
    // The same for all, and more than anything else says.
    draft.boosted_trees = Some(BoostedTrees::new(vec![0], vec![TreeNode::leaf(16.0)]).unwrap());
    assert_eq!(reasons(&draft), before);
}
