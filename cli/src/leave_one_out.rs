//! `triqueta leave-one-out`: are the learners as good as the literature says?

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use triqueta_trainer::evaluate::figures_table;
use triqueta_trainer::interactions::read_leave_one_out;
use triqueta_trainer::leave_one_out::{
    LEARNERS, Learner, LeaveOneOutOptions, learner, run_leave_one_out,
};

use crate::failure::Failure;
use crate::report::Console;

/// Judge the learners on who chose what, one choice a user held out: among published negatives and in full ranking.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// A folder with train.csv, test.csv and test_negatives.csv (plain or .gz), and users.csv and items.csv if there are any.
    folder: PathBuf,
    /// The learners, by name; all of them where nothing is said.
    #[arg(long, value_delimiter = ',', value_parser = named)]
    models: Vec<&'static Learner>,
    /// How many trainings, with seeds 0, 1 and so on; the spread over them is reported.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=100))]
    seeds: u64,
    /// Hold one more choice a user out of the training part and judge on that: for choosing hyper-parameters.
    #[arg(long)]
    validation: bool,
}

const EXAMPLES: &str = "\
Files:
  train.csv            user_id,item_id
  test.csv             user_id,item_id: one held-out choice a user
  test_negatives.csv   user_id and the numbers of the items it is ranked among, in the order of test.csv
  users.csv, items.csv the number, then one column a categorical feature, `|` between several values (optional)

Examples:
  triqueta leave-one-out ../shared/data/ml-1m-ncf --models popularity --seeds 1
  triqueta leave-one-out ../shared/data/ml-1m-ncf --json";

fn named(name: &str) -> Result<&'static Learner, String> {
    learner(name).ok_or_else(|| {
        let known: Vec<&str> = LEARNERS.iter().map(|learner| learner.name).collect();
        format!("the learners are {}", known.join(", "))
    })
}

/// Runs the verb.
pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Failure> {
    let problem = read_leave_one_out(&options.folder)?;
    let mut learners = options.models.clone();
    if learners.is_empty() {
        learners = LEARNERS.iter().collect();
    }
    let asked = LeaveOneOutOptions {
        learners,
        seeds: options.seeds,
        validation: options.validation,
        draws: 2_000,
    };
    let name = options
        .folder
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let report = run_leave_one_out(&name, &problem, &asked, console)?;
    console.result(&report, || figures_table(&report.rows))?;
    Ok(ExitCode::SUCCESS)
}
