//! A training as a bundle.

use triqueta::bundle::{Bundle, BundleDraft, Composition, Files, Manifest, Metric, Model};
use triqueta::catalog::{Row, Text};
use triqueta::engine::seal;
use triqueta::error::RecommenderError;
use triqueta::feature::ActivityRow;
use triqueta::rank::Policy;

use super::self_test::self_test_cases;
use crate::Dataset;
use crate::error::Result;
use crate::evaluate::{POPULARITY, RANDOM, RankingMetrics, STACK};
use crate::gate::{Answers, Departure};
use crate::replay::{catalog_of, counters_of};
use crate::train::Trained;

/// The draft of a trained model with the data set it was trained on: its catalogue, embedded, with counters as of the last
/// event.
///
/// # Errors
/// The first activity that breaks the catalogue's contract.
pub fn draft_of_training(dataset: &Dataset, trained: Trained, seed: u64) -> Result<BundleDraft> {
    let catalog = catalog_of(dataset, trained.schema.words.clone())?;
    let published = dataset
        .activities
        .iter()
        .filter_map(|activity| activity.published_ms);
    let data_until_ms = dataset
        .events
        .last()
        .map(|event| event.time_ms)
        .or(published.max())
        .unwrap_or(0);
    let counters = counters_of(
        dataset,
        &catalog,
        data_until_ms,
        trained.counter_half_life_days,
    );
    let rows: Vec<ActivityRow> = (0..catalog.len() as u32)
        .map(|row| ActivityRow::of_row(&catalog, Row(row)))
        .collect();
    let metrics = metrics(&trained.judged.metrics());
    Ok(BundleDraft {
        activities: trained.models.activity_side(&rows),
        texts: dataset.activities.iter().map(Text::of).collect(),
        shard_rows: vec![catalog.len() as u32],
        schema: trained.schema,
        model: Model {
            blend: trained.blend,
            popularity: trained.smoothing,
            policy: Policy::default(),
        },
        models: trained.models,
        boosted_trees: trained.boosted_trees,
        catalog,
        counters,
        data_until_ms,
        events: dataset.events.len() as u64,
        seed,
        metrics,
        compositions: trained.compositions,
        judgement: None,
        forced: None,
    })
}

/// A training as a bundle that is ready to be published.
#[derive(Debug, Clone, PartialEq)]
pub struct SealedTraining {
    /// The bundle's id.
    pub id: String,
    /// Its files, and beside them the answers it was judged by.
    pub files: Files,
    /// Its offline figures.
    pub metrics: Vec<Metric>,
    /// The compositions that were compared.
    pub compositions: Vec<Composition>,
}

/// Writes a trained model with the data set it was trained on, and the answers the gate will judge it by: those of models
/// that had not seen the questions, and what became of the weights when they were stored.
///
/// # Errors
/// As [`draft_of_training`] and [`seal_draft`].
pub fn seal_training(dataset: &Dataset, mut trained: Trained, seed: u64) -> Result<SealedTraining> {
    let judged = std::mem::take(&mut trained.judged);
    let mut draft = BundleDraft {
        metrics: metrics(&judged.metrics()),
        ..draft_of_training(dataset, trained, seed)?
    };
    let (manifest, mut files) = draft.write().map_err(RecommenderError::from)?;
    let bytes = manifest.to_json().map_err(RecommenderError::from)?;
    let id = Manifest::id(&bytes);
    files.insert(Manifest::path(&id), bytes);
    let stored = Bundle::open(&id, files)?;
    let departure = Departure::of(&draft, &stored, &judged)?;
    let (judgement, answers) = Answers::of(&judged, &draft.catalog, departure).to_json()?;
    let path = judgement.path();
    draft.judgement = Some(judgement);
    let (id, mut files) = seal_draft(&draft)?;
    files.insert(path, answers);
    Ok(SealedTraining {
        id,
        files,
        metrics: draft.metrics,
        compositions: draft.compositions,
    })
}

/// Writes a draft with its self-test; gives the bundle's id and files.
///
/// # Errors
/// Whatever the engine refuses: a bundle that cannot be opened is never handed on.
pub fn seal_draft(draft: &BundleDraft) -> Result<(String, Files)> {
    let (manifest, files) = draft.write().map_err(RecommenderError::from)?;
    Ok(seal(manifest, files, &self_test_cases(draft, draft.seed))?)
}

/// The score's offline figures beside random order and popularity.
fn metrics(offline: &[(String, RankingMetrics)]) -> Vec<Metric> {
    let of = |name: &str| {
        offline
            .iter()
            .find(|(model, _)| model == name)
            .map(|(_, metrics)| metrics)
    };
    let (Some(score), Some(random), Some(popularity)) = (of(STACK), of(RANDOM), of(POPULARITY))
    else {
        return Vec::new();
    };
    let columns: [(&str, fn(&RankingMetrics) -> f64); 4] = [
        ("ndcg@10", |metrics| metrics.ndcg10),
        ("map@10", |metrics| metrics.map10),
        ("mrr", |metrics| metrics.mrr),
        ("auc", |metrics| metrics.auc),
    ];
    let metric = |(name, value): (&str, fn(&RankingMetrics) -> f64)| Metric {
        metric: name.to_owned(),
        case: "last choices of the training period among their alternatives then".to_owned(),
        value: value(score),
        random: value(random),
        popularity: value(popularity),
        n: score.queries as u64,
    };
    columns.map(metric).to_vec()
}
