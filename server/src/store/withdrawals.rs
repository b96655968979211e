//! Which devices withdrew? Known by digests alone, so that a device can be recognised and none can be named.

use std::collections::HashSet;

use triqueta::event::DeviceId;

use super::work::digest;

/// The devices whose consent was withdrawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Withdrawals(HashSet<Vec<u8>>);

impl Withdrawals {
    pub(super) fn of(digests: Vec<Vec<u8>>) -> Self {
        Self(digests.into_iter().collect())
    }

    /// Whether this device is one of them.
    pub fn contains(&self, device: DeviceId) -> bool {
        !self.0.is_empty() && self.0.contains(&digest(device))
    }
}
