//! The one mutable file: which bundle each variant means today.

use litemap::LiteMap;
use serde::{Deserialize, Serialize};

use crate::error::BundleError;
use crate::json;

/// The channel format this engine reads and writes.
pub const CHANNEL_FORMAT: u32 = 1;

/// The largest channel read, in bytes.
const LIMIT_BYTES: usize = 65_536;

/// One variant of an experiment: a whole bundle and its share of visitors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// The bundle's id.
    pub bundle: String,
    /// Share of visitors, relative to the sum over all variants.
    pub weight: u32,
}

crate::json::object! { Variant: lenient { bundle, weight } }

/// The channel. Unknown fields are ignored, so that later versions may add some; a change that must not be ignored
/// raises the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// [`CHANNEL_FORMAT`].
    pub format: u32,
    /// Grows with every publication. A device refuses a lower one than it has accepted; going back to an older bundle is
    /// a new channel with a higher sequence.
    pub sequence: u64,
    /// After this moment (Unix ms) a device that can reach the network stops trusting the channel. Offline it goes on.
    pub expires_ms: i64,
    /// The variants by name; there is always a `default`.
    #[serde(with = "json::map")]
    pub variants: LiteMap<String, Variant>,
}

crate::json::object! { Channel: lenient { format, sequence, expires_ms, variants } }

impl Channel {
    /// Reads a channel and checks its shape.
    ///
    /// # Errors
    /// [`BundleError::Malformed`] or [`BundleError::Format`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, BundleError> {
        let refuse = |detail: String| BundleError::Malformed {
            path: "channel.json".into(),
            detail,
        };
        if bytes.len() > LIMIT_BYTES {
            return Err(refuse(format!(
                "{} bytes, more than {LIMIT_BYTES}",
                bytes.len()
            )));
        }
        struct Format {
            format: u32,
        }
        json::object! { Format: lenient { format } }
        let format: Format = json::read(bytes).map_err(|error| refuse(error.to_string()))?;
        if format.format != CHANNEL_FORMAT {
            return Err(BundleError::Format {
                what: "channel",
                found: format.format,
                supported: CHANNEL_FORMAT,
            });
        }
        let channel: Self = json::read(bytes).map_err(|error| refuse(error.to_string()))?;
        let default_has_weight = channel.variants.contains_key("default");
        let ids_are_hex = channel.variants.values().all(|variant| {
            variant.bundle.len() == 32
                && variant
                    .bundle
                    .bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        });
        if !default_has_weight || !ids_are_hex {
            return Err(refuse(
                "it needs a `default` variant and bundle ids of 32 hexadecimal digits".into(),
            ));
        }
        Ok(channel)
    }

    /// Checks that the channel is not older than one accepted before, and has not expired.
    ///
    /// # Errors
    /// [`BundleError::Rollback`] or [`BundleError::Expired`].
    pub fn accept(&self, highest_seen: u64, now_ms: i64) -> Result<(), BundleError> {
        if self.sequence < highest_seen {
            return Err(BundleError::Rollback {
                found: self.sequence,
                seen: highest_seen,
            });
        }
        if now_ms > self.expires_ms {
            return Err(BundleError::Expired {
                expires_ms: self.expires_ms,
                now_ms,
            });
        }
        Ok(())
    }

    /// The bundle id of a variant.
    ///
    /// # Errors
    /// [`BundleError::UnknownVariant`].
    pub fn bundle(&self, variant: &str) -> Result<&str, BundleError> {
        let found = self
            .variants
            .get(variant)
            .map(|variant| variant.bundle.as_str());
        found.ok_or_else(|| BundleError::UnknownVariant {
            variant: variant.to_owned(),
        })
    }
}
