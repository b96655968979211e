//! Who and what an event speaks of: identifiers that sort, and that say nothing about a person.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}

uuid_newtype! {
    /// The identity of one event: a UUIDv7 made on the device, so that ids sort by time and a repeat is recognised.
    EventId
}
uuid_newtype! {
    /// A pseudonymous device: random, made once consent allows it, forgotten when consent is withdrawn.
    DeviceId
}
uuid_newtype! {
    /// One visit. Random, kept in memory only.
    SessionId
}

impl EventId {
    /// Makes the id of an event that happens at `time_ms` (Unix ms; negative times count as 0) from ten random bytes.
    pub fn new(time_ms: i64, random: &[u8; 10]) -> Self {
        let time_ms = u64::try_from(time_ms).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(time_ms, random).into_uuid())
    }
}

impl DeviceId {
    /// Makes a device id from sixteen random bytes.
    pub fn new(random: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(random).into_uuid())
    }
}

impl SessionId {
    /// Makes a session id from sixteen random bytes.
    pub fn new(random: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(random).into_uuid())
    }
}

/// An activity's id as the outside world knows it: 1 to 64 bytes without control characters (checked on validation).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActivityId(pub String);

impl ActivityId {
    /// The longest id, in bytes.
    pub const LIMIT_BYTES: usize = 64;

    /// Whether the id keeps to the limits.
    pub fn is_valid(&self) -> bool {
        !self.0.is_empty()
            && self.0.len() <= Self::LIMIT_BYTES
            && !self.0.chars().any(char::is_control)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for ActivityId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for ActivityId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
