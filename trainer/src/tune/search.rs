//! The search itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use triqueta::catalog::Words;
use triqueta::math::Digest;

use super::journal::{Journal, Measurement, Search, replace};
use super::problem::TuneError;
use super::settings::Settings;
use super::space::KNOBS;
use super::table::{Trial, Tuning};
use crate::error::FileError;
use crate::evaluate::{
    Fold, Freshness, Query, RankingMetrics, STACK, in_order_of_publication, quantile_ms,
    queries_after, rank_live, time_folds, up_to,
};
use crate::progress::{Progress, check};
use crate::replay::catalog_of;
use crate::train::{TrainOptions, train};
use crate::{Dataset, Result, TrainerError};

/// Of the trials judged on a fold, one in so many goes on to the next.
const KEEP_ONE_IN: usize = 3;

/// How a search is done.
#[derive(Debug, Clone, PartialEq)]
pub struct TuneOptions {
    /// Trials, the defaults among them. Few miss what matters, many cost time and flatter the best.
    pub trials: usize,
    /// Folds in time. One judges quickly and by one season, many start from little data and cost time.
    pub folds: usize,
    /// The share of the signals, the first in time, that is searched on; the rest stays unseen for `evaluate`.
    pub split: f64,
    /// No measurement begins after this time. What is measured by then depends on the machine.
    pub time: Option<Duration>,
    /// What is drawn follows from it.
    pub seed: u64,
    /// What the knobs do not touch.
    pub train: TrainOptions,
}

impl Default for TuneOptions {
    fn default() -> Self {
        Self {
            trials: 18,
            folds: 3,
            split: 0.8,
            time: None,
            seed: 0,
            train: TrainOptions::default(),
        }
    }
}

/// Searches, and keeps `journal.jsonl`, `trials.csv` and `best.toml` in a folder. A search found there goes on.
///
/// # Errors
/// [`TuneError`], [`FileError`] where the folder cannot be written, and what training refuses.
pub fn tune(
    dataset: &Dataset,
    options: &TuneOptions,
    out: &Path,
    progress: &dyn Progress,
) -> Result<Tuning> {
    let began = Instant::now();
    let dataset = &in_order_of_publication(dataset);
    let split_ms = quantile_ms(dataset, options.split).ok_or(TuneError::NothingToJudge)?;
    let past = up_to(dataset, split_ms);
    let courses = courses(&past, options)?;
    fs::create_dir_all(out).map_err(FileError::at("create", out))?;
    let search = Search {
        format: 1,
        data: fingerprint(&past),
        seed: options.seed,
        split: options.split.to_string(),
        folds: options.folds,
        knobs: KNOBS.len(),
    };
    let mut run = Run {
        past: &past,
        courses: &courses,
        options,
        journal: Journal::open(&out.join("journal.jsonl"), &search)?,
        began,
        progress,
    };
    let tuning = match run.search() {
        Err(TrainerError::Cancelled) => {
            let (measured, path) = (run.journal.len(), run.journal.path().to_owned());
            return Err(TuneError::Stopped { measured, path }.into());
        }
        other => other?,
    };
    replace(&out.join("trials.csv"), &tuning.csv())?;
    replace(&best_path(out), &tuning.toml())?;
    Ok(tuning)
}

fn best_path(out: &Path) -> PathBuf {
    out.join("best.toml")
}

/// A fold with its questions.
struct Course {
    fold: Fold,
    queries: Vec<Query>,
}

/// The folds in which something can be judged.
fn courses(past: &Dataset, options: &TuneOptions) -> Result<Vec<Course>> {
    let mut courses = Vec::new();
    for fold in time_folds(past, options.folds.max(1)) {
        let judged = up_to(past, fold.judge_until_ms);
        let catalog = catalog_of(&judged, Words::learn(&judged.activities, [], 1)?)?;
        let horizon_days = options.train.horizon_days;
        let queries = queries_after(&judged, &catalog, fold.learn_until_ms, horizon_days);
        if !queries.is_empty() {
            courses.push(Course { fold, queries });
        }
    }
    if courses.is_empty() {
        return Err(TuneError::NothingToJudge.into());
    }
    Ok(courses)
}

