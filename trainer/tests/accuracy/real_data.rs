//! These need `TRIQUETA_DATA`; the module's name is how `./build.sh test` knows.

use std::collections::HashMap;
use std::fs::File;

use triqueta::catalog::Words;
use triqueta_trainer::Dataset;
use triqueta_trainer::choices::positives;
use triqueta_trainer::evaluate::{
    EvaluateOptions, Protocol, evaluate, quantile_ms, queries_after, read_queries,
};
use triqueta_trainer::fit::TowerOptions;
use triqueta_trainer::progress::Silent;
use triqueta_trainer::replay::{VisitorKey, catalog_of};
use triqueta_trainer::train::TrainOptions;

use super::support;

/// The recommended split of the data's own README.
const SPLIT_MS: i64 = 1_438_048_342_000;

fn meetup() -> Dataset {
    let folder = support::data("meetup-montana");
    support::import_folder(&support::shipped("meetup-montana.toml"), &folder, false)
        .unwrap()
        .0
}

#[test]
fn the_log_gives_the_published_queries_one_by_one() {
    let dataset = meetup();
    assert_eq!(quantile_ms(&dataset, 0.8), Some(SPLIT_MS));
    let catalog = catalog_of(&dataset, Words::learn(&dataset.activities, [], 1).unwrap()).unwrap();
    let mut chosen_at: HashMap<(String, i64), Vec<String>> = HashMap::new();
    for positive in positives(&dataset, &catalog) {
        let VisitorKey::User(user) = positive.key else {
            continue;
        };
        chosen_at
            .entry((user, positive.time_ms))
            .or_default()
            .push(catalog.id(positive.row).to_owned());
    }
    let path = support::data("meetup-montana").join("p2_queries.csv.gz");
    let mut reader =
        csv::Reader::from_reader(flate2::read::GzDecoder::new(File::open(path).unwrap()));
    let mut published: HashMap<(String, i64, String), Vec<String>> = HashMap::new();
    for record in reader.records() {
        let record = record.unwrap();
        let mut candidates: Vec<String> = record[6].split(';').map(str::to_owned).collect();
        candidates.sort();
        published.insert(
            (
                record[3].to_owned(),
                record[2].parse().unwrap(),
                record[4].to_owned(),
            ),
            candidates,
        );
    }
    let ours = queries_after(&dataset, &catalog, 0, 60.0);
    assert_eq!(ours.len(), 6_145);
    let mut at_once = 0;
    for query in ours {
        let VisitorKey::User(user) = query.key else {
            panic!("a device without a user")
        };
        let mut candidates: Vec<String> = query
            .candidates
            .iter()
            .map(|&row| catalog.id(row).to_owned())
            .collect();
        let key = (user.clone(), query.time_ms, candidates[0].clone());
        candidates.sort();
        let mut expected = published.remove(&key).unwrap();
        if candidates != expected {
            // Several answers of one visitor in the same millisecond: the file takes them one after the other in the
            // order of its table, a replay sees none of them before the others.
            at_once += 1;
            expected.extend(
                chosen_at[&(user, query.time_ms)]
                    .iter()
                    .filter(|id| candidates.contains(id))
                    .cloned(),
            );
            expected.sort();
            expected.dedup();
            assert_eq!(candidates, expected);
        }
    }
    assert!(published.is_empty());
    assert!(at_once <= 20, "{at_once}");
}

#[test]
fn a_small_training_beats_popularity_on_the_published_queries() {
    let dataset = meetup();
    let folder = support::data("meetup-montana");
    let options = EvaluateOptions {
        protocols: vec![Protocol::Live, Protocol::Full],
        seeds: 1,
        queries: Some(folder.join("p2_queries.csv.gz")),
        ranks: Some(folder.join("p2_reference_ranks.csv")),
        draws: 500,
        train: TrainOptions {
            history_half_lives: vec![180.0],
            blend_folds: 1,
            blend_from: 0.6,
            blend_l2: vec![3.0],
            towers: TowerOptions {
                epochs: 3,
                ..TowerOptions::default()
            },
            ..TrainOptions::default()
        },
        ..EvaluateOptions::default()
    };
    let evaluation = evaluate(&dataset, &options, &Silent).unwrap();
    assert_eq!(evaluation.split_ms, SPLIT_MS);
    let ndcg = |protocol, model| {
        evaluation
            .figure(protocol, "all", model, "ndcg@10")
            .unwrap()
    };
    assert_eq!(ndcg("P2", "blend").n, 1_271);
    assert_eq!(ndcg("P3", "blend").n, 433);
    // The data's own reference gives popularity .601 and random .333 on these queries.
    assert!((ndcg("P2", "popularity").value - 0.601).abs() < 0.003);
    assert!((ndcg("P2", "random").value - 0.333).abs() < 0.006);
    let over = |peer: &str| {
        let case = "P2 / all / stack";
        evaluation
            .rows
            .iter()
            .find(|row| row.case == case && row.peer.as_deref() == Some(peer))
            .unwrap()
    };
    assert!(
        over("popularity").low > Some(0.15),
        "{:?}",
        over("popularity")
    );
    assert!(
        over("logistic of the file").low > Some(0.0),
        "{:?}",
        over("logistic of the file")
    );
    assert!(
        over("boosting of the file").low > Some(0.0),
        "{:?}",
        over("boosting of the file")
    );
    assert!(
        ndcg("P3", "blend").value > 0.20,
        "{:?}",
        ndcg("P3", "blend")
    );
}

#[test]
fn queries_of_another_city_are_refused() {
    let dataset = meetup();
    let words = Words::learn(&dataset.activities, [], 1).unwrap();
    let mut other = dataset.clone();
    other.activities.truncate(100);
    other.events.clear();
    let catalog = catalog_of(&other, words).unwrap();
    let path = support::data("meetup-montana").join("p2_queries.csv.gz");
    assert_eq!(
        read_queries(&path, &catalog).unwrap_err().code(),
        "EVALUATE_UNKNOWN_ACTIVITY"
    );
}
