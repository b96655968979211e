//! Every class of bad input gives one clear error with its code, and rows are never lost in silence.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;

use support::{import_folder, mapping, source};
use triqueta_trainer::ingest::{Mapping, Origin, import};
use triqueta_trainer::progress::{Progress, Silent};

/// Imports the tiny source with one file changed; gives the error's code and text.
fn refused(file: &str, bytes: &[u8]) -> (&'static str, String) {
    let folder = source();
    fs::write(folder.path().join(file), bytes).unwrap();
    let error = import_folder(&mapping(&[]), folder.path(), false).unwrap_err();
    (error.code(), error.to_string())
}

#[test]
fn rows_that_cannot_be_used_are_named_with_file_line_and_kind() {
    let cases: [(&str, &str, &str, &str); 16] = [
        ("events.csv", "ana,a1,1763000001", "ROW_COLUMNS", "line 5"),
        (
            "events.csv",
            "ana,nowhere,1763000001,save,",
            "EVENT_UNKNOWN_ACTIVITY",
            "activity nowhere",
        ),
        (
            "events.csv",
            "nobody,a1,1763000001,save,",
            "EVENT_UNKNOWN_VISITOR",
            "visitor nobody",
        ),
        (
            "events.csv",
            "ana,a1,yesterday,save,",
            "FIELD_TIME",
            "yesterday",
        ),
        (
            "events.csv",
            "ana,a1,1763000000,save,",
            "EVENT_DUPLICATE",
            "visitor ana",
        ),
        (
            "events.csv",
            "ana,a1,1763000001,shout,",
            "EVENT_UNMATCHED",
            "visitor ana",
        ),
        (
            "events.csv",
            "ana,a1,1763000001,stars,9",
            "EVENT_IMPOSSIBLE",
            "stars",
        ),
        (
            "events.csv",
            "ana,a1,1763000001000,save,",
            "EVENT_IMPOSSIBLE",
            "time_ms",
        ),
        (
            "events.csv",
            ",a1,1763000001,save,",
            "FIELD_MISSING",
            "`user` is empty",
        ),
        ("visitors.csv", "ana,,", "VISITOR_DUPLICATE", "id ana"),
        (
            "activities.csv",
            "a1,x,,,,2025-11-22,,,,,,si",
            "ACTIVITY_DUPLICATE",
            "id a1",
        ),
        (
            "activities.csv",
            "a4,x,,,,2025-11-22,,4.6,,,,si",
            "PLACE_HALF",
            "activity a4",
        ),
        (
            "activities.csv",
            "a4,x,,,,2025-11-22,,400,-74,,,si",
            "ACTIVITY_IMPOSSIBLE",
            "place",
        ),
        (
            "activities.csv",
            "a4,x,,,,2025-11-22,2025-11-21,,,,,si",
            "ACTIVITY_IMPOSSIBLE",
            "end_ms",
        ),
        (
            "activities.csv",
            "a4,x,,,,2025-11-22,,,,veinte,,si",
            "FIELD_NUMBER",
            "veinte",
        ),
        (
            "activities.csv",
            "a4,x,,,,2025-11-22,,,,,,quizás",
            "FIELD_UNMAPPED",
            "quizás",
        ),
    ];
    for (file, row, kind, detail) in cases {
        let text = match file {
            "events.csv" => support::EVENTS,
            "visitors.csv" => support::VISITORS,
            _ => support::ACTIVITIES,
        };
        let (code, message) = refused(file, format!("{text}{row}\n").as_bytes());
        assert_eq!(code, "IMPORT_BAD_ROWS", "{row}");
        assert!(
            message.contains(kind) && message.contains(detail) && message.contains(file),
            "{row}: {message}"
        );
        assert!(
            message.starts_with("1 of ") && message.contains("--skip-bad-rows"),
            "{message}"
        );
    }
}

#[test]
fn text_that_is_not_utf8_is_a_bad_row_and_in_the_header_a_damaged_source() {
    let mut bytes = support::VISITORS.as_bytes().to_vec();
    bytes.extend_from_slice(b"jos\xe9,,\n");
    let (code, message) = refused("visitors.csv", &bytes);
    assert_eq!(code, "IMPORT_BAD_ROWS");
    assert!(
        message.contains("ROW_ENCODING") && message.contains("line 4"),
        "{message}"
    );
    assert_eq!(
        refused("visitors.csv", b"id,tags,localit\xe9\n").0,
        "IMPORT_SOURCE_DAMAGED"
    );
}

