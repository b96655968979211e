//! The trials as one table.

use serde::Serialize;

use super::settings::Settings;
use super::space::KNOBS;
use crate::train::TrainOptions;

/// One trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trial {
    /// Its number; 0 is the defaults.
    pub number: usize,
    /// Its settings.
    pub settings: Settings,
    /// NDCG at 10 of the bundle's score on each fold it was judged on, in order of time.
    pub folds: Vec<f64>,
    /// The mean of these.
    pub ndcg10: f64,
    /// Whether it was judged on all folds; otherwise it was stopped, or the budget was.
    pub whole: bool,
}

/// A search.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tuning {
    /// The trials that were judged, the best first: those judged on more folds before others.
    pub trials: Vec<Trial>,
    /// The number of the best of those judged on all folds; the defaults where nothing is better.
    pub best: usize,
    /// Whether every trial was judged or stopped; otherwise the budget of time ended before.
    pub finished: bool,
    /// Questions of each fold.
    pub questions: Vec<usize>,
}

impl Tuning {
    /// Puts trials in order and picks the best.
    pub(super) fn of(mut trials: Vec<Trial>, questions: Vec<usize>, finished: bool) -> Self {
        trials.sort_by(|a, b| {
            b.folds
                .len()
                .cmp(&a.folds.len())
                .then(b.ndcg10.total_cmp(&a.ndcg10))
                .then(a.number.cmp(&b.number))
        });
        let best = trials.iter().find(|trial| trial.whole);
        Self {
            best: best.map_or(0, |trial| trial.number),
            trials,
            finished,
            questions,
        }
    }

    /// The best trial's settings.
    pub fn settings(&self) -> Settings {
        let best = self.trials.iter().find(|trial| trial.number == self.best);
        best.map_or_else(Settings::default, |trial| trial.settings.clone())
    }

    /// The best settings as a file for `train --settings`.
    pub fn toml(&self) -> String {
        let best = self.trials.iter().find(|trial| trial.number == self.best);
        let figure = best.map_or(0.0, |trial| trial.ndcg10);
        let heading = format!(
            "Trial {} of `triqueta tune`: NDCG@10 {figure:.4} over {} folds. What is not named keeps its default.",
            self.best,
            self.questions.len()
        );
        self.settings().to_toml(&heading)
    }

    /// The trials as CSV: a row a trial, a column a fold and a knob.
    pub fn csv(&self) -> String {
        let defaults = TrainOptions::default();
        let mut text = "trial,best,whole,ndcg10".to_owned();
        (1..=self.questions.len()).for_each(|fold| text.push_str(&format!(",fold_{fold}")));
        KNOBS
            .iter()
            .for_each(|knob| text.push_str(&format!(",{}", knob.name)));
        for trial in &self.trials {
            text.push_str(&format!(
                "\n{},{},{},{}",
                trial.number,
                trial.number == self.best,
                trial.whole,
                trial.ndcg10
            ));
            for fold in 0..self.questions.len() {
                let value = trial.folds.get(fold);
                text.push_str(&value.map_or(",".into(), |value| format!(",{value}")));
            }
            for knob in KNOBS {
                let value = trial.settings.value(knob.name);
                text.push_str(&format!(
                    ",{}",
                    value.unwrap_or_else(|| (knob.get)(&defaults))
                ));
            }
        }
        text + "\n"
    }

    /// The trials for a person: what differs from the defaults stands in the files.
    pub fn table(&self) -> String {
        let mut text = format!("{:>6}{:>10}", "trial", "NDCG@10");
        for (fold, questions) in self.questions.iter().enumerate() {
            text.push_str(&format!(
                "{:>18}",
                format!("fold {} (n {questions})", fold + 1)
            ));
        }
        for trial in &self.trials {
            text.push_str(&format!("\n{:>6}{:>10.4}", trial.number, trial.ndcg10));
            for fold in 0..self.questions.len() {
                let value = trial.folds.get(fold);
                let shown = value.map_or_else(String::new, |value| format!("{value:.4}"));
                text.push_str(&format!("{shown:>18}"));
            }
            if trial.number == 0 {
                text.push_str("   the defaults");
            }
            if trial.number == self.best {
                text.push_str("   best");
            } else if !trial.whole {
                text.push_str("   stopped");
            }
        }
        if !self.finished {
            text.push_str("\nthe budget ended before the search did: start it again to go on");
        }
        text
    }
}
