//! Under which circumstances an activity was shown: what off-policy evaluation and skew measurement need.

use serde::{Deserialize, Serialize};

use super::ActivityId;

/// One activity in one slate, as it was shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// The activity.
    pub activity: ActivityId,
    /// The slate's id: a digest of everything that decided it.
    pub slate: String,
    /// The bundle that ranked, or `rule` for the fallback without a bundle.
    pub bundle: String,
    /// The variant of the channel.
    pub variant: String,
    /// Where on the page, as the page names it.
    #[serde(default)]
    pub placement: String,
    /// Position in the slate, from 0.
    pub position: u16,
    /// The exact probability with which the policy showed this activity here given the positions before it, in (0, 1].
    pub propensity: f64,
    /// Version of the exploration policy that gave the propensity.
    pub policy: u16,
    /// Digest of the candidate pool the slot drew from; empty for ranked slots.
    #[serde(default)]
    pub pool: String,
    /// Digest of the feature row that was scored, 16 hexadecimal digits; empty in events of devices where it is not
    /// replayable: who tries profiles until it fits would learn what is never sent.
    pub features: String,
    /// Digest of the history the user side saw, 16 hexadecimal digits.
    pub history: String,
    /// Whether the whole history was uploaded, so that the trainer can recompute the row and measure skew.
    pub replayable: bool,
}

crate::json::object! {
    Shown: strict
    {
        activity, slate, bundle, variant, position, propensity, policy, features, history,
        replayable,
    }
    { placement, pool }
}