#[test]
fn skipping_keeps_the_good_rows_and_tells_what_was_left_out() {
    let folder = source();
    let events = format!(
        "{}ana,nowhere,1763000001,save,\nluis\nluis,a2,1763000002,save,\n",
        support::EVENTS
    );
    fs::write(folder.path().join("events.csv"), events).unwrap();
    let (dataset, report) = import_folder(&mapping(&[]), folder.path(), true).unwrap();
    assert_eq!(report.events, 4);
    let codes: Vec<(&str, u64)> = report
        .problems
        .iter()
        .map(|tally| (tally.code, tally.count))
        .collect();
    assert_eq!(codes, [("ROW_COLUMNS", 1), ("EVENT_UNKNOWN_ACTIVITY", 1)]);
    assert_eq!(dataset.lineage.skipped["ROW_COLUMNS"], 1);
    assert_eq!(
        dataset
            .events
            .iter()
            .filter(|event| event.user.as_deref() == Some("luis"))
            .count(),
        2
    );
}

#[test]
fn sources_that_cannot_be_read_at_all_are_refused_by_name() {
    assert_eq!(refused("events.csv", b"").0, "IMPORT_SOURCE_DAMAGED");
    assert_eq!(
        refused("events.csv", b"user,user,time,what,value\n").0,
        "IMPORT_SOURCE_DAMAGED"
    );
    let (code, message) = refused("events.csv", b"user,activity,when,what,value\n");
    assert_eq!(code, "IMPORT_COLUMN_MISSING");
    assert!(
        message.contains("`time`") && message.contains("user, activity, when"),
        "{message}"
    );
    // A header alone is an empty table: no activities, nothing to do.
    let header = support::ACTIVITIES.lines().next().unwrap();
    let folder = source();
    fs::write(folder.path().join("activities.csv"), header).unwrap();
    fs::write(
        folder.path().join("events.csv"),
        "user,activity,time,what,value\n",
    )
    .unwrap();
    assert_eq!(
        import_folder(&mapping(&[]), folder.path(), false)
            .unwrap_err()
            .code(),
        "IMPORT_EMPTY"
    );

    fs::remove_file(folder.path().join("events.csv")).unwrap();
    assert_eq!(
        import_folder(&mapping(&[]), folder.path(), false)
            .unwrap_err()
            .code(),
        "IMPORT_SOURCE_MISSING"
    );
    let error = import(&mapping(&[]), Origin::default(), false, &Silent).unwrap_err();
    assert_eq!(error.code(), "IMPORT_NO_SOURCE");
    let of_database = mapping(&[("{ file = \"events.csv\" }", "{ table = \"events\" }")]);
    let error = import_folder(&of_database, source().path(), false).unwrap_err();
    assert_eq!(error.code(), "IMPORT_NO_SOURCE");
}

#[test]
fn truncated_and_damaged_files_end_in_an_error_and_never_in_half_a_table() {
    let folder = source();
    let mapping = mapping(&[
        ("events.csv", "events.csv.gz"),
        ("visitors.csv", "visitors.parquet"),
        // The Parquet file is one of ours, which calls the id `user`.
        (
            "table = \"visitors\"\nid = \"id\"",
            "table = \"visitors\"\nid = \"user\"",
        ),
    ]);
    let rows: String = (0..5_000)
        .map(|n| format!("ana,a1,{},save,\n", 1_763_000_000 + n))
        .collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(
        &mut gzip,
        format!("user,activity,time,what,value\n{rows}").as_bytes(),
    )
    .unwrap();
    let gzip = gzip.finish().unwrap();
    let saved = tempfile::tempdir().unwrap();
    let dataset = saved.path().join("data");
    support::dataset().save(&dataset).unwrap();
    let table = fs::read(dataset.join("visitors.parquet")).unwrap();

    let try_with = |gzip: &[u8], table: &[u8]| {
        fs::write(folder.path().join("events.csv.gz"), gzip).unwrap();
        fs::write(folder.path().join("visitors.parquet"), table).unwrap();
        import_folder(&mapping, folder.path(), true)
    };
    assert_eq!(try_with(&gzip, &table).unwrap().1.events, 5_000);
    for end in [gzip.len() / 2, gzip.len() - 4, 5] {
        let error = try_with(&gzip[..end], &table).unwrap_err();
        assert_eq!(error.code(), "IMPORT_SOURCE_DAMAGED", "{end}: {error}");
    }
    for end in [0, 3, table.len() / 2, table.len() - 1] {
        assert_eq!(
            try_with(&gzip, &table[..end]).unwrap_err().code(),
            "IMPORT_SOURCE_DAMAGED",
            "{end}"
        );
    }
    // One byte after the other changed: an error or a table, never a panic.
    for at in (0..table.len()).step_by(7) {
        let mut changed = table.clone();
        changed[at] ^= 0x5a;
        let _ = try_with(&gzip[..0], &changed);
    }
}

