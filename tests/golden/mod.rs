//! Bundles as older engines wrote them, each in one file: they must open, and rank as they did, for as long as devices may hold
//! one.
#![allow(clippy::expect_used)]

use triqueta::bundle::Files;

/// By the first engine, whose texts are JSON, by the fourth, the last one whose columns are all wide, by the fifth, the last one
/// whose rows have all columns of their own, and by the sixth, the last one whose manifest has the self-test and whose contents
/// have all lists of their own.
pub(crate) const BUNDLES: [&[u8]; 4] = [
    include_bytes!("bundle-format-1.safetensors"),
    include_bytes!("bundle-engine-4.safetensors"),
    include_bytes!("bundle-engine-5.safetensors"),
    include_bytes!("bundle-engine-6.safetensors"),
];

/// A bundle's id and files.
pub(crate) fn files(container: &[u8]) -> (String, Files) {
    let mut files = Files::default();
    let mut id = String::new();
    let container = safetensors::SafeTensors::deserialize(container).expect("files in one");
    for (path, tensor) in container.tensors() {
        if let Some(name) = path.strip_prefix("manifests/") {
            id = name.trim_end_matches(".json").to_owned();
        }
        files.insert(path, tensor.data().to_vec());
    }
    (id, files)
}
