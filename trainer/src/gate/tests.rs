#![allow(clippy::unwrap_used)]

use std::sync::OnceLock;

use tempfile::TempDir;
use triqueta::bundle::{Bundle, Files, Manifest};
use triqueta::math::Random;

use super::*;
use crate::Dataset;
use crate::fit::TowerOptions;
use crate::progress::Silent;
use crate::publish::{
    Registry, SealedTraining, draft_of_training, publish_training, seal_draft, seal_training,
    with_activities,
};
use crate::testing;
use crate::train::{TrainOptions, Trained, train};

fn quick() -> TrainOptions {
    TrainOptions {
        seed: 1,
        history_half_lives: vec![60.0],
        blend_folds: 2,
        towers: TowerOptions {
            epochs: 3,
            batch: 64,
            ..TowerOptions::default()
        },
        ..TrainOptions::default()
    }
}

/// A training that forgets visitors and counts within minutes.
fn forgetful() -> TrainOptions {
    TrainOptions {
        history_half_lives: vec![1e-3],
        counter_half_life_days: 1e-3,
        ..quick()
    }
}

/// Visitors with tastes.
fn city() -> Dataset {
    testing::dataset(600, 5)
}

/// The same log, each choice somebody else's.
fn city_without_tastes() -> Dataset {
    let mut dataset = city();
    let mut random = Random::new(9);
    for event in &mut dataset.events {
        event.user = Some(format!("u{}", random.below(20)));
    }
    dataset
}

fn trained() -> &'static Trained {
    static TRAINED: OnceLock<Trained> = OnceLock::new();
    TRAINED.get_or_init(|| train(&city(), &quick(), &Silent).unwrap())
}

fn good() -> &'static SealedTraining {
    static GOOD: OnceLock<SealedTraining> = OnceLock::new();
    GOOD.get_or_init(|| seal_training(&city(), trained().clone(), 1).unwrap())
}

fn sealed(dataset: &Dataset, options: &TrainOptions) -> SealedTraining {
    seal_training(dataset, train(dataset, options, &Silent).unwrap(), 1).unwrap()
}

fn registry() -> (TempDir, Registry) {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::at(folder.path().join("registry"));
    (folder, registry)
}

/// The reasons against a bundle, and whether it was published.
fn offer(registry: &Registry, sealed: &SealedTraining, force: Option<&str>) -> (Vec<String>, bool) {
    let bundle = (sealed.id.as_str(), &sealed.files);
    let gated = publish_training(registry, bundle, "default", force, 5).unwrap();
    let reasons = gated.verdict.reasons().into_iter().map(str::to_owned);
    (reasons.collect(), gated.publication.is_some())
}

fn manifest(id: &str, files: &Files) -> Manifest {
    Manifest::from_json(id, files.get(&Manifest::path(id)).unwrap()).unwrap()
}

fn answers(sealed: &SealedTraining) -> Answers {
    let judgement = manifest(&sealed.id, &sealed.files).judgement.unwrap();
    Answers::from_json(&judgement, sealed.files.get(&judgement.path()).unwrap()).unwrap()
}

#[test]
fn a_worse_training_is_refused_an_equal_one_is_not_and_force_stands_in_the_manifest() {
    let (_folder, registry) = registry();
    assert_eq!(offer(&registry, good(), None), (vec![], true), "the first");
    let other_seed = TrainOptions { seed: 2, ..quick() };
    let equal = sealed(&city(), &other_seed);
    assert_eq!(offer(&registry, &equal, None), (vec![], true));
    let worse = sealed(&city(), &forgetful());
    let (reasons, published) = offer(&registry, &worse, None);
    assert!(!published);
    assert!(
        reasons
            .iter()
            .any(|reason| reason.starts_with("ndcg@10 is ") && reason.contains("below current")),
        "{reasons:?}"
    );
    let current = registry.engine("default").unwrap();
    assert_eq!(current.bundle().id, equal.id, "what was there stays");
    assert_eq!(registry.channel().unwrap().unwrap().sequence, 2);

    assert_eq!(
        offer(&registry, &worse, Some("memory costs too much")),
        (reasons.clone(), true)
    );
    let current = registry.engine("default").unwrap();
    let forced = current.bundle().manifest.forced.clone().unwrap();
    assert_eq!(forced.reason, "memory costs too much");
    assert_eq!(forced.refused, reasons);
    let log = registry.publications().unwrap();
    assert_eq!(log[2].forced.as_deref(), Some("memory costs too much"));
    assert_eq!(
        offer(&registry, good(), Some("not needed")),
        (vec![], true),
        "and the better one may come back"
    );
    let current = registry.engine("default").unwrap();
    assert_eq!(current.bundle().manifest.forced, None);
}