#[test]
fn lines_that_are_no_json_objects_are_bad_rows() {
    let folder = source();
    let lines =
        "{\"id\":\"ana\",\"tags\":\"\",\"locality\":null}\n{\"id\":\n[1]\n{\"id\":\"luis\"}\n";
    fs::write(folder.path().join("visitors.jsonl"), lines).unwrap();
    let error = import_folder(
        &mapping(&[("visitors.csv", "visitors.jsonl")]),
        folder.path(),
        false,
    )
    .unwrap_err();
    assert!(
        error.to_string().contains("2 × ROW_JSON") && error.to_string().contains("line 2"),
        "{error}"
    );
}

#[test]
fn mappings_that_make_no_sense_are_refused_before_anything_is_read() {
    let parse = |from: &str, to: &str| {
        assert!(support::MAPPING.contains(from), "{from}");
        Mapping::parse(
            &support::MAPPING.replacen(from, to, 1),
            Path::new("tiny.toml"),
        )
        .map(drop)
    };
    for (from, to) in [
        ("format = 1", "format = 2"),
        ("name = \"tiny\"", "name = "),
        ("title = \"title\"", "titel = \"title\""),
        (
            "title = \"title\"",
            "title = { column = \"title\", constant = \"x\" }",
        ),
        ("title = \"title\"", "title = 5"),
    ] {
        assert_eq!(
            parse(from, to).unwrap_err().code(),
            "MAPPING_MALFORMED",
            "{to}"
        );
    }
    for (from, to) in [
        (
            "{ file = \"events.csv\" }",
            "{ file = \"events.csv\", table = \"events\" }",
        ),
        ("table = \"visitors\"", "table = \"people\""),
        ("lon = \"lon\"", ""),
    ] {
        assert_eq!(
            parse(from, to).unwrap_err().code(),
            "MAPPING_IMPOSSIBLE",
            "{to}"
        );
    }
    for (from, to) in [
        ("America/Bogota", "America/Atlantis"),
        ("\"colombia\"", "\"atlantis\""),
        ("kind = \"rating\"", "kind = \"impression\""),
        ("kind = \"rating\"", "kind = \"applause\""),
        (
            "set = { action = \"added\" }",
            "set = { action = \"stolen\" }",
        ),
        (
            "from = { stars = \"value\" }",
            "from = { moons = \"value\" }",
        ),
    ] {
        let folder = source();
        let error = import_folder(&mapping(&[(from, to)]), folder.path(), false).unwrap_err();
        assert_eq!(error.code(), "MAPPING_IMPOSSIBLE", "{to}: {error}");
    }
    assert_eq!(
        Mapping::load(Path::new("/nowhere/m.toml"))
            .unwrap_err()
            .code(),
        "FILE_MISSING"
    );
}

struct Stopped;

impl Progress for Stopped {
    fn begin(&self, _step: &str, _total: Option<u64>) {}
    fn advance(&self, _units: u64) {}
    fn cancelled(&self) -> bool {
        true
    }
}

#[test]
fn a_request_to_stop_is_heard() {
    let folder = source();
    let origin = Origin {
        folder: Some(folder.path()),
        postgres: None,
    };
    assert_eq!(
        import(&mapping(&[]), origin, false, &Stopped)
            .unwrap_err()
            .code(),
        "CANCELLED"
    );
}

#[test]
fn any_wrong_byte_in_any_file_is_a_dataset_or_one_clear_error() {
    let allowed = [
        "IMPORT_BAD_ROWS",
        "IMPORT_SOURCE_DAMAGED",
        "IMPORT_COLUMN_MISSING",
        "IMPORT_EMPTY",
    ];
    let files = [
        ("activities.csv", support::ACTIVITIES),
        ("visitors.csv", support::VISITORS),
        ("events.csv", support::EVENTS),
    ];
    let folder = source();
    let mapping = mapping(&[]);
    for (file, text) in files {
        let path = folder.path().join(file);
        for at in 0..text.len() {
            for wrong in [0x22, 0x2c, 0x0a, 0xff] {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] = wrong;
                fs::write(&path, bytes).unwrap();
                let Err(error) = import_folder(&mapping, folder.path(), false) else {
                    continue;
                };
                assert!(
                    allowed.contains(&error.code()),
                    "{file} byte {at} is {wrong}: {error}"
                );
                if let Ok((dataset, report)) = import_folder(&mapping, folder.path(), true) {
                    let lost: u64 = report.problems.iter().map(|tally| tally.count).sum();
                    let kept = report.activities + report.visitors + report.events;
                    assert!(
                        lost + kept >= report.rows.values().sum(),
                        "{file} byte {at} is {wrong}: {report:?}"
                    );
                    assert_eq!(dataset.events.len() as u64, report.events);
                }
            }
        }
        fs::write(&path, text).unwrap();
    }
}
