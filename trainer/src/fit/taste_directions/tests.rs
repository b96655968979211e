#![allow(clippy::unwrap_used)]

use triqueta::math::Random;

use super::*;
use crate::progress::Silent;

const TAG: u32 = 3 << 24;

/// Visitors who want either the first two of six tags or the next two, and see a few of each; what the last two lead to is
/// chance.
fn two_sorts(visitors: usize) -> Vec<Vec<TasteExample>> {
    let mut random = Random::new(3);
    let visitor = |number: usize| {
        let shown = (0..24_u32).map(|n| {
            let tag = n % 6;
            let wanted = tag < 4 && (tag < 2) == number.is_multiple_of(2);
            let chance = if wanted { 0.7 } else { 0.1 };
            TasteExample {
                facets: vec![(TAG | (1 + tag), 1.0)],
                label: f32::from(u8::from(random.uniform() < chance)),
                weight: 1.0,
            }
        });
        shown.collect()
    };
    (0..visitors).map(visitor).collect()
}

fn common_of(visitors: &[Vec<TasteExample>]) -> CommonTaste {
    let examples: Vec<&TasteExample> = visitors.iter().flatten().collect();
    CommonTaste::default().relearned(&examples, &vec![0.0; examples.len()])
}

/// The first direction's share of each tag.
fn first_direction(taste: &CommonTaste) -> Vec<f32> {
    let json = serde_json::to_value(taste).unwrap();
    let direction: Vec<(u32, f32)> = serde_json::from_value(json["directions"][0].clone()).unwrap();
    let share = |tag: u32| direction.iter().find(|facet| facet.0 == TAG | tag);
    (1..=6)
        .map(|tag| share(tag).map_or(0.0, |facet| facet.1))
        .collect()
}

#[test]
fn what_goes_together_in_people_is_found() {
    let visitors = two_sorts(200);
    let taste = fit_taste_directions(common_of(&visitors), &visitors, &Silent).unwrap();
    assert!(taste.is_sound());
    let share = first_direction(&taste);
    let smallest = share[..4].iter().map(|x| x.abs()).fold(f32::MAX, f32::min);
    assert!(share[0] * share[1] > 0.0 && share[2] * share[3] > 0.0 && share[0] * share[2] < 0.0);
    assert!(
        smallest > 0.1 && smallest > 3.0 * share[4].abs().max(share[5].abs()),
        "{share:?}"
    );
}

#[test]
fn few_visitors_and_no_common_taste_leave_everything_as_it_was() {
    let few = two_sorts(LEAST_VISITORS - 1);
    let common = common_of(&few);
    assert_eq!(
        fit_taste_directions(common.clone(), &few, &Silent).unwrap(),
        common
    );
    let nothing = CommonTaste::default();
    let many = two_sorts(60);
    assert!(
        fit_taste_directions(nothing, &many, &Silent)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn the_same_bytes_for_any_number_of_threads() {
    let visitors = two_sorts(150);
    let learned = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let learn = || fit_taste_directions(common_of(&visitors), &visitors, &Silent).unwrap();
        serde_json::to_string(&pool.install(learn)).unwrap()
    };
    assert_eq!(learned(1), learned(2));
}
