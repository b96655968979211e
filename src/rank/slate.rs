//! What the visitor is shown, with everything needed to explain it, to learn from it and to do it again.

use serde::{Deserialize, Serialize};

use super::explain::Reason;
use super::request::Ranking;
use super::rerank::Slot;
use crate::event::{ActivityId, Shown};
use crate::feature::Component;
use crate::math::Digest;

/// One component's part of a score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    /// The component.
    pub component: Component,
    /// Its part; all parts of an item, summed in the order given, are its score exactly.
    pub value: f32,
}

/// One activity in a slate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SlateItem {
    /// The activity.
    pub activity: ActivityId,
    /// Position from 0.
    pub position: u16,
    /// The score, in logits for learned slates, 0 to 48 for the rule.
    pub score: f32,
    /// The score for display, 0 to 100.
    pub display: f32,
    /// Probability of this choice given the positions before it, in (0, 1].
    pub propensity: f64,
    /// Whether the slot ranked or explored.
    pub slot: Slot,
    /// The score's parts.
    pub contributions: Vec<Contribution>,
    /// Why it is here.
    pub reason: Reason,
    /// Whether it is among the saved ones.
    pub favourite: bool,
    /// Whether the visitor liked it.
    pub liked: bool,
    /// What an event about this showing carries.
    pub shown: Shown,
}

/// A slate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Slate {
    /// Digest of everything that decided it.
    pub id: String,
    /// The bundle that ranked.
    pub bundle: String,
    /// The variant of the channel.
    pub variant: String,
    /// Which model ranked.
    pub ranking: Ranking,
    /// The items in order.
    pub items: Vec<SlateItem>,
    /// How many activities passed the filters.
    pub total: u32,
    /// The moment of the request, Unix ms.
    pub now_ms: i64,
    /// The request's seed.
    pub seed: u64,
}

impl Slate {
    /// Fingerprint of the ranking: ids, score bits, contribution bits and propensities in order. Equal on every machine.
    pub fn digest(&self) -> String {
        let mut digest = Digest::default();
        digest
            .integer(u64::from(self.total))
            .integer(self.items.len() as u64);
        for item in &self.items {
            digest
                .text(item.activity.as_str())
                .floats(&[item.score, item.display]);
            item.contributions.iter().for_each(|part| {
                digest.text(part.component.name()).floats(&[part.value]);
            });
            digest
                .integer(item.propensity.to_bits())
                .text(&item.shown.features)
                .text(&item.reason.code);
        }
        digest.hexadecimal()
    }
}
