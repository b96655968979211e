//! Settings as a file a person can read: one line a knob. Knobs that are not named keep their defaults.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use triqueta::math::Random;

use super::problem::TuneError;
use super::space::{KNOBS, Knob};
use crate::Result;
use crate::error::FileError;
use crate::train::TrainOptions;

/// Values of knobs, by name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Settings(BTreeMap<String, f64>);

impl Settings {
    /// Reads a TOML file.
    ///
    /// # Errors
    /// [`FileError`] where it cannot be read, [`TuneError::Settings`] where a line is no knob or out of its range.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(FileError::at("read", path))?;
        let refuse = |detail: String| TuneError::Settings {
            path: path.to_owned(),
            detail,
        };
        let settings: Self = toml::from_str(&text).map_err(|error| refuse(error.to_string()))?;
        for (name, &value) in &settings.0 {
            let known = || KNOBS.iter().map(|knob| knob.name).collect::<Vec<_>>();
            let Some(knob) = knob(name) else {
                let known = known().join(", ");
                return Err(refuse(format!("`{name}` is no setting, these are: {known}")).into());
            };
            if !(knob.low..=knob.high).contains(&value) {
                return Err(refuse(format!(
                    "`{name}` is {value} and lies between {} and {}",
                    knob.low, knob.high
                ))
                .into());
            }
        }
        Ok(settings)
    }

    /// The settings as TOML, every line with what it does.
    pub fn to_toml(&self, heading: &str) -> String {
        let mut text = format!("# {heading}\n");
        for knob in KNOBS {
            if let Some(value) = self.0.get(knob.name) {
                text.push_str(&format!("\n# {}\n{} = {value:?}\n", knob.about, knob.name));
            }
        }
        text
    }

    /// Turns the knobs.
    pub fn apply(&self, options: &mut TrainOptions) {
        for (name, &value) in &self.0 {
            if let Some(knob) = knob(name) {
                (knob.set)(options, value);
            }
        }
    }

    /// The value of a knob; `None` where it keeps its default.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }

    /// The settings of a trial: nothing for the first, the defaults; drawn for every other.
    pub(super) fn of_trial(number: usize, seed: u64) -> Self {
        if number == 0 {
            return Self::default();
        }
        let mut random = Random::new(seed ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut draw = |knob: &Knob| (knob.name.to_owned(), knob.draw(&mut random));
        Self(KNOBS.iter().map(&mut draw).collect())
    }
}

fn knob(name: &str) -> Option<&'static Knob> {
    KNOBS.iter().find(|knob| knob.name == name)
}
