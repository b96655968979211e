//! The worst slices, visitors and questions.

use std::fmt::Write;

use super::analysis::slice_table;
use super::escape::Text;
use super::{TABLE_END, table_head};
use crate::evaluate::analysis::{Analysis, Example, ShownActivity, VisitorLoss};

/// Where the score fails, from the large to the single case.
pub(super) fn errors(analysis: &Analysis) -> String {
    let mut out = String::new();
    if !analysis.worst_slices.is_empty() {
        out.push_str("<h3>Worst slices</h3>");
        out.push_str(&slice_table(
            "Slices furthest below the mean",
            &analysis.worst_slices,
        ));
    }
    if !analysis.worst_visitors.is_empty() {
        out.push_str("<h3>Visitors who lost most</h3><p>Visitors are numbered in order of their first question.</p>");
        out.push_str(&visitors(&analysis.worst_visitors));
    }
    if !analysis.examples.is_empty() {
        out.push_str(
            "<h3>Questions that went worst</h3><p>One a visitor: what was chosen, the best of what was ranked above it, and what each part of the score said.</p>",
        );
        analysis
            .examples
            .iter()
            .for_each(|example| out.push_str(&one(example)));
    }
    out
}

fn visitors(losses: &[VisitorLoss]) -> String {
    let columns = [
        "visitor",
        "questions",
        "NDCG@10",
        "NDCG lost in all",
        "positives before",
    ];
    let mut out = table_head("Visitors by lost NDCG", &columns);
    for loss in losses {
        let (first, last) = loss.positives;
        let positives = if first == last {
            format!("{first}")
        } else {
            format!("{first} to {last}")
        };
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{:.3}</td><td>{:.2}</td><td>{positives}</td></tr>",
            loss.visitor, loss.n, loss.ndcg10, loss.lost
        );
    }
    out.push_str(TABLE_END);
    out
}

fn one(example: &Example) -> String {
    let mut shown: Vec<(&str, &ShownActivity)> = vec![("chosen", &example.chosen)];
    shown.extend(
        example
            .above
            .iter()
            .map(|activity| ("ranked above", activity)),
    );
    // Components in the order of the score; those that say nothing here are left out.
    let mut components: Vec<&str> = Vec::new();
    for (_, activity) in &shown {
        for (name, _) in &activity.contributions {
            if !components.contains(name) {
                components.push(name);
            }
        }
    }
    let mut out = format!(
        "<article class=\"example\"><h4>Place {} of {}, by a visitor with {} positive{} before</h4>",
        example.rank,
        example.candidates,
        example.positives_before,
        if example.positives_before == 1 {
            ""
        } else {
            "s"
        }
    );
    let mut columns = vec!["activity", "role", "starts in days", "score"];
    columns.extend(&components);
    out.push_str(&table_head(
        &format!("Question {}", example.question + 1),
        &columns,
    ));
    for (role, activity) in shown {
        let ours = if role == "chosen" {
            " class=\"ours\""
        } else {
            ""
        };
        let _ = write!(
            out,
            "<tr{ours}><th scope=\"row\">{}</th><td class=\"text\">{role}</td><td>{:.0}</td><td>{:+.2}</td>",
            Text(&activity.title),
            activity.starts_in_days,
            activity.score
        );
        for component in &components {
            let said = activity
                .contributions
                .iter()
                .find(|(name, _)| name == component);
            let said = said.map_or_else(|| "–".to_owned(), |(_, part)| format!("{part:+.2}"));
            let _ = write!(out, "<td>{said}</td>");
        }
        out.push_str("</tr>");
    }
    out.push_str(TABLE_END);
    if let Some(best) = example.above.first() {
        out.push_str(&why(&example.chosen, best));
    }
    out.push_str("</article>");
    out
}

/// Which parts of the score put the best above what was chosen.
fn why(chosen: &ShownActivity, best: &ShownActivity) -> String {
    let part = |activity: &ShownActivity, name: &str| {
        let said = activity
            .contributions
            .iter()
            .find(|(component, _)| *component == name);
        said.map_or(0.0, |(_, part)| *part)
    };
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in best.contributions.iter().chain(&chosen.contributions) {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let mut apart: Vec<(&str, f32)> = names
        .into_iter()
        .map(|name| (name, part(best, name) - part(chosen, name)))
        .filter(|(_, apart)| *apart > 0.0)
        .collect();
    apart.sort_by(|a, b| b.1.total_cmp(&a.1));
    let said: Vec<String> = apart
        .iter()
        .take(2)
        .map(|(name, apart)| format!("{name} ({apart:+.2})"))
        .collect();
    if said.is_empty() {
        return String::new();
    }
    format!(
        "<p>The best stands above what was chosen mostly for {}.</p>",
        said.join(" and ")
    )
}
