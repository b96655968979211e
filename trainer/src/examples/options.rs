//! How examples are made, and which part of the data each belongs to.

use serde::{Deserialize, Serialize};

use super::Augmentation;
use crate::Dataset;
use crate::evaluate::quantile_ms;
use crate::negatives::Mixture;

/// How examples are made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ExampleOptions {
    /// Every draw follows from it.
    pub seed: u64,
    /// What is drawn beside a decision. Hard ones are those whose content is closest to the visitor's past.
    pub negatives: Mixture,
    /// How far ahead of a decision activities count as alternatives, days. Short: what is on next; long: next week is
    /// mixed with next season.
    pub horizon_days: f64,
    /// Half-life of live counts, days. Short ones follow fashion, long ones remember the whole season.
    pub counter_half_life_days: f32,
    /// Share of the signals, before the test part, that hyper-parameters are chosen on.
    pub validation: f64,
    /// Share of the signals, the last in time, that nothing is chosen on.
    pub test: f64,
    /// Copies of each training example in which something is hidden. 0 none; many make a log of regulars look like one of
    /// newcomers.
    pub copies: u32,
    /// What copies hide.
    pub augmentation: Augmentation,
}

impl Default for ExampleOptions {
    fn default() -> Self {
        Self {
            seed: 0,
            negatives: Mixture::default(),
            horizon_days: 60.0,
            counter_half_life_days: 14.0,
            validation: 0.1,
            test: 0.2,
            copies: 0,
            augmentation: Augmentation::default(),
        }
    }
}

/// A part of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Learned from.
    Train,
    /// Chosen on.
    Validation,
    /// Reported.
    Test,
}

impl Split {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }

    /// The part of a name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Train, Self::Validation, Self::Test]
            .into_iter()
            .find(|split| split.name() == name)
    }
}

/// The moments between the parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// The last moment of the training part, Unix ms.
    pub train_until_ms: i64,
    /// The last moment of the validation part, Unix ms.
    pub validation_until_ms: i64,
}

impl Bounds {
    /// Cuts a data set by the shares of its signals; without signals everything is training.
    pub fn of(dataset: &Dataset, options: &ExampleOptions) -> Self {
        let test = options.test.clamp(0.0, 1.0);
        let validation = options.validation.clamp(0.0, 1.0 - test);
        let at = |share| quantile_ms(dataset, share).unwrap_or(i64::MAX);
        Self {
            train_until_ms: at(1.0 - test - validation),
            validation_until_ms: at(1.0 - test),
        }
    }

    /// The part of a label by when it was known: what began in the training part and was decided later is no training
    /// example, because its label was not there to be learned.
    pub fn split(&self, known_ms: i64) -> Split {
        if known_ms <= self.train_until_ms {
            Split::Train
        } else if known_ms <= self.validation_until_ms {
            Split::Validation
        } else {
            Split::Test
        }
    }
}
