//! Do the documents tell the truth about the tree?
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::Path;

#[test]
fn architecture_names_every_stage() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    #[allow(clippy::disallowed_methods)]
    let text = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    for folder in fs::read_dir(root.join("src"))
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_dir())
    {
        let name = format!("src/{}/", folder.file_name().to_string_lossy());
        assert!(
            text.contains(&name),
            "ARCHITECTURE.md does not mention {name}"
        );
    }
    for member in [
        "trainer/", "server/", "cli/", "pkg/", "www/", "tests/", "scripts/",
    ] {
        assert!(
            text.contains(member),
            "ARCHITECTURE.md does not mention {member}"
        );
    }
}

/// The stages in the order of the flow: each uses those before it, never those after.
const STAGES: [&str; 11] = [
    "math",
    "json",
    "event",
    "catalog",
    "history",
    "feature",
    "model",
    "rank",
    "bundle",
    "outbox",
    "experiment",
];

#[test]
fn no_stage_uses_a_later_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (position, stage) in STAGES.iter().enumerate() {
        let mut paths = vec![root.join("src").join(stage)];
        while let Some(path) = paths.pop() {
            if path.is_dir() {
                paths.extend(
                    fs::read_dir(&path)
                        .unwrap()
                        .map(|file| file.unwrap().path()),
                );
                continue;
            }
            #[allow(clippy::disallowed_methods)]
            let text = fs::read_to_string(&path).unwrap();
            let code = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            for line in code {
                for later in STAGES[position + 1..].iter().chain(&["engine", "wasm"]) {
                    let uses = line.contains(&format!("crate::{later}::"));
                    assert!(!uses, "{} uses {later}: {line}", path.display());
                }
            }
        }
    }
}
