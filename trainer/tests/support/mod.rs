//! What several tests need: a tiny made-up source, its mapping, and the dataset they give.
#![allow(dead_code, clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use triqueta_trainer::ingest::{ImportReport, Mapping, Origin, import};
use triqueta_trainer::progress::Silent;
use triqueta_trainer::{Dataset, Result};

/// Every kind of field once.
pub(crate) const MAPPING: &str = r#"
format = 1
name = "tiny"
[city]
name = "Bogotá"
time_zone = "America/Bogota"
currency = "COP"
holidays = ["colombia"]
[tables]
activities = { file = "activities.csv" }
visitors = { file = "visitors.csv" }
events = { file = "events.csv" }
[activities]
table = "activities"
id = "id"
title = "title"
type = "type"
tags = { column = "tags", separator = ";" }
locality = "locality"
start = "start"
end = "end"
lat = "lat"
lon = "lon"
price = "price"
free = "free"
status = { column = "status", map = { si = "active", no = "inactive" }, unmapped = "error" }
published_from = "first_event"
[visitors]
table = "visitors"
id = "id"
tags = { column = "tags", separator = ";" }
locality = "locality"
[[events]]
table = "events"
user = "user"
activity = "activity"
time = { column = "time", time = "epoch_s" }
[[events.body]]
when = { what = "save" }
kind = "favourite"
set = { action = "added" }
[[events.body]]
when = { what = "stars" }
kind = "rating"
from = { stars = "value" }
[words]
lower = ["tags"]
unify = ["tags", "locality"]
"#;

/// Activities of the tiny city.
pub(crate) const ACTIVITIES: &str = "\
id,title,type,tags,locality,start,end,lat,lon,price,free,status
a1,Concierto,cultura,Música;Jazz,Chapinero,2025-11-22T19:00,2025-11-22T21:00,4.65,-74.06,20000,no,si
a2,Yoga,deporte,yoga;música,chapinero,2025-11-23T08:00,,4.66,-74.05,0,si,si
a3,\"Taller, de pintura\",Educación,pintura,Chapinero,2025-12-01T15:00,,,,,,no
";
/// Visitors of the tiny city.
pub(crate) const VISITORS: &str = "id,tags,locality\nana,MUSICA;yoga,Chapinero\nluis,,\n";
/// Events of the tiny city.
pub(crate) const EVENTS: &str = "\
user,activity,time,what,value
ana,a1,1763000000,save,
ana,a2,1763000600,stars,5
luis,a1,1763009999,save,
";

/// A folder with the tiny source.
pub(crate) fn source() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("activities.csv", ACTIVITIES),
        ("visitors.csv", VISITORS),
        ("events.csv", EVENTS),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// The tiny mapping with some of its text replaced.
pub(crate) fn mapping(replacements: &[(&str, &str)]) -> Mapping {
    let mut text = MAPPING.to_owned();
    for (from, to) in replacements {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    Mapping::parse(&text, Path::new("tiny.toml")).unwrap()
}

/// Imports a folder.
pub(crate) fn import_folder(
    mapping: &Mapping,
    folder: &Path,
    skip_bad_rows: bool,
) -> Result<(Dataset, ImportReport)> {
    import(
        mapping,
        Origin {
            folder: Some(folder),
            postgres: None,
        },
        skip_bad_rows,
        &Silent,
    )
}

/// The tiny dataset.
pub(crate) fn dataset() -> Dataset {
    import_folder(&mapping(&[]), source().path(), false)
        .unwrap()
        .0
}

/// A shipped mapping.
pub(crate) fn shipped(name: &str) -> Mapping {
    Mapping::load(
        &Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("mappings")
            .join(name),
    )
    .unwrap()
}

/// The folder of a real data set. Tests that call this live in a module named `real_data`.
pub(crate) fn data(name: &str) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let root = std::env::var_os("TRIQUETA_DATA")
        .map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let folder = workspace.join(root).join(name);
    assert!(
        folder.is_dir(),
        "{} is absent: set TRIQUETA_DATA, or leave these tests out with `-- --skip real_data`",
        folder.display()
    );
    folder
}
