//! Curves, slices, calibration and lists.

use std::fmt::Write;

use super::escape::Text;
use super::plot::{Plot, Series};
use super::{TABLE_END, table_head};
use crate::evaluate::analysis::{Analysis, Slice};

/// NDCG over the list's length, loss over epochs, accuracy over the amount of data.
pub(super) fn curves(analysis: &Analysis) -> String {
    let mut out = String::from("<div class=\"plots\">");
    let of = |values: &[f64]| -> Vec<(f64, f64)> {
        values
            .iter()
            .enumerate()
            .map(|(place, &value)| (place as f64 + 1.0, value))
            .collect()
    };
    let curves = analysis
        .curves
        .iter()
        .map(|curve| Series::line(curve.model, of(&curve.ndcg)));
    out.push_str(
        &Plot {
            id: "ndcg",
            title: "NDCG by length of the list",
            description: "How much of a perfect list's worth each model reaches when only the first k places count (P2, live counters).".into(),
            x: "places k",
            y: "NDCG@k",
            series: curves.collect(),
            from_zero: true,
        }
        .figure(),
    );
    let epochs = analysis
        .epochs
        .iter()
        .filter(|training| !training.losses.is_empty());
    let losses = epochs.map(|training| {
        Series::marked(
            format!("{}, seed {}", training.model, training.seed),
            of(&training.losses),
        )
    });
    out.push_str(
        &Plot {
            id: "loss",
            title: "Loss by epoch",
            description: "Mean loss of what was held out after each pass over the examples; training stops when it no longer falls.".into(),
            x: "epoch",
            y: "loss",
            series: losses.collect(),
            from_zero: false,
        }
        .figure(),
    );
    let points = |value: fn(&crate::evaluate::LearningPoint) -> f64| {
        let all = analysis.learning.iter();
        all.map(|point| (point.positives as f64, value(point)))
            .collect()
    };
    let learning = vec![
        Series::marked("score", points(|point| point.ndcg10)),
        Series::marked("popularity", points(|point| point.popularity)),
    ];
    out.push_str(
        &Plot {
            id: "learning",
            title: "Accuracy by amount of data",
            description: "NDCG@10 of the score when only the first part of the past is learned from (seed 0).".into(),
            x: "positives learned from",
            y: "NDCG@10",
            series: learning,
            from_zero: false,
        }
        .figure(),
    );
    out.push_str("</div>");
    out
}

/// One table a kind of slice, with the interval drawn beside its numbers.
pub(super) fn slices(slices: &[Slice]) -> String {
    let mut out = String::from(
        "<p>NDCG@10 of the score on parts of the P2 questions. The dot is the mean and the bar its interval, the tick popularity, on a scale from 0 to 1. \
         A slice is dead where the score is not shown to be better than chance.</p>",
    );
    for kind in slices.chunk_by(|a, b| a.by == b.by) {
        let Some(first) = kind.first() else { continue };
        out.push_str(&slice_table(&format!("By {}", first.by), kind));
    }
    out
}

/// A table of slices.
pub(super) fn slice_table(caption: &str, slices: &[Slice]) -> String {
    let columns = [
        "slice",
        "n",
        "NDCG@10",
        "interval",
        "drawn",
        "chance",
        "popularity",
        "over popularity",
        "verdict",
    ];
    let mut out = table_head(caption, &columns);
    for slice in slices {
        let ndcg = slice.ndcg10;
        let verdict = match (slice.dead, slice.too_few) {
            (true, _) => "<span class=\"bad\">dead</span>",
            (_, true) => "too few to tell",
            _ => "alive",
        };
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{:.3}</td><td>{:.3} to {:.3}</td><td>{}</td><td>{:.3}</td><td>{:.3}</td>\
             <td>{:+.3} ({:+.3} to {:+.3})</td><td class=\"text\">{verdict}</td></tr>",
            Text(&slice.name),
            slice.n,
            ndcg.mean,
            ndcg.low,
            ndcg.high,
            whisker(slice),
            slice.random,
            slice.popularity,
            slice.over_popularity.mean,
            slice.over_popularity.low,
            slice.over_popularity.high,
        );
    }
    out.push_str(TABLE_END);
    out
}

