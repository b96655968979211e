//! The means of all models, and the differences between them.

use std::fmt::Write;

use super::escape::Text;
use super::{TABLE_END, interval, table_head};
use crate::evaluate::peers::STACK;
use crate::evaluate::report::{Figure, figure_tables};

/// One table a protocol and group.
pub(super) fn tables(figures: &[Figure]) -> String {
    let mut out = String::new();
    for table in figure_tables(figures) {
        let mut columns = vec!["model"];
        columns.extend(&table.metrics);
        out.push_str(&table_head(
            &format!("{} (n {})", table.title, table.n),
            &columns,
        ));
        for (model, cells) in &table.models {
            let ours = if *model == STACK {
                " class=\"ours\""
            } else {
                ""
            };
            let _ = write!(out, "<tr{ours}><th scope=\"row\">{}</th>", Text(model));
            for cell in cells {
                match cell {
                    Some(figure) => {
                        let spread = figure.spread.filter(|spread| *spread >= 5e-4);
                        let spread = spread.map_or_else(String::new, |spread| {
                            format!(" <small>({spread:.3})</small>")
                        });
                        let _ = write!(out, "<td>{:.3}{spread}</td>", figure.value);
                    }
                    None => out.push_str("<td>–</td>"),
                }
            }
            out.push_str("</tr>");
        }
        out.push_str(TABLE_END);
    }
    out
}

/// Paired differences, each with a verdict in words.
pub(super) fn differences(figures: &[Figure]) -> String {
    let rows: Vec<&Figure> = figures.iter().filter(|row| row.peer.is_some()).collect();
    if rows.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "<p>NDCG@10 on the same questions. “Better” and “worse” where the interval leaves 0 out.</p>",
    );
    out.push_str(&table_head(
        "Paired differences",
        &[
            "questions / model",
            "compared with",
            "difference",
            "verdict",
            "n",
        ],
    ));
    for row in rows {
        let (low, high) = (row.low.unwrap_or(0.0), row.high.unwrap_or(0.0));
        let verdict = match (low > 0.0, high < 0.0) {
            (true, _) => "<span class=\"good\">better</span>",
            (_, true) => "<span class=\"bad\">worse</span>",
            _ => "not told apart",
        };
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"text\">{}</td><td>{}</td><td class=\"text\">{verdict}</td><td>{}</td></tr>",
            Text(&row.case),
            Text(row.peer.as_deref().unwrap_or_default()),
            interval(row),
            row.n
        );
    }
    out.push_str(TABLE_END);
    out
}
