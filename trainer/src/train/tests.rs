#![allow(clippy::unwrap_used)]

use super::*;
use crate::fit::prior_blend;
use crate::progress::Silent;
use crate::testing;

fn quick(seed: u64) -> TrainOptions {
    TrainOptions {
        seed,
        history_half_lives: vec![60.0],
        blend_folds: 2,
        models: OptionalModel::ALL.to_vec(),
        towers: TowerOptions {
            epochs: 4,
            batch: 64,
            ..TowerOptions::default()
        },
        ..TrainOptions::default()
    }
}

fn bits(trained: &Trained) -> Vec<u32> {
    let layers = trained
        .models
        .two_tower
        .user
        .layers
        .layers
        .iter()
        .chain(&trained.models.two_tower.activity.layers.layers);
    let weights =
        layers.flat_map(|layer| layer.weight().numbers().chain(layer.bias.iter().copied()));
    let tables = &trained.models.two_tower.tables;
    let tags = tables.iter().flatten().copied();
    let blend = trained
        .blend
        .inputs
        .iter()
        .flat_map(|i| [i.mean, i.deviation, i.weight, i.maturity_weight]);
    let calibration = [
        trained.blend.calibration_slope,
        trained.blend.calibration_offset,
    ];
    weights
        .chain(tags)
        .chain(blend)
        .chain(calibration)
        .map(f32::to_bits)
        .collect()
}

fn all_finite(trained: &Trained) -> bool {
    bits(trained)
        .into_iter()
        .all(|bits| f32::from_bits(bits).is_finite())
        && trained.blend.resolve().is_ok()
}

#[test]
fn learns_what_visitors_of_a_simple_city_want() {
    let trained = train(&testing::dataset(600, 5), &quick(1), &Silent).unwrap();
    let offline = trained.judged.metrics();
    let ndcg = |name: &str| {
        offline
            .iter()
            .find(|(peer, _)| peer == name)
            .unwrap()
            .1
            .ndcg10
    };
    assert!(ndcg("blend") > ndcg("popularity") + 0.2, "{offline:?}");
    assert!(ndcg("blend") > ndcg("random") + 0.2, "{offline:?}");
    assert!(all_finite(&trained));
    assert!(trained.blend.calibration_slope > 0.0);
}

#[test]
fn the_same_log_and_seed_give_the_same_bits_and_another_seed_does_not() {
    let dataset = testing::dataset(200, 5);
    let first = train(&dataset, &quick(3), &Silent).unwrap();
    assert_eq!(
        bits(&first),
        bits(&train(&dataset, &quick(3), &Silent).unwrap())
    );
    assert_ne!(
        bits(&first),
        bits(&train(&dataset, &quick(4), &Silent).unwrap())
    );
}

#[test]
fn what_is_learned_for_comparison_has_a_row_and_no_say() {
    let dataset = testing::dataset(600, 5);
    let learn = |compare, models: &[OptionalModel]| {
        let options = TrainOptions {
            compare,
            models: models.to_vec(),
            ..quick(1)
        };
        train(&dataset, &options, &Silent).unwrap()
    };
    let (without, compared) = (learn(false, &[]), learn(true, &[]));
    let ndcg = |trained: &Trained, name: &str| {
        let metrics = trained.judged.metrics().into_iter();
        let mut rows = metrics.filter(|(peer, _)| peer == name);
        rows.next().map(|(_, metrics)| metrics.ndcg10)
    };
    assert!(without.models.factorization_machine.is_none());
    for name in OptionalModel::ALL.map(OptionalModel::name) {
        assert_eq!(ndcg(&without, name), None, "{name}");
        let chance = ndcg(&compared, "random").map(|chance| chance + 0.1);
        assert!(ndcg(&compared, name) > chance, "{name}");
    }
    assert_eq!(without.blend, compared.blend);
    assert_eq!(without.boosted_trees, compared.boosted_trees);
    assert_eq!(ndcg(&without, "stack"), ndcg(&compared, "stack"));
    let part = learn(false, &OptionalModel::ALL);
    assert!(part.models.factorization_machine.is_some());
    let heard = part.boosted_trees.is_some();
    assert_eq!(part.models.neural_collaborative_filtering.is_some(), heard);
    assert_eq!(part.models.wide_deep.is_some(), heard);
    assert_ne!(part.blend, without.blend);
}

#[test]
fn without_events_popularity_and_declared_tastes_decide() {
    let mut dataset = testing::dataset(60, 2);
    dataset.events.clear();
    let trained = train(&dataset, &quick(1), &Silent).unwrap();
    assert_eq!(trained.blend, prior_blend());
    let weight = |name: &str| {
        trained
            .blend
            .inputs
            .iter()
            .find(|input| input.name == name)
            .unwrap()
            .weight
    };
    assert!(weight("positives_log") > 0.0 && weight("declared_tag_cosine") > 0.0);
    assert_eq!(weight("two_tower_cosine"), 0.0);
    assert!(trained.judged.ranks.is_empty() && all_finite(&trained));
}

