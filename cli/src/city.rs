//! `triqueta demo`: a simulated city from nothing to a served page.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use triqueta_cli::demo::calendar::Day;
use triqueta_cli::demo::chain::{Demo, DemoOptions, Report};
use triqueta_cli::demo::error::DemoError;
use triqueta_cli::demo::simulate::Plan;
use triqueta_server::ServerConfig;

use crate::failure::Failure;
use crate::report::Console;

/// Make a simulated Bogotá, let its visitors act, learn from them, publish, and serve the page until Ctrl-C.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Where the demo lives: event store and registry. The same city found there is served again at once.
    #[arg(long, value_name = "FOLDER", default_value = "target/demo")]
    out: PathBuf,
    /// The page's folder, served at /; without it only bundles and events are served.
    #[arg(long, value_name = "FOLDER")]
    www: Option<PathBuf>,
    /// Where to listen; 0 takes any free port.
    #[arg(long, default_value_t = ServerConfig::DEFAULT_PORT)]
    port: u16,
    /// The same seed makes the same city.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The day the city is made for, YYYY-MM-DD; today in Bogotá where nothing is said.
    #[arg(long, value_name = "DAY")]
    now: Option<String>,
    /// How many simulated visitors.
    #[arg(long, default_value_t = 3_000)]
    visitors: usize,
    /// Start from nothing even where the folder holds this city.
    #[arg(long)]
    fresh: bool,
    /// Learn again from what the store holds by now, what was done on the page among it.
    #[arg(long)]
    retrain: bool,
}

const EXAMPLES: &str = "\
Examples:
  triqueta demo --www www/dist
  triqueta demo --seed 7 --visitors 300 --port 0 --out target/small-city

Everything in the city is simulated: places are real, activities and visitors are not.";

/// Runs the verb.
pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Failure> {
    let day = options
        .now
        .as_deref()
        .map_or_else(|| Ok(Day::today()), Day::parse)?;
    let demo = DemoOptions {
        plan: Plan {
            seed: options.seed,
            day,
            visitors: options.visitors,
        },
        out: options.out.clone(),
        www: options.www.clone(),
        port: options.port,
        fresh: options.fresh,
        retrain: options.retrain,
    };
    let demo = Demo::start(&demo, console)?;
    console.result(&demo.report, || text(&demo.report))?;
    demo.serve_until_cancelled(console)?;
    Ok(ExitCode::SUCCESS)
}

fn text(report: &Report) -> String {
    let mut lines = vec![format!(
        "a simulated city of {} activities and {} visitors, {} events in the store, bundle {}",
        report.activities,
        report.visitors,
        report.events,
        report.bundle.chars().take(12).collect::<String>(),
    )];
    if let Some((_, first)) = report.offline.first() {
        lines.push(format!(
            "the last {} choices, ranked among what was looked at with them:",
            first.queries
        ));
    }
    for (model, metrics) in &report.offline {
        lines.push(format!(
            "  {model:<11} NDCG@10 {:.3}   AUC {:.3}",
            metrics.ndcg10, metrics.auc
        ));
    }
    for reason in &report.refused {
        lines.push(format!("the gate would have refused it: {reason}"));
    }
    if let Some(first) = report.regret.first() {
        lines.push(format!(
            "regret against the oracle ({} visitors, best list {:.3}):",
            first.visitors, first.best
        ));
        for regret in &report.regret {
            let [by_tag, by_place, contrary] = regret.by_family;
            lines.push(format!(
                "  {:<11} {:.3}   by tag {by_tag:.3}   by place {by_place:.3}   contrary {contrary:.3}   \
                 coverage {:.2}   novelty {:.2}   diversity {:.2}",
                regret.ranking,
                regret.all,
                regret.spread.coverage,
                regret.spread.novelty,
                regret.spread.diversity,
            ));
        }
    }
    let seconds = report
        .seconds
        .iter()
        .map(|(stage, seconds)| format!("{stage} {seconds:.1} s"));
    lines.extend((!report.reused).then(|| seconds.collect::<Vec<_>>().join(", ")));
    lines.push(format!("open {}  (Ctrl-C stops)", report.url));
    lines.join("\n")
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
