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
