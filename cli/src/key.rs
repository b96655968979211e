//! `triqueta key`: the key of a publisher, and the half of it that pages name.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use triqueta_trainer::publish::Signer;

use crate::failure::Failure;
use crate::report::Console;

/// Show the public half of a key that signs channels, or make one.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The key's file (Ed25519, PKCS #8 in PEM, as `openssl genpkey -algorithm ed25519` writes it too).
    file: PathBuf,
    /// Make the key; a file that is there is never replaced.
    #[arg(long)]
    new: bool,
}

const EXAMPLES: &str = "\
Examples:
  triqueta key --new /etc/triqueta/channel.pem
  triqueta publish target/meetup-bundle --registry target/registry --sign /etc/triqueta/channel.pem

What is printed goes into the page: Recommender.open({ channel, channelKeys: ['…'] }). Keep the file away from the machine
that hands out the registry: whoever has it can publish as you.";

#[derive(Serialize)]
struct Outcome {
    public_key: String,
}

/// Runs the verb.
pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Failure> {
    let signer = if options.new {
        Signer::make(&options.file)?
    } else {
        Signer::read(&options.file)?
    };
    let outcome = Outcome {
        public_key: signer.public_key(),
    };
    console.result(&outcome, || outcome.public_key.clone())?;
    Ok(ExitCode::SUCCESS)
}
