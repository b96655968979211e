//! The figures as rows, for machines and for people.

use serde::Serialize;

use super::analysis::Analysis;
use super::peers::{PEERS, POPULARITY, RANDOM};

/// One figure. Fields that do not apply are absent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// Always `accuracy` here; the benches share the shape.
    pub suite: &'static str,
    /// `protocol / whom / model`.
    pub case: String,
    /// What was measured.
    pub metric: String,
    /// The mean over seeds.
    pub value: f64,
    /// `ratio` (between 0 and 1, or a difference of such), or `bits` of novelty.
    pub unit: &'static str,
    /// Queries or visitors.
    pub n: usize,
    /// Standard deviation over seeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spread: Option<f64>,
    /// The other recommender, in a difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// Lower end of the 95 % interval, of a difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Upper end of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// The same figure of chance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline_random: Option<f64>,
    /// The same figure of popularity so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline_popularity: Option<f64>,
}

/// An evaluation: what was compared on what, and the figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Name of the data set.
    pub dataset: String,
    /// Whether a simulation made it.
    pub simulated: bool,
    /// Models were trained on what happened up to here, Unix ms.
    pub split_ms: i64,
    /// The seeds of the trainings.
    pub seeds: Vec<u64>,
    /// The figures.
    pub rows: Vec<Figure>,
    /// What the figures hide, where P2 was asked.
    pub analysis: Option<Analysis>,
}

impl Evaluation {
    /// A figure by protocol, group, model and metric.
    pub fn figure(
        &self,
        protocol: &str,
        group: &str,
        model: &str,
        metric: &str,
    ) -> Option<&Figure> {
        let case = format!("{protocol} / {group} / {model}");
        self.rows
            .iter()
            .find(|row| row.case == case && row.metric == metric)
    }

    /// The figures as tables: one a protocol and group, one line a model, then the differences.
    pub fn table(&self) -> String {
        let mut text = format!(
            "{}{}: trained up to {} ms, seeds {:?}; mean (and standard deviation over seeds)\n",
            self.dataset,
            if self.simulated { " (simulated)" } else { "" },
            self.split_ms,
            self.seeds
        );
        text.push_str(&figures_table(&self.rows));
        text
    }
}

/// The means of one protocol and group: a line a model, a column a metric.
pub(super) struct FigureTable<'a> {
    pub(super) title: &'a str,
    pub(super) n: usize,
    pub(super) metrics: Vec<&'a str>,
    pub(super) models: Vec<(&'a str, Vec<Option<&'a Figure>>)>,
}

/// All means, in the order they were added; differences are left out.
pub(super) fn figure_tables(figures: &[Figure]) -> Vec<FigureTable<'_>> {
    let mut tables: Vec<FigureTable<'_>> = Vec::new();
    for row in figures.iter().filter(|row| row.peer.is_none()) {
        let (title, model) = row.case.rsplit_once(" / ").unwrap_or((&row.case, ""));
        let place = tables.iter().position(|table| table.title == title);
        let place = place.unwrap_or_else(|| {
            tables.push(FigureTable {
                title,
                n: row.n,
                metrics: Vec::new(),
                models: Vec::new(),
            });
            tables.len() - 1
        });
        let table = &mut tables[place];
        let metric = table
            .metrics
            .iter()
            .position(|metric| *metric == row.metric);
        let metric = metric.unwrap_or_else(|| {
            table.metrics.push(&row.metric);
            table.metrics.len() - 1
        });
        let line = table.models.iter().position(|(name, _)| *name == model);
        let line = line.unwrap_or_else(|| {
            table.models.push((model, Vec::new()));
            table.models.len() - 1
        });
        let cells = &mut table.models[line].1;
        cells.resize(cells.len().max(metric + 1), None);
        cells[metric] = Some(row);
    }
    tables
}

/// Figures as tables: one a protocol and group, one line a model, then the differences.
pub fn figures_table(figures: &[Figure]) -> String {
    let mut text = String::new();
    for table in figure_tables(figures) {
        text.push_str(&format!(
            "\n{:44}",
            format!("{} (n {})", table.title, table.n)
        ));
        let names = table.metrics.iter();
        names.for_each(|metric| text.push_str(&format!("{metric:>16}")));
        for (model, cells) in &table.models {
            text.push_str(&format!("\n  {model:42}"));
            for cell in cells {
                let shown = cell.map_or_else(String::new, |row| {
                    let spread = row.spread.filter(|spread| *spread >= 5e-4);
                    spread.map_or(format!("{:.4}", row.value), |spread| {
                        format!("{:.4} ({spread:.3})", row.value)
                    })
                });
                text.push_str(&format!("{shown:>16}"));
            }
        }
        text.push('\n');
    }
    for row in figures.iter().filter(|row| row.peer.is_some()) {
        text.push_str(&format!(
            "\n{}: {} {} {:+.4}, 95 % interval {:+.4} to {:+.4} (n {}, by visitor)",
            row.case,
            row.metric,
            row.peer
                .as_deref()
                .map_or(String::new(), |peer| format!("over {peer}")),
            row.value,
            row.low.unwrap_or(f64::NAN),
            row.high.unwrap_or(f64::NAN),
            row.n,
        ));
    }
    text
}

/// Adds the figures of one group: `value(peer, metric)` is the mean over seeds and its spread.
pub(super) fn add_group(
    rows: &mut Vec<Figure>,
    title: &str,
    metrics: &[&str],
    n: usize,
    value: impl Fn(&str, usize) -> Option<(f64, f64)>,
) {
    for peer in PEERS {
        for (metric, name) in metrics.iter().enumerate() {
            let Some((mean, spread)) = value(peer.name, metric) else {
                continue;
            };
            rows.push(Figure {
                suite: "accuracy",
                case: format!("{title} / {}", peer.name),
                metric: (*name).to_owned(),
                value: mean,
                unit: "ratio",
                n,
                spread: Some(spread),
                peer: None,
                low: None,
                high: None,
                baseline_random: value(RANDOM, metric).map(|(mean, _)| mean),
                baseline_popularity: value(POPULARITY, metric).map(|(mean, _)| mean),
            });
        }
    }
}
