//! A training on its way through the gate.

use serde::Serialize;
use triqueta::bundle::{Files, Forced, Manifest};
use triqueta::error::RecommenderError;

use super::registry::{Publication, Registry};
use crate::error::Result;
use crate::gate::{Answers, Verdict};

/// What became of a training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gated {
    /// What the gate says.
    pub verdict: Verdict,
    /// The publication; absent where the bundle was refused.
    pub publication: Option<Publication>,
}

/// Publishes a trained bundle unless the gate refuses it. With a reason to `force` it, it is published all the same, and
/// the reason stands in its manifest beside the gate's: it is another bundle then, with another id and the same files.
///
/// # Errors
/// As [`Registry::publish`], and [`crate::gate::GateError`] where the bundle's answers are damaged. A refusal is no error.
pub fn publish_training(
    registry: &Registry,
    (id, files): (&str, &Files),
    variant: &str,
    force: Option<&str>,
    now_ms: i64,
) -> Result<Gated> {
    let path = Manifest::path(id);
    let manifest = files.get(&path).unwrap_or_default();
    let mut manifest = Manifest::from_json(id, manifest).map_err(RecommenderError::from)?;
    let verdict = match &manifest.judgement {
        None => Verdict::unjudged(),
        Some(judgement) => {
            let bytes = files.get(&judgement.path()).unwrap_or_default();
            let answers = Answers::from_json(judgement, bytes)?;
            match registry.answers(variant) {
                Ok(current) => Verdict::of(&answers, current.as_ref()),
                // A damaged registry is healed by a publication.
                Err(error) => {
                    let mut verdict = Verdict::of(&answers, None);
                    let unreadable = format!("what is published cannot be read: {error}");
                    verdict.notes.push(unreadable);
                    verdict
                }
            }
        }
    };
    let reasons = verdict.reasons();
    let publication = match (reasons.is_empty(), force) {
        (true, _) => registry.publish(id, files, variant, "training", now_ms)?,
        (false, None) => {
            return Ok(Gated {
                verdict,
                publication: None,
            });
        }
        (false, Some(reason)) => {
            manifest.forced = Some(Forced {
                reason: reason.to_owned(),
                refused: reasons.into_iter().map(str::to_owned).collect(),
            });
            let bytes = manifest.to_json().map_err(RecommenderError::from)?;
            let id = Manifest::id(&bytes);
            let mut files = files.clone();
            files.remove(&path);
            files.insert(Manifest::path(&id), bytes);
            registry.publish(&id, &files, variant, "training", now_ms)?
        }
    };
    Ok(Gated {
        verdict,
        publication: Some(publication),
    })
}
