//! A bundle and visitors in files, for a browser.

use std::fs;
use std::path::Path;

use triqueta::bundle::{Bundle, BundleDraft, CHANNEL_FORMAT, Channel, Variant};
use triqueta::engine::{Engine, seal};
use triqueta_trainer::publish::self_test_cases;

/// How much the visitors of the browser's bench have done.
const LENGTH: usize = 20;

/// Writes the files of a bundle into a folder with a channel of its own, and in `bench.json` its id, their paths, the moment
/// and so many visitors.
pub(crate) fn written(bundle: Bundle, visitors: usize, folder: &Path) {
    let now_ms = bundle.counters.as_of_ms;
    let rows = bundle.catalog.len() as u32;
    let draft = BundleDraft {
        shard_rows: vec![rows],
        ..BundleDraft::from(bundle)
    };
    let cases = self_test_cases(&draft, 1);
    let (manifest, files) = draft.write().unwrap();
    let (id, files) = seal(manifest, files, &cases).unwrap();
    let engine = Engine::open(&id, files.clone()).unwrap();
    for (path, bytes) in files.iter() {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let visitors: Vec<_> = (0..visitors)
        .map(|number| {
            let visitor = crate::visitor(&engine, LENGTH, number as u64, now_ms);
            let profile = serde_json::to_string(&visitor.profile).unwrap();
            serde_json::json!({ "profile": profile, "history": visitor.history.snapshot() })
        })
        .collect();
    let paths: Vec<&str> = files.iter().map(|(path, _)| path).collect();
    let survivors = engine.bundle().model.policy.survivors;
    let bench = serde_json::json!({
        "id": id, "paths": paths, "now": now_ms, "visitors": visitors, "survivors": survivors,
    });
    fs::write(folder.join("bench.json"), bench.to_string()).unwrap();
    let variant = Variant {
        bundle: id,
        weight: 1,
    };
    let channel = Channel {
        format: CHANNEL_FORMAT,
        sequence: 1,
        expires_ms: i64::MAX,
        variants: [("default".to_owned(), variant)].into_iter().collect(),
    };
    let channel = serde_json::to_string(&channel).unwrap();
    fs::write(folder.join("channel.json"), channel).unwrap();
}
