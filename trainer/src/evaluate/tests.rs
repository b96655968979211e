#![allow(clippy::unwrap_used)]

use std::io::Write;

use triqueta::catalog::{Row, Words};
use triqueta::engine::Engine;
use triqueta::event::ActivityId;
use triqueta::model::MODEL_INPUTS;
use triqueta::rank::{Ranking, Request};

use super::*;
use crate::choices::Lens;
use crate::fit::TowerOptions;
use crate::progress::Silent;
use crate::publish::{draft_of_training, seal_draft};
use crate::replay::{VisitorKey, catalog_of};
use crate::testing::{self, DAY_MS};
use crate::train::{TrainOptions, model_scores, train};

fn quick() -> TrainOptions {
    TrainOptions {
        history_half_lives: vec![60.0],
        blend_folds: 1,
        towers: TowerOptions {
            epochs: 3,
            batch: 64,
            ..TowerOptions::default()
        },
        ..TrainOptions::default()
    }
}

#[test]
fn a_published_bundle_gives_the_scores_that_were_evaluated() {
    let dataset = testing::dataset(300, 4);
    let now_ms = dataset.until_ms().unwrap() + 1;
    let trained = train(&dataset, &quick(), &Silent).unwrap();
    let catalog = catalog_of(&dataset, trained.schema.words.clone()).unwrap();
    let items = Lens::items(&catalog);
    let activities = trained.models.activity_side(&items);
    let blend = resolve(&trained.blend).unwrap();
    let mut lens = Lens::new(
        &dataset,
        &trained.schema,
        &catalog,
        trained.counter_half_life_days,
    );
    let (id, files) =
        seal_draft(&draft_of_training(&dataset, trained.clone(), 1).unwrap()).unwrap();
    let engine = Engine::open(&id, files).unwrap();
    for user in ["u0", "u7", "nobody"] {
        let key = VisitorKey::User(user.into());
        let ahead = |row: &Row| catalog.columns().date(row.index()).start_ms > now_ms;
        let rows: Vec<Row> = catalog.live_rows().filter(ahead).collect();
        let ids: Vec<ActivityId> = rows.iter().map(|&row| catalog.id(row).into()).collect();
        let choice = lens.choice(&key, now_ms, rows);
        let untrained = Untrained::of(&lens, &catalog, &choice, trained.smoothing);
        let models = model_scores(&trained.models, &items, &activities, &choice);
        let sight = Sight {
            choice: &choice,
            models: &models,
            blend: &blend,
            trees: trained.boosted_trees.as_ref(),
            untrained: None,
        };
        let candidates = 0..choice.candidates.len();
        let learned: Vec<f32> = candidates
            .map(|number| stack_score(&sight, number).total)
            .collect();
        let evaluated = [
            (Ranking::Learned, learned),
            (Ranking::Content, content_scores(&choice)),
            (Ranking::Popularity, untrained.recent_popularity),
            (Ranking::Rule, untrained.rule),
        ];
        let visitor = lens.replay().visitor(&key);
        for (ranking, expected) in evaluated {
            let request = Request {
                now_ms,
                ranking,
                ..Request::default()
            };
            for (served, expected) in engine
                .scores(&visitor, &request, &ids)
                .into_iter()
                .zip(expected)
            {
                let served = served.unwrap().total;
                // Counters were decayed once for the bundle and once for the request, live ones in a single step.
                assert!(
                    (served - expected).abs() <= 1e-4 * expected.abs().max(1.0),
                    "{ranking:?}: {served} {expected}"
                );
            }
        }
    }
}

#[test]
fn a_whole_evaluation_reports_every_model_beside_chance_and_popularity() {
    let options = EvaluateOptions {
        seeds: 2,
        draws: 200,
        train: quick(),
        ..EvaluateOptions::default()
    };
    let evaluation = evaluate(&testing::dataset(500, 6), &options, &Silent).unwrap();
    let value = |protocol, model, metric| {
        evaluation
            .figure(protocol, "all", model, metric)
            .unwrap()
            .value
    };
    for protocol in ["P2", "P2 as published", "P3"] {
        for peer in PEERS {
            let Some(figure) = evaluation.figure(protocol, "all", peer.name, "ndcg@10") else {
                // Only a model that the training does not have may be missing.
                assert!(MODEL_INPUTS.iter().any(|input| input.name == peer.name));
                continue;
            };
            assert!((0.0..=1.0).contains(&figure.value) && figure.n > 0);
            assert_eq!(
                figure.baseline_random,
                Some(value(protocol, "random", "ndcg@10"))
            );
        }
        assert!((value(protocol, "random", "auc") - 0.5).abs() < 0.03);
    }
    assert!(value("P2", "blend", "ndcg@10") > value("P2", "popularity", "ndcg@10"));
    let difference = evaluation
        .rows
        .iter()
        .find(|row| row.peer.as_deref() == Some("popularity"))
        .unwrap();
    assert!(difference.low < Some(difference.value) && difference.high > Some(difference.value));
    let text = evaluation.table();
    assert!(
        text.contains("P3 / new activities") && text.contains("95 % interval"),
        "{text}"
    );
    assert!(serde_json::to_value(&evaluation).unwrap()["rows"][0]["spread"].is_number());
}