/// Mean, interval and popularity on a scale from 0 to 1; the numbers beside it say the same.
fn whisker(slice: &Slice) -> String {
    let x = |value: f64| 5.0 + 140.0 * value.clamp(0.0, 1.0);
    format!(
        "<svg class=\"whisker\" viewBox=\"0 0 150 18\" aria-hidden=\"true\"><line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"9\" y2=\"9\"/>\
         <line class=\"base\" x1=\"{p:.1}\" x2=\"{p:.1}\" y1=\"2\" y2=\"16\"/><circle cx=\"{:.1}\" cy=\"9\" r=\"4\"/></svg>",
        x(slice.ndcg10.low),
        x(slice.ndcg10.high),
        x(slice.ndcg10.mean),
        p = x(slice.popularity),
    )
}

/// Is the displayed probability to be believed?
pub(super) fn calibration(analysis: &Analysis) -> String {
    let Some(calibration) = &analysis.calibration else {
        return String::new();
    };
    let mut out = format!(
        "<p>The probability shown with an activity, on every candidate of every question; what was chosen and all others together weigh the same in each. \
         ECE <strong>{:.3}</strong>, Brier score {:.3} (a coin has 0.250), log-loss {:.3} (a coin has 0.693).</p><div class=\"plots\">",
        calibration.ece, calibration.brier, calibration.log_loss
    );
    let bins = calibration.bins.iter();
    out.push_str(
        &Plot {
            id: "reliability",
            title: "Reliability",
            description: "Share that was chosen against the probability shown; on the diagonal the two agree.".into(),
            x: "probability shown",
            y: "share chosen",
            series: vec![
                Series::marked("measured", bins.map(|bin| (bin.probability, bin.observed)).collect()),
                Series::line("perfect", vec![(0.0, 0.0), (1.0, 1.0)]),
            ],
            from_zero: true,
        }
        .figure(),
    );
    let steps = |value: fn(&crate::evaluate::ScoreBar) -> f64| {
        analysis
            .scores
            .iter()
            .map(|bar| (bar.from, value(bar)))
            .collect()
    };
    let stepped = |name: &str, points| Series {
        steps: true,
        ..Series::line(name, points)
    };
    out.push_str(
        &Plot {
            id: "scores",
            title: "Distribution of scores",
            description: "Shares of scores (calibrated, as logits) of what was chosen and of the other candidates; the further apart, the better they are told from each other.".into(),
            x: "score",
            y: "share",
            series: vec![
                stepped("chosen", steps(|bar| bar.chosen)),
                stepped("others", steps(|bar| bar.others)),
            ],
            from_zero: true,
        }
        .figure(),
    );
    out.push_str("</div>");
    out
}

/// What is shown, and what variety costs.
pub(super) fn lists(analysis: &Analysis) -> String {
    let mut out = String::from(
        "<p>The first ten of every question, without reranking, as each model alone would show them.</p>",
    );
    let columns = [
        "model",
        "coverage",
        "diversity",
        "novelty, bits",
        "Gini of exposure",
    ];
    out.push_str(&table_head("What lists of ten show", &columns));
    for list in &analysis.lists {
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{:.3}</td><td>{:.3}</td><td>{:.2}</td><td>{:.3}</td></tr>",
            Text(&list.model),
            list.coverage,
            list.diversity,
            list.novelty,
            list.gini
        );
    }
    out.push_str(TABLE_END);
    let points = analysis
        .tradeoff
        .iter()
        .map(|point| (point.diversity, point.ndcg10));
    out.push_str("<div class=\"plots\">");
    out.push_str(
        &Plot {
            id: "tradeoff",
            title: "Accuracy against variety",
            description: "The score's lists reranked at growing weights of diversity (maximal marginal relevance; the weights are in the table).".into(),
            x: "intra-list diversity",
            y: "NDCG@10",
            series: vec![Series::marked("score, reranked", points.collect())],
            from_zero: false,
        }
        .figure(),
    );
    out.push_str("</div>");
    let columns = [
        "weight of diversity",
        "NDCG@10",
        "HR@10",
        "diversity",
        "coverage",
    ];
    out.push_str(&table_head(
        "Accuracy and variety by weight of diversity",
        &columns,
    ));
    for point in &analysis.tradeoff {
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{:.2}</th><td>{:.3}</td><td>{:.3}</td><td>{:.3}</td><td>{:.3}</td></tr>",
            point.weight, point.ndcg10, point.hr10, point.diversity, point.coverage
        );
    }
    out.push_str(TABLE_END);
    out
}
