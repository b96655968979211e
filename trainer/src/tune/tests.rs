#![allow(clippy::unwrap_used)]

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::*;
use crate::fit::TowerOptions;
use crate::progress::{Progress, Silent};
use crate::testing;
use crate::train::TrainOptions;

fn options() -> TuneOptions {
    TuneOptions {
        trials: 5,
        folds: 2,
        seed: 3,
        train: TrainOptions {
            history_half_lives: vec![60.0],
            blend_folds: 1,
            towers: TowerOptions {
                epochs: 1,
                batch: 64,
                ..TowerOptions::default()
            },
            ..TrainOptions::default()
        },
        ..TuneOptions::default()
    }
}

/// Stops, as a kill would, when so many measurements have begun.
struct KilledAfter(usize, AtomicUsize);

impl Progress for KilledAfter {
    fn begin(&self, step: &str, _total: Option<u64>) {
        if step.ends_with("reading choices") {
            self.1.fetch_add(1, Ordering::Relaxed);
        }
    }
    fn advance(&self, _units: u64) {}
    fn cancelled(&self) -> bool {
        self.1.load(Ordering::Relaxed) > self.0
    }
}

#[test]
fn a_search_that_was_killed_goes_on_and_ends_in_the_same_table() {
    let dataset = testing::dataset(150, 5);
    let folder = tempfile::tempdir().unwrap();
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    let expected = tune(&dataset, &options(), &whole, &Silent).unwrap();
    let killer = KilledAfter(3, AtomicUsize::new(0));
    let stopped = tune(&dataset, &options(), &killed, &killer).unwrap_err();
    assert_eq!(stopped.code(), "TUNE_STOPPED");
    assert!(!killed.join("best.toml").exists());
    let lines = fs::read_to_string(killed.join("journal.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 1 + 3);

    let none_left = TuneOptions {
        time: Some(Duration::ZERO),
        ..options()
    };
    let partial = tune(&dataset, &none_left, &killed, &Silent).unwrap();
    assert!(!partial.finished && partial.trials.len() == 3);
    assert_eq!(
        tune(&dataset, &options(), &killed, &Silent).unwrap(),
        expected
    );
    for file in ["trials.csv", "best.toml"] {
        let read = |folder: &std::path::Path| fs::read(folder.join(file)).unwrap();
        assert_eq!(read(&killed), read(&whole), "{file}");
    }

    // Two of five go on after the first fold, and the defaults do whatever they are worth.
    assert!(expected.finished);
    let judged = |trial: &Trial| trial.folds.len() == 2;
    let whole = expected.trials.iter().filter(|trial| judged(trial)).count();
    assert!((2..=3).contains(&whole), "{expected:?}");
    let defaults = expected.trials.iter().find(|trial| trial.number == 0);
    assert!(defaults.unwrap().whole);
    let best = &expected.trials[0];
    assert_eq!(best.number, expected.best);
    assert!(best.ndcg10 >= defaults.unwrap().ndcg10);
}

#[test]
fn the_same_seed_draws_the_same_trials_within_their_ranges_and_another_does_not() {
    for number in 1..200 {
        let settings = Settings::of_trial(number, 7);
        assert_eq!(settings, Settings::of_trial(number, 7));
        assert_ne!(settings, Settings::of_trial(number, 8));
        for knob in KNOBS {
            let value = settings.value(knob.name).unwrap();
            assert!(
                (knob.low..=knob.high).contains(&value),
                "{}: {value}",
                knob.name
            );
        }
    }
    assert_eq!(Settings::of_trial(0, 7), Settings::default());
}

#[test]
fn settings_survive_their_file_and_reach_every_option() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("best.toml");
    let settings = Settings::of_trial(4, 1);
    fs::write(&path, settings.to_toml("as drawn")).unwrap();
    assert_eq!(Settings::read(&path).unwrap(), settings);
    let mut options = TrainOptions::default();
    settings.apply(&mut options);
    for knob in KNOBS {
        let (set, drawn) = ((knob.get)(&options), settings.value(knob.name).unwrap());
        assert!((set - drawn).abs() <= 1e-6 * drawn.abs(), "{}", knob.name);
        let default = (knob.get)(&TrainOptions::default());
        assert!((knob.low..=knob.high).contains(&default), "{}", knob.name);
    }
    for wrong in [
        "temperature = 1.0",
        "tower_dropout = 3.0",
        "tower_dropout = [1]",
    ] {
        fs::write(&path, wrong).unwrap();
        assert_eq!(Settings::read(&path).unwrap_err().code(), "TUNE_SETTINGS");
    }
}

#[test]
fn another_search_is_not_mixed_in_and_an_empty_log_is_told() {
    let dataset = testing::dataset(150, 5);
    let folder = tempfile::tempdir().unwrap();
    let none = TuneOptions {
        trials: 1,
        folds: 1,
        ..options()
    };
    tune(&dataset, &none, folder.path(), &Silent).unwrap();
    let other = TuneOptions { seed: 4, ..none };
    let refused = tune(&dataset, &other, folder.path(), &Silent).unwrap_err();
    assert_eq!(refused.code(), "TUNE_OTHER_SEARCH");
    let mut empty = dataset;
    empty.events.clear();
    let refused = tune(&empty, &options(), folder.path(), &Silent).unwrap_err();
    assert_eq!(refused.code(), "TUNE_NOTHING_TO_JUDGE");
}