#[test]
fn the_same_evaluation_gives_the_same_figures() {
    let dataset = testing::dataset(200, 6);
    let options = EvaluateOptions {
        seeds: 1,
        draws: 50,
        train: quick(),
        ..EvaluateOptions::default()
    };
    let first = evaluate(&dataset, &options, &Silent).unwrap();
    assert_eq!(first, evaluate(&dataset, &options, &Silent).unwrap());
}

#[test]
fn what_was_published_today_is_not_in_yesterdays_catalogue() {
    let dataset = testing::dataset(300, 4);
    let catalog = catalog_of(&dataset, Words::learn(&dataset.activities, [], 1).unwrap()).unwrap();
    let trained = train(&dataset, &quick(), &Silent).unwrap();
    let published_ms = |row: Row| catalog.columns().published_ms(row.index());
    let queries = queries_after(&dataset, &catalog, 0, 60.0);
    let live = rank_live(&dataset, &trained, &queries, Freshness::Live, &Silent).unwrap();
    let published = rank_live(&dataset, &trained, &queries, Freshness::Published, &Silent).unwrap();
    let mut unlisted = 0;
    for (number, query) in queries.iter().enumerate() {
        let today =
            |row: Row| published_ms(row) >= query.time_ms - query.time_ms.rem_euclid(DAY_MS);
        if today(query.candidates[0]) {
            let listed = query.candidates.iter().filter(|&&row| !today(row)).count();
            assert_eq!(published.ranks[BLEND][number].above, listed);
            unlisted += 1;
        }
    }
    assert!(unlisted > 0);
    assert_ne!(live.ranks[POPULARITY], published.ranks[POPULARITY]);
}

#[test]
fn nothing_to_rank_is_said_so() {
    let empty = testing::dataset_of(vec![], vec![], vec![]);
    let error = evaluate(&empty, &EvaluateOptions::default(), &Silent).unwrap_err();
    assert_eq!(error.code(), "EVALUATE_NOTHING_TO_RANK");
}

#[test]
fn queries_that_cannot_be_used_are_refused_with_their_line() {
    let dataset = testing::dataset(60, 4);
    let catalog = catalog_of(&dataset, Words::learn(&dataset.activities, [], 1).unwrap()).unwrap();
    let file = |text: &str| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    };
    let header = "query_id,split,t_ms,user_id,positive,cold,candidates\n";
    let good = format!(
        "{header}7,test,5,u1,a1,False,a1;a2\n1,train,9,u1,gone,False,gone\n3,test,4,u2,a2,True,a2;a3;a1\n"
    );
    let queries = read_queries(file(&good).path(), &catalog).unwrap();
    assert_eq!(
        queries.iter().map(|query| query.id).collect::<Vec<_>>(),
        [3, 7]
    );
    assert_eq!(queries[1].candidates.len(), 2);
    for (text, code, line) in [
        ("query_id,t_ms\n", "EVALUATE_FILE_MALFORMED", 1),
        (
            &format!("{header}7,test,5,u1,a1,False,a1;gone\n"),
            "EVALUATE_UNKNOWN_ACTIVITY",
            2,
        ),
        (
            &format!("{header}7,test,5,u1,a1,False,a1;a1\n"),
            "EVALUATE_FILE_MALFORMED",
            2,
        ),
        (
            &format!("{header}7,test,5,u1,a1,False,a1\n"),
            "EVALUATE_FILE_MALFORMED",
            2,
        ),
        (
            &format!("{header}7,test,5,u1,a1,False,a2;a1\n"),
            "EVALUATE_FILE_MALFORMED",
            2,
        ),
        (
            &format!("{header}7,test,noon,u1,a1,False,a1;a2\n"),
            "EVALUATE_FILE_MALFORMED",
            2,
        ),
        (&format!("{header}7,test\n"), "EVALUATE_FILE_MALFORMED", 2),
    ] {
        let error = read_queries(file(text).path(), &catalog).unwrap_err();
        assert_eq!(error.code(), code, "{text}");
        assert!(
            error.to_string().contains(&format!("line {line}")),
            "{error}"
        );
    }
    let ranks = read_ranks(file("query_id,candidates,rank_a\n3,4,2\n").path()).unwrap();
    assert_eq!(
        ranks["a"][&3],
        Rank {
            above: 2,
            tied: 0,
            others: 3
        }
    );
    let error = read_ranks(file("query_id,candidates,rank_a\n3,4,4\n").path()).unwrap_err();
    assert_eq!(error.code(), "EVALUATE_FILE_MALFORMED");
    let missing = read_ranks(std::path::Path::new("/nowhere/ranks.csv")).unwrap_err();
    assert_eq!(missing.code(), "FILE_MISSING");
}
