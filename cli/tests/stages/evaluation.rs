//! `triqueta evaluate` as a shell sees it.

use std::fs;

use crate::tiny::*;

#[test]
fn every_model_is_reported_beside_chance_and_popularity() {
    let folder = dataset(400);
    let folder = folder.path();
    let evaluation = json(folder, &["evaluate", "data", "--seeds", "1"]);
    let rows = evaluation["rows"].as_array().unwrap();
    let value = |case: &str| {
        let of = |row: &&serde_json::Value| row["case"] == case && row["metric"] == "ndcg@10";
        rows.iter().find(of).unwrap()["value"].as_f64().unwrap()
    };
    for case in [
        "P2 / all / blend",
        "P2 / all / stack",
        "P2 as published / all / stack",
        "P3 / all / two_tower",
    ] {
        assert!((0.0..=1.0).contains(&value(case)), "{case}");
    }
    assert!(value("P2 / all / blend") > value("P2 / all / random"));
    assert!(
        !evaluation["analysis"]["slices"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let table = succeeds(
        folder,
        &[
            "--quiet",
            "evaluate",
            "data",
            "--seeds",
            "1",
            "--protocol",
            "p3",
            "--report",
            "report.html",
        ],
    );
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(page.contains("P3 / all") && page.ends_with("</html>\n"));
    assert!(
        table.contains("P3 / all") && !table.contains("P2 / all"),
        "{table}"
    );
}

#[test]
fn questions_that_cannot_be_asked_are_refused() {
    let folder = dataset(60);
    let folder = folder.path();
    let ask = |file: &str| failure(folder, &["evaluate", "data", "--queries", file]);
    assert_eq!(ask("gone.csv"), "FILE_MISSING");
    fs::write(folder.join("queries.csv"), "query_id,split\n").unwrap();
    assert_eq!(ask("queries.csv"), "EVALUATE_FILE_MALFORMED");
    let header = "query_id,split,t_ms,user_id,positive,candidates\n";
    fs::write(
        folder.join("queries.csv"),
        format!("{header}1,test,5,u1,a1,a1;nowhere\n"),
    )
    .unwrap();
    assert_eq!(ask("queries.csv"), "EVALUATE_UNKNOWN_ACTIVITY");
    assert_eq!(
        triqueta(folder, &["evaluate", "data", "--split", "2"])
            .status
            .code(),
        Some(2)
    );
    let quiet = dataset(0);
    assert_eq!(
        failure(quiet.path(), &["evaluate", "data"]),
        "EVALUATE_NOTHING_TO_RANK"
    );
}

#[test]
fn what_a_device_says_beyond_the_cap_is_not_judged_searched_or_written_and_that_is_told() {
    let folder = dataset(240);
    let told = |verb: &[&str]| {
        let capped = [verb, &["--influence-cap", "4"]].concat();
        let output = triqueta(folder.path(), &capped);
        let words = text(&output.stderr).to_owned();
        assert_eq!(output.status.code(), Some(0), "{words}");
        words
    };
    let evaluated = told(&["evaluate", "data", "--seeds", "1", "--protocol", "p3"]);
    let searched = told(&["tune", "data", "--out", "tuning", "--trials", "1"]);
    let written = told(&["features", "data", "--out", "features"]);
    for words in [&evaluated, &searched, &written] {
        assert!(words.contains("left out: "), "{words}");
        assert!(words.contains(" events of 31 devices"), "{words}");
    }
}
