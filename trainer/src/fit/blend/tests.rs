#![allow(clippy::unwrap_used)]

use triqueta::feature::PairRow;
use triqueta::math::Random;

use super::*;
use crate::choices::Viewpoint;

/// Choices among four by nothing that is known, seen with a common taste or without.
fn blind(knows_taste: bool) -> Vec<Choice> {
    let mut random = Random::new(2);
    let column = |name: &str| {
        PAIR_FEATURES
            .iter()
            .position(|feature| feature.name == name)
            .unwrap()
    };
    let (common, own) = (column(COMMON_TASTE), column("own_content"));
    let dataset = crate::testing::dataset(40, 1);
    let schema = crate::replay::schema_of(
        &crate::replay::catalog_of(&dataset, crate::replay::words_of(&dataset).unwrap()).unwrap(),
        100.0,
    );
    let catalog = crate::replay::catalog_of(&dataset, schema.words.clone()).unwrap();
    let mut lens = crate::choices::Lens::new(&dataset, &schema, &catalog, 14.0);
    let event = dataset.events.first().unwrap();
    let viewpoint: Viewpoint = lens.viewpoint(&crate::replay::VisitorKey::of(event), event.time_ms);
    let choice = |_| Choice {
        time_ms: event.time_ms,
        viewpoint: viewpoint.clone(),
        profile: Default::default(),
        candidates: (0..4).map(triqueta::catalog::Row).collect(),
        pairs: (0..4)
            .map(|_| {
                let mut pair: PairRow = [0.0; PAIR_FEATURES.len()];
                pair[own] = random.normal() as f32;
                pair[common] = if knows_taste {
                    random.normal() as f32
                } else {
                    0.0
                };
                pair
            })
            .collect(),
    };
    (0..30).map(choice).collect()
}

fn raw_weight(blend: &Blend, name: &str) -> f32 {
    let input = blend
        .inputs
        .iter()
        .find(|input| input.name == name)
        .unwrap();
    input.weight / input.deviation
}

#[test]
fn what_a_taste_says_counts_as_it_is_until_choices_show_otherwise() {
    for knows_taste in [true, false] {
        let choices = blind(knows_taste);
        let scored: Vec<Scored<'_>> = choices
            .iter()
            .map(|choice| Scored {
                choice,
                models: &[],
            })
            .collect();
        let blend = fit_blend(&scored, 1e6);
        let expected = if knows_taste { 1.0 } else { 0.0 };
        assert!((raw_weight(&blend, "own_content") - expected).abs() < 0.01);
        assert!((raw_weight(&blend, COMMON_TASTE) - expected).abs() < 0.01);
        let declared = raw_weight(&blend, "declared_tag_cosine");
        assert!(
            (declared - 2.0 * (1.0 - expected)).abs() < 0.01,
            "{declared}"
        );
    }
}
