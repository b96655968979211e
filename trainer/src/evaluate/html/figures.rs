//! The means of all models, and the differences between them.

use std::fmt::Write;

use super::escape::Text;
use super::{TABLE_END, table_head};
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

/// Paired differences, one table a protocol and group, each with a verdict in words.
pub(super) fn differences(figures: &[Figure]) -> String {
    let rows: Vec<&Figure> = figures.iter().filter(|row| row.peer.is_some()).collect();
    if rows.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "<p>NDCG@10 on the same questions, with 95 % intervals. “Better” and “worse” where the interval leaves 0 out.</p>",
    );
    let parts = |row: &Figure| {
        let (title, model) = row.case.rsplit_once(" / ").unwrap_or((&row.case, ""));
        (title.to_owned(), model.to_owned())
    };
    for group in rows.chunk_by(|a, b| parts(a).0 == parts(b).0) {
        let Some(first) = group.first() else { continue };
        let caption = format!("Differences, {} (n {})", parts(first).0, first.n);
        let columns = ["model", "compared with", "difference", "verdict"];
        out.push_str(&table_head(&caption, &columns));
        for row in group {
            let (low, high) = (row.low.unwrap_or(0.0), row.high.unwrap_or(0.0));
            let verdict = match (low > 0.0, high < 0.0) {
                (true, _) => "<span class=\"good\">better</span>",
                (_, true) => "<span class=\"bad\">worse</span>",
                _ => "not told apart",
            };
            let _ = write!(
                out,
                "<tr><th scope=\"row\">{}</th><td class=\"text\">{}</td><td>{:+.3} ({low:+.3} to {high:+.3})</td><td class=\"text\">{verdict}</td></tr>",
                Text(&parts(row).1),
                Text(row.peer.as_deref().unwrap_or_default()),
                row.value,
            );
        }
        out.push_str(TABLE_END);
    }
    out
}
