//! What the visitor allowed, and therefore what may be kept or sent.
//!
//! Silence is not consent: the default keeps history for the session only and sends nothing. Consent is never
//! retroactive: events recorded under a lower grade are not sent after an upgrade.

use serde::{Deserialize, Serialize};

/// How far the visitor's data may go.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Nothing leaves the page; history lives until it closes. Recommendations personalise within the visit.
    #[default]
    None,
    /// History stays on this device across visits. Nothing is sent.
    Device,
    /// Events are also sent, from this moment on.
    Upload,
}

crate::json::words! { Grade { None = "none", Device = "device", Upload = "upload" } }

/// The visitor's decision, with what is needed to prove it later (Ley 1581 de 2012).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// How far data may go.
    pub grade: Grade,
    /// Whether the device's location may be used for distances. A separate choice; it never leaves the device.
    #[serde(default)]
    pub location: bool,
    /// A minor uses the page: nothing is kept or sent, whatever the grade says.
    #[serde(default)]
    pub minor: bool,
    /// Which version of the consent text was shown; empty while nothing was asked.
    #[serde(default)]
    pub text_version: String,
    /// When the decision was made, Unix ms; 0 while nothing was asked.
    #[serde(default)]
    pub time_ms: i64,
}

crate::json::object! { Consent: strict { grade } { location, minor, text_version, time_ms } }

impl Consent {
    /// The decision as far as a browser that asks not to be tracked lets it go: nothing is sent.
    pub fn under_signal(mut self, asks_not_to_be_tracked: bool) -> Self {
        if asks_not_to_be_tracked {
            self.grade = self.grade.min(Grade::Device);
        }
        self
    }

    /// The grade that holds: `None` for a minor.
    pub fn effective_grade(&self) -> Grade {
        if self.minor { Grade::None } else { self.grade }
    }

    /// Whether history and profile may be written to the device's storage.
    pub fn allows_storage(&self) -> bool {
        self.effective_grade() >= Grade::Device
    }

    /// Whether events may be sent.
    pub fn allows_upload(&self) -> bool {
        self.effective_grade() == Grade::Upload
    }

    /// Whether the device's location may be used.
    pub fn allows_location(&self) -> bool {
        self.location && !self.minor
    }
}
