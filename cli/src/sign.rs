//! `triqueta sign`: the channel there is, signed by other keys than before.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use triqueta_trainer::publish::Registry;

use crate::failure::Failure;
use crate::publish::signers;
use crate::report::Console;

/// Sign the current channel of a registry folder without publishing anything: when signatures begin, and when keys change.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The registry folder.
    #[arg(long, value_name = "FOLDER")]
    registry: PathBuf,
    /// A key, as `triqueta key --new` makes it. Repeat it while pages change from one key to another.
    #[arg(long, value_name = "KEYFILE", required = true)]
    sign: Vec<PathBuf>,
}

const EXAMPLES: &str = "\
To change keys:
  1. triqueta sign --registry target/registry --sign old.pem --sign new.pem
     and publish with both from then on
  2. put the new public key into the page beside the old one; wait until visitors have that page and a channel of it
  3. take the old key out of the page, and publish with the new one alone";

#[derive(Serialize)]
struct Outcome {
    public_keys: Vec<String>,
}

/// Runs the verb.
pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Failure> {
    let signers = signers(&options.sign)?;
    let public_keys = signers.iter().map(|signer| signer.public_key()).collect();
    let registry = Registry::at(&options.registry).signed_by(signers);
    let _others_wait = registry
        .folder()
        .is_dir()
        .then(|| registry.lock())
        .transpose()?;
    registry.sign()?;
    let outcome = Outcome { public_keys };
    console.result(&outcome, || {
        format!(
            "the channel in {} is signed by {}",
            options.registry.display(),
            outcome.public_keys.join(" and ")
        )
    })?;
    Ok(ExitCode::SUCCESS)
}