#[test]
fn questions_are_the_same_whatever_the_seed_and_the_settings() {
    let ids = |answers: &Answers| -> Vec<String> {
        let questions = answers.questions.iter();
        questions.map(|question| question.id.clone()).collect()
    };
    let first = answers(good());
    assert!(first.questions.len() > 60, "{}", first.questions.len());
    let other = TrainOptions {
        seed: 2,
        ..forgetful()
    };
    assert_eq!(ids(&answers(&sealed(&city(), &other))), ids(&first));
}

#[test]
fn a_dead_slice_is_refused() {
    let (_folder, registry) = registry();
    let (reasons, published) = offer(&registry, &sealed(&city_without_tastes(), &quick()), None);
    assert!(!published);
    assert!(
        reasons.iter().any(|reason| reason.contains(" is dead")),
        "{reasons:?}"
    );
}

#[test]
fn weights_that_rank_otherwise_once_stored_are_refused() {
    let draft = draft_of_training(&city(), trained().clone(), 1).unwrap();
    let open = |draft| {
        let (id, files) = seal_draft(draft).unwrap();
        Bundle::open(&id, files).unwrap()
    };
    let faithful = Departure::of(&draft, &open(&draft), &trained().judged).unwrap();
    assert_eq!((faithful.moved, faithful.loss()), (0, 0.0));
    assert!(faithful.questions > 60 && faithful.trained > 0.2);

    // Planted: every vector is stored as whole halves, every weight of the blend as a whole number.
    let mut coarse = draft.clone();
    for value in coarse.activities.embeddings.iter_mut().flatten() {
        *value = (*value * 2.0).round() / 2.0;
    }
    for input in &mut coarse.model.blend.inputs {
        input.weight = input.weight.round();
    }
    let departure = Departure::of(&draft, &open(&coarse), &trained().judged).unwrap();
    let rounded = Answers {
        stored: departure,
        ..answers(good())
    };
    let verdict = Verdict::of(&rounded, None);
    let reasons = verdict.reasons();
    assert_eq!(reasons.len(), 1, "{departure:?} {reasons:?}");
    assert!(reasons[0].starts_with("storing the weights costs"));
    assert_eq!(Verdict::of(&answers(good()), None).reasons(), [""; 0]);
}

#[test]
fn what_nothing_judged_and_what_was_changed_is_refused() {
    let (_folder, registry) = registry();
    let draft = draft_of_training(&city(), trained().clone(), 1).unwrap();
    let (id, files) = seal_draft(&draft).unwrap();
    let foreign = SealedTraining {
        id,
        files,
        metrics: vec![],
        compositions: vec![],
    };
    assert!(!offer(&registry, &foreign, None).1);
    assert!(offer(&registry, &foreign, Some("made elsewhere")).1);

    let mut changed = good().clone();
    let path = manifest(&changed.id, &changed.files)
        .judgement
        .unwrap()
        .path();
    let text = String::from_utf8(changed.files.get(&path).unwrap().to_vec()).unwrap();
    changed.files.insert(
        path,
        text.replacen("\"above\":1", "\"above\":0", 1).into_bytes(),
    );
    let bundle = (changed.id.as_str(), &changed.files);
    let error = publish_training(&registry, bundle, "default", Some("try"), 5).unwrap_err();
    assert_eq!(error.code(), "GATE_ANSWERS_DAMAGED");
}

#[test]
fn a_log_that_got_lost_replaces_nothing_and_a_new_city_may_begin() {
    let mut lost = city();
    lost.events.clear();
    let empty = sealed(&lost, &quick());
    let (_folder, fresh) = registry();
    assert_eq!(offer(&fresh, &empty, None), (vec![], true));
    let (_folder, registry) = registry();
    assert!(offer(&registry, good(), None).1);
    let (reasons, published) = offer(&registry, &empty, None);
    assert!(
        !published && reasons[0].contains("too small"),
        "{reasons:?}"
    );
}

#[test]
fn the_judgement_outlives_new_activities() {
    let (_folder, registry) = registry();
    offer(&registry, good(), None);
    let bundle = registry.engine("default").unwrap().bundle().clone();
    let fewer = &city().activities[..100];
    let (draft, _) = with_activities(bundle, fewer).unwrap();
    let (id, files) = seal_draft(&draft).unwrap();
    registry
        .publish(&id, &files, "default", "catalogue", 6)
        .unwrap();
    assert_eq!(registry.answers("default").unwrap(), Some(answers(good())));
    assert!(!offer(&registry, &sealed(&city(), &forgetful()), None).1);
}
