//! The last step of writing a bundle: the engine runs on it, and what it gives becomes the bundle's self-test.

use super::Engine;
use crate::bundle::{Bundle, FileEntry, Files, Group, Manifest, SelfTestInput};
use crate::error::{BundleError, RecommenderError};
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
    let name = Bundle::SELF_TEST;
    manifest.files.retain(|file| file.name != name);
    manifest.self_test_digests.clear();
    let draft = manifest.to_json()?;
    let draft_id = Manifest::id(&draft);
    let mut draft_files = files.clone();
    draft_files.insert(Manifest::path(&draft_id), draft);
    let engine = Engine::open(&draft_id, draft_files)?;
    let mut inputs = Vec::with_capacity(cases.len());
    for (visitor, request) in cases {
        let digest = engine.recommend(visitor, request)?.digest();
        manifest.self_test_digests.push(digest);
        inputs.push(SelfTestInput {
            profile: visitor.profile.clone(),
            history: visitor.history.snapshot(),
            request: request.clone(),
        });
    }
    let bytes = serde_json::to_vec(&inputs).map_err(|error| BundleError::Malformed {
        path: name.into(),
        detail: error.to_string(),
    })?;
    let entry = FileEntry::of(name.into(), Group::Catalogue, "json", &bytes);
    files.insert(entry.path.clone(), bytes);
    manifest.files.push(entry);
    manifest.files.sort_by(|a, b| a.name.cmp(&b.name));
    let bytes = manifest.to_json()?;
    let id = Manifest::id(&bytes);
    files.insert(Manifest::path(&id), bytes);
    Ok((id, files))
}
