//! The last step of writing a bundle: the engine runs on it, and what it gives becomes the bundle's self-test.

use super::Engine;
use crate::bundle::{Files, Manifest, SelfTestCase};
use crate::error::RecommenderError;
use crate::history::Visitor;
use crate::rank::Request;

/// Completes a written bundle: fills in the self-test by running the engine on it, and gives its id and all its files,
/// the manifest among them.
///
/// # Errors
/// Anything [`Bundle::open`](crate::bundle::Bundle::open) or [`Engine::recommend`] refuses: a bundle that cannot be opened is never published.
pub fn seal(
    mut manifest: Manifest,
    mut files: Files,
    cases: &[(Visitor, Request)],
) -> Result<(String, Files), RecommenderError> {
    manifest.self_test.clear();
    let draft = manifest.to_json()?;
    let draft_id = Manifest::id(&draft);
    let mut draft_files = files.clone();
    draft_files.insert(Manifest::path(&draft_id), draft);
    let engine = Engine::open(&draft_id, draft_files)?;
    for (visitor, request) in cases {
        let digest = engine.recommend(visitor, request)?.digest();
        let (profile, history) = (visitor.profile.clone(), visitor.history.snapshot());
        manifest.self_test.push(SelfTestCase {
            profile,
            history,
            request: request.clone(),
            digest,
        });
    }
    let bytes = manifest.to_json()?;
    let id = Manifest::id(&bytes);
    files.insert(Manifest::path(&id), bytes);
    Ok((id, files))
}
