//! The self-test a bundle carries: visitors and requests of every sort, made from the bundle's own words.

use triqueta::bundle::BundleDraft;
use triqueta::catalog::Row;
use triqueta::event::{ActivityId, Body, FavouriteAction, Opinion, Shown, Source};
use triqueta::history::{Profile, Visitor};
use triqueta::math::Random;
use triqueta::rank::{Ranking, Request};

/// How many cases a bundle carries.
pub const SELF_TEST_CASES: usize = 16;

/// Cases for a draft: with and without profile, with and without history, every ranking.
pub fn self_test_cases(draft: &BundleDraft, seed: u64) -> Vec<(Visitor, Request)> {
    (0..SELF_TEST_CASES)
        .map(|case| (visitor(draft, seed, case), request(draft, seed, case)))
        .collect()
}

fn request(draft: &BundleDraft, seed: u64, case: usize) -> Request {
    let ranking = match case % 8 {
        5 => Ranking::Rule,
        6 => Ranking::Popularity,
        7 => Ranking::Content,
        _ => Ranking::Learned,
    };
    let mut request = Request {
        limit: 12,
        seed: case as u64,
        ranking,
        now_ms: draft.data_until_ms,
        ..Request::default()
    };
    request.filters.include_past = case % 4 == 3;
    request.seed ^= seed & 0xffff;
    request
}

fn visitor(draft: &BundleDraft, seed: u64, case: usize) -> Visitor {
    let mut random = Random::new(seed ^ (0x5e1f_7e57 + case as u64));
    let words = draft.catalog.words();
    let mut pick = |terms: Vec<&str>| {
        let picked = terms.get(random.below(terms.len()));
        picked.map(|&term| term.to_owned())
    };
    let mut visitor = Visitor::default();
    if case % 2 == 1 {
        let windows = draft.schema.city.availability.iter();
        let windows = windows.map(|window| window.name.as_str());
        visitor.profile = Profile {
            tags: (0..3)
                .filter_map(|_| pick(words.tags.terms().collect()))
                .collect(),
            locality: pick(words.localities.terms().collect()),
            availability: pick(windows.collect()).into_iter().collect(),
            level: pick(words.levels.terms().collect()),
            since_ms: Some(draft.data_until_ms - 40 * 86_400_000),
            location: None,
        };
    }
    let actions = if case.is_multiple_of(3) { 0 } else { case };
    for step in 0..actions.min(draft.catalog.len()) {
        let row = Row(random.below(draft.catalog.len()) as u32);
        let activity = draft.catalog.id(row).into();
        let body = match step % 5 {
            4 => Body::Feedback {
                activity,
                opinion: Opinion::Dislike,
                shown: None,
            },
            3 => Body::DetailView {
                activity,
                dwell_seconds: 5.0 * step as f32,
                scroll_depth: 0.5,
                external_click: false,
                source: Source::List,
                shown: None,
            },
            2 => Body::Viewed {
                shown: shown(activity),
            },
            _ => Body::Favourite {
                activity,
                action: FavouriteAction::Added,
                shown: None,
            },
        };
        let time_ms = draft.data_until_ms - (step as i64 + 1) * 7_200_000;
        visitor
            .history
            .observe(time_ms, &body, Some(&draft.catalog.content(row)));
    }
    visitor
}

/// Shown by nobody: a self-test's history was never served.
fn shown(activity: ActivityId) -> Shown {
    Shown {
        activity,
        slate: String::new(),
        bundle: String::new(),
        variant: String::new(),
        placement: String::new(),
        position: 0,
        propensity: 1.0,
        policy: 1,
        pool: String::new(),
        features: String::new(),
        history: String::new(),
        replayable: false,
    }
}
