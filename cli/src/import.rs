//! `triqueta import`: a source becomes a dataset.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use triqueta_trainer::dataset::{FreshFolder, MANIFEST};
use triqueta_trainer::ingest::{self, ImportReport, Mapping, Origin, Tally};
use triqueta_trainer::progress::Progress;

use crate::failure::Failure;
use crate::report::Console;

/// Read activities, visitors and events from files or PostgreSQL, as a mapping file says.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// What the source's tables and columns mean (TOML); the shipped ones lie in trainer/mappings.
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
    /// The folder of the source's files; the file itself where the mapping reads only one.
    #[arg(long, value_name = "FOLDER")]
    from: Option<PathBuf>,
    /// The source's database, postgres://user:password@host:port/name; PGPASSWORD works too.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// Where to write the dataset; an older dataset there is replaced at the end.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Leave out rows that cannot be used instead of refusing the source.
    #[arg(long)]
    skip_bad_rows: bool,
}

const EXAMPLES: &str = "\
Examples:
  triqueta import --mapping trainer/mappings/meetup-montana.toml --from ../shared/data/meetup-montana --out target/meetup
  triqueta import --mapping trainer/mappings/triqueta.toml --postgres postgres://localhost/triqueta --out target/bogota
  triqueta import --mapping trainer/mappings/triqueta-csv.toml --from exports --out target/csv --skip-bad-rows --json";

/// Runs the verb.
pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Failure> {
    FreshFolder::check(&options.out, MANIFEST)?;
    let mapping = Mapping::load(&options.mapping)?;
    let origin = Origin {
        folder: options.from.as_deref(),
        postgres: options.postgres.as_deref(),
    };
    let (dataset, report) = ingest::import(&mapping, origin, options.skip_bad_rows, console)?;
    console.begin("writing", None);
    dataset.save(&options.out)?;
    console.result(&report, || describe(&report, &options.out))?;
    Ok(ExitCode::SUCCESS)
}

fn describe(report: &ImportReport, out: &std::path::Path) -> String {
    let mut text = format!(
        "imported {} activities, {} visitors and {} events into {}",
        report.activities,
        report.visitors,
        report.events,
        out.display()
    );
    for (title, tallies) in [
        ("left out", &report.problems),
        ("worth knowing", &report.notes),
    ] {
        if !tallies.is_empty() {
            text.push_str(&format!("\n{title}:\n{}", Tally::lines(tallies)));
        }
    }
    text
}
