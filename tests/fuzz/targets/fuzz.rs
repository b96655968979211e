//! libFuzzer over one reader, the one that the variable `TRIQUETA_READER` names; with `TRIQUETA_SEEDS=FOLDER` it only writes
//! the inputs that each reader's search begins with, a folder a reader. `./build.sh fuzz` runs it.
#![no_main]
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../parsers.rs"]
mod parsers;
#[path = "../../support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use parsers::{PARSERS, Parser};

libfuzzer_sys::fuzz_target!(
    init: {
        if let Ok(folder) = std::env::var("TRIQUETA_SEEDS") {
            PARSERS.iter().for_each(|parser| write_seeds(parser, Path::new(&folder)));
            std::process::exit(0);
        }
    },
    |bytes: &[u8]| {
        static READER: OnceLock<&Parser> = OnceLock::new();
        let reader = READER.get_or_init(|| {
            let name = std::env::var("TRIQUETA_READER").unwrap_or_default();
            let reader = PARSERS.iter().find(|parser| parser.name == name);
            reader.unwrap_or_else(|| panic!("TRIQUETA_READER names no reader: {name:?}"))
        });
        let _accepted = (reader.parse)(bytes);
    }
);

fn write_seeds(parser: &Parser, folder: &Path) {
    let folder = folder.join(parser.name);
    fs::create_dir_all(&folder).unwrap();
    for (number, seed) in (parser.seeds)().iter().enumerate() {
        fs::write(folder.join(format!("seed-{number}")), seed).unwrap();
    }
}
