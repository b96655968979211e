//! The small numbers of a model: everything but its tensors, as JSON a person can read.

use serde::{Deserialize, Serialize};

use crate::model::{Blend, PopularitySmoothing};
use crate::rank::Policy;

/// Blend, popularity prior and reranking policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The score.
    pub blend: Blend,
    /// The prior of the popularity model.
    pub popularity: PopularitySmoothing,
    /// How a scored list becomes a slate.
    pub policy: Policy,
}

crate::json::object! { Model: strict { blend, popularity, policy } }
