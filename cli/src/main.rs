//! The `triqueta` command: one verb a stage of the loop.
//!
//! Results go to standard output, everything else (bars, notes, errors) to standard error, so that `--json` can be piped.
//! A failure is one block that says what happened and what to do, with a stable code; the exit code is then 1, and 2 for
//! a command line that cannot be understood.

mod check;
mod city;
mod evaluate;
mod export;
mod failure;
mod features;
mod import;
mod influence;
mod interrupt;
mod key;
mod leave_one_out;
mod publish;
mod recommend;
mod replay_slate;
mod report;
mod serve;
mod sign;
mod store_events;
mod train;
mod tune;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use failure::Failure;
use report::Console;

/// Learned recommendations of cultural, sport and recreational activities.
#[derive(Parser)]
#[command(name = "triqueta", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    output: Output,
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "\
From a source to a page:
  triqueta import --mapping trainer/mappings/meetup-montana.toml --from ../shared/data/meetup-montana --out target/meetup
  triqueta check target/meetup
  triqueta train target/meetup --out target/meetup-bundle
  triqueta evaluate target/meetup
  triqueta publish target/meetup-bundle --registry target/registry
  triqueta serve --bundles target/registry --store target/events.sqlite --www www/dist

Each verb has its own examples: triqueta help import";

/// What every verb understands.
#[derive(Args)]
struct Output {
    /// Print the result as JSON.
    #[arg(long, global = true)]
    json: bool,
    /// No bars and no notes, only the result and errors.
    #[arg(long, short, global = true)]
    quiet: bool,
    /// How many threads learning may use; 0 takes every core. The result is the same for any number.
    #[arg(long, global = true, default_value_t = 0, value_name = "N")]
    threads: usize,
}

/// One variant a verb, one module a variant.
#[derive(Subcommand)]
enum Verb {
    Import(import::Options),
    Check(check::Options),
    Features(features::Options),
    Train(train::Options),
    Tune(tune::Options),
    Evaluate(evaluate::Options),
    LeaveOneOut(leave_one_out::Options),
    Publish(publish::Options),
    Key(key::Options),
    Sign(sign::Options),
    Recommend(recommend::Options),
    ReplaySlate(replay_slate::Options),
    Serve(serve::Options),
    Export(export::Options),
    Demo(city::Options),
}

impl Verb {
    fn run(self, console: &Console) -> Result<ExitCode, Failure> {
        match self {
            Self::Import(options) => import::run(&options, console),
            Self::Check(options) => check::run(&options, console),
            Self::Features(options) => features::run(&options, console),
            Self::Train(options) => train::run(&options, console),
            Self::Tune(options) => tune::run(&options, console),
            Self::Evaluate(options) => evaluate::run(&options, console),
            Self::LeaveOneOut(options) => leave_one_out::run(&options, console),
            Self::Publish(options) => publish::run(&options, console),
            Self::Key(options) => key::run(&options, console),
            Self::Sign(options) => sign::run(&options, console),
            Self::Recommend(options) => recommend::run(&options, console),
            Self::ReplaySlate(options) => replay_slate::run(&options, console),
            Self::Serve(options) => serve::run(&options, console),
            Self::Export(options) => export::run(&options, console),
            Self::Demo(options) => city::run(&options, console),
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let console = Console::new(cli.output.json, cli.output.quiet);
    triqueta_trainer::use_threads(cli.output.threads);
    let outcome = interrupt::watch().and_then(|()| cli.verb.run(&console));
    console.finish();
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            console.error(&failure);
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
