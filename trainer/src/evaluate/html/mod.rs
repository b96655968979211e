//! One page that shows an evaluation to a person: self-contained, readable offline, with a keyboard and with a screen
//! reader, in light and dark.
//!
//! It shows what [`Evaluation`] holds and nothing else, so that the same as JSON says as much.

mod analysis;
mod errors;
mod escape;
mod figures;
mod plot;

use std::fmt::Write;

use super::report::{Evaluation, Figure};
use escape::Text;

const STYLE: &str = include_str!("style.css");

/// The evaluation as an HTML document.
pub fn html(evaluation: &Evaluation) -> String {
    let mut sections: Vec<(&str, &str, String)> = vec![
        ("models", "All models", figures::tables(&evaluation.rows)),
        (
            "differences",
            "Differences",
            figures::differences(&evaluation.rows),
        ),
    ];
    if let Some(analysis) = &evaluation.analysis {
        sections.extend([
            ("curves", "Curves", analysis::curves(analysis)),
            ("slices", "Slices", analysis::slices(&analysis.slices)),
            (
                "calibration",
                "Calibration",
                analysis::calibration(analysis),
            ),
            ("lists", "Lists", analysis::lists(analysis)),
            ("errors", "Errors", errors::errors(analysis)),
        ]);
    }
    sections.push(("method", "How this was measured", METHOD.to_owned()));
    let name = if evaluation.dataset.is_empty() {
        "a data set"
    } else {
        &evaluation.dataset
    };
    let name = Text(name);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Evaluation on {name}</title><style>{STYLE}</style></head><body>\
         <a class=\"skip\" href=\"#content\">Skip to the figures</a><header><h1>How good are the recommendations on {name}?</h1>{}</header>\
         <nav aria-label=\"Sections\"><ul>",
        summary(evaluation)
    );
    for (id, title, body) in &sections {
        if !body.is_empty() {
            let _ = write!(page, "<li><a href=\"#{id}\">{title}</a></li>");
        }
    }
    page.push_str("</ul></nav><main id=\"content\">");
    for (id, title, body) in &sections {
        if !body.is_empty() {
            let _ = write!(
                page,
                "<section aria-labelledby=\"{id}\"><h2 id=\"{id}\">{title}</h2>{body}</section>"
            );
        }
    }
    page.push_str("</main></body></html>\n");
    page
}

/// What a reader in a hurry should know.
fn summary(evaluation: &Evaluation) -> String {
    let mut out = String::new();
    let until = jiff::Timestamp::from_millisecond(evaluation.split_ms).map_or_else(
        |_| format!("{} ms", evaluation.split_ms),
        |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    );
    let seeds = evaluation.seeds.len();
    let _ = write!(
        out,
        "<p>Trained on what happened up to {until}{}, {seeds} training{}; asked about what came after.</p>",
        if evaluation.simulated {
            " in a simulated city"
        } else {
            ""
        },
        if seeds == 1 {
            ""
        } else {
            "s with different seeds"
        },
    );
    for (protocol, asked) in [
        (
            "P2",
            "every activity chosen later, among all that were open at that moment",
        ),
        (
            "P3",
            "everything chosen later, ranked with what was known at the split",
        ),
    ] {
        let value = |model: &str| evaluation.figure(protocol, "all", model, "ndcg@10");
        let (Some(score), Some(popularity), Some(random)) =
            (value("stack"), value("popularity"), value("random"))
        else {
            continue;
        };
        let over = evaluation
            .rows
            .iter()
            .find(|row| row.case == score.case && row.peer.as_deref() == Some("popularity"));
        let _ = write!(
            out,
            "<p><strong>{protocol}</strong> ({asked}; n {}): NDCG@10 of the score <strong>{:.3}</strong>, popularity {:.3}, chance {:.3}{}.</p>",
            score.n,
            score.value,
            popularity.value,
            random.value,
            over.map_or_else(String::new, |over| format!(
                "; over popularity {}",
                interval(over)
            ))
        );
    }
    let dead = evaluation.analysis.as_ref().map_or(0, |analysis| {
        analysis.slices.iter().filter(|slice| slice.dead).count()
    });
    if dead > 0 {
        let _ = write!(
            out,
            "<p class=\"bad\">{dead} slice{} dead: the score is not shown to be better than chance there. See <a href=\"#slices\">Slices</a>.</p>",
            if dead == 1 { " is" } else { "s are" }
        );
    }
    out
}

/// A difference with its interval.
fn interval(row: &Figure) -> String {
    format!(
        "{:+.3} (95 % interval {:+.3} to {:+.3})",
        row.value,
        row.low.unwrap_or(f64::NAN),
        row.high.unwrap_or(f64::NAN)
    )
}

/// The beginning of a table that may be wider than the screen; with the keyboard it scrolls too.
fn table_head(caption: &str, columns: &[&str]) -> String {
    let caption = Text(caption);
    let mut out = format!(
        "<div class=\"wide\" role=\"group\" aria-label=\"{caption}\" tabindex=\"0\"><table><caption>{caption}</caption><thead><tr>"
    );
    for column in columns {
        let _ = write!(out, "<th scope=\"col\">{}</th>", Text(column));
    }
    out.push_str("</tr></thead><tbody>");
    out
}

const TABLE_END: &str = "</tbody></table></div>";

const METHOD: &str = "<p>Everything a model sees dates from before the moment it ranks at, computed by the code that serves. Equal scores are never \
broken in a model's favour: metrics are expectations over all orders of the tied ones, so chance is exact. A figure means nothing without its \
candidates: compare only within one table, and with the rows of chance and popularity.</p>\
<p>Intervals are 95 % bootstrap intervals clustered by visitor, because the questions of one visitor resemble each other; differences are paired on the \
same questions. In brackets behind a mean: the standard deviation over trainings.</p>\
<dl><dt>NDCG@k</dt><dd>1 / log2(place + 1) of what was chosen within the first k, over the same of a perfect list.</dd>\
<dt>MAP@k, MRR, HR@k</dt><dd>Average precision; one over the first hit's place; whether there is a hit.</dd>\
<dt>Precision, recall, F1@k</dt><dd>Hits over k; hits over all that were chosen; their harmonic mean.</dd>\
<dt>AUC</dt><dd>The share of pairs of a chosen and another activity that are in the right order.</dd>\
<dt>Coverage, Gini</dt><dd>The share of offered activities in any list; how unequally they are shown, 0 to 1.</dd>\
<dt>Diversity</dt><dd>One less the cosine of tags, type, organiser and locality, over the pairs of a list.</dd>\
<dt>Novelty</dt><dd>Mean self-information of what is shown, −log2 of the share of visitors who had chosen it, in bits.</dd>\
<dt>ECE, Brier, log-loss</dt><dd>Gap between displayed probability and what happened, over ten bins; its mean square; its mean logarithm.</dd></dl>";

#[cfg(test)]
mod tests;
