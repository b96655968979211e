//! Who and what an event speaks of: identifiers that sort, and that say nothing about a person.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::json;

macro_rules! uuid_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        json::alone! { $name }

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
        Self::are_valid(&self.0, [self.0.len()])
    }

    /// Whether each of these ids keeps to the limits; `all` are they in one piece, each of so many bytes.
    pub(crate) fn are_valid(all: &str, lengths: impl IntoIterator<Item = usize>) -> bool {
        let mut lengths = lengths.into_iter();
        lengths.all(|length| (1..=Self::LIMIT_BYTES).contains(&length)) && !has_control(all)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text has control characters. Hardly any has a byte that one could begin with, which is told of many at a time.
fn has_control(text: &str) -> bool {
    // Those beyond ASCII, U+0080 to U+009F, begin with C2.
    let could = |byte: u8| byte < 0x20 || byte == 0x7f || byte == 0xc2;
    let any = |any: u8, byte: u8| any | u8::from(could(byte));
    text.bytes().fold(0, any) != 0 && text.chars().any(char::is_control)
}

impl From<&str> for ActivityId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for ActivityId {
    fn from(text: String) -> Self {
        Self(text)
    }
}

json::alone! { ActivityId }

impl Borrow<str> for ActivityId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ActivityId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