#[test]
fn tiny_and_odd_logs_train_to_finite_numbers() {
    let full = testing::dataset(60, 2);
    let empty = testing::dataset_of(vec![], vec![], vec![]);
    let one_activity = testing::dataset_of(
        full.activities[..1].to_vec(),
        vec![],
        vec![testing::event(
            0,
            "u0",
            testing::START_MS + testing::DAY_MS,
            testing::saved("a0"),
        )],
    );
    let mut one_user = full.clone();
    one_user
        .events
        .retain(|event| event.user.as_deref() == Some("u1"));
    let all_positive = {
        let activities = full.activities.clone();
        let events = (0..).zip(&activities).map(|(n, activity)| {
            let body = testing::saved(activity.id.as_str());
            testing::event(n, "u1", activity.published_ms.unwrap() + 2 + n as i64, body)
        });
        let events = events.collect();
        testing::dataset_of(activities, vec![], events)
    };
    let only_rejections = {
        let events = (0..20).map(|n| {
            testing::event(
                n,
                "u1",
                testing::START_MS + n as i64,
                testing::disliked("a1"),
            )
        });
        testing::dataset_of(full.activities.clone(), vec![], events.collect())
    };
    let stranger = testing::dataset_of(
        full.activities.clone(),
        vec![],
        (0..5)
            .map(|n| {
                testing::event(
                    n,
                    "u9",
                    testing::START_MS + n as i64,
                    testing::saved("gone"),
                )
            })
            .collect(),
    );
    for (name, dataset) in [
        ("empty", empty),
        ("one activity", one_activity),
        ("one user", one_user),
        ("all positive", all_positive),
        ("only rejections", only_rejections),
        ("activities nobody knows", stranger),
    ] {
        let trained = train(&dataset, &quick(1), &Silent).unwrap();
        assert!(all_finite(&trained), "{name}");
    }
}

#[test]
fn a_visitor_seen_compactly_embeds_like_the_serving_code() {
    use triqueta::feature::UserRow;

    let dataset = testing::dataset(200, 5);
    let trained = train(&dataset, &quick(3), &Silent).unwrap();
    let catalog = catalog_of(&dataset, trained.schema.words.clone()).unwrap();
    let items = crate::choices::Lens::items(&catalog);
    let activities = trained.models.activity_side(&items);
    let mut lens = crate::choices::Lens::new(&dataset, &trained.schema, &catalog, 14.0);
    for positive in positives(&dataset, &catalog).iter().rev().take(40).rev() {
        let compact = lens
            .viewpoint(&positive.key, positive.time_ms)
            .visitor_side(&trained.models, &items, &activities);
        let visitor = lens.replay().visitor(&positive.key);
        let whole = UserRow::of(&visitor, &trained.schema, catalog.words(), positive.time_ms);
        assert_eq!(
            compact.embedding,
            trained.models.two_tower.embed_user(&whole)
        );
    }
}

#[test]
fn a_device_that_makes_up_a_thousand_visitors_teaches_what_one_of_them_would_and_a_thousand_devices_more()
 {
    let city = testing::own_devices(testing::dataset(60, 1));
    let made_up = |device: fn(u64) -> u64| {
        let event = |number: u64| {
            let time_ms = testing::START_MS + (number % 90) as i64 * testing::DAY_MS;
            testing::said(
                number,
                device(number),
                &format!("v{number}"),
                time_ms,
                testing::saved("a0"),
            )
        };
        let mut dataset = city.clone();
        dataset.extend((0..1_000).map(event).collect()).unwrap();
        dataset
    };
    let learned = |dataset: &crate::Dataset| bits(&train(dataset, &quick(3), &Silent).unwrap());
    let (mut alone, mut crowd) = (made_up(|_| 1), made_up(|number| number));
    crate::influence::cap_influence(&mut alone, crate::influence::INFLUENCE_CAP, 3);
    crate::influence::cap_influence(&mut crowd, crate::influence::INFLUENCE_CAP, 3);

    let mut one = city.clone();
    let kept = alone
        .events
        .iter()
        .filter(|event| !city.events.contains(event));
    let kept: Vec<_> = kept.cloned().collect();
    assert_eq!(kept.len(), 1);
    one.extend(kept).unwrap();
    assert_eq!(alone, one);
    assert_ne!(learned(&crowd), learned(&one));
    assert_eq!(crowd.events.len(), city.events.len() + 1_000);
}
