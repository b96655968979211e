//! Is it the secret? Compared in constant time, so that answering tells nothing of how much of a guess was right.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A secret to compare with, kept as its digest only: its length shows nowhere, and no log can print it.
pub(crate) struct Secret([u8; 32]);

impl Secret {
    pub(crate) fn new(text: &str) -> Self {
        Self(digest(text))
    }

    pub(crate) fn is(&self, guess: &str) -> bool {
        self.0.ct_eq(&digest(guess)).into()
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}
