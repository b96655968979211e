//! Whose channel is it? A publisher with a key signs the exact bytes of `channel.json` (Ed25519); a page that names the public
//! half takes no other. Bundles need no signature of their own: the channel names them by their content.
//!
//! `channel.json.sig` has a line of 128 hexadecimal digits a signature: those of the channel, an empty line, those of the
//! channel before. It is written first, so that whoever comes between the two writings finds either channel signed.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use thiserror::Error;

use crate::error::{FileError, Result};

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// As `openssl` writes them.
const LINE_CHARACTERS: usize = 64;

/// A channel cannot be signed.
#[derive(Debug, Error)]
pub enum SigningError {
    /// The file has no key in it.
    #[error(
        "`{}` holds no Ed25519 key: {detail}; make one with `triqueta key --new FILE`, or with \
         `openssl genpkey -algorithm ed25519`", path.display()
    )]
    Key {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        detail: String,
    },
    /// The system gives no chance to make a key from.
    #[error("no key could be made: the system gives no random numbers; try again later")]
    Chance,
    /// The channel there is has signatures, and this one would have none.
    #[error(
        "the channel in `{}` is signed, and pages may take no other: publish with --sign KEYFILE, or remove `{}` if no \
         page asks for signatures any more", folder.display(), SIGNATURES
    )]
    Unsigned {
        /// The registry.
        folder: PathBuf,
    },
}

impl SigningError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Key { .. } => "SIGNING_KEY",
            Self::Chance => "SIGNING_CHANCE",
            Self::Unsigned { .. } => "CHANNEL_UNSIGNED",
        }
    }
}

/// The file of a channel's signatures, beside it.
pub(super) const SIGNATURES: &str = "channel.json.sig";

/// A publisher's key.
#[derive(Debug)]
pub struct Signer(Ed25519KeyPair);

impl Signer {
    /// Makes a key and keeps it in a new file that only its owner may read (PKCS #8, PEM).
    ///
    /// # Errors
    /// [`FileError`] where the file cannot be written or is there already, [`SigningError::Chance`].
    pub fn make(path: &Path) -> Result<Self> {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|_| SigningError::Chance)?;
        let text = STANDARD.encode(key.as_ref());
        let mut pem = format!("{BEGIN}\n");
        for line in text.as_bytes().chunks(LINE_CHARACTERS) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem.push_str(END);
        pem.push('\n');
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(path).and_then(|mut file| {
            file.write_all(pem.as_bytes())?;
            file.sync_all()
        });
        written.map_err(FileError::at("write", path))?;
        Self::read(path)
    }

    /// Reads a key.
    ///
    /// # Errors
    /// [`FileError`] where the file cannot be read, [`SigningError::Key`].
    pub fn read(path: &Path) -> Result<Self> {
        let pem = fs::read_to_string(path).map_err(FileError::at("read", path))?;
        let refuse = |detail: &str| SigningError::Key {
            path: path.to_owned(),
            detail: detail.to_owned(),
        };
        let text = pem
            .split_once(BEGIN)
            .and_then(|(_, rest)| rest.split_once(END));
        let (text, _) = text.ok_or_else(|| refuse("it is no private key in PEM"))?;
        let text: String = text.split_whitespace().collect();
        let der = STANDARD
            .decode(text)
            .map_err(|error| refuse(&error.to_string()))?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der)
            .map_err(|error| refuse(&error.to_string()))?;
        Ok(Self(pair))
    }

    /// What pages name: 64 hexadecimal digits.
    pub fn public_key(&self) -> String {
        hexadecimal(self.0.public_key().as_ref())
    }

    fn sign(&self, bytes: &[u8]) -> String {
        hexadecimal(self.0.sign(bytes).as_ref())
    }
}

/// What goes into [`SIGNATURES`]: signatures of the channel by each key, then those the channel before it had.
pub(super) fn signatures(signers: &[Signer], channel: &[u8], before: &str) -> String {
    let group =
        |lines: &mut dyn Iterator<Item = String>| lines.map(|line| line + "\n").collect::<String>();
    let own = group(&mut signers.iter().map(|signer| signer.sign(channel)));
    let before = before.lines().take_while(|line| !line.is_empty());
    let before = group(&mut before.map(str::to_owned));
    format!("{own}\n{before}")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
