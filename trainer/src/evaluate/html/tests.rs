#![allow(clippy::unwrap_used)]

use super::html;
use crate::evaluate::{EvaluateOptions, evaluate};
use crate::fit::TowerOptions;
use crate::progress::Silent;
use crate::testing;
use crate::train::TrainOptions;

#[test]
fn a_report_is_one_page_that_needs_nothing_else_and_shows_data_as_text() {
    let mut dataset = testing::dataset(300, 6);
    dataset.lineage.name = "<b>Bogotá</b> & \"más\"".into();
    for activity in &mut dataset.activities {
        activity.title = format!("<img src=x onerror=alert(1)> {}", activity.title);
        activity.organiser = activity.organiser.take().map(|name| format!("<i>{name}"));
    }
    let options = EvaluateOptions {
        seeds: 1,
        draws: 50,
        learning_curve: true,
        train: TrainOptions {
            history_half_lives: vec![60.0],
            blend_folds: 1,
            towers: TowerOptions {
                epochs: 2,
                ..TowerOptions::default()
            },
            ..TrainOptions::default()
        },
        ..EvaluateOptions::default()
    };
    let evaluation = evaluate(&dataset, &options, &Silent).unwrap();
    let page = html(&evaluation);
    for markup in [
        "<img", "<i>", "<b>", "<script", "http:", "https:", "url(", "@import", "NaN",
    ] {
        assert!(!page.contains(markup), "{markup}");
    }
    assert!(page.contains("&lt;b&gt;Bogotá&lt;/b&gt; &amp; &quot;más&quot;"));
    for part in [
        "models",
        "differences",
        "curves",
        "slices",
        "calibration",
        "lists",
        "errors",
    ] {
        assert!(page.contains(&format!("<h2 id=\"{part}\"")), "{part}");
    }
    // Every plot has a title, a description and its numbers; every table a caption.
    let count = |text: &str| page.matches(text).count();
    assert_eq!(count("role=\"img\""), 6);
    assert_eq!(count("role=\"img\""), count("<desc"));
    assert_eq!(count("role=\"img\""), count("<summary>"));
    assert_eq!(count("<table>"), count("<caption>"));
    for (open, close) in [
        ("<table>", "</table>"),
        ("<figure", "</figure>"),
        ("<tr", "</tr>"),
        ("<svg", "</svg>"),
    ] {
        assert_eq!(count(open), count(close), "{open}");
    }
    let ids: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let mut distinct = ids.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(ids.len(), distinct.len());
    // The same is in the JSON, from one struct.
    let json = serde_json::to_value(&evaluation).unwrap();
    assert_eq!(json["analysis"]["curves"][0]["model"], "random");
    assert_eq!(json["analysis"]["learning"].as_array().unwrap().len(), 4);
    assert!(json["analysis"]["slices"][0]["over_random"]["low"].is_number());
}