/// Tells one data set from another.
fn fingerprint(dataset: &Dataset) -> String {
    let mut digest = Digest::default();
    for activity in &dataset.activities {
        digest.text(activity.id.as_str());
    }
    for event in &dataset.events {
        digest
            .integer(event.time_ms as u64)
            .text(event.user.as_deref().unwrap_or_default())
            .text(
                event
                    .body
                    .activity()
                    .map_or("", |activity| activity.as_str()),
            );
    }
    digest.hexadecimal()
}

struct Run<'a> {
    past: &'a Dataset,
    courses: &'a [Course],
    options: &'a TuneOptions,
    journal: Journal,
    began: Instant,
    progress: &'a dyn Progress,
}

impl Run<'_> {
    fn search(&mut self) -> Result<Tuning> {
        let mut trials: Vec<Trial> = (0..self.options.trials.max(1))
            .map(|number| Trial {
                number,
                settings: Settings::of_trial(number, self.options.seed),
                folds: Vec::new(),
                ndcg10: 0.0,
                whole: false,
            })
            .collect();
        let mut going: Vec<usize> = (0..trials.len()).collect();
        let mut finished = true;
        'rungs: for fold in 0..self.courses.len() {
            for (place, &number) in going.iter().enumerate() {
                let step = format!(
                    "fold {} of {}, trial {} of {}",
                    fold + 1,
                    self.courses.len(),
                    place + 1,
                    going.len()
                );
                let Some(ndcg10) = self.measure(&trials[number], fold, &step)? else {
                    finished = false;
                    break 'rungs;
                };
                let trial = &mut trials[number];
                trial.folds.push(ndcg10);
                trial.ndcg10 = trial.folds.iter().sum::<f64>() / trial.folds.len() as f64;
                trial.whole = trial.folds.len() == self.courses.len();
            }
            going = better(&trials, &going);
        }
        trials.retain(|trial| !trial.folds.is_empty());
        let questions = self.courses.iter().map(|course| course.queries.len());
        Ok(Tuning::of(trials, questions.collect(), finished))
    }

    /// A figure from the journal, or measured now; `None` where the time is over.
    fn measure(&mut self, trial: &Trial, fold: usize, step: &str) -> Result<Option<f64>> {
        if let Some(known) = self.journal.of(trial.number, fold) {
            return Ok(Some(known.ndcg10));
        }
        if self
            .options
            .time
            .is_some_and(|time| self.began.elapsed() >= time)
        {
            return Ok(None);
        }
        let (course, began) = (&self.courses[fold], Instant::now());
        let within = Within {
            outer: self.progress,
            step,
        };
        check(&within)?;
        let mut options = self.options.train.clone();
        options.seed = self.options.seed;
        trial.settings.apply(&mut options);
        let learned = up_to(self.past, course.fold.learn_until_ms);
        let trained = train(&learned, &options, &within)?;
        within.begin("ranking", None);
        let judged = up_to(self.past, course.fold.judge_until_ms);
        let run = rank_live(&judged, &trained, &course.queries, Freshness::Live, &within)?;
        let ranks = run.ranks.get(STACK).map_or(&[][..], Vec::as_slice);
        let ndcg10 = RankingMetrics::of(ranks).ndcg10;
        self.journal.add(Measurement {
            trial: trial.number,
            fold,
            ndcg10,
            questions: course.queries.len(),
            seconds: began.elapsed().as_secs_f64(),
        })?;
        Ok(Some(ndcg10))
    }
}

/// Those who go on: the better third, and the defaults.
fn better(trials: &[Trial], going: &[usize]) -> Vec<usize> {
    let mut order = going.to_vec();
    order.sort_by(|&a, &b| {
        let (a, b) = (&trials[a], &trials[b]);
        b.ndcg10.total_cmp(&a.ndcg10).then(a.number.cmp(&b.number))
    });
    order.truncate(going.len().div_ceil(KEEP_ONE_IN));
    if !order.contains(&0) {
        order.push(0);
    }
    order.sort_unstable();
    order
}

/// Says within which trial a step is.
struct Within<'a> {
    outer: &'a dyn Progress,
    step: &'a str,
}

impl Progress for Within<'_> {
    fn begin(&self, step: &str, total: Option<u64>) {
        self.outer.begin(&format!("{}: {step}", self.step), total);
    }

    fn advance(&self, units: u64) {
        self.outer.advance(units);
    }

    fn cancelled(&self) -> bool {
        self.outer.cancelled()
    }
}
