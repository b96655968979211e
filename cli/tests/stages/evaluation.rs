//! `triqueta evaluate` as a shell sees it.

use std::fs;

use serde_json::Value;

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
    let evaluate = ["evaluate", "data", "--seeds", "1", "--protocol", "p3"];
    let tune = ["tune", "data", "--trials", "1", "--out"];
    let features = ["features", "data", "--out"];
    let cap = ["--influence-cap", "4"];
    let both = |verb: &[&str], whole: &[&str], capped: &[&str]| {
        let whole = json(folder.path(), &[verb, whole].concat());
        assert_eq!(whole["left_out"]["events"], 0);
        let capped = json(folder.path(), &[verb, capped, &cap].concat());
        assert_eq!(capped["left_out"]["devices"], 31);
        assert!(capped["left_out"]["events"].as_u64().unwrap() > 50);
        (whole, capped)
    };
    let (whole, capped) = both(&evaluate, &[], &[]);
    let questions = |of: &Value| of["rows"][0]["n"].as_u64().unwrap();
    assert!(questions(&capped) < questions(&whole));
    let (whole, capped) = both(&tune, &["tuning"], &["tuning-capped"]);
    assert_ne!(whole["trials"], capped["trials"]);
    let (whole, capped) = both(&features, &["features"], &["features-capped"]);
    let rows = |of: &Value| of["manifest"]["counts"]["rows"].as_u64().unwrap();
    assert!(rows(&capped) < rows(&whole));

    let said = succeeds(folder.path(), &[&evaluate[..], &cap].concat());
    assert!(
        said.contains(" events of 31 devices that said more than --influence-cap"),
        "{said}"
    );
}
